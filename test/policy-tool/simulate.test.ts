import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { checkPolicy } from '../../src/auth/policy-check';
import { simulate as simulateNow, type Simulation } from '../../src/policy-tool/simulate';
import { declarations } from '../../src/schema/catalog';
import { startGateway, type Caller, type Gateway } from '../support/gateway';
import type { Ended } from '../support/command';
import { policyCommand } from './command';
import { edit, policyOf, SAMPLE, someSettings, withSettings } from './policies';

/** Reads recorded by a real gateway, replayed against the same policy and against others. */

const folder = mkdtempSync(join(tmpdir(), 'policy-simulate-'));
const RANGE = 'range: { from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" }';
const QUESTIONS: readonly [Caller, string][] = [
  [
    { role: 'support' },
    `query Recent { decisions(${RANGE}, first: 2, orderBy: [DECIDED_AT_DESC]) { nodes { id applicantName applicantEmail amount } } }`,
  ],
  [
    { role: 'support', subject: 'other@test' },
    `query Recent { decisions(${RANGE}, first: 2) { nodes { id applicantEmail } } }`,
  ],
  [
    { role: 'support', tenant: 'borealis' },
    `query Recent { decisions(${RANGE}, first: 2) { totalCount nodes { id applicantEmail } } }`,
  ],
  [
    { role: 'risk_analyst' },
    `query Fair { decisions(${RANGE}, first: 2, where: { riskGrade: { eq: "A" } }) { nodes { id birthDate amountToIncome } } }`,
  ],
  [
    { role: 'risk_analyst' },
    `query Rate { decisionMetrics(${RANGE}, groupBy: [OUTCOME, CURRENCY]) { rows { outcome currency decisions amount } } }`,
  ],
  [
    { role: 'fraud_investigator' },
    `query Fraud { decisions(${RANGE}, first: 1) { nodes { id applicantName } } }`,
  ],
  [
    { role: 'fraud_investigator', headers: {} },
    `query Idle { decisions(${RANGE}, first: 1) { nodes { id applicantName } } }`,
  ],
  [
    { role: 'hr_analyst' },
    'query People { hr { headcount(groupBy: [DEPARTMENT]) { rows { department people attritionRate } } } }',
  ],
  [{ role: 'hr_partner' }, 'query Employees { hr { employees(first: 2) { nodes { id age gender } } } }'],
  [
    { role: 'sales_rep' },
    'query Sales { erp { salesLines(first: 2, orderBy: [SOLD_AT_DESC]) { nodes { customerName netAmount } } } }',
  ],
  [
    { role: 'sales_analyst' },
    'query Month { erp { salesMetrics(grain: MONTH, groupBy: [CURRENCY], orderBy: [PERIOD_ASC]) { rows { period currency revenue averageInvoice } } } }',
  ],
  [
    { role: 'telemetry_analyst' },
    `query Where { readings(${RANGE}, first: 2) { nodes { deviceId latitude } } }`,
  ],
];

let gateway: Gateway;
let recorded: Record<string, unknown>[];
let audit = '';
beforeAll(async () => {
  gateway = await startGateway();
  for (const [caller, query] of QUESTIONS) {
    const answer = await gateway.ask(caller, query);
    if (caller.headers === undefined) expect([query, answer.errors]).toEqual([query, undefined]);
  }
  recorded = gateway.audited();
  audit = write('recorded.ndjson', `${recorded.map((line) => JSON.stringify(line)).join('\n')}\n`);
});
afterAll(() => gateway.close());

function write(name: string, data: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, data);
  return path;
}

let policies = 0;
async function simulate(
  policy: string,
  paths: string[] = [audit],
): Promise<{ ended: Ended; result: Simulation }> {
  policies += 1;
  const file = write(`policy-${policies}.yaml`, policy);
  const ended = await policyCommand([
    'simulate',
    file,
    '--format',
    'json',
    ...paths.flatMap((path) => ['--audit', path]),
  ]);
  return { ended, result: JSON.parse(ended.stdout || '{}') as Simulation };
}

it('finds that the policy itself would change nothing', async () => {
  const { ended, result } = await simulate(SAMPLE);
  expect(ended.stderr).toBe('');
  expect(result).toMatchObject({ calls: recorded.length, others: 0, broken: { count: 0 }, effects: [] });
  expect(ended.status).toBe(0);
  // The refused one is among them, and still would be.
  expect(recorded.filter(({ outcome }) => outcome !== 'OK')).toHaveLength(1);
  expect(recorded.length).toBeGreaterThanOrEqual(QUESTIONS.length);
});

it('says who would see more or less of which field, and how many', async () => {
  const { ended, result } = await simulate(
    SAMPLE.replace('contact: partial', 'contact: clear').replace(
      'Decision.birthDate: coarse',
      'Decision.birthDate: redact',
    ),
  );
  expect(ended.status).toBe(1);
  const who = recorded
    .filter((line) => line.acting_role === 'support' && String(line.fields).includes('applicantEmail'))
    .map((line) => `${String(line.tenant)}/${String(line.reader)}`);
  expect(result.effects).toEqual([
    expect.objectContaining({
      kind: 'field',
      role: 'support',
      operation: 'Recent',
      what: 'Decision.applicantEmail',
      from: 'partial',
      to: 'clear',
      risk: 'wider',
      calls: 3,
      callers: 3,
      named: who,
    }),
    expect.objectContaining({
      role: 'risk_analyst',
      what: 'Decision.birthDate',
      from: 'coarse',
      to: 'redact',
      risk: 'narrower',
    }),
  ]);
});

