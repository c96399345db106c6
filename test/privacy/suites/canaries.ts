import type { GraphQLSchema } from 'graphql';
import { Coverage, holdsData, neverShown } from '../check/coverage';
import type { Leak } from '../check/search';
import { hasRows, RandomClient, type Reply } from '../generator/client';
import type { Query } from '../generator/document';
import type { Setting } from '../setting';
import type { HttpAnswer } from '../stack/http';
import type { TestGateway } from '../stack/stack';
import type { Tenancy, World } from '../world/world';
import type { Memory } from '../generator/memory';
import { isSealed } from '../check/search';
import { inRounds } from './rounds';

/** Random queries of each role, none of whose answers may hold a canary that the role may not see. */

const SHOWN_LEAKS = 3;
/** Lines of the log that say why a query met a fault. */
const SHOWN_LOGGED = 5;
/** Queries after which a client has learnt what to leave out. */
const LEARNT = 500;
/** Queries of each role after which fields that were not met are said. */
const COVERING = 1_000;

export interface Tally {
  asked: number;
  data: number;
  empty: number;
  refused: number;
  /** Faults of the gateway or an engine: no random query may meet one. */
  faults: Map<string, { count: number; example: string }>;
  leaks: string[];
}

const REFUSALS = new Set([
  'FORBIDDEN',
  'FORBIDDEN_COLUMN_USE',
  'BAD_USER_INPUT',
  'BAD_CURSOR',
  'NOT_FOUND',
  'QUERY_TOO_COMPLEX',
]);

interface Parsed {
  data: unknown;
  codes: string[];
}

export function parse({ text }: HttpAnswer): Parsed {
  try {
    const { data, errors = [] } = JSON.parse(text) as {
      data?: unknown;
      errors?: { extensions?: { code?: string } }[];
    };
    return { data: data ?? undefined, codes: errors.map((error) => error.extensions?.code ?? 'NO_CODE') };
  } catch {
    return { data: undefined, codes: ['NOT_JSON'] };
  }
}

export function bodyOf(query: Query): string {
  return JSON.stringify({ query: query.text, variables: query.variables });
}

export interface RoleRun {
  role: string;
  world: World;
  gateway: TestGateway;
  queries: number;
  concurrency: number;
  /** The role's schema, where the gateway shows another than the policy gives. */
  schema?: GraphQLSchema;
  /** Leaks after which nothing more is asked. */
  enough?: number;
  tally: Tally;
  /** Where it asks; its own tenant unless said. */
  tenancy?: Tenancy;
  /** Gets the data of each answer. */
  coverage?: Coverage;
  /** What its client learns. */
  memory?: Memory;
  /** What another tenant's client learnt: its tokens and cursors are tried too. */
  foreign?: Memory | undefined;
  /** What else in an answer's data is a leak, in words. */
  strange?: (data: unknown) => string | undefined;
  /** Gets the gateway that a hit by digits is tried again on. */
  other: TestGateway | undefined;
}

export function newTally(): Tally {
  return { asked: 0, data: 0, empty: 0, refused: 0, faults: new Map(), leaks: [] };
}

