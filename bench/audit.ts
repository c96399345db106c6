import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { People } from './canned/rows';
import { LoadClient } from './measure/load';
import { shareOf } from './measure/profile';
import { median, medianError, spread, type Spread } from './measure/statistics';
import { table } from './report';
import { Endpoints, startSluice } from './subjects';
import type { AuditSwitch } from './switched';
import { WORKLOADS, type Workload } from './workloads';

/** What the read audit costs: the same page from one gateway with it and without it, in turns, in one run. */

const PEOPLE: Record<People, string> = {
  few: '50 to 100 people',
  thousand: '1,000 people, seen before',
  new: '1,000 people, at first sight',
};
/**
 * Bytes of a segment: of a few hundred lines, so that each few rounds store one. That is dearer for each line than the
 * default, and even over the run.
 */
const SEGMENT_BYTES: Record<People, number> = { few: 524_288, thousand: 4_194_304, new: 4_194_304 };
/** Audited requests before anything counts: some segments are stored then, and that code is compiled as all other is. */
const WARMING = 2_000;
/** Audited requests that are profiled once the rounds are over. */
const PROFILED = 2_000;
/** What the audit is made of; the rest of the gateway uses none of it but for a name or two. */
const AUDIT_FILES = /\/src\/auth\/(audit|cmac|byte-buffer)|\/hyparquet-writer\//;
/** Requests in a quarter of a round. */
const REQUESTS = 40;

export interface AuditFigures {
  workload: Workload['name'];
  people: People;
  /** CPU time for each request, in milliseconds. */
  audited: Spread;
  unaudited: Spread;
  /** What the audit adds, as a share: the median of the rounds, each of which is a comparison of its own. */
  added: number;
  /** Standard error of that median, from how rounds differ. */
  error: number;
  /** What a profile finds of it, as a share of all that the process did. */
  profiled: number;
}

/** Measures both pages for each kind of people. */
export async function benchAudit(
  options: { rounds: number; requests: number | undefined; concurrency: number },
  progress: (text: string) => void,
): Promise<AuditFigures[]> {
  const figures: AuditFigures[] = [];
  for (const people of Object.keys(PEOPLE) as People[]) {
    const endpoints = await Endpoints.start(people);
    try {
      for (const workload of WORKLOADS.filter(({ name }) => name !== 'decision')) {
        progress(`${workload.name}: ${PEOPLE[people]}`);
        const compared = await compare(workload, endpoints, options);
        progress(`  the audit adds ${shown(compared)}`);
        figures.push({ workload: workload.name, people, ...compared });
      }
    } finally {
      await endpoints.stop();
    }
  }
  return figures;
}

async function compare(
  workload: Workload,
  endpoints: Endpoints,
  options: { rounds: number; requests: number | undefined; concurrency: number },
): Promise<Pick<AuditFigures, 'audited' | 'unaudited' | 'added' | 'error' | 'profiled'>> {
  const requests = options.requests ?? REQUESTS;
  const subject = await startSluice(workload, endpoints, {
    masked: false,
    same: false,
    switched: true,
    segmentBytes: SEGMENT_BYTES[endpoints.people],
  });
  const client = new LoadClient(subject.port, options.concurrency);
  let variation = 1;
  /** CPU time of a quarter of a round, in microseconds, with all that the audit leaves to be done later. */
  const fire = async (on: boolean, count = requests): Promise<number> => {
    subject.process.tell({ audited: on } satisfies AuditSwitch);
    const before = await subject.process.usage();
    const first = variation;
    variation += count;
    await client.run(count, (index) => subject.shot(first + index));
    if (on) await stored(subject.auditFolder);
    return (await subject.process.usage()).cpu - before.cpu;
  };
  const audited: number[] = [];
  const unaudited: number[] = [];
  let profiled = NaN;
  try {
    await subject.check(client);
    await fire(true, WARMING);
    for (const on of [true, false]) await fire(on);
    for (let round = 0; round < options.rounds; round += 1) {
      const used = { on: 0, off: 0 };
      // There and back, so that a machine that becomes slower or faster in a round does so for both.
      for (const on of round % 2 === 0 ? [true, false, false, true] : [false, true, true, false])
        used[on ? 'on' : 'off'] += await fire(on);
      audited.push(used.on / 2_000 / requests);
      unaudited.push(used.off / 2_000 / requests);
    }
    await subject.process.startProfile();
    await fire(true, PROFILED);
    profiled = shareOf(await subject.process.stopProfile(), AUDIT_FILES);
  } finally {
    client.close();
    await subject.process.stop();
  }
  const added = audited.map((used, round) => used / (unaudited[round] ?? NaN) - 1);
  return {
    audited: spread(audited),
    unaudited: spread(unaudited),
    added: median(added),
    error: medianError(added),
    profiled,
  };
}

/** Waits until every segment but the open one is in the lake. */
async function stored(folder: string): Promise<void> {
  for (;;) {
    const segments = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
    if (segments.length <= 1) return;
    await sleep(20);
  }
}

/** The figures for people, as a Markdown table. */
export function showAudit(figures: readonly AuditFigures[]): string {
  return table(
    ['Page and people', 'audited, CPU ms', 'without', 'audit adds', 'by profile'],
    figures.map(({ workload, people, audited, unaudited, ...compared }) => [
      `${workload}, ${PEOPLE[people]}`,
      audited.median.toFixed(2),
      unaudited.median.toFixed(2),
      shown(compared),
      percent(compared.profiled),
    ]),
  );
}

function shown({ added, error }: Pick<AuditFigures, 'added' | 'error'>): string {
  return `${percent(added)} ± ${percent(error)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