it('says which calls would be refused, and why', async () => {
  const policy = SAMPLE.replace(
    '          Decision.birthDate: coarse',
    '          Decision.birthDate: hide\n          Decision.riskGrade: redact',
  )
    .replace(
      '          Employee.age: band\n\n',
      '          Employee.age: band\n          Employee.department: redact\n\n',
    )
    .replace('identifier: [fraud_investigation, chargeback]', 'identifier: [chargeback]');
  const { result } = await simulate(policy);
  const refused = result.effects
    .filter(({ kind }) => kind === 'refused')
    .map(({ role, operation, what }) => `${role}, ${operation}: ${what}`);
  expect(refused).toContain('risk_analyst, Fair: it has no field Decision.birthDate');
  expect(refused).toContain('hr_analyst, People: it cannot group by Headcount.department');
  expect(refused.join('\n')).toMatch(
    /fraud_investigator, Fraud: it needs another purpose for Decision\.applicantName/,
  );
  const gone = await simulate(SAMPLE.replace('  support:\n', '  supporters:\n'));
  expect(gone.result.effects.map(({ what }) => what)).toContain('there is no role support');
});

it('reads folders, compressed files and logs, and names broken lines', async () => {
  const good = recorded.map((line) => JSON.stringify(line)).join('\n');
  write('several/a.ndjson', `${good}\n{"acting_role":"supp`);
  write('several/b.ndjson.gz', gzipSync(`\n[1]\n${good}\n`));
  write(
    'several/c.log',
    `{"level":30,"msg":"gateway listens"}\n${good}\n{"acting_role":"support","dataset":"Decision"}\n`,
  );
  write('several/ignored.txt', 'no lines of an audit');
  const { ended, result } = await simulate(SAMPLE, [join(folder, 'several')]);
  expect(ended.status).toBe(0);
  expect(result.calls).toBe(3 * recorded.length);
  expect(result.others).toBe(1);
  expect(result.broken.first.map(({ file, line, reason }) => [file.split('/').at(-1), line, reason])).toEqual(
    [
      ['a.ndjson', recorded.length + 1, 'no JSON'],
      ['b.ndjson.gz', 2, 'no JSON object'],
      ['c.log', recorded.length + 2, 'an audit line without role, dataset, kind of call or outcome'],
    ],
  );
});

it('says in words what it found, and what is wrong with the command', async () => {
  const wider = write('wider.yaml', SAMPLE.replace('contact: partial', 'contact: clear'));
  const ended = await Promise.all([
    policyCommand(['simulate', wider, '--audit', audit]),
    policyCommand(['simulate', wider]),
    policyCommand(['simulate', wider, '--audit', join(folder, 'nowhere')]),
  ]);
  expect(ended.map(({ status }) => status)).toEqual([1, 2, 2]);
  expect(ended[0]?.stdout).toContain(
    'Not replayed, since they depend on values, which the audit does not hold: row rules, minimums of groups, limits, claims. Compare them with diff.',
  );
  expect(ended[0]?.stdout).toContain(
    'support, Recent: would see more of Decision.applicantEmail: in the clear (was: in part) (3 calls of 3 callers).',
  );
});

it('replays any lines against any policy without throwing, and counts each line once', async () => {
  const newer = join(folder, 'any.yaml');
  const changed = fc
    .tuple(
      fc.nat(),
      fc.dictionary(
        fc.constantFrom(
          'acting_role',
          'dataset',
          'fields',
          'filters',
          'measures',
          'call_kind',
          'purpose',
          'outcome',
        ),
        fc.oneof(
          fc.jsonValue(),
          fc.constantFrom('Decision', 'Headcount', 'id:clear', 'constructor', 'ROWS', 'OK'),
        ),
        { maxKeys: 3, noNullPrototype: true },
      ),
    )
    .map(([index, keys]) => JSON.stringify({ ...recorded[index % recorded.length], ...keys }));
  const lines = fc.array(fc.oneof({ weight: 3, arbitrary: changed }, fc.json(), fc.string()), {
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(
      lines,
      someSettings,
      fc.array(edit, { maxLength: 3 }),
      async (given, settings, edits) => {
        const policy = withSettings(settings);
        for (const each of edits) each(policy);
        // What the gateway would not start with is refused before a line is read.
        fc.pre(checkPolicy(policyOf(policy), declarations).length === 0);
        writeFileSync(newer, stringify(policy, { aliasDuplicateObjects: false }));
        const text = given.map((line) => line.replaceAll(/[\r\n\u2028\u2029]/g, ' '));
        const lone = write(
          'any.ndjson',
          [...text, ...recorded.map((line) => JSON.stringify(line))].join('\n'),
        );
        let said = '';
        const status = await simulateNow(
          [newer, '--audit', lone, '--format', 'json'],
          (part) => void (said += part),
        );
        const result = JSON.parse(said) as Simulation;
        expect(status).toBe(result.effects.length === 0 ? 0 : 1);
        expect(result.calls + result.others + result.broken.count).toBe(result.lines);
        expect(result.calls).toBeGreaterThanOrEqual(recorded.length);
      },
    ),
    { numRuns: 100 },
  );
});
