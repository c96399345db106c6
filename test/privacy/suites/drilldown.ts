import { Pseudonyms } from '../../../src/auth/pseudonyms';
import type { RolePolicy } from '../../../src/auth/policy';
import { declarations } from '../../../src/schema/catalog';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { connectionName } from '../../../src/schema/names';
import { withoutPassing } from '../check/twins';
import type { Setting } from '../setting';
import type { HttpAnswer } from '../stack/http';
import { answerAt, codesOf, placeOf, question, type Place, type Row } from './questions';

/** From a token to the rows of whom it stands for, and from anything else to nothing. */

/** Items after which no further person is looked up. */
const ENOUGH_ITEMS = 12;

interface Drill {
  setting: Setting;
  role: RolePolicy;
  dataset: DatasetDeclaration;
  subject: string;
  place: Place;
}

export async function drilldown(setting: Setting): Promise<void> {
  for (const name of setting.options.roles) {
    const role = setting.policy.roles.get(name);
    if (role === undefined) continue;
    const schema = await setting.schemaOf(name);
    for (const dataset of declarations.datasets.values()) {
      const { subject } = dataset;
      const place = placeOf(schema, connectionName(dataset.name));
      if (subject === undefined || place === undefined || role.action(dataset, subject) !== 'pseudonym')
        continue;
      const drill = { setting, role, dataset, subject, place };
      const title = `drill-down: ${name} in ${dataset.name} (${dataset.engine})`;
      setting.report.check(`${title}: a token finds the rows of whom it stands for`, await findsRows(drill));
      setting.report.check(
        `${title}: what is no token of the tenant finds and tells nothing`,
        await tellsNothing(drill),
      );
      if (dataset.pointReads !== undefined)
        setting.report.check(
          `${title}: rows that a token finds have it when they are looked up by key (dynamodb)`,
          await findsItems(drill),
        );
    }
  }
}

async function ask({ setting, role }: Drill, body: string): Promise<HttpAnswer> {
  const headers = await setting.stacks.a.headers(setting.caller(role.name, role.purposes[0]));
  return setting.gateways.a.ask({ headers, body });
}

async function list(drill: Drill, where?: string): Promise<Row[]> {
  const { dataset, subject, place } = drill;
  const args = [...(where === undefined ? [] : [`where: ${where}`]), 'first: 50'];
  const answer = await ask(drill, question(place, args, `{ nodes { ${dataset.key} ${subject} } }`));
  return (answerAt(place, answer)?.nodes ?? []) as Row[];
}

/** Each row's key by the subject that is planted in it. */
function planted({ setting, role, dataset, subject }: Drill): Map<string, string[]> {
  const names = [...dataset.columns.keys()];
  const found = new Map<string, string[]>();
  for (const { cells } of setting.planted.rowsOf(role.name, dataset)) {
    const value = cells[names.indexOf(subject)];
    if (typeof value !== 'string') continue;
    found.set(value, [...(found.get(value) ?? []), String(cells[names.indexOf(dataset.key)])]);
  }
  return found;
}

async function findsRows(drill: Drill): Promise<string | undefined> {
  const { dataset, subject, setting, role } = drill;
  const pseudonyms = pseudonymsOf(setting);
  const { tenant } = setting.planted.of(role.name);
  const seen = new Set((await list(drill)).map((row) => String(row[subject])));
  const keysOf = (rows: readonly Row[]): string =>
    rows
      .map((row) => String(row[dataset.key]))
      .sort()
      .join();
  const people = [...planted(drill)];
  for (const [value, keys] of people) {
    const token = pseudonyms.token(tenant, value);
    if (!seen.has(token)) return `The list does not show ${token}.`;
    const found = keysOf(await list(drill, `{ ${subject}: { eq: "${token}" } }`));
    if (found !== keys.sort().join())
      return `${token} finds ${found || 'nothing'} in place of ${keys.join()}.`;
  }
  const two = people.slice(0, 2);
  const tokens = two.map(([value]) => `"${pseudonyms.token(tenant, value)}"`).join(', ');
  const found = keysOf(await list(drill, `{ ${subject}: { in: [${tokens}] } }`));
  const expected = two
    .flatMap(([, keys]) => keys)
    .sort()
    .join();
  return found === expected ? undefined : `Two tokens find ${found} in place of ${expected}.`;
}

