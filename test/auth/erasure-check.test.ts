import { checkDeclarations } from '../../src/auth/declaration-check';
import { checkErasure } from '../../src/auth/erasure-check';
import { loadPolicy } from '../../src/auth/policy';
import { BootError } from '../../src/errors';
import { declarations } from '../../src/schema/catalog';
import type {
  ColumnDeclaration,
  DatasetDeclaration,
  Declarations,
  ErasureDeclaration,
} from '../../src/schema/declarations';

const decision = declarations.datasets.get('Decision') as DatasetDeclaration;
const erasure = decision.erasure as ErasureDeclaration;
const retained = { ground: 'Some law', keep: 'P10Y', from: 'decidedAt' } as const;

function altered(
  change: Partial<DatasetDeclaration>,
  without: keyof DatasetDeclaration | '' = '',
): Declarations {
  const dataset = { ...decision, ...change };
  if (without !== '') delete dataset[without];
  return { datasets: new Map([...declarations.datasets, ['Decision', dataset]]), metrics: new Map() };
}
const withErasure = (change: object) => altered({ erasure: { ...erasure, ...change } });
const withRule = (rule: object) => withErasure({ rule });
function withColumn(
  field: string,
  change: Partial<ColumnDeclaration>,
  rule: object = erasure.rule,
): Declarations {
  const column = decision.columns.get(field) as ColumnDeclaration;
  return altered({
    columns: new Map([...decision.columns, [field, { ...column, ...change }]]),
    erasure: { ...erasure, rule } as ErasureDeclaration,
  });
}

const name = { fields: ['applicantName'], ground: 'Law of names', keep: 'P2Y', from: 'decidedAt' };
const withRetained = (...more: object[]) => withRule({ ...erasure.rule, retained: more });
const deletedWith = (...more: object[]) => withRule({ action: 'delete', retained: more });

