import type { People } from './canned/rows';
import { LoadClient } from './measure/load';
import { median, spread, type Spread } from './measure/statistics';
import { table } from './report';
import { Endpoints, startSluice, type Subject } from './subjects';
import { WORKLOADS, type Workload } from './workloads';

/** What the read audit costs: the same page from the gateway with it and without it, in turns, in one run. */

const PEOPLE: Record<People, string> = {
  few: '50 to 100 people',
  thousand: '1,000 people, seen before',
  new: '1,000 people, at first sight',
};
/** Requests of one gateway in half a round. */
const REQUESTS = 100;

export interface AuditFigures {
  workload: Workload['name'];
  people: People;
  /** CPU time for each request, in milliseconds. */
  audited: Spread;
  unaudited: Spread;
  /** What the audit adds, as a share: the median over the rounds, each of which compares its own two. */
  added: number;
}

interface Side {
  subject: Subject;
  client: LoadClient;
  cpuMs: number[];
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
        progress(`  the audit adds ${percent(compared.added)}`);
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
): Promise<Pick<AuditFigures, 'audited' | 'unaudited' | 'added'>> {
  const requests = options.requests ?? REQUESTS;
  const sides: Side[] = [];
  let variation = 1;
  const fire = async ({ subject, client }: Side): Promise<void> => {
    const first = variation;
    variation += requests;
    await client.run(requests, (index) => subject.shot(first + index));
  };
  const used = (): Promise<number[]> =>
    Promise.all(sides.map(async ({ subject }) => (await subject.process.usage()).cpu));
  try {
    for (const unaudited of [false, true]) {
      const subject = await startSluice(workload, endpoints, { masked: false, same: false, unaudited });
      const side = { subject, client: new LoadClient(subject.port, options.concurrency), cpuMs: [] };
      sides.push(side);
      await subject.check(side.client);
      await fire(side);
      await fire(side);
    }
    for (let round = 0; round < options.rounds; round += 1) {
      const there = round % 2 === 0 ? sides : [...sides].reverse();
      // There and back, so that a machine that becomes slower or faster in a round does so for both.
      // What a gateway does in the other's turn is its own as well: segments are stored when they are full.
      const before = await used();
      for (const side of [...there, ...[...there].reverse()]) await fire(side);
      const after = await used();
      sides.forEach(({ cpuMs }, at) =>
        cpuMs.push(((after[at] ?? NaN) - (before[at] ?? NaN)) / 2_000 / requests),
      );
    }
  } finally {
    for (const { subject, client } of sides) {
      client.close();
      await subject.process.stop();
    }
  }
  const [audited = [], unaudited = []] = sides.map(({ cpuMs }) => cpuMs);
  return {
    audited: spread(audited),
    unaudited: spread(unaudited),
    added: median(audited.map((cpu, round) => cpu / (unaudited[round] ?? NaN) - 1)),
  };
}

/** The figures for people, as a Markdown table. */
export function showAudit(figures: readonly AuditFigures[]): string {
  return table(
    ['Page and people', 'audited, CPU ms', 'without', 'audit adds'],
    figures.map(({ workload, people, audited, unaudited, added }) => [
      `${workload}, ${PEOPLE[people]}`,
      audited.median.toFixed(2),
      unaudited.median.toFixed(2),
      percent(added),
    ]),
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
