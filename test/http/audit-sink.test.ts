import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway, type Answer, type Gateway } from '../support/gateway';
import { startGatewayProcess } from '../support/gateway-process';

/** The sink of the read audit under what happens to disks, processes and networks. */

const RANGE = 'range: { from: "2010-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z" }';
const PERSONAL = `{ decisions(${RANGE}, first: 2) { nodes { applicantId } } }`;
const IMPERSONAL = `{ decisions(${RANGE}, first: 2) { nodes { id outcome } } }`;
const PEOPLE = '{ hr { employees(first: 3) { nodes { employeeNumber } } } }';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-audit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ask = (gateway: Gateway, query: string): Promise<Answer> => gateway.ask({ role: 'steward' }, query);

async function ready(gateway: Gateway): Promise<{ status: number; body: Answer['data'] }> {
  const response = await fetch(`${gateway.url}/readyz`);
  return { status: response.status, body: await response.json() };
}

/** What is said once the audit is in a state: an answer is said again for a second. */
async function untilAudit(
  gateway: Gateway,
  state: 'up' | 'down',
  again: () => Promise<void> = () => Promise.resolve(),
): ReturnType<typeof ready> {
  for (;;) {
    await again();
    const said = await ready(gateway);
    if (said.body.parts.audit === state) return said;
    await sleep(50);
  }
}

function linesIn(path: string): Record<string, unknown>[] {
  return readdirSync(path)
    .filter((file) => file.endsWith('.ndjson'))
    .flatMap((file) => readFileSync(join(path, file), 'utf8').split('\n'))
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function expectRefused(answer: Answer): void {
  expect(answer.data?.decisions ?? null).toBeNull();
  expect(answer.errors?.[0]?.extensions.code).toBe('ENGINE_UNAVAILABLE');
  expect(answer.errors?.[0]?.message).toMatch(/read audit cannot be written/);
}

/** Asks while nothing can be written, and again when it can. */
async function expectFailClosed(gateway: Gateway, breakIt: () => void, mend: () => void): Promise<void> {
  expect((await ask(gateway, PERSONAL)).errors).toBeUndefined();
  expect((await ready(gateway)).body.parts.audit).toBe('up');
  breakIt();
  // What the file has ahead of its lines still takes some.
  let personal = await ask(gateway, PERSONAL);
  for (let tries = 0; tries < 200 && personal.errors === undefined; tries += 1)
    personal = await ask(gateway, PERSONAL);
  expectRefused(personal);
  breakIt();
  const impersonal = await ask(gateway, IMPERSONAL);
  expect(impersonal.errors).toBeUndefined();
  expect(impersonal.data.decisions.nodes).toHaveLength(2);
  // What was written before is stored meanwhile, which gives a disk some room again.
  const down = await untilAudit(gateway, 'down', async () => {
    breakIt();
    await ask(gateway, IMPERSONAL);
  });
  expect(down.status).toBe(503);
  expect(gateway.log()).toContain('"event":"audit_unwritten"');
  mend();
  expect((await untilAudit(gateway, 'up')).status).toBe(200);
  expect((await ask(gateway, PERSONAL)).errors).toBeUndefined();
}

test('a folder that is gone', async () => {
  const gateway = await startGateway({ SLUICE_AUDIT_DIR: folder });
  await expectFailClosed(
    gateway,
    () => rmSync(folder, { recursive: true, force: true }),
    () => void mkdirSync(folder),
  );
  expect(gateway.log()).toMatch(
    /"event":"read_unaudited","request":"[^"]+","call":"rows","dataset":"Decision"/,
  );
  await gateway.close();
});

test('records asked for by a person wait for their line, whatever they show', async () => {
  const gateway = await startGateway({ SLUICE_AUDIT_DIR: folder });
  rmSync(folder, { recursive: true, force: true });
  const about = (selection: string): Promise<Answer> =>
    ask(gateway, `{ accessRecords(${RANGE}, subject: "applicant-1", first: 2) { ${selection} } }`);
  for (const selection of ['nodes { id }', 'totalCount']) {
    const { data, errors } = await about(selection);
    expect(data?.accessRecords ?? null).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe('ENGINE_UNAVAILABLE');
  }
  await gateway.close();
});

test('what is chosen by a class that needs its line waits for it, though it shows none of that class', async () => {
  const gateway = await startGateway({ SLUICE_AUDIT_DIR: folder });
  rmSync(folder, { recursive: true, force: true });
  const by = (where: string): string[] => [
    `{ decisions(${RANGE}, first: 2${where}) { nodes { outcome } } }`,
    `{ decisions(${RANGE}, first: 2${where}) { totalCount } }`,
    `{ decisionMetrics(${RANGE}${where}) { rows { decisions } } }`,
  ];
  for (const query of by(', where: { applicantId: { eq: "applicant-1" } }')) {
    const { errors } = await ask(gateway, query);
    expect([query, errors?.map(({ extensions }) => extensions.code)]).toEqual([
      query,
      ['ENGINE_UNAVAILABLE'],
    ]);
  }
  for (const query of by(', where: { outcome: { eq: DENIED } }'))
    expect([query, (await ask(gateway, query)).errors]).toEqual([query, undefined]);
  await gateway.close();
});