describe('what a dataset says about erasure', () => {
  it('is said by every dataset of the project that has a subject', () => {
    const subjects = [...declarations.datasets.values()].filter(({ subject }) => subject !== undefined);
    expect(subjects.map(({ name }) => name)).toEqual(['Decision', 'Reading', 'Employee', 'SalesLine']);
    expect(checkDeclarations(declarations)).toEqual([]);
  });

  it('stops the boot where a dataset with a subject says nothing, and names file and line', () => {
    const broken = altered({}, 'erasure');
    let findings: readonly string[] = [];
    try {
      loadPolicy('policy/policy.yaml', broken);
    } catch (error) {
      if (error instanceof BootError) findings = error.findings;
    }
    expect(findings).toEqual([
      expect.stringMatching(
        /^Decision: it has a subject, applicantId, and no erasure rule\. Declare `erasure`: .*\(src\/schema\/entities\/decision\.ts:\d+\)$/,
      ),
    ]);
  });

  it.each<[string, Declarations, RegExp]>([
    ['a rule and no subject', altered({}, 'subject'), /^Decision: it has an erasure rule and no subject\./],
    [
      'rows of nobody’s tenant',
      altered({ tenant: 'shared' }),
      /^Decision: all tenants share it, .*decision\.ts:\d+\)$/,
    ],
    [
      'a subject that is no key',
      withErasure({ keys: { applicantEmail: 'email' } }),
      /^Decision: its subject applicantId is not among its erasure keys\. .*decision\.ts:\d+\)$/,
    ],
    [
      'a key that is no field',
      withErasure({ keys: { ...erasure.keys, passport: 'customer' } }),
      /^Decision: its erasure key passport is not one of its fields\. .*decision\.ts:\d+\)$/,
    ],
    [
      'a key of an unknown kind',
      withErasure({ keys: { ...erasure.keys, applicantPhone: 'fax' } }),
      /^Decision\.applicantPhone: there is no kind of key fax\. Kinds are: customer, employee, device, email, phone\. .*decision\.ts:\d+\)$/,
    ],
    [
      'a key that is a number',
      withColumn('applicantEmail', { kind: 'integer' }),
      /^Decision\.applicantEmail: a key of a person is an ID or a String\./,
    ],
    [
      'a key of a class that stays',
      withErasure({ keys: { ...erasure.keys, market: 'customer' } }),
      /^Decision\.market: it names a person, so its class is identifier or contact/,
    ],
    [
      'a mention that is no field',
      withErasure({ mentions: { clerk: 'employee' } }),
      /^Decision: its erasure mention clerk is not one of its fields\./,
    ],
    [
      'a mention that is a key too',
      withErasure({ mentions: { applicantEmail: 'email' } }),
      /^Decision\.applicantEmail: it is a key and a mention\./,
    ],
    [
      'a period that is none',
      withRule({ action: 'pseudonymise', ...retained, keep: '10 years' }),
      /^Decision: its erasure period 10 years is none\./,
    ],
    [
      'a period in months and days',
      withRule({ action: 'pseudonymise', ...retained, keep: 'P1M3D' }),
      /^Decision: its erasure period P1M3D mixes months and days\./,
    ],
    [
      'a period without its time',
      withRule({ action: 'pseudonymise', ground: 'Some law', keep: 'P1Y' }),
      /^Decision: an erasure period has two parts/,
    ],
    [
      'rows retained without a period',
      withRule({ action: 'retain', then: 'delete', ground: 'Some law' }),
      /^Decision: an erasure period has two parts/,
    ],
    [
      'a period counted from no field',
      withRule({ action: 'retain', then: 'delete', ...retained, from: 'closedAt' }),
      /^Decision: its erasure period is counted from closedAt, which is not one of its fields\./,
    ],
    [
      'a period counted from what is no time',
      withRule({ action: 'retain', then: 'delete', ...retained, from: 'market' }),
      /^Decision\.market: an erasure period is counted from a Date or DateTime, and this is string\. .*decision\.ts:\d+\)$/,
    ],
    [
      'rows retained until a time that may be missing',
      withColumn('decidedAt', { nullable: true }, { action: 'retain', then: 'delete', ...retained }),
      /^Decision\.decidedAt: what is retained ends by it, and it may be null: .*`nullable: false`\. .*decision\.ts:\d+\)$/,
    ],
    [
      'a personal field over the tenant column',
      withColumn('region', { column: 'tenant_id' }),
      /^Decision\.region: rows are found by its column, and pseudonymising takes it out\. .*decision\.ts:\d+\)$/,
    ],
    [
      'a key over the tenant column',
      withColumn('applicantEmail', { column: 'tenant_id', class: 'identifier' }, { ...erasure.rule }),
      /^Decision\.applicantEmail: rows are found by its column/,
    ],
    [
      'rows that stay without a ground',
      withRule({ action: 'pseudonymise', ground: ' ' }),
      /^Decision: rows that stay need the law that says so\./,
    ],
    [
      'a field that is emptied and never null',
      withColumn('region', { nullable: false }),
      /^Decision\.region: pseudonymising empties it, and it is never null\. .*decision\.ts:\d+\)$/,
    ],
    [
      'the same after a retention',
      withColumn('region', { nullable: false }, { action: 'retain', then: 'pseudonymise', ...retained }),
      /^Decision\.region: pseudonymising empties it/,
    ],
    [
      'an identifier that is a number',
      withColumn('applicantName', { kind: 'integer' }),
      /^Decision\.applicantName: pseudonymising puts a token in its place, and it is integer\./,
    ],
    [
      'personal fields in rows inside rows',
      altered({
        embedded: new Map(
          [...decision.embedded].map(([field, rows]) => [
            field,
            {
              ...rows,
              columns: new Map(
                [...rows.columns].map(([name, column]) => [
                  name,
                  name === 'finding' ? { ...column, class: 'free_text' as const } : column,
                ]),
              ),
            },
          ]),
        ),
      }),
      /^Decision\.transactions\.finding: pseudonymising does not reach rows inside rows\./,
    ],
  ])('is reported with %s', (_name, broken, expected) => {
    expect(checkDeclarations(broken)).toEqual([expect.stringMatching(expected)]);
  });

  it('lets times be missing that only rows without their person are kept by', () => {
    expect(checkDeclarations(withColumn('decidedAt', { nullable: true }))).toEqual([]);
  });

  it('lets rows that are deleted hold what cannot be emptied', () => {
    expect(checkDeclarations(withColumn('region', { nullable: false }, { action: 'delete' }))).toEqual([]);
  });
});

