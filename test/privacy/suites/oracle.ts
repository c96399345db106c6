import type { GraphQLSchema } from 'graphql';
import { Pseudonyms } from '../../../src/auth/pseudonyms';
import { smaller } from '../check/smaller';
import { Twins } from '../check/twins';
import { RandomClient, type Reply } from '../generator/client';
import type { Query } from '../generator/document';
import type { Setting } from '../setting';
import type { HttpAnswer } from '../stack/http';
import { bodyOf, parse } from './canaries';
import { inRounds } from './rounds';

/** The same queries to two worlds that differ only in what the role may not see: the answers must not differ. */

/** Each query is two requests. */
const PART = 10;
const SHOWN = 3;
/** A client learns what to leave out before its queries are worth much. */
const LEAST = 200;

export async function oracle(setting: Setting): Promise<void> {
  const { options, report } = setting;
  const queries = Math.max(LEAST, Math.round(options.queries / PART));
  const counts = new Map<string, number>();
  const passed = new Map<string, number>();
  const progress = setInterval(() => {
    const asked = [...counts.values()].reduce((sum, one) => sum + one, 0);
    report.say(`  ${asked} of ${queries * options.roles.length} queries asked of both worlds`);
  }, 10_000);
  const concurrency = Math.max(2, Math.round(options.concurrency / options.roles.length / 2));
  const found = await Promise.all(
    options.roles.map((role) =>
      tell(setting, role, {
        queries,
        concurrency,
        asked: () => counts.set(role, (counts.get(role) ?? 0) + 1),
        passed: () => passed.set(role, (passed.get(role) ?? 0) + 1),
      }),
    ),
  ).finally(() => clearInterval(progress));
  options.roles.forEach((role, index) => {
    const differences = found[index] ?? [];
    report.check(
      `oracle: ${role} cannot tell two worlds apart (${counts.get(role) ?? 0} queries, ${passed.get(role) ?? 0} differences that did not come again)`,
      differences.length === 0
        ? undefined
        : [
            ...differences,
            `Replay: npm run test:privacy -- --only oracle --role ${role} --seed ${options.seed} --queries ${options.queries}`,
          ].join('\n'),
    );
  });
}

export interface TellParts {
  queries: number;
  concurrency: number;
  asked: () => void;
  /** Told of a difference that did not come again. */
  passed?: () => void;
  /** Other gateways than the run's, and what they show of their schema. */
  gateways?: Setting['gateways'];
  schema?: GraphQLSchema;
  /** Differences after which nothing more is asked. */
  enough?: number;
}

/** The first differences between the worlds, in words. */
export async function tell(setting: Setting, role: string, parts: TellParts): Promise<string[]> {
  const { queries, concurrency, asked } = parts;
  const tenancy = setting.planted.of(role);
  const { a, b } = parts.gateways ?? setting.gateways;
  const key = Buffer.from(setting.stacks.a.keys.SLUICE_MASK_KEY ?? '', 'base64');
  const twins = new Twins(tenancy.tenant, new Pseudonyms(key), setting.planted.renames(tenancy.tenant));
  const both = async (body: string, purpose: string | undefined): Promise<[HttpAnswer, HttpAnswer]> => {
    const caller = setting.caller(role, purpose);
    const { stacks } = setting;
    return Promise.all([
      a.ask({ headers: await stacks.a.headers(caller), body }),
      b.ask({ headers: await stacks.b.headers(caller), body: twins.translated(body) }),
    ]);
  };
  const difference = async (body: string, purpose?: string): Promise<string | undefined> =>
    twins.difference(...(await both(body, purpose)));
  // What others ask at that moment may split a batch of point reads in two, so a difference must come again.
  const lasts = async (body: string, purpose?: string): Promise<boolean> => {
    for (let time = 0; time < 3; time += 1) if ((await difference(body, purpose)) === undefined) return false;
    return true;
  };
  const differences: string[] = [];
  const one = async (number: number, query: Query): Promise<Reply> => {
    const body = bodyOf(query);
    const { purpose } = query;
    const answers = await both(body, purpose);
    asked();
    twins.pair(...answers);
    const { data, codes } = parse(answers[0]);
    if (twins.difference(...answers) !== undefined && differences.length < SHOWN) {
      if (await lasts(body, purpose)) {
        const small = await smaller(body, (text) => lasts(text, purpose));
        differences.push(`query ${number}: ${small}\n${(await difference(small, purpose)) ?? ''}`);
      } else parts.passed?.();
    }
    return { query, data, codes };
  };
  const client = new RandomClient(
    `${setting.options.seed}/oracle/${role}`,
    parts.schema ?? (await setting.schemaOf(role)),
    setting.whole,
    setting.policy.roles.get(role)?.purposes ?? [],
  );
  await inRounds(client, {
    queries,
    concurrency,
    one,
    enough: () => differences.length >= (parts.enough ?? SHOWN),
  });
  return differences;
}
