import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/src/engines/free-port';
import { NpmCommand, untilPrinted } from '../start/npm';
import { describeEngine } from './support/engines';
import { untilGone } from './support/run-child';

const QUERY = `{ readings(range: { from: "2026-09-01T00:00:00Z", to: "2026-09-03T00:00:00Z" }, first: 3) {
  totalCount nodes { id value site }
} }`;

/** The README's command on Trino, as a user runs it: start, ask, Ctrl-C, start again, ask again. */
describeEngine('trino', 'npm start -- --lake trino', () => {
  let environment: Record<string, string>;
  let gateway: string;
  let running: NpmCommand | undefined;

  beforeAll(async () => {
    const port = await freePort();
    gateway = `http://127.0.0.1:${port}`;
    environment = { PORT: String(port), SLUICE_DATA_DIR: await mkdtemp(join(tmpdir(), 'sluice-start-')) };
  });

  afterAll(async () => {
    running?.interrupt();
    await running?.ended;
    await rm(environment.SLUICE_DATA_DIR ?? '', { recursive: true, force: true });
  });

  /** Starts everything, asks, ends it as Ctrl-C does, and sees that no process of it is left. */
  async function askOnce(): Promise<{ printed: string; answer: unknown }> {
    running = new NpmCommand(['start', '--', '--lake', 'trino'], environment);
    const printed = await untilPrinted(running, 'Ctrl-C ends everything');
    const answer = await ask();
    const processes = await running.descendants();
    expect(processes.filter(({ command }) => command.includes('io.trino.server.TrinoServer'))).toHaveLength(
      1,
    );
    running.interrupt();
    await running.ended;
    for (const { pid } of processes) await untilGone(pid);
    return { printed, answer };
  }

  async function ask(): Promise<unknown> {
    const args = ['run', '-s', 'token', '--', '--role', 'telemetry_analyst', '--tenant', 'aurora'];
    const { stdout } = await new NpmCommand(args, environment).ended;
    const response = await fetch(`${gateway}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${stdout.trim()}` },
      body: JSON.stringify({ query: QUERY }),
    });
    return ((await response.json()) as { data: unknown }).data;
  }

  test('answers, ends with everything it started, and keeps the data', async () => {
    const first = await askOnce();
    expect(first.printed).toContain('Making the sample companies');
    expect(first.answer).toMatchObject({ readings: { nodes: [{}, {}, {}] } });
    const second = await askOnce();
    expect(second.printed).not.toContain('Making the sample companies');
    expect(second.answer).toEqual(first.answer);
  });
});
