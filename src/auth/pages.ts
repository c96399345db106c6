import { createHash } from 'node:crypto';
import type { CursorSeal } from '../datasources/cursors';
import type { RowsPlan } from '../datasources/plans';
import type { Cells } from '../datasources/results';
import { SluiceError } from '../errors';
import type { Position, Scope } from './scope';

/** Cursors as the gate uses them: a position in an order, sealed for one tenant, role, scope and plan. */

/** What a cursor is bound to: tenant, role, row rules and the plan without its page and selection. */
export function bindingOf(role: string, scope: Scope, plan: RowsPlan): string {
  const { dataset, range, where, orderBy } = plan;
  const bound = [scope.tenant, role, scope.rows, dataset, range ?? null, where ?? null, orderBy];
  return createHash('sha256').update(JSON.stringify(bound)).digest('base64url');
}

/** @throws SluiceError BAD_CURSOR when the cursor is not of this plan */
export function openPosition(cursors: CursorSeal, binding: string, cursor: string, length: number): Position {
  const position = cursors.open(binding, cursor);
  if (position.length !== length) throw new SluiceError('BAD_CURSOR');
  return position;
}

/** The sort values of a row; `sorted` says at which cells they stand. */
export function positionOf(cells: Cells | undefined, sorted: readonly number[]): Position {
  return sorted.map((index) => {
    const cell = cells?.[index];
    if (cell === undefined || (typeof cell === 'object' && cell !== null)) throw new SluiceError('INTERNAL');
    return cell;
  });
}
