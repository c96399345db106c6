import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { policyVersion } from '../../src/auth/policy';
import { startGateway, type Answer, type Gateway } from '../support/gateway';
import { startOwnGateway } from '../support/own-gateway';
import { policyFolder } from '../support/policy-files';

/** A changed policy comes into force without a restart, all or nothing. */

const CLASSES = 'public: clear, internal: clear, financial: clear';
const policy = (inside: string, more = ''): string =>
  `roles:\n  clerk:\n    description: Keeps the books.\n    domains:\n      erp:\n        classes: { ${inside} }\n${more}`;
const ALL = policy(`${CLASSES}, identifier: clear`);
const FEW = policy(`${CLASSES}, identifier: redact`);
const NONE = policy(CLASSES);
const BAD = policy(`${CLASSES}, identifer: clear`);
const QUERY = '{ erp { salesLines(first: 1) { nodes { id customerName } } } }';

const ask = (gateway: Gateway, query = QUERY, role = 'clerk'): Promise<Answer> =>
  gateway.ask({ role }, query);
const ready = async (gateway: Gateway): Promise<{ status: number; policy: unknown }> => {
  const response = await fetch(`${gateway.url}/readyz`);
  return { status: response.status, policy: ((await response.json()) as { policy: unknown }).policy };
};

/** Waits until the gateway answers under a policy; the test's own limit ends it. */
async function until(gateway: Gateway, text: string): Promise<void> {
  while ((await ask(gateway, '{ __typename }')).extensions.policy !== policyVersion(text)) await pause(50);
}
async function untilLogged(gateway: Gateway, what: RegExp): Promise<void> {
  while (!what.test(gateway.log())) await pause(50);
}

describe('told to reload', () => {
  let file: string;
  let gateway: Gateway;
  beforeEach(async () => {
    file = join(policyFolder(), 'policy.yaml');
    writeFileSync(file, ALL);
    gateway = await startGateway({ SLUICE_POLICY_FILE: file, SLUICE_POLICY_RELOAD_SECONDS: '0' });
  });
  afterEach(() => gateway.close());

  test('new requests see what the changed policy gives, in values, schema and version', async () => {
    const before = await ask(gateway);
    expect(before.extensions).toMatchObject({ policy: policyVersion(ALL) });
    writeFileSync(file, FEW);
    expect((await ask(gateway)).extensions.policy).toBe(policyVersion(ALL));
    await gateway.reload();
    const after = await ask(gateway);
    expect(after.extensions).toMatchObject({
      policy: policyVersion(FEW),
      masking: [{ path: 'erp.salesLines.nodes.customerName', action: 'redact' }],
    });
    expect(after.text).toMatch(/"customerName":null/);
    writeFileSync(file, NONE);
    await gateway.reload();
    const hidden = await ask(gateway);
    expect(hidden.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(gateway.log()).toMatch(/"event":"policy_reloaded"/);
  });

  test('every answer of the API has the version in a header, refusals too', async () => {
    for (const headers of [{}, { authorization: `Bearer ${await gateway.token({ role: 'clerk' })}` }]) {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"query":"{ __typename }"}',
      });
      expect(response.headers.get('x-sluice-policy')).toBe(policyVersion(ALL));
    }
  });

  test('what a policy allows though it is seldom meant is said, at the start and when it comes', async () => {
    const unprotected = ALL.replace('        classes:', '        access: aggregates\n        classes:');
    const said = (at: Gateway): string[] =>
      at
        .log()
        .split('\n')
        .filter((line) => line.includes('"policy_warning"'))
        .map((line) => (JSON.parse(line) as { warning: string }).warning);
    expect(said(gateway)).toEqual([]);
    writeFileSync(file, unprotected);
    await gateway.reload();
    const warning = `${file}:6: roles.clerk.domains.erp.access: the role sees groups of any size of SalesMetrics`;
    expect(said(gateway)).toEqual([expect.stringContaining(warning)]);
    const started = await startGateway({ SLUICE_POLICY_FILE: file });
    expect(said(started)).toEqual([expect.stringContaining(warning)]);
    await started.close();
  });

  test('roles come and go with the policy', async () => {
    expect((await ask(gateway, QUERY, 'cashier')).status).toBe(403);
    writeFileSync(file, ALL.replace('clerk', 'cashier'));
    await gateway.reload();
    expect((await ask(gateway, QUERY, 'cashier')).errors).toBeUndefined();
    expect((await ask(gateway)).status).toBe(403);
  });

  test.each([
    ['a typo', BAD, /there is no such class/],
    ['a cycle', `hierarchies: { d: { A: [B], B: [A] } }\n${ALL}`, /goes round in a circle: A > B > A/],
    ['a role that sees nothing', policy('internal: hide'), /the role sees nothing here/],
    [
      'fewer rows than none',
      ALL.replace('    domains', '    limits: { maxRows: -1 }\n    domains'),
      /maxRows/,
    ],
    ['half a line', ALL.slice(0, -20), /:\d+:/],
    ['nothing', '', /:1:/],
  ])('%s changes nothing, and is said', async (_name, text, finding) => {
    writeFileSync(file, text);
    await gateway.reload();
    const answer = await ask(gateway);
    expect([answer.errors, answer.extensions.policy]).toEqual([undefined, policyVersion(ALL)]);
    const refused = gateway
      .log()
      .split('\n')
      .filter((line) => line.includes('"policy_refused"'));
    expect(refused).toHaveLength(1);
    expect((JSON.parse(refused[0] ?? '{}') as { findings: string[] }).findings.join(' ')).toMatch(finding);
    expect(await ready(gateway)).toEqual({
      status: 200,
      policy: { version: policyVersion(ALL), state: 'stale' },
    });
    writeFileSync(file, FEW);
    await gateway.reload();
    expect(await ready(gateway)).toEqual({
      status: 200,
      policy: { version: policyVersion(FEW), state: 'current' },
    });
  });

  test('a cursor is good under another policy as long as its order and rows are', async () => {
    const page = (after?: string): Promise<Answer> =>
      ask(
        gateway,
        `{ erp { salesLines(first: 1, orderBy: [CUSTOMER_NAME_ASC]${after === undefined ? '' : `, after: "${after}"`}) { nodes { id } pageInfo { endCursor } } } }`,
      );
    const first = await page();
    const cursor = (first.data as { erp: { salesLines: { pageInfo: { endCursor: string } } } }).erp.salesLines
      .pageInfo.endCursor;
    writeFileSync(file, `# another text, the same meaning\n${ALL}`);
    await gateway.reload();
    expect((await page(cursor)).errors).toBeUndefined();
    const ruled = `${ALL}        rows: [{ dataset: SalesLine, field: soldAt, last: P100Y }]\n`;
    writeFileSync(file, ruled);
    await gateway.reload();
    expect((await page(cursor)).errors?.[0]?.extensions.code).toBe('BAD_CURSOR');
    writeFileSync(file, FEW);
    await gateway.reload();
    expect((await page(cursor)).errors?.[0]?.extensions.code).toBe('FORBIDDEN_COLUMN_USE');
  });
});

