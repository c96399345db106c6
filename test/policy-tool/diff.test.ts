import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { columnPaths } from '../../src/auth/policy-check';
import { buildPolicy } from '../../src/auth/policy';
import { parsePolicy, type PolicyFile } from '../../src/auth/policy-file';
import { diff } from '../../src/policy-tool/diff';
import { differences, type Change } from '../../src/policy-tool/differences';
import { settingChange } from '../../src/policy-tool/setting-changes';
import { treeChanges, textOf } from '../../src/policy-tool/tree';
import { declarations } from '../../src/schema/catalog';
import { policyCommand } from './command';
import {
  editedPolicy,
  policyOf,
  SAMPLE,
  someSettings,
  withSettings,
  written,
  type Written,
} from './policies';

const sample = parsePolicy('policy/policy.yaml', SAMPLE);

function sentences(change: (policy: Written) => void): string[] {
  const policy = written();
  change(policy);
  return differences(sample, policyOf(policy), declarations).map(
    ({ risk, sentence }) => `${risk}: ${sentence}`,
  );
}

/** What each role gets of each field, as the gate's own policy says it. */
function actions(file: PolicyFile): Map<string, string> {
  const found = new Map<string, string>();
  for (const [role, policy] of buildPolicy(file, declarations).roles) {
    for (const dataset of declarations.datasets.values()) {
      for (const path of [...columnPaths(dataset).map(([name]) => name), ...dataset.derived.keys()]) {
        const action = policy.action(dataset, path);
        if (action !== 'hide') found.set(`${role} ${dataset.name}.${path}`, action);
      }
    }
  }
  return found;
}

