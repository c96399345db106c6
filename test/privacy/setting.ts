import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { GraphQLSchema } from 'graphql';
import { loadPolicy, type Policy } from '../../src/auth/policy';
import { buildFullSchema } from '../../src/schema/build';
import { declarations } from '../../src/schema/catalog';
import { CanarySearch, type Leak, type Reader } from './check/search';
import { introspect } from './generator/client';
import type { Report } from '../support/report';
import { keysOf, startStack, type Caller, type Stack, type TestGateway } from './stack/stack';
import { erasureCanaries, plantErasures } from './world/erasures';
import { plan, type Planted } from './world/tenancies';
import type { World } from './world/world';

/** All that the suites of one run share: two worlds behind a gateway each, and what is planted in them. */

export const POLICY_FILE = 'policy/policy.yaml';

export interface Options {
  seed: string;
  /** Random queries for each role. */
  queries: number;
  /** The same of the canaries suite. */
  canaryQueries: number;
  roles: readonly string[];
  /** Queries in flight at once. */
  concurrency: number;
}

export interface Setting {
  options: Options;
  report: Report;
  policy: Policy;
  planted: Planted;
  search: CanarySearch;
  stacks: Record<World, Stack>;
  gateways: Record<World, TestGateway>;
  /** Leaks found in log lines, and how many lines were looked at. */
  log: LogWatch;
  /** The same of audit lines. */
  audit: LogWatch;
  /** Takes what the audit wrote last. */
  readAudit(): void;
  /** The schema with all that any role could have. */
  whole: GraphQLSchema;
  /** A role in its own tenant. */
  caller(role: string, purpose?: string): Caller;
  schemaOf(role: string): Promise<GraphQLSchema>;
  stop(): Promise<void>;
}

const LINE_END = '\n'.charCodeAt(0);
/** Warnings and errors that are kept. */
const LAST_WARNINGS = 1_000;

/** Looks at each line as it is written. */
export class LogWatch {
  lines = 0;
  /** The last lines that warn of something. */
  readonly warnings: string[] = [];
  readonly leaks: { line: string; leak: Leak }[] = [];

  constructor(private readonly search: CanarySearch) {}

  readonly take = (line: string): void => {
    this.lines += 1;
    if (/^\{"level":[456]0,/.test(line) && this.warnings.push(line) > LAST_WARNINGS) this.warnings.shift();
    const tenant = /"tenant":"([^"]+)"/.exec(line)?.[1] ?? '';
    for (const leak of leaksIn(this.search, line, { tenant, role: undefined }))
      this.leaks.push({ line, leak });
  };
}

/** Reads the audit's own files as they grow. */
export class AuditWatch {
  private readonly read = new Map<string, number>();

  constructor(
    private readonly folders: readonly string[],
    private readonly take: (line: string) => void,
  ) {}

  /** Takes the lines that were added. */
  look(): void {
    for (const folder of this.folders) {
      const files = existsSync(folder) ? readdirSync(folder) : [];
      for (const file of files.filter((name) => name.endsWith('.ndjson'))) this.more(join(folder, file));
    }
  }

  private more(path: string): void {
    const file = openSync(path, 'r');
    try {
      for (let from = this.read.get(path) ?? 0; ;) {
        const part = Buffer.alloc(1_048_576);
        const length = readSync(file, part, 0, part.length, from);
        const end = endOfLines(part.subarray(0, length));
        if (end === 0) return;
        for (const line of part.subarray(0, end).toString('utf8').trimEnd().split('\n')) this.take(line);
        from += end;
        this.read.set(path, from);
      }
    } finally {
      closeSync(file);
    }
  }
}

/** Where the lines end that are whole; behind those of an open file are blank ones, which others take the place of. */
function endOfLines(part: Buffer): number {
  if (part[0] === LINE_END) return 0;
  const blank = part.indexOf('\n\n');
  return (blank < 0 ? part.lastIndexOf(LINE_END) : blank) + 1;
}

/** Digits alone may agree by chance where nobody can ask again; then the first eight must be there. */
export function leaksIn(search: CanarySearch, text: string, reader: Reader): Leak[] {
  return search
    .find(text, reader)
    .filter(({ canary, byDigits }) => !byDigits || text.includes(canary.text.slice(0, 8)));
}

export async function startSetting(options: Options, report: Report): Promise<Setting> {
  const policy = loadPolicy(POLICY_FILE, declarations);
  const planted = plan(policy, declarations, keysOf(options.seed).SLUICE_MASK_KEY ?? '');
  const search = new CanarySearch([...planted.canaries(), ...erasureCanaries(planted.tenancies)], policy);
  const log = new LogWatch(search);
  report.say(`Starting two local AWS and loading a world into each (seed ${options.seed}) …`);
  const started = await Promise.allSettled([
    startStack('a', POLICY_FILE, options.seed),
    startStack('b', POLICY_FILE, options.seed),
  ]);
  const [a, b] = started.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  const watching: NodeJS.Timeout[] = [];
  const stopAll = async (): Promise<void> => {
    watching.forEach((timer) => clearInterval(timer));
    await Promise.all([a?.stop(), b?.stop()]);
  };
  if (a === undefined || b === undefined) {
    await stopAll();
    throw started.find((one) => one.status === 'rejected')?.reason;
  }
  const stacks = { a, b };
  await plantErasures(planted.tenancies, { a: a.environment, b: b.environment });
  const gateways = { a: await a.gateway({ log: log.take }), b: await b.gateway({ log: log.take }) };
  const caller = (name: string, purpose?: string): Caller => {
    const role = policy.roles.get(name);
    if (role === undefined) throw new Error(`There is no role ${name}.`);
    return { tenancy: planted.of(name), role, purpose };
  };
  const audit = new LogWatch(search);
  const files = new AuditWatch(
    [a, b].map(({ dataDir }) => join(dataDir, 'audit')),
    audit.take,
  );
  watching.push(setInterval(() => files.look(), 500));
  const schemas = new Map<string, Promise<GraphQLSchema>>();
  const schemaOf = (role: string): Promise<GraphQLSchema> => {
    let schema = schemas.get(role);
    if (schema === undefined) {
      schema = (async () => {
        const headers = await a.headers(caller(role));
        return introspect((body) => gateways.a.ask({ headers, body }));
      })();
      schemas.set(role, schema);
    }
    return schema;
  };
  return {
    options,
    report,
    policy,
    planted,
    search,
    stacks,
    gateways,
    log,
    audit,
    readAudit: () => files.look(),
    whole: buildFullSchema(),
    caller,
    schemaOf,
    stop: stopAll,
  };
}
