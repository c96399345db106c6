import { addDays, periodOf } from '../calendar';
import { fieldsOfRows, keptUntil, placingFields, retainedBy, staysWithoutPerson } from '../erasure/retention';
import type {
  ColumnDeclaration,
  DatasetDeclaration,
  ErasureDeclaration,
  RetainedFields,
  RetentionPeriod,
} from '../schema/declarations';
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
    ...checkRule(dataset, erasure),
    ...checkRetained(dataset, erasure, subject),
    ...checkPlacing(dataset, erasure),
    ...(staysWithoutPerson(erasure.rule) ? checkTakenOut(dataset, erasure, subject) : []),
  ];
}

const TEXTS: readonly ValueKind[] = ['id', 'string'];
const NAMES_A_PERSON: readonly DataClass[] = ['identifier', 'contact'];

const GOES: readonly DataClass[] = [...TOKENISED_CLASSES, ...EMPTIED_CLASSES];
/** Four years. */
const DAYS_COMPARED = 1_461;

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

function checkRule(dataset: DatasetDeclaration, { rule }: ErasureDeclaration): string[] {
  if (rule.action === 'delete') return [];
  const ground =
    rule.ground.trim() === ''
      ? [
          found(
            dataset,
            'erasure',
            `${dataset.name}: rows that stay need the law that says so. Name it in \`ground\`.`,
          ),
        ]
      : [];
  const whole = rule.action === 'retain';
  const wrong = checkPeriod(dataset, rule, whole);
  return [...ground, ...wrong, ...(whole && wrong.length === 0 ? checkEnds(dataset, rule) : [])];
}

/** What is kept as it is has an end in every row. */
function checkEnds(dataset: DatasetDeclaration, { from }: { from?: string }): string[] {
  if (from === undefined || dataset.columns.get(from)?.nullable !== true) return [];
  return [
    found(
      dataset,
      from,
      `${dataset.name}.${from}: what is retained ends by it, and it may be null: the person would stay for ever. ` +
        'Count from a field with `nullable: false`.',
    ),
  ];
}

/** Values that rows are found by outlast the person, so they name nobody. */
function checkPlacing(
  dataset: DatasetDeclaration,
  { keys, mentions = {}, rule }: ErasureDeclaration,
): string[] {
  const bare = rule.action === 'delete';
  return placingFields(dataset).flatMap((field) => {
    const named = Object.hasOwn(keys, field) || (!bare && isPersonal(dataset, field));
    if (!Object.hasOwn(mentions, field) && !(named && staysWithoutPerson(rule))) return [];
    return [
      found(
        dataset,
        field,
        `${dataset.name}.${field}: rows are found by its column, and pseudonymising takes it out. Give the person a ` +
          'column of their own.',
      ),
    ];
  });
}

