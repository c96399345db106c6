import { readFileSync } from 'node:fs';
import { buildPolicy } from '../../src/auth/policy';
import { columnPaths } from '../../src/auth/policy-check';
import { parsePolicy } from '../../src/auth/policy-file';
import { explainHtml } from '../../src/policy-tool/explain-html';
import { explainText } from '../../src/policy-tool/explain-text';
import { sightOf, type PolicySight } from '../../src/policy-tool/sight';
import { declarations } from '../../src/schema/catalog';
import { policyCommand } from './command';
import { policyOf, SAMPLE, written } from './policies';

const file = parsePolicy('policy/policy.yaml', SAMPLE);

it('says as JSON exactly what the gate would do, for every role and field', async () => {
  const { status, stdout } = await policyCommand(['explain', '--format', 'json']);
  expect(status).toBe(0);
  const sight = JSON.parse(stdout) as PolicySight;
  const policy = buildPolicy(file, declarations);
  expect(sight.version).toBe(policy.version);
  expect(sight.roles.map(({ role }) => role)).toEqual([...policy.roles.keys()]);
  let fields = 0;
  for (const shown of sight.roles) {
    const role = policy.roles.get(shown.role)!;
    for (const dataset of declarations.datasets.values()) {
      const own = shown.datasets.find((each) => each.dataset === dataset.name);
      expect(own !== undefined).toBe(role.reads(dataset));
      const paths = [...columnPaths(dataset).map(([path]) => path), ...dataset.derived.keys()];
      for (const path of own === undefined ? [] : paths) {
        const field = own?.fields.find((each) => each.field === path);
        expect([shown.role, path, field?.action, field?.purposes]).toEqual([
          shown.role,
          path,
          role.action(dataset, path),
          role.purposesFor(dataset, path),
        ]);
        fields += 1;
        // The line it names holds the key it names.
        const line = SAMPLE.split('\n')[Number(field?.place.split(':')[1]) - 1];
        expect(line).toContain(field?.key.replace(/^(classes|columns)\./, ''));
      }
    }
  }
  expect(fields).toBeGreaterThan(200);
});

it('says which line decides about a field', async () => {
  const line = SAMPLE.split('\n').findIndex((text) => text.includes('contact: partial')) + 1;
  const [one, derived] = await Promise.all([
    policyCommand(['explain', '--role', 'support', '--field', 'Decision.applicantEmail']),
    policyCommand(['explain', '--role', 'support', '--field', 'Decision.amountToIncome']),
  ]);
  expect(one.stdout).toContain('support sees Decision.applicantEmail in part (partial).');
  expect(one.stdout).toContain(
    `policy/policy.yaml:${line}: the action of the class contact in the domain decisions`,
  );
  expect(derived.stdout).toContain('computed from amount and annualIncome');
});

it('says what there is when a name is wrong', async () => {
  const ended = await Promise.all([
    policyCommand(['explain', '--role', 'nobody']),
    policyCommand(['explain', '--field', 'Decision.colour']),
    policyCommand(['explain', '/nowhere.yaml']),
    policyCommand(['nothing']),
  ]);
  expect(ended.map(({ status }) => status)).toEqual([2, 2, 2, 2]);
  expect(ended[0]?.stderr).toContain('Roles are: support');
  expect(ended[1]?.stderr).toContain('Fields are: id');
});

it('shows every key that a file has, known or not', () => {
  const sight = sightOf('x', file, declarations);
  const [first] = sight.roles;
  first!.settings = { wings: { most: 2, kinds: ['a', 'b'] } };
  first!.datasets[0]!.settings = { 'a new key': [1, 2] };
  for (const text of [explainText(sight), explainHtml(sight)]) {
    expect(text).toContain('wings: most 2, kinds [a, b]');
    expect(text).toContain('a new key: 1, 2');
    for (const { role } of sight.roles) expect(text).toContain(role);
  }
});

it('makes a page that needs nothing from elsewhere and takes text for text', () => {
  const policy = written();
  policy.roles.support!.description = '<script>alert("x")</script> & more';
  const page = explainHtml(sightOf('"><img src=x>', policyOf(policy), declarations));
  expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more');
  expect(page).not.toMatch(/<script|<img|<link|https?:|@import|url\(/);
  expect(readFileSync('policy/policy.yaml', 'utf8')).toBe(SAMPLE);
});
