import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/src/engines/engine-process';
import { signToken } from '../../local/src/issuer/tokens';
import { describeEngine } from './support/engines';
import { untilGone } from './support/run-child';

/** `npm start -- --lake trino` as a user runs it: start, ask, Ctrl-C, start again, ask again. */
describeEngine('trino', 'npm start -- --lake trino', () => {
  let dataDir: string;
  let running: ChildProcess | undefined;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sluice-start-'));
  });

  afterAll(async () => {
    if (running) await stop(running);
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(port: number): Promise<{ said: string; trino: number }> {
    const child = spawn(
      process.execPath,
      ['-r', '@swc-node/register', 'local/src/commands/start.ts', '--lake', 'trino'],
      {
        env: { ...process.env, PORT: String(port), SLUICE_DATA_DIR: dataDir },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    running = child;
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!said.includes('Ctrl-C ends everything')) {
      if (child.exitCode !== null) throw new Error(`It ended with exit status ${child.exitCode}: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const claim = JSON.parse(await readFile(join(dataDir, 'trino', 'claim.json'), 'utf8')) as {
      server: number;
    };
    return { said, trino: claim.server };
  }

  async function stop(child: ChildProcess): Promise<number | null> {
    running = undefined;
    if (child.exitCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
    return child.exitCode;
  }

  async function ask(port: number): Promise<unknown> {
    const token = await signToken({
      dataDir,
      role: 'telemetry_analyst',
      roles: ['telemetry_analyst'],
      tenant: 'aurora',
      subject: 'test',
      claims: {},
      ttl: '10m',
    });
    const query = `{ readings(range: { from: "2026-09-01T00:00:00Z", to: "2026-09-03T00:00:00Z" }, first: 3) {
      totalCount nodes { id value site }
    } }`;
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    });
    return ((await response.json()) as { data: unknown }).data;
  }

  test('answers, ends with everything it started, and keeps the data', async () => {
    const port = await freePort();
    const first = await start(port);
    expect(first.said).toContain('Making the sample companies');
    const answer = await ask(port);
    expect(answer).toMatchObject({ readings: { totalCount: 1360, nodes: [{}, {}, {}] } });
    expect(await stop(running as ChildProcess)).toBe(0);
    await untilGone(first.trino);
    const second = await start(port);
    expect(second.said).not.toContain('Making the sample companies');
    expect(second.trino).not.toBe(first.trino);
    expect(await ask(port)).toEqual(answer);
    expect(await stop(running as ChildProcess)).toBe(0);
    await untilGone(second.trino);
  });
});
