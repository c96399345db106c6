import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { signToken } from '../../local/src/issuer/tokens';
import { BAD_INPUTS, bytesOf, MARK, type BadInput } from '../support/bad-inputs';
import { FLOODS } from '../support/flood-queries';
import { localAws } from '../support/local-aws';
import { answerIn, say } from '../support/raw-http';

/**
 * What a refused request costs the gateway's own process, as a multiple of a page of a hundred rows. CPU time and memory
 * as the system counts them, so that a busy machine changes little; each request is new, so that no cache answers it.
 */

const WARM_UP = 1;
const REQUESTS = 3;
const PAGES = 40;
/** Most that a refused request may cost, in pages; the dearest, nine hundred unknown directives, took 5. */
const MOST_PAGES = 16;
/** Most that all refused requests of a kind may cost on average, in pages; floods took 1. */
const MOST_ON_AVERAGE = 4;
/** Most memory of the process after all the attacks, as a multiple of what pages took; it was 1.3. */
const MOST_MEMORY = 2;

interface Used {
  cpu: number;
  peak: number;
}

let folder: string;
let child: ChildProcess;
let url: string;
let token: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cost-'));
  const aws = localAws();
  child = spawn(
    process.execPath,
    ['-r', '@swc-node/register', resolve(__dirname, '../privacy/stack/gateway-process.ts')],
    {
      env: { ...process.env, ...aws.environment, PORT: '0', SLUICE_AUDIT_DIR: folder },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  ({ url } = await said<{ url: string }>());
  token = await signToken({
    dataDir: aws.dataDir,
    role: 'steward',
    roles: ['steward', 'support'],
    tenant: 'aurora',
    subject: 'steward@test',
    claims: {},
    ttl: '10m',
  });
});
afterAll(async () => {
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

function said<T>(): Promise<T> {
  return new Promise((done, fail) => {
    const ended = (): void => fail(new Error('The gateway ended.'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      done(message as T);
    });
  });
}

function used(): Promise<Used> {
  const answer = said<Used>();
  child.send('used');
  return answer;
}

let sent = 0;
/** The same input as nobody has sent it before. */
function anew(bytes: Buffer): Buffer {
  const at = bytes.indexOf(MARK);
  if (at >= 0) bytes.write(`m${String((sent += 1)).padStart(MARK.length - 1, '0')}`, at, 'latin1');
  return bytes;
}

/** CPU time of one such request, in microseconds. */
async function costOf(input: BadInput, times: number): Promise<number> {
  const request = async (): Promise<void> => {
    const { status, body } = answerIn(await say(url, anew(bytesOf(input, token))));
    const refused = body.includes('"errors"') || input.method === 'HEAD';
    expect([input.name, status, refused]).toEqual([input.name, input.status, input.code !== '']);
  };
  for (let count = 0; count < WARM_UP; count += 1) await request();
  const before = await used();
  for (let count = 0; count < times; count += 1) await request();
  return ((await used()).cpu - before.cpu) / times;
}

const body = (query: string): string => JSON.stringify({ query: `# ${MARK}\n${query}` });
const BAD = { status: 400, code: 'BAD_USER_INPUT', reason: '' };
const attacks: Record<string, BadInput[]> = {
  ...BAD_INPUTS,
  floods: [
    ...Object.entries(FLOODS).map(([name, query]) => ({ ...BAD, name, body: body(query) })),
    {
      ...BAD,
      status: 200,
      name: 'a page without end',
      body: body('{ erp { salesLines(first: 2000000000) { nodes { id } } } }'),
    },
    {
      ...BAD,
      name: 'a batch of a thousand',
      body: `[${Array(1_000).fill(body('{ viewer { role } }')).join()}]`,
    },
  ],
};

test('a refused request costs a few pages of a hundred rows at most, and leaves nothing in memory', async () => {
  const page: BadInput = {
    name: 'a page of a hundred rows',
    status: 200,
    code: '',
    reason: '',
    body: body(
      '{ hr { employees(first: 100) { nodes { id employeeNumber department jobRole gender monthlySalary currency } } } }',
    ),
  };
  await costOf(page, PAGES);
  const pageCost = await costOf(page, PAGES);
  const { peak } = await used();
  for (const [kind, inputs] of Object.entries(attacks)) {
    const pages: [string, number][] = [];
    for (const input of inputs) pages.push([input.name, (await costOf(input, REQUESTS)) / pageCost]);
    expect({ kind, dear: pages.filter(([, cost]) => cost > MOST_PAGES) }).toEqual({ kind, dear: [] });
    const mean = pages.reduce((sum, [, cost]) => sum + cost, 0) / pages.length;
    expect(mean).toBeLessThan(MOST_ON_AVERAGE);
  }
  expect((await used()).peak / peak).toBeLessThan(MOST_MEMORY);
}, 120_000);
