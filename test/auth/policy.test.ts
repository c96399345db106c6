import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDeclarations } from '../../src/auth/declaration-check';
import { loadPolicy } from '../../src/auth/policy';
import { BootError } from '../../src/errors';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration, Declarations, MetricsDeclaration } from '../../src/schema/declarations';
import { MASK_ACTIONS } from '../../src/schema/vocabulary';

const folder = mkdtempSync(join(tmpdir(), 'policy-'));
const file = join(folder, 'policy.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

/** Findings for a policy text, the file's own path cut off. */
function findingsOf(text: string, against: Declarations = declarations): string[] {
  writeFileSync(file, text);
  try {
    loadPolicy(file, against);
    return [];
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    return error.findings.map((finding) => finding.replace(`${file}:`, ''));
  }
}

const dataset = (name: string): DatasetDeclaration => {
  const found = declarations.datasets.get(name);
  if (found === undefined) throw new Error(`no dataset ${name}`);
  return found;
};
const metrics = (name: string): MetricsDeclaration => {
  const found = declarations.metrics.get(name);
  if (found === undefined) throw new Error(`no metrics ${name}`);
  return found;
};

/** A policy of one role that erases and reads nothing. */
const erases = (rules: string): string =>
  `roles:\n  sales:\n    description: Sells.\n    erasure: ${rules}\n`;
/** A policy of one role over erp; `inside` continues the domain. */
const erp = (inside: string): string =>
  `roles:\n  sales:\n    description: Sells.\n    domains:\n      erp:\n${inside}`;

describe('the policy of the project', () => {
  const policy = loadPolicy('policy/policy.yaml', declarations);
  const role = (name: string) => {
    const found = policy.roles.get(name);
    if (found === undefined) throw new Error(`no role ${name}`);
    return found;
  };

  it('fits the declarations and uses every action', () => {
    const used = new Set(
      [...policy.roles.values()].flatMap((each) =>
        [...declarations.datasets.values()].flatMap((of) =>
          [...of.columns.keys()].map((field) => each.action(of, field)),
        ),
      ),
    );
    expect([...used].sort()).toEqual([...MASK_ACTIONS].sort());
    expect(policy.version).toMatch(/^[0-9a-f]{12}$/);
  });

  it('says what a role gets of a field', () => {
    expect(role('support').action(dataset('Decision'), 'applicantEmail')).toBe('partial');
    expect(role('risk_analyst').action(dataset('Decision'), 'birthDate')).toBe('coarse');
    expect(role('risk_analyst').action(dataset('Decision'), 'single')).toBe('clear');
    expect(role('support').action(dataset('Decision'), 'transactions.value')).toBe('clear');
    expect(role('steward').action(dataset('Decision'), 'nonsense')).toBe('hide');
    expect(role('support').action(dataset('Employee'), 'department')).toBe('hide');
    expect(role('support').reads(dataset('Employee'))).toBe(false);
  });

  it('lets a derived field through only when all it reads is clear, and names the classes of all it reads', () => {
    expect(role('steward').action(dataset('Employee'), 'ageAtHiring')).toBe('clear');
    expect(role('hr_manager').action(dataset('Employee'), 'ageAtHiring')).toBe('redact');
    expect(role('support').action(dataset('Decision'), 'amountToIncome')).toBe('redact');
    expect(role('support').action(dataset('Employee'), 'ageAtHiring')).toBe('hide');
    expect(dataset('Employee').derived.get('ageAtHiring')?.classes).toEqual(['demographic', 'internal']);
  });

  it('lets a measure through only when all it reads is clear', () => {
    expect(role('hr_analyst').measureAction(metrics('Headcount'), 'attritionRate')).toBe('clear');
    expect(role('hr_partner').measureAction(metrics('Headcount'), 'payroll')).toBe('band');
    expect(role('sales_analyst').measureAction(metrics('SalesMetrics'), 'customers')).toBe('clear');
    expect(role('auditor').measureAction(metrics('SalesMetrics'), 'averageInvoice')).toBe('redact');
    expect(role('support').measureAction(metrics('SalesMetrics'), 'lines')).toBe('hide');
    expect(role('chatbot').dimensionAction(metrics('DecisionMetrics'), 'region')).toBe('redact');
    expect(role('hr_analyst').protection(metrics('Headcount'))).toEqual({
      minimum: 5,
      noise: true,
      round: 1,
    });
    expect(role('steward').protection(metrics('Headcount'))).toEqual({ minimum: 0, noise: false, round: 1 });
    expect(role('hr_analyst').lists(dataset('Employee'))).toBe(false);
    expect(role('hr_partner').lists(dataset('Employee'))).toBe(true);
  });
});

describe('a policy that is wrong stops the boot', () => {
  it.each([
    [
      'an unknown class',
      erp('        classes: { public: clear, internal: clear }\n').replace('public', '\n          identifer'),
      /^7: roles\.sales\.domains\.erp\.classes\.identifer: there is no such class\. Classes are: public, internal/,
    ],
    [
      'an unknown action',
      erp('        classes:\n          internal: clear\n          public: clera\n'),
      /^8: roles\.sales\.domains\.erp\.classes\.public: must be one of: clear, pseudonym, /,
    ],
    [
      'an unknown domain',
      'roles:\n  sales:\n    description: Sells.\n    domains:\n      epr: { classes: {} }\n',
      /^5: roles\.sales\.domains\.epr: there is no such domain\. Domains are: decisions, telemetry, hr, erp, audit\.$/,
    ],
    [
      'an unknown key',
      erp('        classes: { internal: clear }\n        minimumgroup: 5\n'),
      /^7: roles\.sales\.domains\.erp\.minimumgroup: there is no such key here\. Remove it or correct it\.$/,
    ],
    [
      'a role named twice',
      erp('        classes: { internal: clear }\n') +
        '  sales:\n    description: Again.\n    domains: { erp: { classes: { internal: clear } } }\n',
      /^7: Map keys must be unique\.$/,
    ],
    [
      'no description',
      'roles:\n  sales:\n    domains: { erp: { classes: { internal: clear } } }\n',
      /^2: roles\.sales\.description: is missing or of the wrong type: needs text\.$/,
    ],
    [
      'an unknown dataset',
      erp('        classes: { internal: clear }\n        columns:\n          SalesLin.city: clear\n'),
      /^8: .*columns\.SalesLin\.city: there is no such dataset\. Write Dataset\.field; datasets are: SalesLine\.$/,
    ],
    [
      'an unknown column',
      erp('        classes: { internal: clear }\n        columns:\n          SalesLine.town: clear\n'),
      /^8: .*columns\.SalesLine\.town: SalesLine has no such field\. Fields are: id, invoiceNumber, /,
    ],
    [
      'a line for a derived field',
      erp('        classes: { internal: clear }\n')
        .replace('erp', 'hr')
        .concat('        columns:\n          Employee.ageAtHiring: clear\n'),
      /^8: .*columns\.Employee\.ageAtHiring: it is computed from birthDate, hiredOn, .* Remove the line\.$/,
    ],
    [
      'a dataset of another domain',
      erp('        classes: { internal: clear }\n        columns:\n          Employee.city: clear\n'),
      /^8: .*columns\.Employee\.city: Employee belongs to the domain hr\. Move the line there\.$/,
    ],
    [
      'a row rule over an unknown field',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: land, in: markets }\n',
      ),
      /^8: .*rows\.0\.field: SalesLine has no field land\. /,
    ],
    [
      'a row rule over a number',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: quantity, in: markets }\n',
      ),
      /^8: .*rows\.0\.field: claims are text, so a row rule fits ids, strings and enums; quantity is of kind integer\.$/,
    ],
    [
      'a row rule with two tests',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: country, in: markets, last: P1D }\n',
      ),
      /^8: .*rows\.0: needs one of /,
    ],
    [
      'a hierarchy without what it is for',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: country, in: markets, hierarchy: world }\n',
      ),
      /^8: .*rows\.0: `within` and `hierarchy` go together/,
    ],
    [
      'a hierarchy that is not there',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: country, within: markets, hierarchy: world }\n',
      ),
      /^8: .*rows\.0\.hierarchy: there is no hierarchy world\. Write it under `hierarchies` at the top\.$/,
    ],
    [
      'a hierarchy over a number',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: quantity, within: markets, hierarchy: world }\n',
      ).concat('hierarchies: { world: { Europe: [Germany] } }\n'),
      /^8: .*rows\.0\.field: claims are text/,
    ],
    [
      'a window over text',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: country, last: P90D }\n',
      ),
      /^8: .*rows\.0\.field: `last` fits dates and times; country is of kind string\.$/,
    ],
    [
      'a window of hours',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: soldAt, last: PT24H }\n',
      ),
      /^8: .*rows\.0\.last: must be a period of days, weeks, months or years such as P90D/,
    ],
    [
      'a cycle in a hierarchy',
      erp('        classes: { internal: clear }\n')
        .concat('hierarchies:\n  world:\n    Root: [A]\n    A: [B]\n    B: [C]\n    C: [A]\n')
        .replace('    Root: [A]\n', ''),
      /^9: hierarchies\.world\.A: it goes round in a circle: A > B > C > A\. Break it\.$/,
    ],
    [
      'a node below itself',
      erp('        classes: { internal: clear }\n').concat('hierarchies:\n  world:\n    A: [A]\n'),
      /^9: hierarchies\.world\.A: it goes round in a circle: A > A\. Break it\.$/,
    ],
    [
      'a node below two others',
      erp('        classes: { internal: clear }\n').concat(
        'hierarchies:\n  world:\n    A: [C]\n    B: [D, C]\n',
      ),
      /^10: hierarchies\.world\.B\.1: C already stands below A, and what is below two would be seen by both\. Remove one\.$/,
    ],
    [
      'a node named twice below one',
      erp('        classes: { internal: clear }\n').concat('hierarchies:\n  world:\n    A: [C, C]\n'),
      /^9: hierarchies\.world\.A\.1: C stands here twice\. Remove one\.$/,
    ],
    [
      'an unknown purpose',
      erp('        classes: { internal: clear }\n        purposes: { internal: [nosiness] }\n'),
      /^7: .*purposes\.internal\.0: there is no purpose nosiness\. List purposes with their descriptions under `purposes` at the top\.$/,
    ],
    [
      'a purpose for a class that the role does not see',
      'purposes: { billing: Bills. }\n' +
        erp('        classes: { internal: clear }\n        purposes: { contact: [billing] }\n'),
      /^8: .*purposes\.contact: the role sees nothing of the class contact here\. Show it, or remove the line\.$/,
    ],
    [
      'a purpose for a class that does not exist',
      'purposes: { billing: Bills. }\n' +
        erp('        classes: { internal: clear }\n        purposes: { contacts: [billing] }\n'),
      /^8: .*purposes\.contacts: there is no such class\. Classes are: /,
    ],
    [
      'a purpose with an odd name',
      'purposes: { "Bill Gates": Bills. }\n' + erp('        classes: { internal: clear }\n'),
      /^1: purposes\.Bill Gates: a purpose is named in small letters/,
    ],
    [
      'a class that needs none of no purposes',
      erp('        classes: { internal: clear }\n        purposes: { internal: [] }\n'),
      /^7: .*purposes\.internal: names no purpose\.$/,
    ],
    [
      'an emergency without an end',
      erp('        classes: { internal: clear }\n').replace('    domains', '    breakGlass: {}\n    domains'),
      /^4: roles\.sales\.breakGlass\.maxMinutes: is missing/,
    ],
    [
      'a key that JavaScript reads in a way of its own',
      erp('        classes: { internal: clear }\n        columns: { __proto__: clear }\n'),
      /^7: `__proto__` cannot be a key\. Remove it or correct it\.$/,
    ],
    [
      'a domain of which the role sees nothing',
      erp('        classes: { internal: hide }\n'),
      /^5: roles\.sales\.domains\.erp: the role sees nothing here\. Show a class, or remove the domain\.$/,
    ],
    [
      'a row rule without a claim',
      erp(
        '        classes: { internal: clear }\n        rows:\n          - { dataset: SalesLine, field: country }\n',
      ),
      /^8: .*rows\.0: needs one of `in: claim`/,
    ],
    [
      'a mask that does not fit',
      erp('        classes:\n          internal: clear\n          location: coarse\n'),
      /^8: .*classes\.location: `coarse` cannot be used on SalesLine\.city: it fits dates, times and numbers, and this is a string\. /,
    ],
    [
      'a band without a width',
      erp(
        '        classes:\n          internal: clear\n        columns:\n          SalesLine.quantity: band\n',
      ),
      /^9: .*`band` cannot be used on SalesLine\.quantity: the column declares no width of a band\. /,
    ],
    [
      'a non-null field redacted',
      'roles:\n  sales:\n    description: Sells.\n    domains:\n      decisions:\n        classes:\n          internal: clear\n' +
        '        columns:\n          Decision.transactions.id: redact\n',
      /^9: .*`redact` cannot be used on Decision\.transactions\.id: the field is never null\. /,
    ],
    [
      'a key that the role does not see',
      erp('        classes:\n          public: clear\n        columns:\n          SalesLine.soldAt: clear\n'),
      /^6: .*classes: SalesLine\.id is the key field, which a role that reads the dataset must see\. Add `SalesLine\.id: clear` under `columns`\.$/,
    ],
    [
      'a time that the role does not see',
      erp(
        '        classes:\n          internal: clear\n        columns:\n          SalesLine.soldAt: coarse\n',
      ),
      /^9: .*SalesLine\.soldAt is the time field/,
    ],
    [
      'a claim that is no name',
      erp('        classes: { internal: clear }\n        groups: { minimum: 1 }\n'),
      /^7: .*groups\.minimum: /,
    ],
    [
      'a limit above the highest',
      erp('        classes: { internal: clear }\n').replace(
        '    domains',
        '    limits: { maxDepth: 21 }\n    domains',
      ),
      /^4: roles\.sales\.limits\.maxDepth: must be a whole number from 1 to 20\.$/,
    ],
    [
      'a limit that is no number',
      erp('        classes: { internal: clear }\n').replace(
        '    domains',
        '    limits: { maxCost: 1.5 }\n    domains',
      ),
      /^4: roles\.sales\.limits\.maxCost: must be a whole number from 1 to 500000\.$/,
    ],
    [
      'a limit that there is not',
      erp('        classes: { internal: clear }\n').replace(
        '    domains',
        '    limits: { maxCells: 5 }\n    domains',
      ),
      /^4: roles\.sales\.limits\.maxCells: there is no such limit\. Limits are: maxRows, maxDepth, /,
    ],
    [
      'a right over erasures that is none',
      erases('{ may: [read, erase] }'),
      /^4: roles\.sales\.erasure\.may\.1: must be one of: request, approve, hold, extend, pause, read\.$/,
    ],
    [
      'a right over erasures without seeing them',
      erases('{ may: [approve] }'),
      /^4: roles\.sales\.erasure\.may: who does something about erasures sees them too\. Add `read`\.$/,
    ],
    [
      'a right over erasures twice',
      erases('{ may: [read, read] }'),
      /^4: .*erasure\.may: says the same twice\.$/,
    ],
    ['no right over erasures', erases('{ keys: clear }'), /^4: .*erasure\.may: is missing/],
    ['keys half seen', erases('{ may: [read], keys: some }'), /^4: .*keys: must be one of: clear, tokens\.$/],
    [
      'a word about erasures that is none',
      erases('{ may: [read], all: true }'),
      /^4: .*there is no such key here/,
    ],
    [
      'a role that may nothing',
      'roles:\n  sales:\n    description: Sells.\n',
      /^2: roles\.sales\.domains: the role reads nothing\. Name a domain, say under `erasure` what it may do/,
    ],
    ['YAML that is none', 'roles:\n  sales: [\n', /^\d+: /],
    ['no role', 'roles: {}\n', /^1: roles: names no role\.$/],
  ])('%s', (_name, text, expected) => {
    const findings = findingsOf(text);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatch(expected);
  });

  it('reports everything at once', () => {
    const text = erp(
      '        classes:\n          internal: clear\n          location: band\n        columns:\n          SalesLine.town: clear\n',
    );
    expect(findingsOf(text).map((finding) => finding.split(':')[0])).toEqual(['10', '8']);
  });

  it('reports a file that cannot be read', () => {
    expect(() => loadPolicy(join(folder, 'none.yaml'), declarations)).toThrow(/cannot be read \(ENOENT\)/);
  });
});

