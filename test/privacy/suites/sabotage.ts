import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { MASK_ACTIONS } from '../../../src/schema/vocabulary';
import { atOnce } from '../../support/at-once';
import { introspect } from '../generator/client';
import { POLICY_FILE, type Setting } from '../setting';
import type { TestGateway } from '../stack/stack';
import type { World } from '../world/world';
import { newTally, runRole } from './canaries';
import { tell } from './oracle';

/** The same run against gateways with one thing wrong in each: it must find every one of them. */

interface Sabotage {
  name: string;
  role: string;
  /** Text of the policy that the faulty gateway has. */
  policy?: string;
  /** A fault that `gateway-process.ts` knows. */
  fault?: string;
  /** Both worlds have the same there, so that the oracle has nothing to tell apart. */
  canariesAlone?: boolean;
}

/** Enough to come upon any column of a role. */
const QUERIES = 1_500;
/** Faults that are looked for at the same time, each with gateways of its own, which take longest to start. */
const GATEWAYS_AT_ONCE = 2;

export async function sabotage(setting: Setting): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sabotage-'));
  try {
    await atOnce(cases(setting), GATEWAYS_AT_ONCE, async (one, index) => {
      const file = join(folder, `${index}.yaml`);
      if (one.policy !== undefined) writeFileSync(file, one.policy);
      const options = {
        ...(one.policy === undefined ? {} : { policy: file }),
        ...(one.fault === undefined ? {} : { fault: one.fault }),
      };
      const started: TestGateway[] = [];
      const gateway = async (world: World): Promise<TestGateway> => {
        const faulty = await setting.stacks[world].gateway(options);
        started.push(faulty);
        return faulty;
      };
      try {
        await tried(setting, one, gateway);
      } finally {
        await Promise.all(started.map((faulty) => faulty.stop()));
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tried(
  setting: Setting,
  { name, role, fault, canariesAlone }: Sabotage,
  gateway: (world: World) => Promise<TestGateway>,
): Promise<void> {
  const headers = await setting.stacks.a.headers(setting.caller(role));
  const a = await gateway('a');
  const schema = await introspect((body) => a.ask({ headers, body }));
  const tally = newTally();
  await runRole(setting, {
    schema,
    role,
    world: 'a',
    gateway: a,
    other: setting.gateways.b,
    queries: QUERIES,
    concurrency: 24,
    enough: 1,
    tally,
  });
  setting.report.check(
    `sabotage: canaries find ${name} (${tally.asked} queries)`,
    tally.leaks.length > 0 ? undefined : `${tally.asked} queries of ${role} did not show it.`,
  );
  // The oracle opens tokens by their key, so one of another making means nothing to it.
  if (fault !== undefined || canariesAlone === true) return;
  let asked = 0;
  const differences = await tell(setting, role, {
    queries: QUERIES,
    concurrency: 12,
    asked: () => (asked += 1),
    gateways: { a, b: await gateway('b') },
    schema,
    enough: 1,
  });
  setting.report.check(
    `sabotage: the oracle finds ${name} (${asked} queries)`,
    differences.length > 0 ? undefined : `${asked} queries of ${role} did not show it.`,
  );
}

/** For each action the first role that has it for a class with something planted: it sees that class in the clear. */
function cases(setting: Setting): Sabotage[] {
  const text = readFileSync(POLICY_FILE, 'utf8');
  const planted = new Set(
    setting.planted.canaries().map(({ dataset, column }) => `${dataset.domain}.${column.class}`),
  );
  const found: Sabotage[] = [];
  const document = parseDocument(text);
  const { roles } = document.toJS() as {
    roles: Record<string, { domains?: Record<string, { classes: Record<string, string>; rows?: unknown }> }>;
  };
  const places = Object.entries(roles).flatMap(([role, { domains = {} }]) =>
    Object.entries(domains).flatMap(([domain, { classes }]) =>
      Object.entries(classes).map(([name, action]) => ({ role, domain, name, action })),
    ),
  );
  for (const action of MASK_ACTIONS.filter((one) => one !== 'clear')) {
    const place = places.find((one) => one.action === action && planted.has(`${one.domain}.${one.name}`));
    if (place === undefined) continue;
    const { role, domain, name } = place;
    const changed = parseDocument(text);
    changed.setIn(['roles', role, 'domains', domain, 'classes', name], 'clear');
    found.push({
      name: `${name} of ${domain} clear for ${role} in place of ${action}`,
      role,
      policy: String(changed),
    });
  }
  const lost: Record<string, string> = {
    rows: 'row rules',
    purposes: 'the need of a purpose',
    access: 'the word that there are no rows',
  };
  for (const [role, { domains = {} }] of Object.entries(roles)) {
    for (const [domain, rules] of Object.entries(domains)) {
      for (const [key, words] of Object.entries(lost)) {
        if (rules[key as 'rows'] === undefined) continue;
        const changed = parseDocument(text);
        changed.deleteIn(['roles', role, 'domains', domain, key]);
        // Who lists rows has no protected groups.
        if (key === 'access') changed.deleteIn(['roles', role, 'domains', domain, 'groups']);
        found.push({
          name: `${words} of ${domain} gone for ${role}`,
          role,
          policy: String(changed),
          canariesAlone: key !== 'rows',
        });
      }
    }
  }
  const holder = places.find(({ action }) => action === 'pseudonym')?.role;
  if (holder !== undefined)
    found.push({ name: 'a pseudonym that is the value in base64', role: holder, fault: 'tokens' });
  return found;
}
