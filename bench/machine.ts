import { cpus, loadavg, release, totalmem, type as system } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './measure/processes';

/** Where and with what a run was made. */
export interface Machine {
  at: string;
  node: string;
  system: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  /** Processes that wanted a core in the minute before, on average. */
  load: number;
  packages: Record<string, string>;
}

/** Packages whose version changes the figures. */
const PACKAGES = [
  '@aws-sdk/client-athena',
  '@aws-sdk/client-redshift-data',
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-s3',
  '@apollo/server',
  'fastify',
  'graphql',
  'graphql-jit',
];

export function machine(): Machine {
  return {
    at: new Date().toISOString(),
    node: process.version,
    system: `${system()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  };
}

function versionOf(name: string): string {
  const text = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** In a few lines, with a warning when others use the machine. */
export function describe(where: Machine): string {
  const packages = Object.entries(where.packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${where.cpu}, ${where.cores} cores, ${where.memoryGb} GB, ${where.system}, Node ${where.node}, ${where.at}`,
    packages.join(', '),
    ...(where.load > where.cores / 2
      ? [
          `Other processes kept the machine busy (load ${where.load}): times are longer than they would be alone.`,
        ]
      : []),
  ].join('\n');
}
