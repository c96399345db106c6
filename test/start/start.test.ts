import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { parse } from 'yaml';
import { isAlive } from '../../local/src/lock';
import { freePort } from '../../local/src/engines/free-port';
import { NpmCommand, untilPrinted, untilReady } from './npm';

/** The README's own commands, as child processes. The tests follow one another: each goes on where the last ended. */

jest.setTimeout(240_000);

const dataDir = mkdtempSync(join(tmpdir(), 'sluice-start-test-'));
const started: NpmCommand[] = [];
let environment: Record<string, string>;
let gateway: string;
let first: unknown;

beforeAll(async () => {
  const port = await freePort();
  gateway = `http://127.0.0.1:${port}`;
  environment = { PORT: String(port), SLUICE_DATA_DIR: dataDir };
});
afterAll(async () => {
  for (const command of started) command.interrupt();
  await Promise.all(started.map((command) => command.ended));
  rmSync(dataDir, { recursive: true, force: true });
});

function npm(args: string[], more: Record<string, string> = {}): NpmCommand {
  const command = new NpmCommand(args, { ...environment, ...more });
  started.push(command);
  return command;
}

async function token(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await npm(['run', 'token', '--', ...args]).ended;
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** Sales lines with masked customers, asked with a fresh token. */
async function ask(): Promise<{ nodes: { customerName: string | null }[] }> {
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${(await token('--role', 'sales_analyst', '--tenant', 'aurora')).trim()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      query:
        '{ erp { salesLines(first: 20, orderBy: [ID_ASC]) { nodes { id soldAt customerName netAmount } } } }',
    }),
  });
  const { data, errors } = (await response.json()) as {
    data: { erp: { salesLines: { nodes: { customerName: string | null }[] } } };
    errors?: unknown;
  };
  expect(errors).toBeUndefined();
  return data.erp.salesLines;
}

describe('npm start', () => {
  let start: NpmCommand;

  it('is ready on a new folder, and prints the address and a link for each role', async () => {
    start = npm(['start']);
    await untilReady(start, gateway);
    const printed = await untilPrinted(start, 'Ctrl-C ends everything');
    expect(printed).toContain(`GraphiQL: ${gateway}/graphiql/\n`);
    expect((await fetch(`${gateway}/graphiql/`)).status).toBe(200);
    const links = [...printed.matchAll(/^ {2}(\S+) at \S+\n {2}\S+\/graphiql\/#token=(\S+)$/gm)];
    for (const [, role = '', jwt = ''] of links) expect(decodeJwt(jwt).roles).toEqual([role]);
    const policy = parse(readFileSync('policy/policy.yaml', 'utf8')) as {
      roles: Record<string, { breakGlass?: object }>;
    };
    // Tokens of emergency roles live too short for a link.
    const everyday = Object.keys(policy.roles).filter((role) => policy.roles[role]?.breakGlass === undefined);
    expect([...new Set(links.map(([, role]) => role))].sort()).toEqual(everyday.sort());
  });

  it('refuses a port in use, with status 1 and a way out', async () => {
    const elsewhere = { SLUICE_DATA_DIR: join(dataDir, 'not-made') };
    const { status, stderr } = await npm(['start'], elsewhere).ended;
    expect(stderr).toContain(`Port ${environment.PORT} is in use.`);
    expect(stderr).toMatch(/choose another: PORT=\d+ npm start/);
    expect(status).toBe(1);
  });

  it('refuses a data folder in use, and names the process', async () => {
    const { status, stderr } = await npm(['start'], { PORT: String(await freePort()) }).ended;
    expect(stderr).toMatch(/is in use by process \d+/);
    expect(status).toBe(1);
  });

  it('refuses a data folder that it cannot use, and names the variable', async () => {
    const taken = { PORT: String(await freePort()), SLUICE_DATA_DIR: join(dataDir, 'keys.json') };
    const { status, stderr } = await npm(['start'], taken).ended;
    expect(stderr).toMatch(
      /keys\.json cannot be used: a file of that name is in the way\. Set SLUICE_DATA_DIR/,
    );
    expect(status).toBe(1);
  });

  it('has a token command that prints one line, which the gateway takes', async () => {
    expect(await token('--role', 'support', '--tenant', 'aurora')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    first = await ask();
    expect((first as Awaited<ReturnType<typeof ask>>).nodes).toHaveLength(20);
  });

  it('signs a token of a role that the policy has not, and says so where no script reads', async () => {
    const { status, stdout, stderr } = await npm([
      'run',
      'token',
      '--',
      '--role',
      'nope',
      '--tenant',
      'aurora',
    ]).ended;
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)]);
    expect(stderr).toMatch(/policy\.yaml has no role nope.* Roles are: .*\bsupport\b.*\.\n/);
  });

  it('ends everything it started on Ctrl-C', async () => {
    const below = await start.descendants();
    expect(below.filter(({ command }) => /serve-aws|src\/main\.ts/.test(command))).toHaveLength(2);
    start.interrupt();
    const { stderr } = await start.ended;
    expect(stderr).not.toMatch(/Error|at .*:\d+:\d+/);
    expect(below.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it('keeps the data: the same answer and the same pseudonyms after a second start', async () => {
    start = npm(['start'], { SLUICE_TRUSTED_DOCUMENTS: 'operations', SLUICE_TRUSTED_ONLY: 'roles' });
    await untilReady(start, gateway);
    expect(await untilPrinted(start, 'Ctrl-C ends everything')).not.toContain('Making the sample');
    const second = await ask();
    expect(second).toEqual(first);
    const stored = createHash('sha256').update(readFileSync('operations/examples/who-am-i.graphql'));
    const response = await fetch(`${gateway}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${(await token('--role', 'support', '--tenant', 'aurora')).trim()}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ documentId: `sha256:${stored.digest('hex')}` }),
    });
    expect(await response.json()).toMatchObject({ data: { viewer: { role: 'support' } } });
    const pseudonyms = second.nodes.map((node) => node.customerName).filter((name) => name !== null);
    expect(pseudonyms[0]).toMatch(/^p_/);
  });

  it('ends with a message when the gateway is killed', async () => {
    const below = await start.descendants();
    const child = below.find(({ command }) => command.includes('src/main.ts'));
    process.kill(child?.pid ?? 0, 'SIGKILL');
    const { status, stderr } = await start.ended;
    expect(stderr).toContain('The gateway ended by SIGKILL. Everything else ends with it.');
    expect(status).toBe(1);
    expect(below.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });
});
