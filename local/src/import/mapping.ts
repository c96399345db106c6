import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { declarations } from '../../../src/schema/catalog';
import type { ColumnDeclaration, DatasetDeclaration } from '../../../src/schema/declarations';
import { TENANT_NAME } from '../../../src/schema/vocabulary';
import { cellReader } from './cells';
import { constant, everyPart, expression, type Expression } from './expressions';
import { timeReader } from './times';

/** A mapping file that cannot be used; each finding names file, line and what to do. */
export class MappingError extends Error {
  constructor(readonly findings: readonly string[]) {
    super(findings.join('\n'));
  }
}

const names = z.union([z.string().transform((name) => [name]), z.array(z.string()).min(1)]);

const sourceFile = {
  /** Path below the import folder; `*`, `?` and `**` match several files. */
  file: z.string().min(1),
  format: z.enum(['csv', 'jsonl', 'parquet']).optional(),
  /** A label of the WHATWG encoding standard; bytes that are no UTF-8 are read as windows-1252 and counted. */
  encoding: z
    .string()
    .default('utf-8')
    .refine(isEncoding, 'is no known encoding; try utf-8, windows-1252 or utf-16le'),
  delimiter: z.string().length(1, 'must be one character').default(','),
  /** Texts that mean "no value". */
  nulls: z.array(z.string()).default(['']),
  /** The one column whose unquoted commas make rows too long: surplus fields are joined back into it. */
  surplus: z.string().optional(),
  /** Columns left out on purpose. */
  ignore: z.array(z.string()).default([]),
};

const lookupFile = z.strictObject({ ...sourceFile, key: z.string().min(1) });

const embeddedRow = z.strictObject({
  set: z.record(z.string(), constant).default({}),
  columns: z.record(z.string(), expression),
});

const mappedFile = z.strictObject({
  ...sourceFile,
  dataset: z.string(),
  /** What names a row: its number in the file, or columns; after a prefix that keeps files apart. */
  key: z.strictObject({
    prefix: z.string().default(''),
    from: z.union([z.literal('row'), z.strictObject({ columns: names })]),
  }),
  set: z.record(z.string(), constant).default({}),
  columns: z.record(z.string(), expression),
  embedded: z.record(z.string(), z.array(embeddedRow)).default({}),
  lookups: z.record(z.string(), lookupFile).default({}),
});

const mappingFile = z.strictObject({
  /** Tenant the rows are loaded for unless the command names another. */
  tenant: z
    .string()
    .regex(
      TENANT_NAME,
      'must be up to 64 letters, digits, dots, dashes and underscores, a letter or digit first',
    )
    .optional(),
  files: z.array(mappedFile).min(1),
});

/** A checked mapping file. */
export type Mapping = z.infer<typeof mappingFile>;
/** One file, or files of one pattern, and the dataset it goes to. */
export type MappedFile = z.infer<typeof mappedFile>;
/** A file whose rows are found by key. */
export type LookupFile = z.infer<typeof lookupFile>;
/** One row kept inside each row of the dataset. */
export type EmbeddedRowMapping = z.infer<typeof embeddedRow>;

/** Reads and checks a mapping file; throws a MappingError with every fault found. */
export function readMapping(path: string): Mapping {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new MappingError([`${path}: there is no such file, or it cannot be read.`]);
  }
  return parseMapping(text, path);
}

/** Checks the text of a mapping file; `label` is the name that findings carry. */
export function parseMapping(text: string, label: string): Mapping {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new MappingError(
      document.errors.map((error) => `${label}:${lines.linePos(error.pos[0]).line}: ${error.message}`),
    );
  }
  const at = (path: readonly PropertyKey[]): string =>
    `${label}:${lineOf(document, lines, path)}: ${path.join('.')}`;
  const parsed = mappingFile.safeParse(document.toJS());
  if (!parsed.success) {
    throw new MappingError(parsed.error.issues.map((issue) => `${at(issue.path)}: ${issue.message}`));
  }
  const findings = parsed.data.files.flatMap((file, index) =>
    faultsOf(file).map(({ path, message }) => `${at(['files', index, ...path])}: ${message}`),
  );
  if (findings.length > 0) throw new MappingError(findings);
  return parsed.data;
}