async function tellsNothing(drill: Drill): Promise<string | undefined> {
  const { dataset, subject, setting, role, place } = drill;
  const pseudonyms = pseudonymsOf(setting);
  const { tenant } = setting.planted.of(role.name);
  const [value = ''] = [...planted(drill).keys()];
  const token = pseudonyms.token(tenant, value);
  const last = token.at(-1) === 'A' ? 'B' : 'A';
  const wrong: Record<string, string> = {
    'made up': `p_${'A'.repeat(token.length - 2)}`,
    'of another tenant': pseudonyms.token(`${tenant}x`, value),
    'of a tenant beside it': pseudonyms.token('twin-a', value),
    changed: token.slice(0, 10) + (token[10] === 'A' ? 'B' : 'A') + token.slice(11),
    'changed at the end': token.slice(0, -1) + last,
    truncated: token.slice(0, -1),
    'without its prefix': token.slice(2),
    'spelled with padding': `${token}=`,
    'spelled with the other alphabet': token.replace('p_', 'P_'),
    'with a space': `${token} `,
    'the value itself': value,
    empty: '',
  };
  const below = `{ totalCount nodes { ${dataset.key} ${subject} } pageInfo { hasNextPage endCursor } }`;
  const answers = new Map<string, string>();
  for (const [name, text] of Object.entries(wrong)) {
    const body = question(
      place,
      [`where: { ${subject}: { eq: ${JSON.stringify(text)} } }`, 'first: 50'],
      below,
    );
    const answer = await ask(drill, body);
    const rows = (answerAt(place, answer)?.nodes ?? []) as Row[];
    if (codesOf(answer).length > 0) return `A token ${name} is refused: ${answer.text}`;
    if (rows.length > 0) return `A token ${name} finds ${JSON.stringify(rows)}.`;
    answers.set(`${answer.status} ${withoutPassing(answer.text)}`, name);
  }
  return answers.size === 1 ? undefined : `Answers differ:\n${[...answers.keys()].join('\n')}`;
}

/** The list is asked by a token, and each row that it gives is looked up by its key. */
async function findsItems(drill: Drill): Promise<string | undefined> {
  const { dataset, subject, setting, role } = drill;
  const pseudonyms = pseudonymsOf(setting);
  const { tenant } = setting.planted.of(role.name);
  const schema = await setting.schemaOf(role.name);
  const single = Object.values(schema.getQueryType()?.getFields() ?? {}).find(
    ({ args, type }) =>
      String(type).replace('!', '') === dataset.name && args.some(({ name }) => name === 'id'),
  );
  if (single === undefined) return 'The role has a list and no field that looks a row up.';
  let lookedUp = 0;
  for (const value of planted(drill).keys()) {
    const token = pseudonyms.token(tenant, value);
    for (const row of await list(drill, `{ ${subject}: { eq: "${token}" } }`)) {
      const query = `{ ${single.name}(id: ${JSON.stringify(row[dataset.key])}) { ${dataset.key} ${subject} } }`;
      const { text } = await ask(drill, JSON.stringify({ query }));
      const { data } = JSON.parse(text) as { data?: Record<string, Row | null> };
      const found = data?.[single.name];
      if (found?.[dataset.key] !== row[dataset.key] || found?.[subject] !== token)
        return `${token} finds ${String(row[dataset.key])} in the list; looked up, that is ${text}`;
      lookedUp += 1;
    }
    if (lookedUp >= ENOUGH_ITEMS) break;
  }
  return lookedUp > 0 ? undefined : 'No token finds a row to look up.';
}

export function pseudonymsOf(setting: Setting): Pseudonyms {
  return new Pseudonyms(Buffer.from(setting.stacks.a.keys.SLUICE_MASK_KEY ?? '', 'base64'));
}
