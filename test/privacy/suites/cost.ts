import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aws } from '../../../local/src/import/aws';
import { DatasetLoad } from '../../../local/src/import/load';
import type { LoadRow } from '../../../local/src/import/transform';
import { Pseudonyms } from '../../../src/auth/pseudonyms';
import { loadPolicy, type RolePolicy } from '../../../src/auth/policy';
import { declarations } from '../../../src/schema/catalog';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import type { Setting } from '../setting';
import type { TestGateway } from '../stack/stack';

/** What masks cost: CPU time of the gateway for a page of 1,000 rows and 6 fields, beside the same page in the clear. */

const ROWS = 1_000;
const TENANT = 'cost';
const ROUNDS = 15;
/** Rounds before: each variant's role has code of its own, which the machine learns to run. */
const WARM_UP = 4;
/** Requests of one variant in a round. */
const REQUESTS = 80;
const AT_ONCE = 4;

const MASKED = ['id', 'email', 'monthlySalary', 'birthDate', 'distanceFromHome', 'managerNotes'];
const TOKENS = ['id', 'employeeNumber', 'department', 'jobRole', 'jobLevel', 'currency'];

interface Variant {
  name: string;
  /** The variant that it is compared with. */
  against: string;
  fields: readonly string[];
  /** Fields that its role sees otherwise than in the clear. */
  columns: Record<string, string>;
}

const VARIANTS: readonly Variant[] = [
  { name: 'clear', against: 'clear', fields: MASKED, columns: {} },
  {
    name: 'redact, partial, band and coarse together',
    against: 'clear',
    fields: MASKED,
    columns: {
      email: 'partial',
      monthlySalary: 'band',
      birthDate: 'coarse',
      distanceFromHome: 'coarse',
      managerNotes: 'redact',
    },
  },
  { name: 'partial', against: 'clear', fields: MASKED, columns: { email: 'partial' } },
  { name: 'band', against: 'clear', fields: MASKED, columns: { monthlySalary: 'band' } },
  { name: 'coarse day', against: 'clear', fields: MASKED, columns: { birthDate: 'coarse' } },
  { name: 'coarse number', against: 'clear', fields: MASKED, columns: { distanceFromHome: 'coarse' } },
  { name: 'redact', against: 'clear', fields: MASKED, columns: { managerNotes: 'redact' } },
  { name: 'clear ids', against: 'clear ids', fields: TOKENS, columns: {} },
  {
    name: 'pseudonyms that repeat',
    against: 'clear ids',
    fields: TOKENS,
    columns: { employeeNumber: 'pseudonym' },
  },
];

