import { SluiceError } from '../../errors';
import type { ColumnDeclaration, DatasetDeclaration } from '../../schema/declarations';
import { checkOperator, columnFor, listOf, one } from '../compile/conditions';
import { parameterText } from '../compile/literal';
import type { Condition, PlanValue } from '../plans';
import type { Cell } from '../results';

/**
 * Conditions over one row in memory, with the meaning they have in SQL (`compile/conditions.ts`): a comparison with a
 * missing value does not hold, `ne` and `not` are exact complements, texts compare by code point.
 */
export function matches(
  dataset: DatasetDeclaration,
  condition: Condition,
  cellOf: (field: string) => Cell,
): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((part) => matches(dataset, part, cellOf));
    case 'or':
      return condition.conditions.some((part) => matches(dataset, part, cellOf));
    case 'not':
      return !matches(dataset, condition.condition, cellOf);
    default:
      return holds(columnFor(dataset, condition.field), condition, cellOf(condition.field));
  }
}

function holds(
  column: ColumnDeclaration,
  condition: Extract<Condition, { kind: 'compare' }>,
  cell: Cell,
): boolean {
  const { op } = condition;
  checkOperator(column, op);
  if (op === 'in') return listOf(condition).some((value) => compare(column, cell, value) === 0);
  const value = one(condition);
  switch (op) {
    case 'isNull':
      if (typeof value !== 'boolean') throw new SluiceError('BAD_USER_INPUT', 'isNull takes true or false.');
      return (cell === null) === value;
    case 'eq':
      return compare(column, cell, value) === 0;
    case 'ne':
      return compare(column, cell, value) !== 0;
    case 'contains':
    case 'startsWith': {
      // Checked even when there is nothing to search, as an engine would.
      const wanted = parameterText(column, value);
      if (typeof cell !== 'string') return false;
      return op === 'contains' ? cell.includes(wanted) : cell.startsWith(wanted);
    }
    default: {
      const order = compare(column, cell, value);
      if (order === undefined) return false;
      if (op === 'lt') return order < 0;
      if (op === 'lte') return order <= 0;
      return op === 'gt' ? order > 0 : order >= 0;
    }
  }
}

/** Below, equal or above 0; undefined when the cell is missing. */
function compare(column: ColumnDeclaration, cell: Cell, value: PlanValue): number | undefined {
  const wanted = parameterText(column, value);
  if (cell === null || typeof cell === 'object') return undefined;
  switch (column.kind) {
    case 'integer':
    case 'float':
    case 'boolean':
      return Number(cell) - Number(value);
    case 'decimal':
      return sign(scaled(String(cell)) - scaled(wanted));
    case 'datetime':
      return byText(parameterText(column, cell).padEnd(26, '0'), wanted.padEnd(26, '0'));
    default:
      return byText(String(cell), wanted);
  }
}

/** By bytes of UTF-8, which is the order of code points. */
function byText(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
}

const DECIMAL_DIGITS = 10;

/** A decimal as a whole number of its smallest part. */
function scaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(DECIMAL_DIGITS, '0').slice(0, DECIMAL_DIGITS));
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}
