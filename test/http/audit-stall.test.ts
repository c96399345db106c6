import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway, type Answer, type Gateway } from '../support/gateway';

/**
 * The sink of the read audit over a disk that stalls. The segment's own file descriptor is made to be that of a pipe
 * that is full, so that the sink's write blocks in the kernel, until somebody reads the pipe.
 */

const RANGE = 'range: { from: "2010-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z" }';
const PERSONAL = `{ decisions(${RANGE}, first: 2) { nodes { applicantId } } }`;
const IMPERSONAL = `{ decisions(${RANGE}, first: 2) { nodes { id outcome } } }`;
/** No answer before its line is on the disk: each write is one of its own thread. */
const SYNC = { SLUICE_AUDIT_SYNC_MS: '0' };
/** Characters that may wait to be written. */
const CAP = 16 * 1024 ** 2;
const PIECE = Buffer.alloc(65_536);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-stall-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ask = (gateway: Gateway, query: string): Promise<Answer> => gateway.ask({ role: 'steward' }, query);

interface StalledDisk {
  /** From now on what the sink writes is taken. */
  mend(): void;
  /** What was taken so far. */
  written(): string;
  close(): void;
}

/** Descriptors of this process that are open files of the folder. */
function descriptorsIn(path: string): number[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${name}`);
      return target.startsWith(path) && target.endsWith('.ndjson') ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** Puts a full pipe in the place of the segment that is open. */
function stall(): StalledDisk {
  const [segment, ...others] = descriptorsIn(folder);
  if (segment === undefined || others.length > 0) throw new Error('Not one segment is open.');
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const end = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  let filled = 0;
  try {
    for (;;) filled += writeSync(end, PIECE);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
  }
  closeSync(segment);
  // The lowest number that is free.
  expect(openSync(pipe, constants.O_WRONLY)).toBe(segment);
  const read: Buffer[] = [];
  let reading: NodeJS.Timeout | undefined;
  const take = (): void => {
    try {
      for (;;) read.push(Buffer.from(PIECE.subarray(0, readSync(end, PIECE))));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
    }
  };
  return {
    mend: () => void (reading ??= setInterval(take, 5)),
    written: () => Buffer.concat(read).toString('utf8', filled),
    close: () => {
      clearInterval(reading);
      closeSync(end);
    },
  };
}

async function auditState(gateway: Gateway): Promise<[number, string]> {
  const response = await fetch(`${gateway.url}/readyz`);
  const { parts } = (await response.json()) as { parts: { audit: string } };
  return [response.status, parts.audit];
}

async function untilAudit(gateway: Gateway, state: 'up' | 'down'): Promise<void> {
  while ((await auditState(gateway))[1] !== state) await sleep(50);
}

function expectRefused(answer: Answer): void {
  expect(answer.data?.decisions ?? null).toBeNull();
  expect(answer.errors?.[0]?.extensions.code).toBe('ENGINE_UNAVAILABLE');
  expect(answer.errors?.[0]?.message).toMatch(/read audit cannot be written/);
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('past the deadline what needs its line is refused and the rest is given, until the disk writes again', async () => {
  const gateway = await startGateway({ ...SYNC, SLUICE_AUDIT_DIR: folder, SLUICE_AUDIT_DEADLINE_MS: '1000' });
  expect((await ask(gateway, PERSONAL)).errors).toBeUndefined();
  await untilAudit(gateway, 'up');
  const disk = stall();
  try {
    // The first waits in a write that blocks, the second for the first, and the third finds both late.
    const refused = [
      await ask(gateway, PERSONAL),
      await ask(gateway, PERSONAL),
      await ask(gateway, PERSONAL),
    ];
    refused.forEach(expectRefused);
    const given = await ask(gateway, IMPERSONAL);
    expect(given.errors).toBeUndefined();
    expect(given.data.decisions.nodes).toHaveLength(2);
    await untilAudit(gateway, 'down');
    expect((await auditState(gateway))[0]).toBe(503);
    expect(gateway.log()).toMatch(/"event":"audit_unwritten","cause":"ETIMEDOUT"/);
    expect(gateway.log()).toContain(
      `"event":"read_unaudited","request":"${given.extensions.requestId}","call":"rows","dataset":"Decision"`,
    );
    disk.mend();
    await untilAudit(gateway, 'up');
    const written = disk.written();
    expect((await ask(gateway, PERSONAL)).errors).toBeUndefined();
    // Late lines are lines of reads that were asked for, and of their refusals: none is lost.
    const late = new Set(linesOf(written).map(({ request_id: id }) => id));
    expect([...late]).toEqual([...refused, given].map(({ extensions }) => extensions.requestId));
  } finally {
    disk.mend();
    await gateway.close();
    disk.close();
  }
});

test('no more than 16 MiB of lines wait for a disk that stalls; further ones are refused at once', async () => {
  const gateway = await startGateway({ ...SYNC, SLUICE_AUDIT_DIR: folder, SLUICE_AUDIT_DEADLINE_MS: '1000' });
  expect((await ask(gateway, PERSONAL)).errors).toBeUndefined();
  const disk = stall();
  try {
    expectRefused(await ask(gateway, PERSONAL));
    // Four hundred people in a line: five kilobytes, again and again.
    const people = Array.from(
      { length: 100 },
      (_none, index) => `a${index}: employees(first: 400) { nodes { left } }`,
    );
    const many = `{ hr { ${people.join(' ')} } }`;
    const asked: Answer[] = [];
    while (asked.length < 36) asked.push(await ask(gateway, many));
    expect(asked.filter(({ errors }) => errors !== undefined)).toEqual([]);
    expectRefused(await ask(gateway, PERSONAL));
    disk.mend();
    // Given only once its own line is written, after all that wait.
    while ((await ask(gateway, PERSONAL)).errors !== undefined) await sleep(50);
    const written = disk.written();
    expect(written.length).toBeGreaterThan(CAP - 100_000);
    expect(written.length).toBeLessThan(CAP + 100_000);
  } finally {
    disk.mend();
    await gateway.close();
    disk.close();
  }
});

test('nothing is given on trust while the disk does not keep what it was given before', async () => {
  // No disk here can be made slow to keep, so the call that asks it to waits for the test.
  let keeps = (): void => undefined;
  const kept = new Promise<void>((resolve) => (keeps = resolve));
  const probe = await open(join(folder, 'probe'), 'w');
  const asked = jest.spyOn(Object.getPrototypeOf(probe), 'datasync').mockReturnValue(kept);
  const gateway = await startGateway({
    SLUICE_AUDIT_SYNC_MS: '10',
    SLUICE_AUDIT_DIR: folder,
    SLUICE_AUDIT_DEADLINE_MS: '300',
  });
  try {
    expect((await ask(gateway, PERSONAL)).errors).toBeUndefined();
    while (asked.mock.calls.length === 0) await sleep(5);
    await sleep(600);
    expectRefused(await ask(gateway, PERSONAL));
    expect((await ask(gateway, IMPERSONAL)).errors).toBeUndefined();
    await untilAudit(gateway, 'down');
    keeps();
    await untilAudit(gateway, 'up');
    expect((await ask(gateway, PERSONAL)).errors).toBeUndefined();
  } finally {
    keeps();
    asked.mockRestore();
    await probe.close();
    await gateway.close();
  }
});
