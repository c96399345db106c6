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
import { median } from '../../../bench/measure/statistics';
import type { Setting } from '../setting';
import type { TestGateway } from '../stack/stack';

/**
 * What masks cost: CPU time of the gateway for a page of 1,000 rows and 6 fields, beside the same page in the clear. A ratio
 * beyond its bound fails.
 */

const ROWS = 1_000;
const TENANT = 'cost';
/** Rounds that a figure is the median of; as many again, up to three times, before a ratio is called too high. */
const ROUNDS = 9;
const REPEATS = 3;
/** Rounds before: each variant's role has code of its own, which the machine learns to run. */
const WARM_UP = 3;
/** Requests of one page in a quarter of a round. */
const REQUESTS = 40;
const AT_ONCE = 4;

const MASKED = ['id', 'email', 'monthlySalary', 'birthDate', 'distanceFromHome', 'managerNotes'];
const TOKENS = ['id', 'employeeNumber', 'department', 'jobRole', 'jobLevel', 'currency'];

interface Page {
  name: string;
  fields: readonly string[];
  /** Fields that its role sees otherwise than in the clear. */
  columns: Record<string, string>;
}

interface Variant extends Page {
  /** The page that it is compared with. */
  against: Page;
  /** What it may cost more than that, as a share; said but not judged where there is none. */
  bound?: number;
}

const CLEAR: Page = { name: 'clear', fields: MASKED, columns: {} };
const CLEAR_IDS: Page = { name: 'clear ids', fields: TOKENS, columns: {} };

const VARIANTS: readonly Variant[] = [
  {
    name: 'redact, partial, band and coarse together',
    against: CLEAR,
    bound: 0.1,
    fields: MASKED,
    columns: {
      email: 'partial',
      monthlySalary: 'band',
      birthDate: 'coarse',
      distanceFromHome: 'coarse',
      managerNotes: 'redact',
    },
  },
  { name: 'partial', against: CLEAR, fields: MASKED, columns: { email: 'partial' } },
  { name: 'band', against: CLEAR, fields: MASKED, columns: { monthlySalary: 'band' } },
  { name: 'coarse day', against: CLEAR, fields: MASKED, columns: { birthDate: 'coarse' } },
  { name: 'coarse number', against: CLEAR, fields: MASKED, columns: { distanceFromHome: 'coarse' } },
  { name: 'redact', against: CLEAR, fields: MASKED, columns: { managerNotes: 'redact' } },
  {
    name: 'pseudonyms that repeat',
    against: CLEAR_IDS,
    bound: 0.1,
    fields: TOKENS,
    columns: { employeeNumber: 'pseudonym' },
  },
];
const PAGES: readonly Page[] = [CLEAR, CLEAR_IDS, ...VARIANTS];

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
    const compared = new Comparison(setting, gateway, roles);
    await compared.rounds(VARIANTS, WARM_UP);
    compared.forget();
    await compared.rounds(VARIANTS, ROUNDS);
    for (let again = 1; again < REPEATS; again += 1) {
      const beyond = VARIANTS.filter((variant) => compared.more(variant) > (variant.bound ?? Infinity));
      if (beyond.length > 0) await compared.rounds(beyond, ROUNDS);
    }
    for (const variant of VARIANTS) {
      const { name, against, bound } = variant;
      const [own, base, more] = [
        compared.of(variant, 'own'),
        compared.of(variant, 'base'),
        compared.more(variant),
      ];
      const said = `${own.toFixed(2)} ms of CPU a page, ${percent(more)} more than ${against.name} (${base.toFixed(2)})`;
      if (bound === undefined) setting.report.say(`        ${name}: ${said}`);
      else {
        const judged = `cost: ${name} add less than ${percent(bound)}: ${said}`;
        setting.report.check(
          judged,
          more < bound ? undefined : `The median of ${compared.count(variant)} rounds is ${percent(more)}.`,
        );
      }
    }
    setting.report.say(`        first sight of a pseudonym: ${firstSight().toFixed(1)} µs each`);
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
  const roles = PAGES.map(({ name, columns }, index) => [
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

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/**
 * Compares pages with others in turns. A round goes base, own, own, base, or the other way round, so that what drifts, and
 * what else runs on the machine, meets both; each round is its own comparison, and their median the figure.
 */
class Comparison {
  private readonly taken = new Map<Variant, { own: number; base: number }[]>();
  private asked = 0;

  constructor(
    private readonly setting: Setting,
    private readonly gateway: TestGateway,
    private readonly roles: ReadonlyMap<string, RolePolicy>,
  ) {}

  async rounds(variants: readonly Variant[], count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      for (const variant of variants) {
        const used = { own: 0, base: 0 };
        const outer = round % 2 === 0 ? 'base' : 'own';
        const inner = outer === 'base' ? 'own' : 'base';
        for (const which of [outer, inner, inner, outer] as const)
          used[which] += await this.quarter(which === 'own' ? variant : variant.against);
        this.taken.set(variant, [...(this.taken.get(variant) ?? []), used]);
      }
    }
  }

  /** Drops what was measured so far. */
  forget(): void {
    this.taken.clear();
  }

  count(variant: Variant): number {
    return this.taken.get(variant)?.length ?? 0;
  }

  /** Milliseconds of CPU for a page, the median over the rounds. */
  of(variant: Variant, which: 'own' | 'base'): number {
    return median((this.taken.get(variant) ?? []).map((used) => used[which] / 2_000 / REQUESTS));
  }

  /** What the page costs more than the other, as a share. */
  more(variant: Variant): number {
    return median((this.taken.get(variant) ?? []).map(({ own, base }) => own / base - 1));
  }

  /** CPU time of the gateway for some requests, in microseconds. */
  private async quarter(asked: Page): Promise<number> {
    const role = this.roles.get(roleName(PAGES.indexOf(asked)));
    if (role === undefined) throw new Error(`There is no role for ${asked.name}.`);
    const headers = await this.setting.stacks.a.headers({ tenancy: { tenant: TENANT, claims: {} }, role });
    const before = await this.gateway.cpu();
    let left = REQUESTS;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (left > 0) {
          left -= 1;
          this.asked += 1;
          const answer = await this.gateway.ask({ headers, body: page(asked, this.asked) });
          if (answer.status !== 200 || answer.text.includes('"errors"'))
            throw new Error(answer.text.slice(0, 500));
        }
      }),
    );
    return (await this.gateway.cpu()) - before;
  }
}

/** A page that no other request of the moment asks for, so that nothing is shared. */
function page({ fields }: Page, number: number): string {
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