/** Asks one role's queries, round after round, and looks at every answer. Ends early after a few leaks. */
export async function runRole(setting: Setting, run: RoleRun): Promise<void> {
  const { role, world, tally } = run;
  const tenancy = run.tenancy ?? setting.planted.of(role);
  const schema = run.schema ?? (await setting.schemaOf(role));
  const client = new RandomClient(
    `${setting.options.seed}/${tenancy.tenant}/${role}`,
    schema,
    setting.whole,
    setting.policy.roles.get(role)?.purposes ?? [],
    run.memory,
  );
  if (run.foreign !== undefined) client.memory.learnFrom(run.foreign, isSealed);
  const ask = async (where: World, gateway: TestGateway, query: Query): Promise<HttpAnswer> => {
    const headers = await setting.stacks[where].headers({ ...setting.caller(role, query.purpose), tenancy });
    return gateway.ask({ headers, body: bodyOf(query) });
  };
  const leaksIn = (answer: HttpAnswer, { purpose }: Query): Leak[] =>
    setting.search.find(whole(answer), { tenant: tenancy.tenant, role, purpose });
  const confirmed = async (leak: Leak, query: Query, answer: HttpAnswer): Promise<boolean> => {
    if (!leak.byDigits) return true;
    // Digits are of the own tenant alone: where there is no other world to ask, they are not what is looked for.
    if (run.other === undefined) return false;
    if (readsOthersAlone(answer, leak)) return false;
    const again = await ask(world, run.gateway, query);
    if (!leaksIn(again, query).some(({ run: found }) => found === leak.run)) return false;
    return !whole(await ask(world === 'a' ? 'b' : 'a', run.other, query)).includes(leak.run);
  };
  const one = async (number: number, query: Query): Promise<Reply> => {
    const answer = await ask(world, run.gateway, query);
    const { data, codes } = parse(answer);
    count(tally, data, codes, bodyOf(query));
    run.coverage?.note(data);
    for (const leak of leaksIn(answer, query)) {
      if (await confirmed(leak, query, answer))
        tally.leaks.push(sayLeak(number, bodyOf(query), leak, answer));
    }
    const strange = run.strange?.(data);
    if (strange !== undefined) tally.leaks.push(`query ${number}: ${strange}\n  sent: ${bodyOf(query)}`);
    return { query, data, codes };
  };
  await inRounds(client, {
    queries: run.queries,
    concurrency: run.concurrency,
    one,
    enough: () => tally.leaks.length >= (run.enough ?? SHOWN_LEAKS),
  });
}

/** All of an answer; its length follows from the rest, and is a number like any other. */
function whole({ headers, text }: HttpAnswer): string {
  const { 'content-length': _length, ...said } = headers;
  return `${Object.values(said).join('\n')}\n${text}`;
}

/** Five digits of an age may stand in a sum of sales: where other datasets alone were read, they are chance. */
function readsOthersAlone({ text }: HttpAnswer, { canary }: Leak): boolean {
  const read = [...text.matchAll(/"dataset":"(\w+)"/g)].map(([, dataset]) => dataset);
  return read.length > 0 && !read.includes(canary.dataset.name);
}

function count(tally: Tally, data: unknown, codes: readonly string[], body: string): void {
  tally.asked += 1;
  for (const code of codes) {
    if (REFUSALS.has(code)) continue;
    const known = tally.faults.get(code);
    if (known === undefined) tally.faults.set(code, { count: 1, example: body });
    else known.count += 1;
  }
  if (data !== undefined && hasRows(data)) tally.data += 1;
  else if (codes.length > 0) tally.refused += 1;
  else tally.empty += 1;
}

function sayLeak(number: number, body: string, { canary, run }: Leak, answer: HttpAnswer): string {
  const at = answer.text.indexOf(run);
  return [
    `query ${number}: ${canary.dataset.name}.${canary.path} of ${canary.tenant} shows "${run}" of "${canary.text}"`,
    `  sent: ${body}`,
    `  answered: ${answer.status} …${answer.text.slice(Math.max(0, at - 150), at + 60)}…`,
  ].join('\n');
}

/** The suite: every role, in the world that its place in the list gives it. */
export async function canaries(setting: Setting): Promise<void> {
  const { options, report, gateways } = setting;
  const schemas = await Promise.all(options.roles.map((role) => setting.schemaOf(role)));
  const runs = schemas.map((schema, index) => {
    const world: World = index % 2 === 0 ? 'a' : 'b';
    return {
      role: options.roles[index] ?? '',
      coverage: new Coverage(schema),
      world,
      gateway: gateways[world],
      other: gateways[world === 'a' ? 'b' : 'a'],
      queries: options.canaryQueries,
      concurrency: Math.max(2, Math.round(options.concurrency / options.roles.length)),
      tally: newTally(),
    };
  });
  const started = Date.now();
  const progress = setInterval(() => report.say(summary(runs, started)), 10_000);
  await Promise.all(runs.map((run) => runRole(setting, run))).finally(() => clearInterval(progress));
  report.say(summary(runs, started));
  for (const { role, tally } of runs) {
    const shares = `${tally.asked} queries: ${share(tally.data, tally)} with data, ${share(tally.empty, tally)} empty, ${share(tally.refused, tally)} refused`;
    report.check(`canaries: ${role} sees none (${shares})`, leaksOf(setting, role, tally));
    report.check(`canaries: no query of ${role} meets a fault`, faultsOf(setting, role, tally));
    report.check(
      `canaries: ${role} gets data often enough to be tried`,
      tally.asked < LEARNT || tally.data * 4 >= tally.asked
        ? undefined
        : `Only ${share(tally.data, tally)} of the answers hold data.`,
    );
  }
  covers(setting, runs);
  for (const world of ['a', 'b'] as const) await health(setting, world);
}

