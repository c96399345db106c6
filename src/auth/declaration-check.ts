import {
  findColumn,
  METRICS_ROW_FIELDS,
  type ColumnDeclaration,
  type DatasetDeclaration,
  type DerivedDeclaration,
  type Declarations,
  type MeasureDeclaration,
  type MetricsDeclaration,
} from '../schema/declarations';
import { placeOf } from '../schema/places';
import { DATA_CLASSES, DOMAINS, VALUE_KINDS, type ValueKind } from '../schema/vocabulary';
import { checkErasure } from './erasure-check';

/** Checks declarations against themselves: what a type cannot say. Each finding names the field and what to do. */
export function checkDeclarations(declarations: Declarations): string[] {
  return [
    ...[...declarations.datasets.values()].flatMap(checkDataset),
    ...[...declarations.metrics.values()].flatMap((metrics) => checkMetrics(metrics, declarations)),
  ];
}

const FIELD = /^[A-Za-z][A-Za-z0-9_]*$/;
const NUMBERS: readonly ValueKind[] = ['integer', 'float', 'decimal'];

function checkDataset(dataset: DatasetDeclaration): string[] {
  const { name } = dataset;
  const findings: string[] = [];
  if (!(DOMAINS as readonly string[]).includes(dataset.domain)) {
    findings.push(`${name}: there is no domain ${dataset.domain}. Domains are: ${DOMAINS.join(', ')}.`);
  }
  if (dataset.tenant === '')
    findings.push(`${name}: name the tenant column, or say that the dataset is 'shared'.`);
  findings.push(...checkColumns(name, dataset.file, dataset.columns));
  for (const derived of dataset.derived.values()) findings.push(...checkDerived(dataset, derived));
  for (const embedded of dataset.embedded.values()) {
    const where = `${name}.${embedded.field}`;
    if (!FIELD.test(embedded.field))
      findings.push(`${where}: a field is named in letters, digits and underscores.`);
    if (dataset.columns.has(embedded.field))
      findings.push(`${where}: declared twice. Rename one of the two.`);
    if (dataset.pointReads === undefined) {
      findings.push(`${where}: rows inside rows live in the point-read store; declare \`pointReads\`.`);
    }
    findings.push(...checkColumns(where, dataset.file, embedded.columns));
  }
  const key = dataset.columns.get(dataset.key);
  if (key === undefined) findings.push(`${name}: its key ${dataset.key} is not one of its fields.`);
  else if (key.nullable)
    findings.push(`${name}.${key.field}: the key is never null; declare \`nullable: false\`.`);
  if (dataset.time !== undefined) findings.push(...checkTime(dataset, dataset.time, 'time'));
  if (dataset.partition !== undefined)
    findings.push(...checkTime(dataset, dataset.partition.from, 'partition'));
  if (dataset.rangeRequired && dataset.time === undefined) {
    findings.push(`${name}: it requires a range but has no time field. Declare \`time\`.`);
  }
  if (dataset.subject !== undefined && !dataset.columns.has(dataset.subject)) {
    findings.push(`${name}: its subject ${dataset.subject} is not one of its fields.`);
  }
  findings.push(...checkErasure(dataset));
  return findings;
}

function checkDerived(dataset: DatasetDeclaration, { field, reads }: DerivedDeclaration): string[] {
  const where = `${dataset.name}.${field}`;
  const findings: string[] = [];
  if (!FIELD.test(field)) findings.push(`${where}: a field is named in letters, digits and underscores.`);
  if (dataset.columns.has(field)) findings.push(`${where}: declared twice. Rename one of the two.`);
  if (reads.length === 0)
    findings.push(`${where}: it reads no field, so it has no class. Name what it is computed from.`);
  for (const read of reads) {
    if (!dataset.columns.has(read)) {
      findings.push(`${where}: it reads ${read}, which is not a column of ${dataset.name}.`);
    }
  }
  return findings;
}

function checkTime(dataset: DatasetDeclaration, field: string, use: string): string[] {
  const column = dataset.columns.get(field);
  if (column === undefined) return [`${dataset.name}: its ${use} field ${field} is not one of its fields.`];
  if (column.kind === 'date' || column.kind === 'datetime') return [];
  return [
    `${dataset.name}.${field}: the ${use} field must be a Date or DateTime, and this is ${column.kind}.`,
  ];
}

