import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LoadClient } from './measure/load';
import { selfTimes, type SelfTime } from './measure/profile';
import { percentile, spread, type Spread } from './measure/statistics';
import { startRival, startSluice, type Endpoints, type Subject } from './subjects';
import type { Workload } from './workloads';

export interface Options {
  rounds: number;
  /** Requests of a round; each workload has its own number otherwise. */
  requests: number | undefined;
  concurrency: number;
  /** Folder for CPU profiles of Sluice. */
  profile: string | undefined;
}

/** Functions shown of a profile. */
const PROFILED_FUNCTIONS = 20;

/** Figures of one subject over all rounds. */
export interface Figures {
  name: string;
  kind: Subject['kind'];
  same: boolean;
  /** User and system time of the process for each request, in milliseconds. */
  cpuMs: Spread;
  /** CPU time as a multiple of the first rival's. */
  ratio: number;
  /** Of all requests of all rounds, in milliseconds. */
  p50Ms: number;
  p99Ms: number;
  requestsPerSecond: Spread;
  /** Most resident memory seen after a round, in bytes. */
  rss: number;
  answerBytes: number;
  hottest?: SelfTime[];
}

export interface Comparison {
  workload: Workload['name'];
  title: string;
  requests: number;
  subjects: Figures[];
}

interface Tally {
  subject: Subject;
  client: LoadClient;
  cpuMs: number[];
  perSecond: number[];
  latencies: number[];
  rss: number;
  answerBytes: number;
  hottest?: SelfTime[];
}

/** Measures every subject of a workload, round by round in turn, so that what else the machine does meets all alike. */
export async function compare(
  workload: Workload,
  endpoints: Endpoints,
  options: Options,
  progress: (text: string) => void,
): Promise<Comparison> {
  const requests = options.requests ?? workload.requests;
  const tallies: Tally[] = [];
  // No two requests of a run ask the same, of whatever subject and round.
  let variation = 1;
  const fire = async ({ client, subject }: Tally) => {
    const first = variation;
    variation += requests;
    return client.run(requests, (index) => subject.shot(first + index));
  };
  try {
    for (const start of starters(workload, endpoints)) {
      const subject = await start();
      const client = new LoadClient(subject.port, options.concurrency);
      const tally = { subject, client, cpuMs: [], perSecond: [], latencies: [], rss: 0, answerBytes: 0 };
      tallies.push(tally);
      progress(`${workload.name}: warming up ${subject.name}`);
      await subject.check(client);
      await fire(tally);
    }
    for (let round = 0; round < options.rounds; round += 1) {
      progress(`${workload.name}: round ${round + 1} of ${options.rounds}`);
      for (const tally of round % 2 === 0 ? tallies : [...tallies].reverse()) {
        await measure(tally, requests, () => fire(tally));
      }
    }
    if (options.profile !== undefined) {
      for (const tally of tallies.filter(({ subject }) => subject.kind === 'sluice' && !subject.same)) {
        progress(`${workload.name}: profiling ${tally.subject.name}`);
        await profile(tally, `${workload.name} ${tally.subject.name}`, options.profile, () => fire(tally));
      }
    }
  } finally {
    for (const { client, subject } of tallies) {
      client.close();
      await subject.process.stop();
    }
  }
  return {
    workload: workload.name,
    title: workload.title,
    requests,
    subjects: figures(tallies),
  };
}

function starters(workload: Workload, endpoints: Endpoints): (() => Promise<Subject>)[] {
  const sluice = (masked: boolean, same: boolean) => () => startSluice(workload, endpoints, { masked, same });
  return [
    ...workload.rivals.map((rival) => () => startRival(workload, endpoints, rival)),
    sluice(false, false),
    sluice(true, false),
    sluice(false, true),
  ];
}

async function measure(tally: Tally, requests: number, fire: () => ReturnType<LoadClient['run']>) {
  const before = await tally.subject.process.usage();
  const { latencies, elapsedMs, answerBytes } = await fire();
  const after = await tally.subject.process.usage();
  tally.cpuMs.push((after.cpu - before.cpu) / 1_000 / requests);
  tally.perSecond.push((requests / elapsedMs) * 1_000);
  for (const latency of latencies) tally.latencies.push(latency);
  tally.rss = Math.max(tally.rss, after.rss);
  tally.answerBytes = answerBytes;
}

async function profile(tally: Tally, name: string, folder: string, fire: () => Promise<unknown>) {
  await tally.subject.process.startProfile();
  await fire();
  const result = await tally.subject.process.stopProfile();
  writeFileSync(
    join(folder, `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.cpuprofile`),
    JSON.stringify(result),
  );
  tally.hottest = selfTimes(result, PROFILED_FUNCTIONS);
}

function figures(tallies: readonly Tally[]): Figures[] {
  const base = spread(tallies[0]?.cpuMs ?? []).median;
  return tallies.map((tally) => {
    const cpuMs = spread(tally.cpuMs);
    return {
      name: tally.subject.name,
      kind: tally.subject.kind,
      same: tally.subject.same,
      cpuMs,
      ratio: cpuMs.median / base,
      p50Ms: percentile(tally.latencies, 0.5),
      p99Ms: percentile(tally.latencies, 0.99),
      requestsPerSecond: spread(tally.perSecond),
      rss: tally.rss,
      answerBytes: tally.answerBytes,
      ...(tally.hottest === undefined ? {} : { hottest: tally.hottest }),
    };
  });
}
