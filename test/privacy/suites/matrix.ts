import { isInputObjectType, type GraphQLSchema } from 'graphql';
import type { RolePolicy } from '../../../src/auth/policy';
import type { Cell } from '../../../src/datasources/results';
import { declarations } from '../../../src/schema/catalog';
import type {
  ColumnDeclaration,
  DatasetDeclaration,
  MetricsDeclaration,
} from '../../../src/schema/declarations';
import { connectionName, enumValueName, tableName, whereName } from '../../../src/schema/names';
import { MASK_USES, type MaskAction, type ValueKind } from '../../../src/schema/vocabulary';
import { atOnce } from '../../support/at-once';
import type { Setting } from '../setting';
import type { HttpAnswer } from '../stack/http';
import { shownBy } from '../world/shown';
import { pseudonymsOf } from './drilldown';
import { answerAt, codesOf, placeOf, question, type Place, type Row } from './questions';

/** Every role and every field: what a row shows of it, and what may be done with it, on real rows of each store. */

/** Roles at once, and questions of each. */
const ROLES_AT_ONCE = 3;
const AT_ONCE = 16;

interface Reading {
  setting: Setting;
  role: RolePolicy;
  schema: GraphQLSchema;
  faults: string[];
  checked: number;
}

export async function matrix(setting: Setting): Promise<void> {
  await atOnce(setting.options.roles, ROLES_AT_ONCE, async (name) => {
    const role = setting.policy.roles.get(name);
    if (role === undefined) return;
    const reading: Reading = { setting, role, schema: await setting.schemaOf(name), faults: [], checked: 0 };
    for (const dataset of declarations.datasets.values()) {
      const place = placeOf(reading.schema, connectionName(dataset.name));
      if (place === undefined) {
        if (role.lists(dataset)) reading.faults.push(`${dataset.name} has no list.`);
        continue;
      }
      await shows(reading, dataset, place);
      await uses(reading, dataset, place);
      await looksUp(reading, dataset);
    }
    for (const metrics of declarations.metrics.values()) {
      const place = placeOf(reading.schema, tableName(metrics.name));
      if (place !== undefined) {
        await figures(reading, metrics, place);
        await filtersFigures(reading, metrics, place);
        await ordersFigures(reading, metrics, place);
      } else if (role.reads(metrics.dataset)) {
        reading.faults.push(`${metrics.name} is not in the schema.`);
      }
    }
    setting.report.check(
      `matrix: ${name} gets of each field what the policy says (${reading.checked} checks)`,
      reading.faults.length === 0 ? undefined : reading.faults.slice(0, 10).join('\n'),
    );
  });
}

async function ask({ setting, role }: Reading, body: string): Promise<HttpAnswer> {
  const headers = await setting.stacks.a.headers(setting.caller(role.name, role.purposes[0]));
  return setting.gateways.a.ask({ headers, body });
}

function expected(reading: Reading, action: MaskAction, column: ColumnDeclaration, cell: Cell): unknown {
  if (cell === null || action === 'redact') return null;
  if (action === 'clear' || typeof cell === 'object') return cell;
  const { tenant } = reading.setting.planted.of(reading.role.name);
  if (action === 'pseudonym') return pseudonymsOf(reading.setting).token(tenant, String(cell));
  const shown = shownBy(action, column, String(cell));
  if (column.kind === 'datetime') return `${shown}T00:00:00.000Z`;
  return column.kind === 'integer' || column.kind === 'float' ? Number(shown) : shown;
}

function compareRow(
  reading: Reading,
  dataset: DatasetDeclaration,
  columns: ReadonlyMap<string, ColumnDeclaration>,
  prefix: string,
  cells: readonly Cell[],
  row: Row,
): void {
  [...columns.values()].forEach((column, index) => {
    const action = reading.role.action(dataset, prefix + column.field);
    if (action === 'hide') return;
    reading.checked += 1;
    const wanted = expected(reading, action, column, cells[index] ?? null);
    const got = row[column.field];
    if (JSON.stringify(got) !== JSON.stringify(wanted)) {
      reading.faults.push(
        `${dataset.name}.${prefix}${column.field} (${action}): ${JSON.stringify(got)} in place of ${JSON.stringify(wanted)}`,
      );
    }
  });
}