describe('a request under way', () => {
  test('ends under the policy that it began under', async () => {
    const file = join(policyFolder(), 'policy.yaml');
    writeFileSync(file, ALL);
    const own = await startOwnGateway({ SLUICE_POLICY_FILE: file, SLUICE_POLICY_RELOAD_SECONDS: '0' });
    try {
      const { gateway, engines } = own;
      engines.faults.redshift.add({ operation: 'ExecuteStatement', kind: 'stall', millis: 2000 });
      const under = ask(gateway);
      await untilReached(engines.faults.redshift);
      writeFileSync(file, NONE);
      await gateway.reload();
      expect((await ask(gateway, '{ __typename }')).extensions.policy).toBe(policyVersion(NONE));
      expect((await under).extensions.policy).toBe(policyVersion(ALL));
    } finally {
      await own.close();
    }
  });

  async function untilReached(faults: { count(operation: string): number }): Promise<void> {
    while (faults.count('ExecuteStatement') === 0) await pause(5);
  }
});

describe('watching the file', () => {
  const watching = (file: string): Promise<Gateway> =>
    startGateway({ SLUICE_POLICY_FILE: file, SLUICE_POLICY_RELOAD_SECONDS: '0.05' });

  test('written in place, twice in a row, and renamed over', async () => {
    const file = join(policyFolder(), 'policy.yaml');
    writeFileSync(file, ALL);
    const gateway = await watching(file);
    try {
      writeFileSync(file, NONE);
      writeFileSync(file, FEW);
      await until(gateway, FEW);
      writeFileSync(`${file}~`, NONE);
      renameSync(`${file}~`, file);
      await until(gateway, NONE);
      expect((await ready(gateway)).policy).toEqual({ version: policyVersion(NONE), state: 'current' });
    } finally {
      await gateway.close();
    }
  });

  test('gone and back', async () => {
    const file = join(policyFolder(), 'policy.yaml');
    writeFileSync(file, ALL);
    const gateway = await watching(file);
    try {
      unlinkSync(file);
      await untilLogged(gateway, /"refused":"ENOENT"/);
      expect((await ask(gateway)).errors).toBeUndefined();
      expect((await ready(gateway)).policy).toMatchObject({ state: 'stale' });
      writeFileSync(file, ALL);
      await untilLogged(gateway, /"event":"policy_restored"/);
      expect((await ready(gateway)).policy).toMatchObject({ state: 'current' });
      expect(gateway.log().match(/"policy_refused"/g)).toHaveLength(1);
    } finally {
      await gateway.close();
    }
  });

  test('behind links that are swapped, as Kubernetes does it', async () => {
    const folder = policyFolder();
    for (const [name, text] of [
      ['first', ALL],
      ['second', FEW],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'policy.yaml'), text);
    }
    symlinkSync('first', join(folder, '..data'));
    symlinkSync(join('..data', 'policy.yaml'), join(folder, 'policy.yaml'));
    const gateway = await watching(join(folder, 'policy.yaml'));
    try {
      symlinkSync('second', join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
      rmSync(join(folder, 'first'), { recursive: true });
      await until(gateway, FEW);
    } finally {
      await gateway.close();
    }
  });
});
