import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { DatasetDeclaration } from '../schema/declarations';
import { tableOf, type TableColumn, type TableDeclaration } from '../schema/tables';

/** Audit lines as Parquet: what Athena reads natively, and reads a column at a time. */

type Line = Readonly<Record<string, unknown>>;

const TYPES = { varchar: 'STRING', integer: 'INT32', boolean: 'BOOLEAN', timestamp: 'TIMESTAMP' } as const;

const LINE_END = '\n'.charCodeAt(0);
/** What stands before and behind the people of a line, which are its last column. */
const PEOPLE = Buffer.from(',"subjects":"');
const LINE_CLOSE = Buffer.from('"}');

/**
 * Bytes after which a page of a column ends: one line of a thousand people fills it. The writer makes each page in
 * memory of its own that doubles as it grows, and the larger it becomes the dearer it is to get and to copy.
 */
const PAGE_BYTES = 8_192;

/** One object of a partition. */
export interface AuditObject {
  /** Below the table's location. */
  name: string;
  body: Uint8Array;
}

/** What a segment's text holds. */
export interface SegmentLines {
  lines: Line[];
  /** Lines that are none: the end of a file whose writer died while it wrote. Nobody was answered for them. */
  torn: number;
}

export function readLines(segment: Buffer): SegmentLines {
  const lines: Line[] = [];
  let torn = 0;
  for (let from = 0, end = 0; from < segment.length; from = end + 1) {
    end = segment.indexOf(LINE_END, from);
    if (end < 0) end = segment.length;
    // Tens of thousands of blank lines may be at the end.
    if (end === from) continue;
    const line = segment.subarray(from, end);
    try {
      const read = readLine(line);
      if (read !== undefined) lines.push(read);
    } catch {
      torn += 1;
    }
  }
  return { lines, torn };
}

/**
 * A line by its columns, or undefined for a blank one. People are most of it and stay the bytes they are: inside of a
 * text of JSON each quote has a backslash before it, so that their key is found nowhere else.
 */
function readLine(line: Buffer): Line | undefined {
  const at = line.indexOf(PEOPLE);
  const rest = (at < 0 ? line : line.subarray(0, at)).toString();
  if (at < 0) return rest.trim() === '' ? undefined : (JSON.parse(rest) as Line);
  const people = line.subarray(at + PEOPLE.length, -LINE_CLOSE.length);
  if (!line.subarray(-LINE_CLOSE.length).equals(LINE_CLOSE)) throw new Error('The line has no end.');
  return { ...(JSON.parse(`${rest}}`) as Line), subjects: people };
}

/** Makes Parquet files of lines, which are keyed by the columns of the dataset's table. */
export class AuditObjects {
  private readonly table: TableDeclaration;
  /** The column of a line's time. */
  private readonly time: string;
  /** For one file after the other: as much memory for each is dear to get and to collect. */
  private readonly writer = new ByteWriter();

  constructor(dataset: DatasetDeclaration) {
    this.table = tableOf(dataset);
    this.time = dataset.columns.get(dataset.time ?? '')?.column ?? '';
  }

  /**
   * One file for each partition that the lines belong to. The bytes of one are there until the next is asked for.
   *
   * @param name of the files, without their ending
   */
  *of(lines: readonly Line[], name: string): Generator<AuditObject> {
    const partitions = new Map<string, Line[]>();
    for (const line of lines) {
      const day = String(line[this.time]).slice(0, 10);
      const known = partitions.get(day);
      if (known === undefined) partitions.set(day, [line]);
      else known.push(line);
    }
    for (const [partition, rows] of partitions) {
      const folder = `${this.table.partitionColumn}=${partition}`;
      yield { name: `${folder}/${name}.parquet`, body: this.parquet(partition, rows) };
    }
  }

  /** The partition's column is in the file too, so that a file says by itself where it belongs. */
  private parquet(partition: string, rows: readonly Line[]): Uint8Array {
    const { table, writer } = this;
    const columnData = table.columns.map((column) => ({
      name: column.name,
      type: typeOf(column),
      nullable: true,
      // Tokens are random: nothing makes them smaller, and nothing looks for a range of them.
      codec: 'UNCOMPRESSED' as const,
      ...(column.name === 'subjects' && { encoding: 'PLAIN' as const }),
      statistics: column.type === 'timestamp',
      data: rows.map((row) =>
        column.name === table.partitionColumn ? partition : cell(column, row[column.name]),
      ),
    }));
    writer.offset = 0;
    writer.index = 0;
    void parquetWrite({ writer, columnData, pageSize: PAGE_BYTES, createdBy: 'sluice' });
    return writer.getBytes();
  }
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