function inScope({ setting, role }: Reading, dataset: DatasetDeclaration): readonly (readonly Cell[])[] {
  return setting.planted.rowsInScope(role.name, dataset).map(({ cells }) => cells);
}

async function shows(reading: Reading, dataset: DatasetDeclaration, place: Place): Promise<void> {
  const { role } = reading;
  const fields = [...dataset.columns.keys()].filter((field) => role.action(dataset, field) !== 'hide');
  const answer = await ask(
    reading,
    question(place, ['first: 50'], `{ totalCount nodes { ${fields.join(' ')} } }`),
  );
  const nodes = (answerAt(place, answer)?.nodes ?? []) as Row[];
  const at = [...dataset.columns.keys()].indexOf(dataset.key);
  const rows = inScope(reading, dataset);
  if (nodes.length !== rows.length || rows.length === 0) {
    reading.faults.push(
      `${dataset.name}: ${nodes.length} rows in place of ${rows.length}: ${answer.text.slice(0, 300)}`,
    );
  }
  for (const cells of rows) {
    const row = nodes.find((node) => node[dataset.key] === cells[at]);
    if (row !== undefined) compareRow(reading, dataset, dataset.columns, '', cells, row);
  }
  await derived(reading, dataset, place);
  for (const field of dataset.columns.keys()) {
    if (role.action(dataset, field) !== 'hide') continue;
    const hidden = await ask(reading, question(place, ['first: 1'], `{ nodes { ${field} } }`));
    expectCode(reading, `${dataset.name}.${field} is hidden`, hidden, 'BAD_USER_INPUT');
  }
}

/** What is computed from other fields is there for whoever sees all of those in the clear, and for nobody else. */
async function derived(reading: Reading, dataset: DatasetDeclaration, place: Place): Promise<void> {
  const { role } = reading;
  for (const { field, reads } of dataset.derived.values()) {
    const actions = reads.map((read) => role.action(dataset, read));
    const name = `${dataset.name}.${field} (${actions.join()})`;
    const answer = await ask(reading, question(place, ['first: 50'], `{ nodes { ${field} } }`));
    if (actions.includes('hide')) {
      expectCode(reading, `${name} is hidden`, answer, 'BAD_USER_INPUT');
      continue;
    }
    expectCode(reading, name, answer, undefined);
    const nodes = (answerAt(place, answer)?.nodes ?? []) as Row[];
    const shown = nodes.some((row) => row[field] !== null);
    if (shown !== actions.every((action) => action === 'clear'))
      reading.faults.push(`${name} is ${shown ? 'shown' : 'not shown'}.`);
  }
}

async function looksUp(reading: Reading, dataset: DatasetDeclaration): Promise<void> {
  const { role, schema, setting } = reading;
  if (dataset.pointReads === undefined) return;
  const single = Object.values(schema.getQueryType()?.getFields() ?? {}).find(
    ({ args, type }) =>
      String(type).replace('!', '') === dataset.name && args.some(({ name }) => name === 'id'),
  );
  if (single === undefined) return;
  const lists = [...dataset.embedded.values()].flatMap((list) => {
    const fields = [...list.columns.keys()].filter(
      (field) => role.action(dataset, `${list.field}.${field}`) !== 'hide',
    );
    return fields.length === 0 ? [] : [`${list.field} { ${fields.join(' ')} }`];
  });
  const fields = [...dataset.columns.keys()].filter((field) => role.action(dataset, field) !== 'hide');
  const at = [...dataset.columns.keys()].indexOf(dataset.key);
  for (const { cells, embedded } of setting.planted.rowsInScope(role.name, dataset).slice(0, 12)) {
    const query = `{ ${single.name}(id: ${JSON.stringify(cells[at])}) { ${[...fields, ...lists].join(' ')} } }`;
    const { text } = await ask(reading, JSON.stringify({ query }));
    const row = (JSON.parse(text) as { data?: Record<string, Row> }).data?.[single.name];
    if (row === undefined) {
      reading.faults.push(`${dataset.name} ${String(cells[at])} is not found: ${text}`);
      continue;
    }
    compareRow(reading, dataset, dataset.columns, '', cells, row);
    for (const list of dataset.embedded.values()) {
      const inner = row[list.field] as Row[] | undefined;
      (embedded[list.field] ?? []).forEach((one, index) => {
        const found = inner?.[index];
        if (found !== undefined) compareRow(reading, dataset, list.columns, `${list.field}.`, one, found);
      });
    }
  }
}

