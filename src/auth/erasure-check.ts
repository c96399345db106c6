import { periodOf } from '../calendar';
import type { ColumnDeclaration, DatasetDeclaration, ErasureDeclaration } from '../schema/declarations';
import { placeOf } from '../schema/places';
import {
  EMPTIED_CLASSES,
  SUBJECT_KEY_KINDS,
  TOKENISED_CLASSES,
  type DataClass,
  type ValueKind,
} from '../schema/vocabulary';

/** Checks what a dataset says about erasure: a person who asks to be forgotten must be found, and taken out whole. */
export function checkErasure(dataset: DatasetDeclaration): string[] {
  const { name, erasure, subject } = dataset;
  if (subject === undefined) {
    if (erasure === undefined) return [];
    return [
      found(
        dataset,
        'erasure',
        `${name}: it has an erasure rule and no subject. Declare whom a row is about.`,
      ),
    ];
  }
  if (erasure === undefined) {
    return [
      found(
        dataset,
        'subject',
        `${name}: it has a subject, ${subject}, and no erasure rule. Declare \`erasure\`: its keys, and delete, ` +
          'pseudonymise or retain with the ground.',
      ),
    ];
  }
  return [
    ...(dataset.tenant === 'shared'
      ? [
          found(
            dataset,
            'tenant',
            `${name}: all tenants share it, so no tenant's person can be erased from it. Name its tenant column.`,
          ),
        ]
      : []),
    ...(dataset.writer === 'spark' && dataset.engine !== 'athena'
      ? [
          found(
            dataset,
            'writer',
            `${name}: Spark writes tables of the lake, and it is in ${dataset.engine}. Leave out \`writer\`.`,
          ),
        ]
      : []),
    ...checkKeys(dataset, erasure, subject),
    ...checkPeriod(dataset, erasure),
    ...(leavesRows(erasure) ? checkTakenOut(dataset) : []),
  ];
}

const TEXTS: readonly ValueKind[] = ['id', 'string'];
const NAMES_A_PERSON: readonly DataClass[] = ['identifier', 'contact'];

/** Whether rows can stay when the person goes. */
function leavesRows({ rule }: ErasureDeclaration): boolean {
  return rule.action === 'pseudonymise' || (rule.action === 'retain' && rule.then === 'pseudonymise');
}

function checkKeys(
  dataset: DatasetDeclaration,
  { keys, mentions = {} }: ErasureDeclaration,
  subject: string,
): string[] {
  const { name } = dataset;
  const findings: string[] = [];
  if (!Object.hasOwn(keys, subject) && dataset.columns.has(subject)) {
    findings.push(
      found(
        dataset,
        subject,
        `${name}: its subject ${subject} is not among its erasure keys. Say of what kind it is.`,
      ),
    );
  }
  for (const [use, fields] of [
    ['key', keys],
    ['mention', mentions],
  ] as const) {
    for (const [field, kind] of Object.entries(fields)) {
      const column = dataset.columns.get(field);
      const where = `${name}.${field}`;
      if (column === undefined) {
        if (field === subject) continue;
        findings.push(
          found(dataset, 'erasure', `${name}: its erasure ${use} ${field} is not one of its fields.`),
        );
        continue;
      }
      if (!(SUBJECT_KEY_KINDS as readonly string[]).includes(kind)) {
        findings.push(
          found(
            dataset,
            field,
            `${where}: there is no kind of key ${kind}. Kinds are: ${SUBJECT_KEY_KINDS.join(', ')}.`,
          ),
        );
      }
      if (!TEXTS.includes(column.kind)) {
        findings.push(found(dataset, field, `${where}: a key of a person is an ID or a String.`));
      }
      if (column.class !== undefined && !NAMES_A_PERSON.includes(column.class)) {
        findings.push(
          found(
            dataset,
            field,
            `${where}: it names a person, so its class is identifier or contact, or it would outlast them.`,
          ),
        );
      }
      if (use === 'mention' && Object.hasOwn(keys, field)) {
        findings.push(
          found(dataset, field, `${where}: it is a key and a mention. Keep the one that is meant.`),
        );
      }
      if (use === 'mention') findings.push(...checkColumn(dataset, column, where));
    }
  }
  return findings;
}

function checkPeriod(dataset: DatasetDeclaration, { rule }: ErasureDeclaration): string[] {
  if (rule.action === 'delete') return [];
  const { name } = dataset;
  const findings: string[] = [];
  const add = (text: string, at = 'erasure') => findings.push(found(dataset, at, text));
  if (rule.ground.trim() === '')
    add(`${name}: rows that stay need the law that says so. Name it in \`ground\`.`);
  const { keep, from }: { keep?: string; from?: string } = rule;
  const period = keep === undefined ? undefined : periodOf(keep);
  if (keep !== undefined && period === undefined) {
    add(`${name}: its erasure period ${keep} is none. Write it as P25M or P8Y, at most a hundred years.`);
  }
  if (period !== undefined && period.days > 0 && period.months + period.years > 0) {
    // Months and days together are not the same counted forwards and backwards.
    add(`${name}: its erasure period ${keep} mixes months and days. Use one of the two.`);
  }
  if ((keep === undefined) !== (from === undefined) || (rule.action === 'retain' && keep === undefined)) {
    add(
      `${name}: an erasure period has two parts: \`keep\`, and the time field \`from\` that it is counted from.`,
    );
  }
  if (from === undefined) return findings;
  const time = dataset.columns.get(from);
  if (time === undefined)
    add(`${name}: its erasure period is counted from ${from}, which is not one of its fields.`);
  else if (time.kind !== 'date' && time.kind !== 'datetime') {
    add(
      `${name}.${from}: an erasure period is counted from a Date or DateTime, and this is ${time.kind}.`,
      from,
    );
  }
  return findings;
}

/** Every field about the person can be taken out of a row that stays. */
function checkTakenOut(dataset: DatasetDeclaration): string[] {
  const findings = [...dataset.columns.values()].flatMap((column) =>
    checkColumn(dataset, column, `${dataset.name}.${column.field}`),
  );
  for (const embedded of dataset.embedded.values()) {
    for (const column of embedded.columns.values()) {
      if (![...TOKENISED_CLASSES, ...EMPTIED_CLASSES].includes(column.class)) continue;
      findings.push(
        found(
          dataset,
          column.field,
          `${dataset.name}.${embedded.field}.${column.field}: pseudonymising does not reach rows inside rows. Keep ` +
            'what is about the person in the row itself, or delete the rows.',
        ),
      );
    }
  }
  return findings;
}

function checkColumn(dataset: DatasetDeclaration, column: ColumnDeclaration, where: string): string[] {
  if (EMPTIED_CLASSES.includes(column.class) && !column.nullable) {
    return [
      found(
        dataset,
        column.field,
        `${where}: pseudonymising empties it, and it is never null. Let it be null, or delete the rows.`,
      ),
    ];
  }
  if (TOKENISED_CLASSES.includes(column.class) && !TEXTS.includes(column.kind)) {
    return [
      found(
        dataset,
        column.field,
        `${where}: pseudonymising puts a token in its place, and it is ${column.kind}. Use ID or String, or delete the rows.`,
      ),
    ];
  }
  return [];
}

function found(dataset: DatasetDeclaration, place: string, text: string): string {
  return `${text} (${placeOf(dataset.file, place)})`;
}
