import { isDeepStrictEqual } from 'node:util';
import { loadPolicy, type RolePolicy } from '../../src/auth/policy';
import { declarations } from '../../src/schema/catalog';
import type { ColumnDeclaration, DatasetDeclaration } from '../../src/schema/declarations';
import { enumValueName } from '../../src/schema/names';
import { MASK_USES, type MaskAction } from '../../src/schema/vocabulary';
import { startGateway, type Gateway } from '../support/gateway';
import { listOf, listQuery, maskedPath, tableQuery } from '../support/listings';

/** Role × dataset × field: what the steward sees in the clear, against what the role gets of the same row. */

const TEXTS: readonly string[] = ['id', 'string'];
const policy = loadPolicy('policy/policy.yaml', declarations);
const cases = [...policy.roles.values()].flatMap((role) =>
  [...declarations.datasets.values()]
    .filter((dataset) => role.lists(dataset))
    .map((dataset) => ({ role, dataset, title: `${role.name} reads ${dataset.name}` })),
);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const seenFields = (role: RolePolicy, dataset: DatasetDeclaration): string[] =>
  [...dataset.columns.keys()].filter((field) => role.action(dataset, field) !== 'hide');

async function rowsById(role: string, dataset: DatasetDeclaration, fields: string[]) {
  const answer = await gateway.ask(
    { role },
    listQuery(
      dataset,
      `nodes { ${fields.join(' ')} }`,
      `first: ${Math.min(200, policy.roles.get(role)?.limits.maxRows ?? 0)}`,
    ),
  );
  expect(answer.errors).toBeUndefined();
  const { nodes } = listOf(dataset, answer.data);
  return {
    rows: new Map(nodes.map((row) => [row[dataset.key] as string, row])),
    masking: answer.extensions.masking ?? [],
  };
}

/** Whether a masked value looks as it must, worked out here from the rule alone, not by the gate's code. */
function fits(action: MaskAction, column: ColumnDeclaration, clear: unknown, shown: unknown): boolean {
  if (clear === null) return shown === null;
  switch (action) {
    case 'clear':
      return isDeepStrictEqual(shown, clear);
    case 'redact':
      return shown === null;
    case 'pseudonym':
      return typeof shown === 'string' && typeof clear === 'string' && !shown.includes(clear);
    case 'partial':
      return typeof shown === 'string' && shown !== clear && shown.includes('•');
    case 'band':
      return Number(shown) % (column.band ?? NaN) === 0 && isFloor(shown, clear, column.band);
    case 'coarse':
      if (typeof clear === 'string') return String(shown).startsWith(`${clear.slice(0, 7)}-01`);
      return typeof shown === 'number' && isFloor(shown, clear, column.coarse);
    case 'hide':
      return shown === undefined;
  }
}

function isFloor(shown: unknown, clear: unknown, step = NaN): boolean {
  return Number(shown) <= Number(clear) && Number(shown) > Number(clear) - step;
}