/** Each filter, plain and negated, and each order. */
async function uses(reading: Reading, dataset: DatasetDeclaration, place: Place): Promise<void> {
  const { role, schema } = reading;
  const where = schema.getType(whereName(dataset.name));
  const work: (() => Promise<void>)[] = [];
  for (const column of dataset.columns.values()) {
    const action = role.action(dataset, column.field);
    const filter = isInputObjectType(where) ? where.getFields()[column.field]?.type : undefined;
    const operators = isInputObjectType(filter) ? Object.keys(filter.getFields()) : [];
    if (action === 'hide') {
      if (operators.length > 0)
        reading.faults.push(`${dataset.name}.${column.field} is hidden, and can be filtered by.`);
      continue;
    }
    const cell = inScope(reading, dataset)
      .map((cells) => cells[[...dataset.columns.keys()].indexOf(column.field)] ?? null)
      .find((value) => value !== null);
    const value = literalOf(
      column,
      expected(reading, action === 'pseudonym' ? action : 'clear', column, cell ?? null),
    );
    for (const operator of operators) {
      const text = operator === 'in' ? `[${value}]` : operator === 'isNull' ? 'false' : value;
      const condition = `{ ${column.field}: { ${operator}: ${text} } }`;
      const plain =
        action === 'clear' || (action === 'pseudonym' && (operator === 'eq' || operator === 'in'));
      for (const [shape, allowed] of [
        [condition, plain],
        [`{ not: ${condition} }`, action === 'clear'],
        [`{ or: [${condition}] }`, plain],
      ] as const) {
        work.push(async () => {
          const answer = await ask(
            reading,
            question(place, [`where: ${shape}`, 'first: 50'], `{ nodes { ${dataset.key} } }`),
          );
          expectCode(
            reading,
            `${dataset.name} where ${shape} (${action})`,
            answer,
            allowed ? undefined : 'FORBIDDEN_COLUMN_USE',
          );
          const rows = (answerAt(place, answer)?.nodes ?? []) as Row[];
          if (
            allowed &&
            cell !== undefined &&
            shape === condition &&
            operator !== 'ne' &&
            operator !== 'lt' &&
            operator !== 'gt' &&
            rows.length === 0
          )
            reading.faults.push(`${dataset.name} where ${shape} (${action}) finds nothing`);
        });
      }
    }
    for (const direction of ['ASC', 'DESC']) {
      work.push(async () => {
        const order = `orderBy: [${enumValueName(column.field)}_${direction}]`;
        const answer = await ask(
          reading,
          question(place, [order, 'first: 2'], `{ nodes { ${dataset.key} } }`),
        );
        expectCode(
          reading,
          `${dataset.name} ${order} (${action})`,
          answer,
          action === 'clear' ? undefined : 'FORBIDDEN_COLUMN_USE',
        );
      });
    }
  }
  await atOnce(work, AT_ONCE, (ask) => ask());
}

/** A value stands one to one for its token; a band and a step are grouped by in the engine. */
const GROUPED: ReadonlySet<MaskAction> = new Set(['clear', 'pseudonym', 'band', 'coarse']);

/** What the groups of a field may be called; who gets no rows may be given exact figures by their step too. */
function shownOf(
  reading: Reading,
  dataset: DatasetDeclaration,
  path: string,
  column: ColumnDeclaration,
  action: MaskAction,
): string[] {
  const at = [...dataset.columns.keys()].indexOf(path);
  const actions: MaskAction[] = reading.role.lists(dataset) ? [action] : [action, 'band', 'coarse'];
  const cells = inScope(reading, dataset).map((row) => row[at] ?? null);
  return actions.flatMap((one) => cells.map((cell) => JSON.stringify(expected(reading, one, column, cell))));
}