/** Says which fields no answer held anything of: by role, with the reason where the policy has one, and over all roles. */
function covers(
  { policy, report, options }: Setting,
  runs: readonly (RoleRun & { coverage: Coverage })[],
): void {
  if (options.canaryQueries < COVERING) {
    report.say(`  Not looked at: which fields were never met. That takes ${COVERING} queries of each role.`);
    return;
  }
  const shown = new Set<string>();
  const missing = new Set<string>();
  for (const { role, coverage } of runs) {
    const rules = policy.roles.get(role);
    if (rules === undefined) continue;
    const unmet = new Set(coverage.unmet());
    const reasons = new Map<string, string[]>();
    for (const field of coverage.fields()) {
      if (!unmet.has(field)) {
        shown.add(field);
        continue;
      }
      const reason = neverShown(rules, field) ?? 'not met';
      reasons.set(reason, [...(reasons.get(reason) ?? []), field]);
      if (reason === 'not met' && holdsData(field)) missing.add(field);
    }
    for (const [reason, fields] of reasons) report.say(`  ${role}, ${reason}: ${fields.join(', ')}`);
  }
  const never = [...missing].filter((field) => !shown.has(field));
  report.say(`  Fields of rows and figures that no role met: ${never.join(', ') || 'none'}.`);
}

async function health(setting: Setting, world: World): Promise<void> {
  for (const path of ['/readyz', '/livez', '/nothing', '/metrics']) {
    const answer = await setting.gateways[world].get(path);
    for (const { tenant } of setting.planted.tenancies) {
      for (const leak of setting.search.find(whole(answer), { tenant, role: undefined })) {
        if (!leak.byDigits)
          setting.report.check(`canaries: ${path} shows none`, sayLeak(0, path, leak, answer));
      }
    }
  }
}

export function leaksOf(
  setting: Setting,
  role: string,
  { leaks, asked }: Tally,
  suite = 'canaries',
): string | undefined {
  if (leaks.length === 0) return undefined;
  return [
    ...leaks.slice(0, SHOWN_LEAKS),
    `Replay: npm run test:privacy -- --only ${suite} --role ${role} --seed ${setting.options.seed} --queries ${asked}`,
  ].join('\n');
}

function faultsOf(setting: Setting, role: string, { faults, asked }: Tally): string | undefined {
  if (faults.size === 0) return undefined;
  const logged = setting.log.warnings.filter((line) =>
    [...faults.keys()].some((code) => line.includes(`"code":"${code}"`)),
  );
  return [
    ...[...faults].map(([code, { count: times, example }]) => `${times} × ${code}, such as ${example}`),
    ...logged.slice(0, SHOWN_LOGGED).map((line) => `Logged: ${line}`),
    `Replay: npm run test:privacy -- --only canaries --role ${role} --seed ${setting.options.seed} --queries ${asked}`,
  ].join('\n');
}

export function share(part: number, { asked }: Tally): string {
  return `${asked === 0 ? 0 : Math.round((100 * part) / asked)} %`;
}

export function summary(runs: readonly RoleRun[], started: number): string {
  const sum = (of: (tally: Tally) => number): number =>
    runs.reduce((total, { tally }) => total + of(tally), 0);
  const asked = sum((tally) => tally.asked);
  const seconds = (Date.now() - started) / 1_000;
  const percent = (part: number): string => `${Math.round((100 * part) / Math.max(1, asked))} %`;
  return `  ${asked} queries in ${seconds.toFixed(0)} s (${(asked / seconds).toFixed(0)} a second): ${percent(sum((t) => t.data))} data, ${percent(sum((t) => t.empty))} empty, ${percent(sum((t) => t.refused))} refused, ${sum((t) => t.leaks.length)} leaks`;
}
