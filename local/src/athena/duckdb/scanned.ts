import { readFileSync, rmSync } from 'node:fs';
import type { DuckDatabase } from '../../duck/database';
import { identifier, literal } from '../../quoting';

interface ProfileNode {
  operator_type?: string;
  operator_rows_scanned?: number;
  extra_info?: Record<string, string | string[]>;
  children?: ProfileNode[];
}

/** All that is read of a profile; DuckDB would measure a lot more. */
export const MEASURED = JSON.stringify({
  OPERATOR_TYPE: 'true',
  OPERATOR_ROWS_SCANNED: 'true',
  EXTRA_INFO: 'true',
});

const FIXED_WIDTHS: [RegExp, number][] = [
  [/^(BOOLEAN|TINYINT|UTINYINT)/, 1],
  [/^(SMALLINT|USMALLINT)/, 2],
  [/^(INTEGER|UINTEGER|FLOAT|DATE)/, 4],
  [/^(HUGEINT|UHUGEINT|UUID)/, 16],
  [/^DECIMAL\((1[0-8]|[1-9]),/, 8],
  [/^DECIMAL/, 16],
  [/^(BIGINT|UBIGINT|DOUBLE|TIME)/, 8],
];

/** How many rows are looked at to learn the mean width of a column of text or nested values. */
const SAMPLED_ROWS = 10_000;
/** Milliseconds before the widths of a table are measured again. */
const WIDTHS_KEPT_MS = 60_000;

/**
 * Bytes that a statement read, from DuckDB's own profile of it: for each table scan, the rows that it really read
 * (row groups pruned by a filter, or cut off by a limit, are not in it) times the width of the columns it projected or
 * filtered on. Widths are the uncompressed sizes of the types, and for text the mean over a sample of the table.
 * It is an estimate of uncompressed bytes: larger than what Athena would bill for compressed Parquet, but it grows and
 * shrinks with the same things: rows, columns and partitions. A scan of rows with no column (a plain `count(*)`) costs
 * nothing, as in Athena, where Parquet's footers answer it; here it counts one byte for each row group.
 */
export class ScanMeter {
  private readonly widths = new Map<string, { until: number; byColumn: Map<string, number> }>();

  constructor(private readonly database: DuckDatabase) {}

  /** Forget a table's widths, after its columns changed. */
  forget(): void {
    this.widths.clear();
  }

  /** Reads and removes the profile that DuckDB wrote for the last statement of a connection. */
  async read(profilePath: string): Promise<number> {
    let profile: ProfileNode;
    try {
      // Small and written a moment ago: read sooner than another thread could be asked to.
      profile = JSON.parse(readFileSync(profilePath, 'utf8')) as ProfileNode;
      rmSync(profilePath);
    } catch {
      return 0;
    }
    return Math.round(await this.sum(profile));
  }

  private async sum(node: ProfileNode): Promise<number> {
    let bytes = await this.scan(node);
    for (const child of node.children ?? []) bytes += await this.sum(child);
    return bytes;
  }

  private async scan(node: ProfileNode): Promise<number> {
    const rows = node.operator_rows_scanned ?? 0;
    if (rows === 0 || !node.operator_type?.includes('SCAN')) return 0;
    const info = node.extra_info ?? {};
    const used = [info.Projections, info.Filters].flat().filter((text) => text !== undefined && text !== '');
    const table = typeof info.Table === 'string' ? info.Table : undefined;
    const widths = table ? await this.tableWidths(table) : new Map<string, number>();
    const text = used.join('\n');
    let width = 0;
    for (const [column, bytes] of widths) if (mentions(text, column)) width += bytes;
    // Parquet scans name no table: eight bytes for each projected column.
    if (widths.size === 0) width = 8 * [info.Projections].flat().filter(Boolean).length;
    return Math.max(rows * width, Math.ceil(rows / 122_880));
  }

  private async tableWidths(table: string): Promise<Map<string, number>> {
    const known = this.widths.get(table);
    if (known && known.until > Date.now()) return known.byColumn;
    const byColumn = await this.measure(table).catch(() => new Map<string, number>());
    this.widths.set(table, { until: Date.now() + WIDTHS_KEPT_MS, byColumn });
    return byColumn;
  }

  private async measure(table: string): Promise<Map<string, number>> {
    const [catalog = '', schema = '', ...rest] = table.split('.');
    const name = rest.join('.');
    const columns = (await this.database.rows(
      `SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ${literal(catalog)}
       AND schema_name = ${literal(schema)} AND table_name = ${literal(name)}`,
    )) as [string, string][];
    const widths = new Map<string, number>();
    const measured: string[] = [];
    for (const [column, type] of columns) {
      const fixed = FIXED_WIDTHS.find(([pattern]) => pattern.test(type) && !type.endsWith(']'))?.[1];
      if (fixed === undefined) measured.push(column);
      else widths.set(column, fixed);
    }
    if (measured.length === 0) return widths;
    const sizes = measured.map((column) => `avg(strlen(CAST(${identifier(column)} AS VARCHAR)))`);
    const from = [catalog, schema, name].map(identifier).join('.');
    const [row = []] = await this.database.rows(
      `SELECT ${sizes.join(', ')} FROM (SELECT * FROM ${from} LIMIT ${SAMPLED_ROWS})`,
    );
    measured.forEach((column, at) => widths.set(column, Math.max(1, Number(row[at] ?? 1))));
    return widths;
  }
}

function mentions(text: string, column: string): boolean {
  const plain = column.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^A-Za-z0-9_])${plain}([^A-Za-z0-9_]|$)`, 'im').test(text);
}