/** Whether this machine lets tests mount a disk of their own. */
const mounts = ((): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'sluice-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
})();

(mounts ? test : test.skip)('a disk that is full (needs the right to mount one)', async () => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  try {
    const gateway = await startGateway({ SLUICE_AUDIT_DIR: folder });
    const filler = join(folder, 'filler');
    const fill = (): void => {
      for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
        } catch {
          // Full, to the size.
        }
      }
    };
    await expectFailClosed(gateway, fill, () => rmSync(filler));
    const answered = linesIn(folder).filter(({ outcome }) => outcome === 'OK');
    expect(answered.length).toBeGreaterThan(0);
    await gateway.close();
  } finally {
    execFileSync('umount', ['-l', folder]);
  }
});

/** How often each request is found in the records of the lake, once all are. */
async function storedCounts(gateway: Gateway, requests: readonly string[]): Promise<number[]> {
  const query = `query($ids: [ID!], $range: TimeRangeInput!) {
    accessRecords(range: $range, where: { requestId: { in: $ids } }, first: 1000) { nodes { requestId } }
  }`;
  const now = Date.now();
  const range = {
    from: new Date(now - 3_600_000).toISOString(),
    to: new Date(now + 3_600_000).toISOString(),
  };
  for (let tries = 0; ; tries += 1) {
    const { data } = await gateway.ask({ role: 'auditor' }, query, { ids: requests, range });
    const found = (data.accessRecords.nodes as { requestId: string }[]).map(({ requestId }) => requestId);
    if (new Set(found).size === requests.length || tries === 100)
      return requests.map((id) => found.filter((other) => other === id).length);
    await sleep(100);
  }
}

test('a process that is killed loses no line that was answered for, and the next start stores them once', async () => {
  const first = await startGatewayProcess({ SLUICE_AUDIT_DIR: folder, SLUICE_AUDIT_SECONDS: '0.3' });
  const answered: string[] = [];
  const asking = Array.from({ length: 8 }, async () => {
    for (let count = 0; count < 1_000; count += 1) {
      const id = await first.ask(PEOPLE).catch(() => undefined);
      if (id === undefined) return;
      answered.push(id);
    }
  });
  while (answered.length < 60) await sleep(10);
  first.child.kill('SIGKILL');
  await Promise.all(asking);
  await first.ended;
  expect(answered.length).toBeGreaterThanOrEqual(60);
  const second = await startGateway({ SLUICE_AUDIT_DIR: folder, SLUICE_AUDIT_SECONDS: '0.2' });
  const counts = await storedCounts(second, answered);
  expect(counts.filter((count) => count !== 1)).toEqual([]);
  // No more than the line that was being written, whatever the file had ahead of it.
  expect(/"torn":(\d+)/.exec(second.log())?.[1] ?? '1').toBe('1');
  await second.close();
  expect(linesIn(folder)).toEqual([]);
});

test('a store that stalls holds up no answer; what it did not take is kept for the next start', async () => {
  const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((done) => silent.once('listening', done));
  const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const stalled = await startGateway({
    SLUICE_AUDIT_DIR: folder,
    SLUICE_AUDIT_SECONDS: '0.1',
    SLUICE_S3_ENDPOINT: endpoint,
    SLUICE_CALL_DEADLINE_MS: '400',
  });
  const answered: string[] = [];
  while (!stalled.log().includes('"event":"audit_unstored"')) {
    const answer = await ask(stalled, PEOPLE);
    expect(answer.errors).toBeUndefined();
    answered.push(answer.extensions.requestId ?? '');
  }
  const { body } = await ready(stalled);
  expect(body.parts.audit).toBe('up');
  expect(body.audit.waitingSegments).toBeGreaterThan(0);
  await stalled.close();
  silent.close();
  expect(linesIn(folder).length).toBeGreaterThanOrEqual(answered.length);
  const next = await startGateway({ SLUICE_AUDIT_DIR: folder, SLUICE_AUDIT_SECONDS: '0.2' });
  expect((await storedCounts(next, answered)).filter((count) => count !== 1)).toEqual([]);
  await next.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('the end of the gateway stores what was written', async () => {
  const gateway = await startGateway({ SLUICE_AUDIT_DIR: folder });
  await ask(gateway, PERSONAL);
  expect(linesIn(folder)).toHaveLength(1);
  await gateway.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that cannot be used stops the boot', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(startGateway({ SLUICE_AUDIT_DIR: join(file, 'below') })).rejects.toThrow(
    /SLUICE_AUDIT_DIR: .* cannot be written to \(ENOTDIR\)/,
  );
});
