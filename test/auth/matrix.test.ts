import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import pino from 'pino';
import { createGateFactory, type Gate } from '../../src/auth/gate';
import { loadPolicy } from '../../src/auth/policy';
import { createCursorSeal } from '../../src/datasources/cursors';
import type { Comparison, Condition, PlanValue, RowsPlan } from '../../src/datasources/plans';
import { SluiceError } from '../../src/errors';
import { declarations } from '../../src/schema/catalog';
import type { ColumnDeclaration, DatasetDeclaration } from '../../src/schema/declarations';
import { MemorySink } from './memory-sink';
import { RecordingStores } from './recording-stores';

/** Every role against every field: what is not clear neither shows nor shapes anything. */

const policy = loadPolicy('policy/policy.yaml', declarations);
const stores = new RecordingStores();
const lines: string[] = [];
const sink = new MemorySink();
const gateFor = createGateFactory({
  config: { SLUICE_MASK_KEY: randomBytes(64), SLUICE_AUDIT_KEY: randomBytes(64) },
  policy,
  declarations,
  stores,
  tombstones: { goneFrom: async () => undefined },
  sink,
  cursors: createCursorSeal(randomBytes(64)),
  logger: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
});

/** A purpose that opens what needs one. */
function purposeOf(role: string): { purpose?: string } {
  const [purpose] = policy.roles.get(role)?.purposes ?? [];
  return purpose === undefined ? {} : { purpose };
}

function gate(role: string): Gate {
  const claims = new Map([
    ['markets', ['DE']],
    ['departments', ['Sales']],
  ]);
  return gateFor(
    { subject: 's', tenant: 'acme', roles: [role], role, claims, ...purposeOf(role) },
    { requestId: 'r', signal: new AbortController().signal, calls: [] },
  );
}

const pairs = [...policy.roles.keys()].flatMap((role) =>
  [...declarations.datasets.values()]
    .filter((dataset) => policy.roles.get(role)?.lists(dataset))
    .map((dataset): [string, string] => [role, dataset.name]),
);
const OPS: Comparison[] = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'contains', 'startsWith', 'isNull'];

function datasetOf(name: string): DatasetDeclaration {
  const dataset = declarations.datasets.get(name);
  if (dataset === undefined) throw new Error(name);
  return dataset;
}

/** A value of the column's kind that nothing but the column itself could show. */
function canary(column: ColumnDeclaration, index: number): PlanValue {
  const number = 7_310_001 + 1_013 * index;
  switch (column.kind) {
    case 'integer':
      return number;
    case 'float':
      return number + 0.123;
    case 'decimal':
      return `${number}.1230`;
    case 'boolean':
      return true;
    case 'date':
      return `19${60 + (index % 30)}-11-${10 + (index % 19)}`;
    case 'datetime':
      return `19${60 + (index % 30)}-11-${10 + (index % 19)}T11:12:13.141Z`;
    case 'enum':
      return column.values?.[0] ?? '';
    default:
      return `canary-${number}@${column.field}`;
  }
}

const planFor = (dataset: DatasetDeclaration, parts: Partial<RowsPlan>): RowsPlan => ({
  kind: 'rows',
  dataset: dataset.name,
  fields: [dataset.key],
  orderBy: [],
  first: 5,
  ...(dataset.time === undefined
    ? {}
    : { range: { from: '2018-01-01T00:00:00.000Z', to: '2018-02-01T00:00:00.000Z' } }),
  ...parts,
});

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'allowed';
  } catch (error) {
    return error instanceof SluiceError ? error.code : 'unknown';
  }
}

describe.each(pairs)('%s reading %s', (role, name) => {
  const dataset = datasetOf(name);
  const sight = policy.roles.get(role);
  const columns = [...dataset.columns.values()];
  const actionOf = (field: string) => sight?.action(dataset, field) ?? 'hide';

  it('sees no canary of a masked column, in rows, log or cursor', async () => {
    const row = Object.fromEntries(columns.map((column, index) => [column.field, canary(column, index)]));
    stores.rowsByField = [row, row];
    lines.length = 0;
    sink.lines.length = 0;
    const fields = columns.map(({ field }) => field).filter((field) => actionOf(field) !== 'hide');
    await fc.assert(
      fc.asyncProperty(fc.subarray(fields, { minLength: 1 }), async (chosen) => {
        const page = await gate(role).rows(planFor(dataset, { fields: chosen, first: 1 }));
        const shown = JSON.stringify(page.rows) + page.cursor(0);
        columns.forEach((column, index) => {
          const value = String(canary(column, index));
          const secret = column.kind === 'boolean' || column.kind === 'enum' ? undefined : value;
          if (secret === undefined) return;
          if (actionOf(column.field) !== 'clear') expect(shown).not.toContain(secret);
          if (actionOf(column.field) !== 'clear' || value.startsWith('canary')) {
            expect(lines.join('') + sink.lines.join('')).not.toContain(secret);
          }
        });
        for (const field of chosen) {
          if (actionOf(field) === 'clear') expect(page.rows[0]?.[field]).toBe(row[field]);
          if (actionOf(field) === 'redact') expect(page.rows[0]?.[field]).toBeNull();
          expect(stores.last.fields?.includes(field)).toBe(actionOf(field) !== 'redact');
        }
      }),
      { numRuns: 20 },
    );
  });

  it('filters and orders by nothing but what is clear, save equality of pseudonyms', async () => {
    for (const [index, column] of columns.entries()) {
      const action = actionOf(column.field);
      for (const op of OPS) {
        const value = op === 'isNull' ? true : canary(column, index);
        const condition: Condition = {
          kind: 'compare',
          field: column.field,
          op,
          value: op === 'in' ? [value] : value,
        };
        const allowed = action === 'clear' || (action === 'pseudonym' && (op === 'eq' || op === 'in'));
        expect([
          column.field,
          op,
          await outcome(gate(role).rows(planFor(dataset, { where: condition }))),
        ]).toEqual([column.field, op, allowed ? 'allowed' : 'FORBIDDEN_COLUMN_USE']);
      }
      const orderBy = [{ field: column.field, direction: 'asc' as const }];
      const ordered = await outcome(gate(role).rows(planFor(dataset, { orderBy })));
      expect([column.field, ordered]).toEqual([
        column.field,
        action === 'clear' ? 'allowed' : 'FORBIDDEN_COLUMN_USE',
      ]);
    }
  });
});