// First, since most faults of test/mutations that this file tells of show here.
test('what is not seen in the clear cannot be used to filter, sort, group or aggregate', async () => {
  const refused = async (role: string, query: string): Promise<void> => {
    const { errors, data } = await gateway.ask({ role }, query);
    expect({
      query,
      code: errors?.[0]?.extensions.code,
      data: JSON.stringify(data ?? null).includes('nodes'),
    }).toEqual({
      query,
      code: 'FORBIDDEN_COLUMN_USE',
      data: false,
    });
  };
  for (const { role, dataset } of cases) {
    for (const [field, column] of dataset.columns) {
      const action = role.action(dataset, field);
      if (action === 'clear' || action === 'hide') continue;
      await refused(
        role.name,
        listQuery(dataset, 'nodes { id }', `first: 1, orderBy: [${enumValueName(field)}_ASC]`),
      );
      await refused(role.name, listQuery(dataset, 'totalCount', `where: { ${field}: { isNull: true } }`));
      if (action !== 'pseudonym' && TEXTS.includes(column.kind))
        await refused(role.name, listQuery(dataset, 'totalCount', `where: { ${field}: { eq: "x" } }`));
      const literal = ['integer', 'float'].includes(column.kind)
        ? '1'
        : column.kind === 'decimal'
          ? '"1"'
          : undefined;
      if (literal !== undefined) {
        await refused(
          role.name,
          listQuery(dataset, 'nodes { id }', `where: { not: { ${field}: { gt: ${literal} } } }`),
        );
      }
    }
  }
  for (const role of policy.roles.values()) {
    for (const metrics of declarations.metrics.values()) {
      for (const { field } of metrics.dimensions.values()) {
        const action = role.dimensionAction(metrics, field);
        if (action === 'hide' || MASK_USES[action].group !== 'none') continue;
        await refused(role.name, tableQuery(metrics, 'suppressed', `groupBy: [${enumValueName(field)}]`));
      }
      const [rows] = [...metrics.measures.values()].filter(({ formula }) => 'count' in formula);
      for (const field of metrics.dataset.columns.keys()) {
        const action = role.action(metrics.dataset, field);
        if (action === 'clear' || action === 'hide') continue;
        const where = `where: { not: { ${field}: { isNull: true } } }`;
        await refused(role.name, tableQuery(metrics, rows?.field ?? '', where));
      }
    }
  }
  await refused('hr_partner', '{ hr { headcount { rows { averageSalary } } } }');
});

test.each(cases)('$title as the policy says', async ({ role, dataset }) => {
  const fields = seenFields(role, dataset);
  const masked = await rowsById(role.name, dataset, fields);
  const clear = await rowsById('steward', dataset, [...dataset.columns.keys()]);
  const misfits: unknown[] = [];
  let compared = 0;
  for (const [id, row] of masked.rows) {
    const original = clear.rows.get(id);
    if (original === undefined) continue;
    for (const field of fields) {
      const column = dataset.columns.get(field) as ColumnDeclaration;
      const action = role.action(dataset, field);
      if (!fits(action, column, original[field], row[field]))
        misfits.push({ field, action, clear: original[field], shown: row[field] });
      compared += 1;
    }
  }
  expect(misfits).toEqual([]);
  expect(compared).toBeGreaterThan(0);
  const listed = fields
    .map((field) => ({ path: maskedPath(dataset, field), action: role.action(dataset, field) }))
    .filter(({ action }) => action !== 'clear');
  expect([...masked.masking].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
    listed.sort((a, b) => (a.path < b.path ? -1 : 1)),
  );
});

test('all seven actions occur in the sample policy', () => {
  const actions = new Set(
    cases.flatMap(({ role, dataset }) =>
      [...dataset.columns.keys()].map((field) => role.action(dataset, field)),
    ),
  );
  expect([...actions].sort()).toEqual(['band', 'clear', 'coarse', 'hide', 'partial', 'pseudonym', 'redact']);
});

test('a pseudonym is stable, differs between tenants, and filters by equality', async () => {
  const sales = declarations.datasets.get('SalesLine') as DatasetDeclaration;
  const query = listQuery(
    sales,
    'nodes { id customerId }',
    'first: 20, where: $where',
    '$where: SalesLineWhere',
  );
  const token = async (tenant: string): Promise<unknown[]> => {
    const { data } = await gateway.ask({ role: 'sales_analyst', tenant }, query, { where: {} });
    return listOf(sales, data).nodes.map((row) => row.customerId);
  };
  const here = await token('aurora');
  expect(await token('aurora')).toEqual(here);
  const known = here.find((value) => typeof value === 'string') as string;
  expect(known).toBeDefined();
  const filtered = await gateway.ask({ role: 'sales_analyst' }, query, {
    where: { customerId: { eq: known } },
  });
  const rows = listOf(sales, filtered.data).nodes;
  expect(rows.length).toBeGreaterThan(0);
  expect(new Set(rows.map((row) => row.customerId))).toEqual(new Set([known]));
  const elsewhere = await gateway.ask({ role: 'sales_analyst', tenant: 'borealis' }, query, {
    where: { customerId: { eq: known } },
  });
  expect(listOf(sales, elsewhere.data).nodes).toEqual([]);
});
