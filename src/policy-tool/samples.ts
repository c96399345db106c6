import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import { declarations } from '../schema/catalog';
import type { DatasetDeclaration } from '../schema/declarations';
import { TENANT_NAME } from '../schema/vocabulary';
import { storedSamples } from './stored-samples';
import { UsageError } from '../commands';
import type { Samples } from './warnings';

/** A bounded number of values of each column, from files or from the stores. */

const MOST_ROWS = 1000;

interface Options {
  samples: string[];
  sample: boolean;
  tenant?: string | undefined;
  rows: string;
}

type Row = Readonly<Record<string, unknown>>;

export async function readSamples(options: Options): Promise<Samples> {
  const rows = Number(options.rows);
  if (!Number.isInteger(rows) || rows < 1 || rows > MOST_ROWS) {
    throw new UsageError(`--rows is a whole number from 1 to ${MOST_ROWS}.`);
  }
  const samples = new Map<string, unknown[]>();
  if (options.sample) {
    if (options.tenant === undefined || !TENANT_NAME.test(options.tenant)) {
      throw new UsageError('--sample looks at the rows of one tenant: name it with --tenant.');
    }
    for (const [dataset, found] of await storedSamples(options.tenant, rows))
      addRows(samples, dataset, found);
  }
  for (const given of options.samples) {
    const equals = given.indexOf('=');
    const dataset = declarations.datasets.get(given.slice(0, Math.max(equals, 0)));
    if (dataset === undefined) {
      throw new UsageError(
        `--samples is written Dataset=FILE; datasets are: ${[...declarations.datasets.keys()].join(', ')}.`,
      );
    }
    addRows(samples, dataset, await fileRows(given.slice(equals + 1), rows));
  }
  return samples;
}

function addRows(samples: Map<string, unknown[]>, dataset: DatasetDeclaration, rows: readonly Row[]): void {
  for (const column of dataset.columns.values()) {
    const name = `${dataset.name}.${column.field}`;
    const values = rows.map((row) => row[column.field] ?? row[column.column]);
    samples.set(name, [...(samples.get(name) ?? []), ...values]);
  }
}

async function fileRows(file: string, most: number): Promise<Row[]> {
  const stream = createReadStream(file);
  const rows: Row[] = [];
  const source: AsyncIterable<unknown> = file.endsWith('.csv')
    ? stream.pipe(parse({ columns: true, bom: true, to: most }))
    : createInterface({ input: stream });
  try {
    for await (const row of source) {
      rows.push((typeof row === 'string' ? JSON.parse(row) : row) as Row);
      if (rows.length === most) break;
    }
  } catch (error) {
    // Its own words would hold a piece of the row.
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(
      `${file}: cannot be read after ${rows.length} rows${code === undefined ? '' : ` (${code})`}.`,
    );
  } finally {
    stream.destroy();
  }
  return rows;
}