/** @param required whether there must be one */
function checkPeriod(
  dataset: DatasetDeclaration,
  { keep, from }: { keep?: string; from?: string },
  required: boolean,
): string[] {
  const { name } = dataset;
  const findings: string[] = [];
  const add = (text: string, at = 'erasure') => findings.push(found(dataset, at, text));
  const period = keep === undefined ? undefined : periodOf(keep);
  if (keep !== undefined && period === undefined) {
    add(`${name}: its erasure period ${keep} is none. Write it as P25M or P8Y, at most a hundred years.`);
  }
  if (period !== undefined && period.days > 0 && period.months + period.years > 0) {
    // Months and days together are not the same counted forwards and backwards.
    add(`${name}: its erasure period ${keep} mixes months and days. Use one of the two.`);
  }
  if ((keep === undefined) !== (from === undefined) || (required && keep === undefined)) {
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

/** Fields with periods of their own: each has a law and an end, goes when its end has come, and names nobody. */
function checkRetained(dataset: DatasetDeclaration, erasure: ErasureDeclaration, subject: string): string[] {
  const { name } = dataset;
  const { rule } = erasure;
  const { retained } = rule as { retained?: readonly RetainedFields[] };
  if (retained === undefined) return [];
  const findings: string[] = [];
  const add = (text: string, at = 'erasure') => findings.push(found(dataset, at, text));
  if (rule.action === 'retain') {
    add(
      `${name}: rows that are retained keep all their fields. Leave out \`retained\`, or the rule \`retain\`.`,
    );
    return findings;
  }
  const times = [rule.action === 'delete' ? undefined : rule.from, ...retained.map(({ from }) => from)];
  if (new Set(times.filter((from) => from !== undefined)).size > 1)
    add(
      `${name}: the erasure periods of its rows and fields are counted from one time. Name one in \`from\`.`,
    );
  const seen = new Set<string>();
  if (!retained.some(({ fields }) => fields.length > 0))
    add(`${name}: it retains no field. Name the fields, or leave out \`retained\`.`);
  for (const period of retained) {
    const { fields, ground } = period;
    if (typeof ground !== 'string' || ground.trim() === '')
      add(
        `${name}: fields that stay need the law that says so (${fields.join(', ')}). Name it in \`ground\`.`,
      );
    const wrong = checkPeriod(dataset, period, true);
    findings.push(...wrong);
    // A time about the person is refused below.
    if (wrong.length === 0 && !isPersonal(dataset, period.from)) findings.push(...checkEnds(dataset, period));
    const rows = rule.action === 'pseudonymise' && rule.keep !== undefined ? rule : undefined;
    const known = wrong.length === 0 && rows !== undefined && checkPeriod(dataset, rows, true).length === 0;
    if (known && isLonger(period, rows))
      add(
        `${name}: ${fields.join(', ')} would be retained for ${period.keep}, and its rows go sooner. Keep the rows as long.`,
      );
    for (const field of fields) {
      const text = retainedFieldFinding(dataset, erasure, subject, field);
      if (text !== undefined) add(`${name}.${field}: ${text}`, field);
      if (seen.has(field)) add(`${name}.${field}: it is retained twice. Keep the longer period.`, field);
      seen.add(field);
    }
  }
  return findings;
}

/** Why a field cannot be retained by itself. */
function retainedFieldFinding(
  dataset: DatasetDeclaration,
  { keys, mentions = {}, rule }: ErasureDeclaration,
  subject: string,
  field: string,
): string | undefined {
  const column = dataset.columns.get(field);
  if (column === undefined)
    return 'a retained field is a column of the row, and this is none. Name one of its own fields.';
  if (field === subject || Object.hasOwn(keys, field))
    return 'it is a key, so the person would still be found by it. Retain whole rows (`retain`), or leave it out.';
  if (Object.hasOwn(mentions, field))
    return 'it names somebody else, whose own erasure takes it out. Leave it out of `retained`.';
  if (fieldsOfRows(dataset).has(field))
    return 'a row has it as long as there is one. Leave it out of `retained`.';
  if (rule.action === 'pseudonymise' && !GOES.includes(column.class))
    return `pseudonymising leaves a field of class ${column.class} as it is. Leave it out of \`retained\`.`;
  return undefined;
}

/** Whether a row is past one period and not past another, on any day of a few years, leap years among them. */
function isLonger(one: RetentionPeriod, other: RetentionPeriod): boolean {
  return Array.from({ length: DAYS_COMPARED }, (_none, at) => addDays('2024-01-01', at)).some(
    (day) => keptUntil(one, day) < keptUntil(other, day),
  );
}

/** Everything about the person can be taken out of a row that stays. */
function checkTakenOut(dataset: DatasetDeclaration, { rule }: ErasureDeclaration, subject: string): string[] {
  if (rule.action === 'delete') return checkBare(dataset, subject);
  const findings = [...dataset.columns.values()].flatMap((column) =>
    checkColumn(dataset, column, `${dataset.name}.${column.field}`),
  );
  for (const embedded of dataset.embedded.values()) {
    for (const column of embedded.columns.values()) {
      if (!GOES.includes(column.class)) continue;
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
  const time = rule.action === 'pseudonymise' ? (rule.from ?? retainedBy(rule)[0]?.from) : undefined;
  if (time !== undefined && isPersonal(dataset, time)) {
    findings.push(
      found(
        dataset,
        time,
        `${dataset.name}.${time}: pseudonymising empties it, and then nobody knows when a period is over. Count from another time.`,
      ),
    );
  }
  return findings;
}

/** A row that should go and is there for its retained fields alone can lose everything else. */
function checkBare(dataset: DatasetDeclaration, subject: string): string[] {
  const stays = fieldsOfRows(dataset);
  return [...dataset.columns.values()].flatMap(({ field, nullable }) => {
    const where = `${dataset.name}.${field}`;
    if (stays.has(field)) {
      if (!isPersonal(dataset, field)) return [];
      return [
        found(
          dataset,
          field,
          `${where}: rows that stay for retained fields keep their key and times, and this is about the person. Delete the rows whole.`,
        ),
      ];
    }
    if (nullable || field === subject) return [];
    return [
      found(
        dataset,
        field,
        `${where}: rows that stay for retained fields lose it, and it is never null. Let it be null, or delete the rows whole.`,
      ),
    ];
  });
}

function isPersonal(dataset: DatasetDeclaration, field: string): boolean {
  const column = dataset.columns.get(field);
  return column !== undefined && GOES.includes(column.class);
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
