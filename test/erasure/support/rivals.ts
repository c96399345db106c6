import type { Aws } from '../../../local/src/import/aws';
import type { ErasureTarget } from '../../../src/erasure/targets';
import { tableOf } from '../../../src/schema/tables';
import type { Random } from '../../privacy/random';
import { Crowd, type Group } from './crowd';

/** Sessions that rewrite rows of a lake table and change nothing in them: others' rows and those of the batch's people. */

/** What a session does in turn. */
const KINDS = ['UPDATE', 'MERGE', 'UPDATE', 'OPTIMIZE'] as const;

export class Rivals {
  private turns = 0;
  /** Statements that were carried out, and those whose commit met another one: of these nothing is written. */
  committed = 0;
  refused = 0;

  constructor(
    private readonly aws: Aws,
    private readonly crowd: Crowd,
    private readonly group: Group,
    private readonly random: Random,
  ) {}

  /** @throws what is no conflict of commits */
  async rewrite(target: ErasureTarget): Promise<void> {
    const kind = KINDS[this.turns % KINDS.length] ?? 'UPDATE';
    this.turns += 1;
    try {
      await this.aws.runAthena(this.statement(target, kind));
      this.committed += 1;
    } catch (error) {
      if (!isConflict(error)) throw error;
      this.refused += 1;
    }
  }

  private statement(target: ErasureTarget, kind: (typeof KINDS)[number]): string {
    const { dataset } = target;
    const table = `"${dataset.database}"."${dataset.table}"`;
    const id = dataset.columns.get(dataset.key)?.column ?? '';
    const rows = [this.rowOf(target, true), this.rowOf(target, false)].map((row) => `'r${row}'`);
    const { tenantColumn: same } = tableOf(dataset);
    if (kind === 'OPTIMIZE') return `OPTIMIZE ${table} REWRITE DATA USING BIN_PACK`;
    if (kind === 'UPDATE')
      return `UPDATE ${table} SET "${same}" = "${same}" WHERE "${id}" IN (${rows.join(', ')})`;
    return (
      `MERGE INTO ${table} own USING (VALUES ${rows.map((row) => `(${row})`).join(', ')}) AS named (id)` +
      ` ON own."${id}" = named.id WHEN MATCHED THEN UPDATE SET "${same}" = own."${same}"`
    );
  }

  /** Number of a row about somebody of the group, or about somebody else. */
  private rowOf({ dataset }: ErasureTarget, ofGroup: boolean): number {
    const rows = this.crowd.rowsOf(dataset.name);
    for (;;) {
      const row = this.random.whole(0, rows - 1);
      if (Crowd.isOf(this.group, this.crowd.personOfRow(row)) === ofGroup) return row;
    }
  }
}

/** Whether a commit met another writer's. */
export function isConflict(error: unknown): boolean {
  return String(error).includes('ICEBERG_COMMIT_ERROR');
}