/** Each dimension and each measure. */
async function figures(reading: Reading, metrics: MetricsDeclaration, place: Place): Promise<void> {
  const { role } = reading;
  const work: (() => Promise<void>)[] = [];
  for (const dimension of metrics.dimensions.values()) {
    const action = role.dimensionAction(metrics, dimension.field);
    const wanted =
      action === 'hide' ? 'BAD_USER_INPUT' : GROUPED.has(action) ? undefined : 'FORBIDDEN_COLUMN_USE';
    work.push(async () => {
      const group = `groupBy: [${enumValueName(dimension.field)}]`;
      const answer = await ask(
        reading,
        question(place, [group, 'first: 50'], `{ rows { ${dimension.field} } }`),
      );
      expectCode(reading, `${metrics.name} ${group} (${action})`, answer, wanted);
      const allowed = new Set(shownOf(reading, metrics.dataset, dimension.of, dimension.column, action));
      for (const row of (answerAt(place, answer)?.rows ?? []) as Row[]) {
        const value = JSON.stringify(row[dimension.field]);
        if (!allowed.has(value)) reading.faults.push(`${metrics.name} ${group} (${action}) shows ${value}`);
      }
    });
  }
  for (const measure of metrics.measures.values()) {
    const action = role.measureAction(metrics, measure.field);
    const currency = measure.currency === undefined ? [] : [`groupBy: [${enumValueName(measure.currency)}]`];
    const wanted =
      action === 'hide' ? 'BAD_USER_INPUT' : action === 'clear' ? undefined : 'FORBIDDEN_COLUMN_USE';
    work.push(async () => {
      const answer = await ask(
        reading,
        question(place, [...currency, 'first: 5'], `{ rows { ${measure.field} } }`),
      );
      if (!asksForCurrency(answer))
        expectCode(reading, `${metrics.name}.${measure.field} (${action})`, answer, wanted);
    });
  }
  await atOnce(work, AT_ONCE, (ask) => ask());
}

/**
 * What noise cannot hide: exact numbers and days that are not public, unless they are internal and groups are made by
 * them anyway.
 */
function isExact({ role }: Reading, metrics: MetricsDeclaration, column: ColumnDeclaration): boolean {
  if (!role.protection(metrics).noise || column.class === 'public') return false;
  if (!['integer', 'float', 'decimal', 'date', 'datetime'].includes(column.kind)) return false;
  const grouped = [...metrics.dimensions.values()].some(({ of }) => of === column.field);
  return column.class !== 'internal' || !grouped;
}

/** Each filter of the rows that are added up, plain and negated, on a value that is there. */
async function filtersFigures(reading: Reading, metrics: MetricsDeclaration, place: Place): Promise<void> {
  const { role } = reading;
  const { dataset } = metrics;
  const rows = inScope(reading, dataset);
  const counting = [...metrics.measures.values()].find(
    ({ formula }) => 'count' in formula && formula.where === undefined,
  );
  if (counting === undefined) throw new Error(`${metrics.name} has no count of rows to try filters with.`);
  const work = [...dataset.columns.values()].flatMap((column, index) => {
    const action = role.action(dataset, column.field);
    const refused = action === 'hide' ? 'BAD_USER_INPUT' : 'FORBIDDEN_COLUMN_USE';
    const cell = rows.map((cells) => cells[index] ?? null).find((value) => value !== null) ?? null;
    const shown = action === 'pseudonym' ? action : 'clear';
    const condition = `{ ${column.field}: { eq: ${literalOf(column, expected(reading, shown, column, cell))} } }`;
    const clear = action === 'clear' && !isExact(reading, metrics, column);
    const equal = rows.filter((cells) => cell !== null && cells[index] === cell).length;
    return (
      [
        [condition, clear || action === 'pseudonym', equal],
        [`{ not: ${condition} }`, clear, rows.length - equal],
      ] as const
    ).map(([where, allowed, counted]) => async (): Promise<void> => {
      const name = `${metrics.name} where ${where} (${action})`;
      const answer = await ask(
        reading,
        question(place, [`where: ${where}`], `{ rows { ${counting.field} } }`),
      );
      expectCode(reading, name, answer, allowed ? undefined : refused);
      const { minimum, noise } = role.protection(metrics);
      if (!allowed || minimum > 0 || noise) return;
      const [row] = (answerAt(place, answer)?.rows ?? []) as Row[];
      if (row?.[counting.field] !== counted)
        reading.faults.push(`${name} counts ${String(row?.[counting.field])} in place of ${counted}.`);
    });
  });
  await atOnce(work, AT_ONCE, (ask) => ask());
}