describe('what a dataset says about fields that are retained', () => {
  it('may be of any that would go, in rows that stay and in rows that go', () => {
    const region = { ...name, fields: ['region', 'jobTitle'], keep: 'P25M' };
    expect(checkDeclarations(withRetained(name, region))).toEqual([]);
    const always = { action: 'pseudonymise', ground: 'Some law', retained: [{ ...name, keep: 'P30Y' }] };
    expect(checkDeclarations(withRule(always))).toEqual([]);
    expect(checkDeclarations(deletedWith({ ...name, fields: ['outcome', 'amount'] }, name))).toEqual([]);
  });

  it.each<[string, Declarations, RegExp]>([
    [
      'rows that stay whole',
      withRule({ action: 'retain', then: 'delete', ...retained, retained: [name] }),
      /^Decision: rows that are retained keep all their fields\./,
    ],
    ['no field', withRetained({ ...name, fields: [] }), /^Decision: it retains no field\./],
    [
      'no ground',
      withRetained({ ...name, ground: ' ' }),
      /^Decision: fields that stay need the law that says so \(applicantName\)\. Name it in `ground`\. .*decision\.ts:\d+\)$/,
    ],
    [
      'no end',
      withRetained({ fields: ['applicantName'], ground: 'Law' }),
      /^Decision: an erasure period has two parts/,
    ],
    [
      'a period that is none',
      withRetained({ ...name, keep: 'two years' }),
      /^Decision: its erasure period two years is none\./,
    ],
    [
      'a period counted from no field',
      deletedWith({ ...name, from: 'closedAt' }),
      /^Decision: its erasure period is counted from closedAt, which is not one of its fields\./,
    ],
    [
      'a second time to count from',
      withRetained({ ...name, from: 'birthDate' }),
      /^Decision: the erasure periods of its rows and fields are counted from one time\./,
    ],
    [
      'a longer period than that of its rows',
      withRetained({ ...name, keep: 'P26M' }),
      /^Decision: applicantName would be retained for P26M, and its rows go sooner\. Keep the rows as long\./,
    ],
    [
      'a longer period by the end of the year',
      withRetained({ ...name, fromEndOfYear: true }),
      /^Decision: applicantName would be retained for P2Y, and its rows go sooner\./,
    ],
    [
      'a field that is none',
      withRetained({ ...name, fields: ['passport'] }),
      /^Decision\.passport: a retained field is a column of the row, and this is none\./,
    ],
    [
      'a field of rows inside rows',
      withRetained({ ...name, fields: ['transactions'] }),
      /^Decision\.transactions: a retained field is a column of the row/,
    ],
    [
      'the subject',
      withRetained({ ...name, fields: ['applicantId'] }),
      /^Decision\.applicantId: it is a key, so the person would still be found by it\. Retain whole rows \(`retain`\)/,
    ],
    [
      'another key',
      withRetained({ ...name, fields: ['applicantEmail'] }),
      /^Decision\.applicantEmail: it is a key/,
    ],
    [
      'a field twice',
      withRetained(name, { ...name, keep: 'P1Y' }),
      /^Decision\.applicantName: it is retained twice\./,
    ],
    [
      'a field that pseudonymising leaves',
      withRetained({ ...name, fields: ['amount'] }),
      /^Decision\.amount: pseudonymising leaves a field of class financial as it is\./,
    ],
    [
      'what any row has',
      deletedWith({ ...name, fields: ['decidedAt'] }),
      /^Decision\.decidedAt: a row has it as long as there is one\./,
    ],
    [
      'a time that is about the person',
      withRule({ action: 'pseudonymise', ground: 'Law', retained: [{ ...name, from: 'birthDate' }] }),
      /^Decision\.birthDate: pseudonymising empties it, and then nobody knows when a period is over\./,
    ],
    [
      'the same of rows that go',
      deletedWith({ ...name, from: 'birthDate' }),
      /^Decision\.birthDate: rows that stay for retained fields keep their key and times, and this is about the person\./,
    ],
    [
      'a time that may be missing',
      withColumn('decidedAt', { nullable: true }, { ...erasure.rule, retained: [name] }),
      /^Decision\.decidedAt: what is retained ends by it, and it may be null: /,
    ],
    [
      'the same of rows that go',
      withColumn('decidedAt', { nullable: true }, { action: 'delete', retained: [name] }),
      /^Decision\.decidedAt: what is retained ends by it, and it may be null: /,
    ],
    [
      'the field over the tenant column',
      withColumn(
        'applicantName',
        { column: 'tenant_id', class: 'internal' },
        { action: 'delete', retained: [name] },
      ),
      /^Decision\.applicantName: a row has it as long as there is one\./,
    ],
    [
      'a field about the person over the tenant column',
      withColumn('region', { column: 'tenant_id' }, { action: 'delete', retained: [name] }),
      /^Decision\.region: rows that stay for retained fields keep .* and this is about the person\./,
    ],
    [
      'what cannot be taken out of rows that go',
      withColumn('market', { nullable: false }, { action: 'delete', retained: [name] }),
      /^Decision\.market: rows that stay for retained fields lose it, and it is never null\. .*decision\.ts:\d+\)$/,
    ],
  ])('is refused with %s', (_name, broken, expected) => {
    expect(checkDeclarations(broken)).toEqual([expect.stringMatching(expected)]);
  });

  it('lets a row that stays for them have a field over its tenant column', () => {
    const rule = { action: 'delete', retained: [name] };
    expect(checkDeclarations(withColumn('market', { column: 'tenant_id', nullable: false }, rule))).toEqual(
      [],
    );
  });

  it('is refused of what names somebody else', () => {
    const lines = declarations.datasets.get('SalesLine') as DatasetDeclaration;
    const { rule, ...rest } = lines.erasure as ErasureDeclaration;
    const fields = [{ fields: ['salesRepresentative'], ground: 'Law', keep: 'P1Y', from: 'soldAt' }];
    const soldAt = lines.columns.get('soldAt') as ColumnDeclaration;
    const broken = {
      ...lines,
      columns: new Map([...lines.columns, ['soldAt', { ...soldAt, nullable: false }]]),
      erasure: { ...rest, rule: { ...rule, retained: fields } },
    } as DatasetDeclaration;
    expect(checkErasure(broken)).toEqual([
      expect.stringMatching(/^SalesLine\.salesRepresentative: it names somebody else/),
    ]);
  });
});
