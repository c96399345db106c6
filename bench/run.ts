import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError } from '../src/commands';
import { compare, type Comparison, type Options } from './compare';
import { benchAudit, showAudit } from './audit';
import { benchImport } from './import';
import { describe, machine } from './machine';
import { show } from './report';
import { Endpoints } from './subjects';
import { WORKLOADS } from './workloads';

const HELP = `Usage: npm run bench -- [options]
       npm run bench -- audit [options]
       npm run bench -- import [--json FILE]

Measures the CPU time and latency of a request to Sluice, beside a plain node:http handler that uses the AWS SDK as it
comes and JSON.stringify. Both read from the same canned endpoints, in turns, in one run. docs/benchmarks.md says what
the figures mean.

  --workload NAME   ${WORKLOADS.map(({ name }) => name).join(', ')}; may be repeated (default: all)
  --rounds N        rounds of each subject (default 5; audit: 25)
  --requests N      requests in a round (default ${WORKLOADS.map(({ name, requests }) => `${requests} for ${name}`).join(', ')})
  --concurrency N   clients, each with one request at a time (default 8)
  --profile FOLDER  profile Sluice in one more round; writes .cpuprofile files and shows the hottest functions
  --json FILE       also write the figures as JSON
  --help            this text

audit: CPU time of a page of 1,000 rows with the read audit and without it, in turns (40 requests in a quarter of a round).
import: time of the second start to ready, and wall time and peak memory of importing 541,909 invoice lines. The files
are looked for in SLUICE_REAL_DATA, or else in ../shared/data.
`;

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--${name} must be a whole number above 0.`);
  return Number(text);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        workload: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        requests: { type: 'string' },
        concurrency: { type: 'string' },
        profile: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

async function compareAll(names: readonly string[], options: Options): Promise<Comparison[]> {
  const unknown = names.find((name) => !WORKLOADS.some((workload) => workload.name === name));
  if (unknown !== undefined) throw new UsageError(`There is no workload ${unknown}.`);
  const chosen = WORKLOADS.filter(({ name }) => names.length === 0 || names.includes(name));
  const endpoints = await Endpoints.start();
  const comparisons: Comparison[] = [];
  try {
    for (const workload of chosen) {
      const comparison = await compare(workload, endpoints, options, progress);
      comparisons.push(comparison);
      process.stdout.write(`${show(comparison)}\n`);
    }
  } finally {
    await endpoints.stop();
  }
  return comparisons;
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  if (values.help === true) return void process.stdout.write(HELP);
  if (positionals.length > 1 || !['import', 'audit', undefined].includes(positionals[0])) {
    throw new UsageError(`There is no benchmark ${positionals.join(' ')}.`);
  }
  const where = machine();
  process.stdout.write(`${describe(where)}\n\n`);
  let figures: object;
  if (positionals[0] === 'import') {
    figures = { import: await benchImport(progress) };
  } else {
    const options: Options = {
      rounds: wholeNumber('rounds', values.rounds) ?? (positionals[0] === 'audit' ? 25 : 5),
      requests: wholeNumber('requests', values.requests),
      concurrency: wholeNumber('concurrency', values.concurrency) ?? 8,
      profile: values.profile,
    };
    if (options.profile !== undefined) mkdirSync(options.profile, { recursive: true });
    process.stdout.write(`${options.rounds} rounds, ${options.concurrency} clients.\n\n`);
    if (positionals[0] === 'audit') {
      const audit = await benchAudit(options, progress);
      process.stdout.write(`${showAudit(audit)}\n`);
      figures = { options, audit };
    } else {
      figures = { options, comparisons: await compareAll(values.workload ?? [], options) };
    }
  }
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ machine: where, ...figures }, null, 2)}\n`);
  }
}

main().catch((error: unknown) => {
  const known = error instanceof Error && error.constructor === Error;
  let text = known ? error.message : (error as Error).stack;
  if (error instanceof UsageError) text = `${error.message} See --help.`;
  process.stderr.write(`${text}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