describe('declarations', () => {
  const decision = dataset('Decision');
  const altered = (change: Partial<DatasetDeclaration>): Declarations => ({
    datasets: new Map([...declarations.datasets, ['Decision', { ...decision, ...change }]]),
    metrics: new Map(),
  });
  const withColumn = (field: string, change: object): Declarations => {
    const column = decision.columns.get(field);
    if (column === undefined) throw new Error(`no column ${field}`);
    return altered({ columns: new Map([...decision.columns, [field, { ...column, ...change }]]) });
  };

  const derivedField = { field: 'sum', description: 'Sum.', classes: [], reads: [], compute: () => null };

  it('of the project are sound', () => expect(checkDeclarations(declarations)).toEqual([]));

  it('without a class stop the boot', () => {
    const broken = withColumn('region', { class: undefined });
    expect(checkDeclarations(broken)).toEqual([
      expect.stringMatching(
        /^Decision\.region: no class\. Say what it holds: public, .* \(src\/schema\/entities\/decision\.ts:\d+\)$/,
      ),
    ]);
    expect(findingsOf(erp('        classes: { internal: clear }\n'), broken)).toEqual([
      expect.stringMatching(/^Decision\.region: no class\./),
    ]);
  });

  it.each([
    [
      'an unknown class',
      withColumn('region', { class: 'secret' }),
      /^Decision\.region: there is no class secret\./,
    ],
    [
      'a band on text',
      withColumn('region', { band: 5 }),
      /^Decision\.region: only numbers have a `band` width/,
    ],
    [
      'a band of zero',
      withColumn('amount', { band: 0 }),
      /^Decision\.amount: `band` must be a number above zero\.$/,
    ],
    [
      'a derived field that reads nothing',
      altered({ derived: new Map([['sum', { ...derivedField, reads: [] }]]) }),
      /^Decision\.sum: it reads no field, so it has no class\./,
    ],
    [
      'a derived field that reads what is not there',
      altered({ derived: new Map([['sum', { ...derivedField, reads: ['total'] }]]) }),
      /^Decision\.sum: it reads total, which is not a column of Decision\.$/,
    ],
    ['a nullable key', withColumn('id', { nullable: true }), /^Decision\.id: the key is never null/],
    ['an unknown key', altered({ key: 'number' }), /^Decision: its key number is not one of its fields\.$/],
    [
      'an unknown subject',
      altered({ subject: 'person' }),
      /^Decision: its subject person is not one of its fields\.$/,
    ],
    [
      'a time that is none',
      altered({ time: 'market' }),
      /^Decision\.market: the time field must be a Date or DateTime/,
    ],
  ])('with %s are reported', (_name, broken, expected) => {
    expect(checkDeclarations(broken)).toEqual([expect.stringMatching(expected)]);
  });

  it('with broken measures are reported', () => {
    const sales = metrics('SalesMetrics');
    const measures = new Map([
      ['a', { field: 'a', formula: { sum: 'country' }, kind: 'decimal', description: '' }],
      ['b', { field: 'b', formula: { ratio: ['a', 'none'] }, kind: 'float', description: '' }],
      ['period', { field: 'period', formula: { count: true }, kind: 'integer', description: '' }],
    ]) as unknown as MetricsDeclaration['measures'];
    const broken = { ...declarations, metrics: new Map([['SalesMetrics', { ...sales, measures }]]) };
    expect(checkDeclarations(broken)).toEqual([
      'SalesMetrics.period: the name is taken. Rename it.',
      'SalesMetrics.a: sum needs a number, and country is string.',
      'SalesMetrics.b: its part none is not a measure of SalesMetrics.',
    ]);
  });
});
