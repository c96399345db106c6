import { parquetWriteBuffer } from 'hyparquet-writer';
import type { TableColumn, TableDeclaration } from '../schema/tables';

/** Audit lines as Parquet: what Athena reads natively, and reads a column at a time. */

type Line = Readonly<Record<string, unknown>>;

const TYPES = { varchar: 'STRING', integer: 'INT32', boolean: 'BOOLEAN', timestamp: 'TIMESTAMP' } as const;

/** One object of a partition. */
export interface AuditObject {
  partition: string;
  body: Uint8Array;
}

/** What a segment's text holds. */
export interface SegmentLines {
  lines: Line[];
  /** Lines that are none: the end of a file whose writer died while it wrote. Nobody was answered for them. */
  torn: number;
}

export function readLines(text: string): SegmentLines {
  const lines: Line[] = [];
  let torn = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    try {
      lines.push(JSON.parse(line) as Line);
    } catch {
      torn += 1;
    }
  }
  return { lines, torn };
}

/** One Parquet file for each partition that the lines belong to; lines are keyed by the table's own columns. */
export function auditObjects(table: TableDeclaration, time: string, lines: readonly Line[]): AuditObject[] {
  const partitions = new Map<string, Line[]>();
  for (const line of lines) {
    const day = String(line[time]).slice(0, 10);
    const known = partitions.get(day);
    if (known === undefined) partitions.set(day, [line]);
    else known.push(line);
  }
  return [...partitions].map(([partition, rows]) => ({ partition, body: parquet(table, partition, rows) }));
}

/** The partition's column is in the file too, so that a file says by itself where it belongs. */
function parquet(table: TableDeclaration, partition: string, rows: readonly Line[]): Uint8Array {
  const columnData = table.columns.map((column) => ({
    name: column.name,
    type: typeOf(column),
    nullable: true,
    // Tokens are random, and nothing looks for a range of them.
    codec: 'UNCOMPRESSED' as const,
    statistics: column.type === 'timestamp',
    data: rows.map((row) =>
      column.name === table.partitionColumn ? partition : cell(column, row[column.name]),
    ),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'sluice' }));
}

function typeOf({ name, type }: TableColumn): (typeof TYPES)[keyof typeof TYPES] {
  const known = TYPES[type as keyof typeof TYPES];
  if (known === undefined) throw new Error(`The audit holds no ${type}, and ${name} is one.`);
  return known;
}

function cell({ type }: TableColumn, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  return type === 'timestamp' ? new Date(value as string) : value;
}