/** The dataset a checked mapping names. */
export function datasetNamed(name: string): DatasetDeclaration {
  const dataset = declarations.datasets.get(name);
  if (dataset === undefined) throw new MappingError([`There is no dataset ${name}.`]);
  return dataset;
}

/** All expressions of a file, those of embedded rows included. */
export function expressionsOf(file: MappedFile): Expression[] {
  return [
    ...Object.values(file.columns),
    ...Object.values(file.embedded).flatMap((rows) => rows.flatMap((row) => Object.values(row.columns))),
  ];
}

interface Fault {
  path: PropertyKey[];
  message: string;
}

function faultsOf(file: MappedFile): Fault[] {
  const dataset = declarations.datasets.get(file.dataset);
  if (dataset === undefined) {
    const known = [...declarations.datasets.keys()].join(', ');
    return [{ path: ['dataset'], message: `there is no dataset ${file.dataset}; there are ${known}` }];
  }
  const faults: Fault[] = fieldFaults(dataset.columns, dataset.key, file.set, file.columns, dataset.name);
  for (const [name, rows] of Object.entries(file.embedded)) {
    const embedded = dataset.embedded.get(name);
    if (embedded === undefined) {
      faults.push({ path: ['embedded', name], message: `${dataset.name} keeps no rows named ${name}` });
      continue;
    }
    for (const [index, row] of rows.entries()) {
      const found = fieldFaults(embedded.columns, 'id', row.set, row.columns, embedded.typeName);
      faults.push(...found.map((fault) => ({ ...fault, path: ['embedded', name, index, ...fault.path] })));
    }
  }
  for (const part of expressionsOf(file).flatMap(everyPart)) {
    if ('lookup' in part && file.lookups[part.lookup] === undefined) {
      faults.push({ path: ['lookups'], message: `there is no lookup named ${part.lookup}` });
    }
    const format = 'time' in part ? part.time : undefined;
    if (format !== undefined && timeReader(format) === undefined) {
      const message = `"${format}" is no time format; use ISO or letters such as YYYY-MM-DD HH:mm:ss`;
      faults.push({ path: ['columns'], message });
    }
  }
  return faults;
}

/** Fields that do not exist, are given twice, are the key's, have an impossible constant, or are missing. */
function fieldFaults(
  declared: ReadonlyMap<string, ColumnDeclaration>,
  key: string,
  set: Record<string, string>,
  columns: Record<string, Expression>,
  type: string,
): Fault[] {
  const faults: Fault[] = [];
  for (const [section, fields] of [['set', set] as const, ['columns', columns] as const]) {
    for (const field of Object.keys(fields)) {
      const path = [section, field];
      if (!declared.has(field)) faults.push({ path, message: `${type} has no field ${field}` });
      else if (field === key) faults.push({ path, message: 'is made by the import itself; leave it out' });
      else if (section === 'columns' && field in set)
        faults.push({ path, message: 'is already given under set' });
    }
  }
  for (const column of declared.values()) {
    const text = set[column.field];
    if (text !== undefined) faults.push(...constantFaults(column, text));
    else if (!column.nullable && column.field !== key && !(column.field in columns)) {
      faults.push({
        path: ['columns'],
        message: `${column.field} is missing; ${type} needs it in every row`,
      });
    }
  }
  return faults;
}

function constantFaults(column: ColumnDeclaration, text: string): Fault[] {
  const path = ['set', column.field];
  const time = column.kind === 'date' || column.kind === 'datetime';
  if (time && timeReader('ISO')?.(text) === undefined) return [{ path, message: 'is no ISO time' }];
  try {
    cellReader(column)(text);
    return [];
  } catch (problem) {
    return [{ path, message: (problem as Error).message }];
  }
}

/** The line of the deepest part of the path that the file holds. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as
      { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function isEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}
