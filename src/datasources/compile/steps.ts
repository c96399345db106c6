import { sql } from 'kysely';
import type { StepAction } from '../../auth/scope';
import type { ColumnDeclaration } from '../../schema/declarations';
import type { Dialect, Expression } from './dialects';

/**
 * The floor of a band, or the coarse value, computed in the engine: the value that the mask of the same name gives a
 * row, so that groups are what their reader sees (`auth/masks.ts`; a test compares the two).
 */
export function steppedExpression(
  dialect: Dialect,
  column: ColumnDeclaration,
  action: StepAction,
  at: Expression,
): Expression {
  const { kind } = column;
  if (kind === 'date') return sql`cast(date_trunc('month', ${at}) as date)`;
  if (kind === 'datetime') return sql`date_trunc('month', ${at})`;
  const step = action === 'band' ? column.band : column.coarse;
  if (step === undefined) throw new Error(`${column.field} has no width for ${action}.`);
  if (kind === 'float') return flooredFloat(dialect, at, step);
  const width = sql.raw(step.toFixed(digitsOf(step)));
  // The remainder has the sign of the value; adding the width once makes it one of flooring. Exact, as no division is.
  const floored = sql`${at} - mod(mod(${at}, ${width}) + ${width}, ${width})`;
  return kind === 'integer' ? floored : sql`cast(${floored} as decimal(38, ${sql.lit(column.scale ?? 4)}))`;
}

/** Digits after the point of a step such as 0.1 or 5000. */
export function digitsOf(step: number): number {
  const [mantissa = '', exponent = '0'] = String(step).split('e');
  return Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent));
}

/** Multiples are made of whole numbers, as the mask makes them: 3 steps of 0.1 are 0.3 and not 0.30000000000000004. */
function flooredFloat(dialect: Dialect, at: Expression, step: number): Expression {
  const scale = 10 ** digitsOf(step);
  const double = (value: number): Expression => sql.raw(value.toExponential());
  const whole = double(Math.round(step * scale));
  const multiple = (count: Expression): Expression => sql`${count} * ${whole} / ${double(scale)}`;
  const count = sql`floor(cast(${at} as ${sql.raw(dialect.double)}) / ${double(step)})`;
  const next = sql`(${count} + ${double(1)})`;
  const last = sql`(${count} - ${double(1)})`;
  // The quotient may be a hair off in either direction: 0.3 / 0.1 is 2.9999999999999996.
  return sql`case when ${multiple(next)} <= ${at} then ${multiple(next)} when ${multiple(count)} > ${at} then ${multiple(last)} else ${multiple(count)} end`;
}
