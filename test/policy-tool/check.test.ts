import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { classWarnings, policyWarnings } from '../../src/policy-tool/warnings';
import { declarations } from '../../src/schema/catalog';
import type { Declarations } from '../../src/schema/declarations';
import type { DataClass } from '../../src/schema/vocabulary';
import { localAws } from '../support/local-aws';
import { policyCommand } from './command';
import { policyOf, SAMPLE, written, type Written } from './policies';

const folder = mkdtempSync(join(tmpdir(), 'policy-check-'));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The catalog with a column declared otherwise. */
function declaredAs(dataset: string, field: string, dataClass: DataClass): Declarations {
  const own = declarations.datasets.get(dataset)!;
  const columns = new Map(own.columns).set(field, { ...own.columns.get(field)!, class: dataClass });
  return { ...declarations, datasets: new Map(declarations.datasets).set(dataset, { ...own, columns }) };
}

function warningsOf(change: (policy: Written) => void): string[] {
  const policy = written();
  change(policy);
  return policyWarnings(policyOf(policy), declarations);
}

it('finds every sensitive column of the catalog when it is declared public', () => {
  const found = [...declarations.datasets.values()].flatMap((dataset) =>
    [...dataset.columns.values()]
      .filter(
        (column) => column.class === 'contact' || /name$/i.test(column.field) || column.field === 'birthDate',
      )
      .filter((column) => column.field !== 'productName')
      .map(({ field }): [string, string] => [dataset.name, field]),
  );
  expect(found.length).toBeGreaterThan(6);
  for (const [dataset, field] of found) {
    const { warnings } = classWarnings(declaredAs(dataset, field, 'public'));
    expect(warnings.join()).toMatch(
      new RegExp(`src/schema/entities/\\S+:\\d+: ${dataset}\\.${field} looks like`),
    );
  }
});

it('warns of nothing by name in the catalog as it is', () => {
  expect(classWarnings(declarations)).toEqual({ warnings: [], hints: [] });
});

it.each<[string, (policy: Written) => void, string]>([
  [
    'an override that changes nothing',
    (policy) => void (policy.roles.support!.domains.decisions!.columns = { 'Decision.birthDate': 'redact' }),
    'its class demographic has the action redact already',
  ],
  [
    'a role that sees nothing',
    (policy) => void (policy.roles.chatbot!.domains = { decisions: { classes: { public: 'hide' } } }),
    'roles.chatbot: the role sees nothing',
  ],
  [
    'a domain of which nothing is seen',
    (policy) => void (policy.roles.chatbot!.domains.hr = { classes: {} }),
    'roles.chatbot.domains.hr: the role sees nothing of this domain',
  ],
  [
    'a rule that stands twice',
    (policy) =>
      void policy.roles.sales_rep!.domains.erp!.rows!.push({
        dataset: 'SalesLine',
        field: 'country',
        in: 'markets',
      }),
    'stands here twice',
  ],
  [
    'figures of people instead of their rows, in groups of any size',
    (policy) => void delete policy.roles.hr_analyst!.domains.hr!.groups,
    'roles.hr_analyst.domains.hr.access: the role sees groups of any size of Headcount, one person',
  ],
  [
    'exact figures of groups of people',
    (policy) => void (policy.roles.hr_analyst!.domains.hr!.groups!.protection = 'none'),
    'roles.hr_analyst.domains.hr.groups: the role sees exact figures of Headcount, and two groups',
  ],
  [
    'exact figures of one kind of groups',
    (policy) =>
      void (policy.roles.hr_analyst!.domains.hr!.groups = {
        minimum: 5,
        families: { Headcount: { protection: 'none' } },
      }),
    'roles.hr_analyst.domains.hr.groups: the role sees exact figures of Headcount, and two groups',
  ],
  [
    'a purpose that no role names',
    (policy) => void (policy.purposes = { ...(policy.purposes as object), idle_purpose: 'None at all.' }),
    'purposes.idle_purpose: no role refers to it',
  ],
])('warns of %s', (_what, change, words) => {
  const all = warningsOf(change).join('\n');
  expect(all).toContain(words);
  expect(all).toMatch(/test\.yaml:\d+: /);
  expect(warningsOf(() => undefined).join('\n')).not.toContain(words);
});

describe('as a command', () => {
  it('lists every finding with its line and exits with 1', async () => {
    const wrong = written();
    wrong.roles.support!.domains.decisions!.columns = { 'Decision.colour': 'clear' };
    wrong.roles.support!.domains.decisions!.classes.contact = 'band';
    const ended = await policyCommand(['check', file('wrong.yaml', stringify(wrong))]);
    expect(ended.status).toBe(1);
    expect(ended.stdout).toMatch(/wrong\.yaml:\d+: .*has no such field/);
    expect(ended.stdout).toMatch(/wrong\.yaml:\d+: .*`band` cannot be used/);
  });

  it('lets warnings pass unless they are to count', async () => {
    const purposes = file(
      'idle.yaml',
      SAMPLE.replace(/^purposes:$/m, 'purposes:\n  idle_purpose: None at all.'),
    );
    const ended = await Promise.all([
      policyCommand(['check', purposes]),
      policyCommand(['check', purposes, '--strict']),
      policyCommand(['check', '--wings']),
      policyCommand(['check', '--help']),
    ]);
    expect(ended.map(({ status }) => status)).toEqual([0, 1, 2, 0]);
    expect(ended[0]?.stdout).toContain('warning: ');
  });

  it('looks at the values of a file and prints none', async () => {
    const rows = Array.from(
      { length: 10 },
      (_, index) => `l${index},canary${index}@example.com,4111111111111111\n`,
    );
    const csv = file('lines.csv', `line_id,productCode,invoice_number\n${rows.join('')}`);
    const { status, stdout, stderr } = await policyCommand([
      'check',
      '--samples',
      `SalesLine=${csv}`,
      '--strict',
    ]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'SalesLine.productCode looks like an e-mail address by its shape and is declared `public`',
    );
    expect(stdout).toContain('SalesLine.invoiceNumber looks like a payment card number by its shape');
    expect(stdout + stderr).not.toMatch(/canary|4111/);
    const broken = file('broken.ndjson', '{"productCode":"a"}\n{"productCode":"canary-broken\n');
    const failed = await policyCommand(['check', '--samples', `SalesLine=${broken}`]);
    expect([failed.status, failed.stderr.includes('canary')]).toEqual([2, false]);
  });

  it('looks at rows of the stores, and prints none of their values', async () => {
    const aws = localAws();
    const { status, stdout, stderr } = await policyCommand(
      ['check', '--sample', '--tenant', 'aurora', '--rows', '50'],
      '',
      aws.environment,
    );
    expect(stderr).not.toMatch(/@|cannot/);
    expect(status).toBe(0);
    expect(stdout).toContain('0 findings');
    expect(stdout).not.toContain('@');
  });
});