/** Each order of groups, in both directions. */
async function ordersFigures(reading: Reading, metrics: MetricsDeclaration, place: Place): Promise<void> {
  const { role } = reading;
  const ordered = async (
    field: string,
    action: MaskAction,
    allowed: boolean,
    args: readonly string[],
  ): Promise<void> => {
    const refused = action === 'hide' ? 'BAD_USER_INPUT' : 'FORBIDDEN_COLUMN_USE';
    const shown: string[][] = [];
    for (const direction of ['ASC', 'DESC']) {
      const order = `orderBy: [${enumValueName(field)}_${direction}]`;
      const below = action === 'hide' ? 'suppressed' : field;
      const answer = await ask(
        reading,
        question(place, [...args, order, 'first: 50'], `{ rows { ${below} } }`),
      );
      if (asksForCurrency(answer)) return;
      expectCode(reading, `${metrics.name} ${order} (${action})`, answer, allowed ? undefined : refused);
      const values = ((answerAt(place, answer)?.rows ?? []) as Row[]).map((row) => row[field] ?? null);
      shown.push(values.filter((value) => value !== null).map((value) => JSON.stringify(value)));
    }
    const [up = [], down = []] = shown;
    if (allowed && up.join() !== down.reverse().join())
      reading.faults.push(`${metrics.name} by ${field} (${action}) is ${up.join()} up, ${down.join()} down.`);
  };
  const dimensions = [...metrics.dimensions.values()].map((dimension) => () => {
    const action = role.dimensionAction(metrics, dimension.field);
    const { order, group } = MASK_USES[action];
    const allowed = group === 'step' || (order && !isExact(reading, metrics, dimension.column));
    const groups = action === 'hide' ? [] : [`groupBy: [${enumValueName(dimension.field)}]`];
    return ordered(dimension.field, action, allowed, groups);
  });
  const measures = [...metrics.measures.values()].map((measure) => () => {
    const action = role.measureAction(metrics, measure.field);
    const groups = measure.currency === undefined ? [] : [`groupBy: [${enumValueName(measure.currency)}]`];
    return ordered(measure.field, action, action === 'clear', groups);
  });
  const { time } = metrics.dataset;
  const periods = time === undefined ? [] : [() => ordered('period', 'clear', true, ['grain: MONTH'])];
  await atOnce([...dimensions, ...measures, ...periods], AT_ONCE, (ask) => ask());
}

/** A ratio of money needs its currency as a group, which only its parts name. */
function asksForCurrency(answer: HttpAnswer): boolean {
  return codesOf(answer).join() === 'BAD_USER_INPUT' && answer.text.includes('is money');
}

function expectCode(reading: Reading, what: string, answer: HttpAnswer, wanted: string | undefined): void {
  reading.checked += 1;
  const [code] = codesOf(answer);
  if (code !== wanted)
    reading.faults.push(`${what}: ${code ?? 'allowed'} in place of ${wanted ?? 'allowed'}`);
}

/** A value to compare with where none is planted. */
const ANY: Partial<Record<ValueKind, string>> = {
  boolean: 'true',
  integer: '1',
  float: '1.5',
  decimal: '"1.5"',
  date: '"2026-06-01"',
  datetime: '"2026-06-01T00:00:00Z"',
};

function literalOf(column: ColumnDeclaration, value: unknown): string {
  if (value === null || value === undefined) return column.values?.[0] ?? ANY[column.kind] ?? '"x"';
  return column.kind === 'enum' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value);
}
