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