it('finds no difference between a policy and itself', () => {
  fc.assert(
    fc.property(editedPolicy, (policy) => {
      expect(differences(policy, policy, declarations)).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

it('tells exactly those fields of which a role gets something else', () => {
  fc.assert(
    fc.property(editedPolicy, editedPolicy, (older, newer) => {
      const [from, to] = [actions(older), actions(newer)];
      const expected = [...new Set([...from.keys(), ...to.keys()])]
        .map((name) => `${name}: ${from.get(name) ?? 'hide'} → ${to.get(name) ?? 'hide'}`)
        .filter((line) => !/: (\w+) → \1$/.test(line));
      const told = differences(older, newer, declarations).flatMap(({ role, field }) =>
        field === undefined ? [] : [`${role} ${field.dataset}.${field.field}: ${field.from} → ${field.to}`],
      );
      expect(told.sort()).toEqual(expected.sort());
    }),
    { numRuns: 40 },
  );
});

it('leaves no difference of the files untold', () => {
  fc.assert(
    fc.property(editedPolicy, editedPolicy, (older, newer) => {
      const changes = differences(older, newer, declarations);
      expect(changes.length > 0).toBe(textOf(older.data) !== textOf(newer.data));
      const told = (key: string): boolean =>
        changes.some((change) => change.key === key || key.startsWith(`${change.key}.`));
      const fields = (role: string | undefined, domain: string | undefined): boolean =>
        changes.some(({ role: own, field }) => {
          return (
            own === role && field !== undefined && declarations.datasets.get(field.dataset)?.domain === domain
          );
        });
      for (const { path } of treeChanges(older.data, newer.data)) {
        const [, role, , domain, kind] = path;
        const byField = (kind === 'classes' || kind === 'columns') && fields(role, domain);
        expect([path.join('.'), told(path.join('.')) || byField]).toEqual([path.join('.'), true]);
      }
      for (const change of changes) expect(change.place).toMatch(/^test\.yaml:\d+$/);
    }),
    { numRuns: 40 },
  );
});

it('names each setting that was edited and nothing else, and exits as the riskiest of them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-settings-'));
  const newer = join(folder, 'newer.yaml');
  fc.assert(
    fc.property(someSettings, (edits) => {
      writeFileSync(newer, stringify(withSettings(edits), { aliasDuplicateObjects: false }));
      let said = '';
      const status = diff(['policy/policy.yaml', newer, '--format', 'json'], (text) => void (said += text));
      const { changes } = JSON.parse(said) as { changes: Change[] };
      const told = changes.map(({ key, risk }) => `${key}: ${risk}`);
      expect([...new Set(told)].sort()).toEqual(edits.map(({ key, risk }) => `${key}: ${risk}`).sort());
      const wider = edits.some(({ risk }) => risk === 'wider');
      expect(status).toBe(edits.length === 0 ? 0 : wider ? 2 : 1);
      for (const { key, place, sentence } of changes) {
        expect(place).toMatch(/^(policy\/policy|\S+newer)\.yaml:\d+$/);
        expect(sentence).toContain(key.split('.')[1]);
      }
    }),
    { numRuns: 150 },
  );
});

it('says something of any key, known or not, and of what it came from', () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(leaf, { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom('roles', 'limits', 'rows', 'groups', 'x', 'constructor', 'toString'),
        tie('node'),
        { maxKeys: 4, noNullPrototype: true },
      ),
    ),
  })).node;
  fc.assert(
    fc.property(tree, tree, (from, to) => {
      const changes = treeChanges(from, to);
      expect(changes.length === 0).toBe(isDeepStrictEqual(from, to));
      for (const change of changes) expect(settingChange(change).length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

it.each<[string, (policy: Written) => void, string]>([
  [
    'a field that begins to be seen',
    (policy) => void (policy.roles.chatbot!.domains.decisions!.classes.contact = 'partial'),
    'wider: chatbot would begin to see Decision.applicantEmail in part (was: nothing).',
  ],
  [
    'a field that is no longer seen',
    (policy) => void delete policy.roles.support!.domains.decisions!.classes.risk,
    'narrower: support would no longer see Decision.riskGrade (was: in the clear).',
  ],
  [
    'masks of which neither is the narrower',
    (policy) => void (policy.roles.support!.domains.decisions!.classes.contact = 'pseudonym'),
    'unclear: support would see Decision.applicantEmail as a pseudonym (was: in part).',
  ],
  [
    'a row rule taken away',
    (policy) => void delete policy.roles.sales_rep!.domains.erp!.rows,
    'wider: sales_rep would no longer be kept to rows of SalesLine where country is one of the values of the claim markets.',
  ],
  [
    'a row rule added',
    (policy) =>
      void (policy.roles.support!.domains.decisions!.rows = [
        { dataset: 'Decision', field: 'market', in: 'markets' },
      ]),
    'narrower: support would see only rows of Decision where market is one of the values of the claim markets.',
  ],
  [
    'longer pages',
    (policy) => void (policy.roles.chatbot!.limits!.maxRows = 60),
    'wider: chatbot would be bounded less (limits.maxRows: 50 → 60).',
  ],
  [
    'a role that goes',
    (policy) => void delete policy.roles.chatbot,
    'narrower: The role chatbot would be gone.',
  ],
  [
    'an override without effect',
    (policy) =>
      void (policy.roles.support!.domains.decisions!.columns = { 'Decision.applicantEmail': 'partial' }),
    'neutral: support, column Decision.applicantEmail: not listed → partial. What the role gets of it stays the same.',
  ],
  [
    'a class that no field has today',
    (policy) => void (policy.roles.sales_rep!.domains.erp!.classes.risk = 'clear'),
    'wider: sales_rep, class risk: not listed → clear. No field of the domain erp follows it today.',
  ],
  [
    'a right over erasures that comes',
    (policy) => void policy.roles.compliance!.erasure!.may.push('approve'),
    'wider: compliance would begin to approve erasures.',
  ],
  [
    'a right over erasures that goes',
    (policy) => void policy.roles.compliance!.erasure!.may.shift(),
    'narrower: compliance would no longer ask for erasures.',
  ],
  [
    'a role that is given erasures',
    (policy) => void (policy.roles.support!.erasure = { may: ['read'] }),
    'wider: support would begin to see erasures.',
  ],
  [
    'a role that loses them',
    (policy) => void delete policy.roles.auditor!.erasure,
    'narrower: auditor would no longer see erasures.',
  ],
  [
    'keys of people in the clear',
    (policy) => void (policy.roles.auditor!.erasure!.keys = 'clear'),
    'wider: auditor would begin to see the keys of people under erasure in the clear (was: tokens).',
  ],
])('says %s', (_what, change, sentence) => {
  expect(sentences(change)).toContain(sentence);
});

it.each<[string, Parameters<typeof settingChange>[0], string]>([
  ['minimum', { path: ['roles', 'a', 'domains', 'hr', 'groups', 'minimum'], from: 5, to: 3 }, 'wider'],
  ['minimum', { path: ['roles', 'a', 'domains', 'hr', 'groups', 'minimum'], from: 3, to: 5 }, 'narrower'],
  ['access', { path: ['roles', 'a', 'domains', 'hr', 'access'], from: 'aggregates', to: 'rows' }, 'wider'],
  ['access', { path: ['roles', 'a', 'domains', 'hr', 'access'], from: 'rows', to: 'aggregates' }, 'narrower'],
  ['break-glass', { path: ['roles', 'a', 'breakGlass'], from: { maxMinutes: 60 } }, 'wider'],
  ['break-glass', { path: ['roles', 'a', 'breakGlass', 'maxMinutes'], from: 60, to: 30 }, 'narrower'],
  ['audit', { path: ['audit', 'required'], added: [], removed: ['contact'] }, 'wider'],
  [
    'purposes',
    {
      path: ['roles', 'a', 'domains', 'hr', 'purposes', 'contact'],
      added: ['x'],
      removed: [],
      whole: 'came',
    },
    'narrower',
  ],
  [
    'purposes',
    { path: ['roles', 'a', 'domains', 'hr', 'purposes', 'contact'], added: ['x'], removed: [] },
    'wider',
  ],
  [
    'hierarchies',
    { path: ['hierarchies', 'departments', 'Sales'], added: ['Sales EMEA'], removed: [] },
    'wider',
  ],
  ['a limit nobody set', { path: ['roles', 'a', 'limits', 'maxDepth'], to: 10 }, 'narrower'],
  ['a key nobody knows', { path: ['roles', 'a', 'wings'], from: 1, to: 2 }, 'unclear'],
])('judges %s', (_what, change, risk) => {
  expect(settingChange(change).map((each: Pick<Change, 'risk'>) => each.risk)).toEqual([risk]);
});

describe('as a command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-diff-'));
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const wider = file('wider.yaml', SAMPLE.replace('contact: partial', 'contact: clear'));
  const narrower = file('narrower.yaml', SAMPLE.replace('contact: partial', 'contact: redact'));

  it('exits with 0, 1, 2 and 3 for equal, narrower, wider and wrong', async () => {
    const pairs = [
      ['policy/policy.yaml', 'policy/policy.yaml'],
      ['policy/policy.yaml', narrower],
      ['policy/policy.yaml', wider],
      ['policy/policy.yaml', file('wrong.yaml', SAMPLE.replace('contact: partial', 'contact: sometimes'))],
      ['policy/policy.yaml'],
    ];
    const ended = await Promise.all(pairs.map((pair) => policyCommand(['diff', ...pair])));
    expect(ended.map(({ status }) => status)).toEqual([0, 1, 2, 3, 3]);
    expect(ended[2]?.stdout).toContain(
      `support would see Decision.applicantEmail, Decision.applicantPhone in the clear (was: in part). [${wider}:`,
    );
    expect(ended[3]?.stderr).toMatch(/wrong\.yaml:\d+: .*must be one of: clear/);
  });

  it('reads standard input, lets through what is agreed to, and gives JSON', async () => {
    const { status, stdout } = await policyCommand(
      ['diff', '-', wider, '--format', 'json', '--allow-wider'],
      SAMPLE,
    );
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as { result: string; changes: Change[] };
    expect(answer.result).toBe('wider');
    expect(answer.changes[0]?.field).toEqual({
      dataset: 'Decision',
      field: 'applicantEmail',
      classes: ['contact'],
      from: 'partial',
      to: 'clear',
    });
  });
});
