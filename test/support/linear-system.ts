/** What a set of linear equations says for certain: the attacker's tool against published tables. */
export class LinearSystem {
  /** In reduced row echelon form; by pivot, coefficients with the right side last. */
  private readonly rows = new Map<number, Float64Array>();

  constructor(private readonly unknowns: number) {}

  /** Adds: the sum of these unknowns is the value. */
  add(members: Iterable<number>, value: number): void {
    const row = new Float64Array(this.unknowns + 1);
    for (const member of members) row[member] = 1;
    row[this.unknowns] = value;
    for (const [pivot, known] of this.rows) subtract(row, known, row[pivot] ?? 0);
    const pivot = row.findIndex((coefficient, at) => at < this.unknowns && Math.abs(coefficient) > 1e-7);
    if (pivot < 0) return;
    const scale = row[pivot] ?? 1;
    for (let at = 0; at < row.length; at += 1) row[at] = (row[at] ?? 0) / scale;
    for (const known of this.rows.values()) subtract(known, row, known[pivot] ?? 0);
    this.rows.set(pivot, row);
  }

  /** The unknowns that only one value fits. */
  solved(): Map<number, number> {
    const found = new Map<number, number>();
    for (const [pivot, row] of this.rows) {
      const free = row.some(
        (coefficient, at) => at !== pivot && at < this.unknowns && Math.abs(coefficient) > 1e-7,
      );
      if (!free) found.set(pivot, row[this.unknowns] ?? NaN);
    }
    return found;
  }
}

function subtract(row: Float64Array, other: Float64Array, times: number): void {
  if (times === 0) return;
  for (let at = 0; at < row.length; at += 1) row[at] = (row[at] ?? 0) - times * (other[at] ?? 0);
}

/** What the unknowns add up to, more or less. */
export interface Equation {
  members: readonly number[];
  value: number;
}

/** Rounds of the solver; it ends earlier when nothing is left to gain. */
const ROUNDS = 500;

/**
 * The values that fit all equations best: the attacker's tool against figures that are rounded each for itself, whose
 * errors cancel out over many. Conjugate gradients on the normal equations (CGLS); of values that fit alike, the smallest.
 */
export function leastSquares(equations: readonly Equation[], unknowns: number): Float64Array {
  const times = (values: Float64Array): number[] =>
    equations.map(({ members }) => members.reduce((sum, member) => sum + (values[member] ?? 0), 0));
  const back = (rest: readonly number[]): Float64Array => {
    const sums = new Float64Array(unknowns);
    equations.forEach(({ members }, at) => {
      for (const member of members) sums[member] = (sums[member] ?? 0) + (rest[at] ?? 0);
    });
    return sums;
  };
  const square = (values: Iterable<number>): number =>
    [...values].reduce((sum, value) => sum + value ** 2, 0);

  const found = new Float64Array(unknowns);
  const rest = equations.map(({ value }) => value);
  let slope = back(rest);
  let direction = slope;
  for (let round = 0; round < ROUNDS && square(slope) > 1e-12; round += 1) {
    const ahead = times(direction);
    const step = square(slope) / square(ahead);
    direction.forEach((value, at) => (found[at] = (found[at] ?? 0) + step * value));
    ahead.forEach((value, at) => (rest[at] = (rest[at] ?? 0) - step * value));
    const next = back(rest);
    const keep = square(next) / square(slope);
    direction = next.map((value, at) => value + keep * (direction[at] ?? 0));
    slope = next;
  }
  return found;
}