export async function cost(setting: Setting): Promise<void> {
  const dataset = declarations.datasets.get('Employee');
  if (dataset === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cost-'));
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, policyText(dataset));
  const roles = loadPolicy(file, declarations).roles;
  await load(setting, dataset);
  const gateway = await setting.stacks.a.gateway({ policy: file });
  try {
    const measured = await measure(setting, gateway, roles);
    for (const { name, against } of VARIANTS) {
      const [own, base] = [measured.get(name) ?? 0, measured.get(against) ?? 0];
      const more = name === against ? '' : `, ${(100 * (own / base - 1)).toFixed(1)} % more than ${against}`;
      setting.report.say(`        ${name}: ${own.toFixed(2)} ms of CPU a page${more}`);
    }
    setting.report.say(`        first sight of a pseudonym: ${firstSight().toFixed(1)} µs each`);
    setting.report.check(
      'cost: every variant was measured',
      [...measured.values()].every((milliseconds) => milliseconds > 0) ? undefined : 'One took no time.',
    );
  } finally {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function roleName(index: number): string {
  return `variant_${index}`;
}

function policyText(dataset: DatasetDeclaration): string {
  const classes = Object.fromEntries([...dataset.columns.values()].map((column) => [column.class, 'clear']));
  const roles = VARIANTS.map(({ name, columns }, index) => [
    roleName(index),
    {
      description: name,
      domains: {
        [dataset.domain]: {
          classes,
          columns: Object.fromEntries(
            Object.entries(columns).map(([field, action]) => [`${dataset.name}.${field}`, action]),
          ),
        },
      },
    },
  ]);
  // JSON is YAML.
  return JSON.stringify({ roles: Object.fromEntries(roles) });
}

/** The rows of a tenant of the run, over and over under keys of their own. */
async function load(setting: Setting, dataset: DatasetDeclaration): Promise<void> {
  const rows = setting.planted.rowsOf(setting.options.roles[0] ?? '', dataset);
  const at = [...dataset.columns.keys()].indexOf(dataset.key);
  const many = Array.from({ length: ROWS }, (_none, index): LoadRow => {
    const row = rows[index % rows.length];
    const cells = (row?.cells ?? []).map((cell) => (typeof cell === 'string' ? latin(cell) : cell));
    cells[at] = `row-${String(index).padStart(4, '0')}`;
    return { cells, embedded: row?.embedded ?? {} };
  });
  const aws = new Aws(setting.stacks.a.endpoints);
  const loading = new DatasetLoad(aws, dataset, TENANT, `cost_${dataset.table}`);
  try {
    await loading.add(many);
    await loading.finish();
  } finally {
    await loading.close();
    aws.close();
  }
}

/** Letters as most companies have them. */
function latin(text: string): string {
  return text.replace(/[\u1200-\u135a]/g, (letter) => String.fromCharCode(97 + (letter.charCodeAt(0) % 26)));
}

/** The median over the rounds, in milliseconds of CPU a request; variants take turns, so that what else runs meets all. */
async function measure(
  setting: Setting,
  gateway: TestGateway,
  roles: ReadonlyMap<string, RolePolicy>,
): Promise<Map<string, number>> {
  const taken = new Map<string, number[]>();
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const order = VARIANTS.map((variant, index) => ({ variant, index }));
    for (const { variant, index } of round % 2 === 0 ? order : order.reverse()) {
      const role = roles.get(roleName(index));
      if (role === undefined) throw new Error(`There is no ${roleName(index)}.`);
      const headers = await setting.stacks.a.headers({ tenancy: { tenant: TENANT, claims: {} }, role });
      const before = await gateway.cpu();
      let left = REQUESTS;
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          while (left > 0) {
            left -= 1;
            const answer = await gateway.ask({ headers, body: page(variant, left + round * REQUESTS) });
            if (answer.status !== 200 || answer.text.includes('"errors"'))
              throw new Error(answer.text.slice(0, 500));
          }
        }),
      );
      const used = ((await gateway.cpu()) - before) / 1_000 / REQUESTS;
      if (round >= WARM_UP) taken.set(variant.name, [...(taken.get(variant.name) ?? []), used]);
    }
  }
  return new Map(
    [...taken].map(([name, times]) => [name, times.sort((a, b) => a - b)[times.length >> 1] ?? 0]),
  );
}

/** A page that no other request of the moment asks for, so that nothing is shared. */
function page({ fields }: Variant, number: number): string {
  const query = `query Page($most: Int!) { hr { employees(where: { jobLevel: { lt: $most } }, first: ${ROWS}) { nodes { ${fields.join(' ')} } } } }`;
  return JSON.stringify({ query, variables: { most: 1_000 + number } });
}

/** Microseconds for the token of a value that was not seen before. */
function firstSight(): number {
  const pseudonyms = new Pseudonyms(Buffer.alloc(64, 7));
  const tokens = (from: number, count: number): void => {
    for (let index = from; index < from + count; index += 1) pseudonyms.token(TENANT, `customer-${index}`);
  };
  tokens(0, 2_000);
  const before = process.cpuUsage();
  tokens(2_000, 20_000);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 20_000;
}