function checkColumns(
  owner: string,
  file: string,
  columns: ReadonlyMap<string, ColumnDeclaration>,
): string[] {
  const findings: string[] = [];
  const physical = new Map<string, string>();
  for (const column of columns.values()) {
    const where = `${owner}.${column.field}`;
    if (!FIELD.test(column.field))
      findings.push(`${where}: a field is named in letters, digits and underscores.`);
    if (column.class === undefined) {
      findings.push(
        `${where}: no class. Say what it holds: ${DATA_CLASSES.join(', ')}. (${placeOf(file, column.field)})`,
      );
    } else if (!DATA_CLASSES.includes(column.class)) {
      findings.push(
        `${where}: there is no class ${String(column.class)}. Classes are: ${DATA_CLASSES.join(', ')}. (${placeOf(file, column.field)})`,
      );
    }
    if (!VALUE_KINDS.includes(column.kind))
      findings.push(`${where}: there is no kind ${String(column.kind)}.`);
    for (const step of ['band', 'coarse'] as const) {
      const width = column[step];
      if (width === undefined) continue;
      if (!NUMBERS.includes(column.kind)) {
        findings.push(`${where}: only numbers have a \`${step}\` width; remove it.`);
      } else if (!(width > 0 && Number.isFinite(width))) {
        findings.push(`${where}: \`${step}\` must be a number above zero.`);
      } else if (column.kind === 'integer' && !Number.isInteger(width)) {
        findings.push(
          `${where}: \`${step}\` of an integer must be a whole number, or the masked value is none.`,
        );
      }
    }
    const other = physical.get(column.column);
    if (other !== undefined) findings.push(`${where}: has the same column ${column.column} as ${other}.`);
    physical.set(column.column, column.field);
  }
  return findings;
}

function checkMetrics(metrics: MetricsDeclaration, declarations: Declarations): string[] {
  const findings: string[] = [];
  if (declarations.datasets.get(metrics.dataset.name) === undefined) {
    findings.push(`${metrics.name}: its dataset ${metrics.dataset.name} is not in the catalog.`);
  }
  for (const field of [...metrics.dimensions.keys(), ...metrics.measures.keys()]) {
    const taken =
      METRICS_ROW_FIELDS.includes(field) || (metrics.dimensions.has(field) && metrics.measures.has(field));
    if (taken) findings.push(`${metrics.name}.${field}: the name is taken. Rename it.`);
    if (!FIELD.test(field))
      findings.push(`${metrics.name}.${field}: a field is named in letters, digits and underscores.`);
  }
  for (const dimension of metrics.dimensions.values()) {
    if (!metrics.dataset.columns.has(dimension.of)) {
      findings.push(
        `${metrics.name}.${dimension.field}: ${metrics.dataset.name} has no field ${dimension.of}.`,
      );
    }
  }
  for (const measure of metrics.measures.values()) findings.push(...checkMeasure(metrics, measure));
  return findings;
}

function checkMeasure(metrics: MetricsDeclaration, measure: MeasureDeclaration): string[] {
  const where = `${metrics.name}.${measure.field}`;
  const { formula } = measure;
  const findings: string[] = [];
  if (measure.currency !== undefined) {
    const { currency } = measure;
    if (![...metrics.dimensions.values()].some((dimension) => dimension.of === currency)) {
      findings.push(`${where}: money is grouped by its currency; add a dimension of ${currency}.`);
    }
  }
  if ('ratio' in formula) {
    for (const part of formula.ratio) {
      const declared = metrics.measures.get(part);
      if (declared === undefined)
        findings.push(`${where}: its part ${part} is not a measure of ${metrics.name}.`);
      else if ('ratio' in declared.formula)
        findings.push(`${where}: its part ${part} is a ratio itself; use sums or counts.`);
    }
    return findings;
  }
  if ('count' in formula) {
    if (formula.where === undefined) return findings;
    const column = findColumn(metrics.dataset, formula.where.field);
    if (column === undefined) {
      return [...findings, `${where}: ${metrics.dataset.name} has no field ${formula.where.field}.`];
    }
    const strange = formula.where.in.filter((value) => column.values?.includes(String(value)) === false);
    return strange.length === 0
      ? findings
      : [...findings, `${where}: ${column.field} is never ${strange.join(', ')}.`];
  }
  const [[operation, field]] = Object.entries(formula) as [[string, string]];
  const column = metrics.dataset.columns.get(field);
  if (column === undefined) findings.push(`${where}: ${metrics.dataset.name} has no field ${field}.`);
  else if ((operation === 'sum' || operation === 'average') && !NUMBERS.includes(column.kind)) {
    findings.push(`${where}: ${operation} needs a number, and ${field} is ${column.kind}.`);
  }
  return findings;
}
