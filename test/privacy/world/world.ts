import type { LoadRow } from '../../../local/src/import/transform';
import type { RolePolicy } from '../../../src/auth/policy';
import type { Pseudonyms } from '../../../src/auth/pseudonyms';
import { windowUntil } from '../../../src/auth/time-windows';
import type { Cell } from '../../../src/datasources/results';
import { declarations } from '../../../src/schema/catalog';
import type { ColumnDeclaration, DatasetDeclaration, Declarations } from '../../../src/schema/declarations';
import type { MaskAction } from '../../../src/schema/vocabulary';
import { Random } from '../random';
import { shownBy } from './shown';
import { DigitRegister, letters } from './texts';

/**
 * The rows of one tenant, made from the declarations alone, every text, number and date in them one of its kind. There
 * are two worlds for each role: `b` differs from `a` in nothing that the role may see.
 */

export const ROWS = 36;
/** Three rows each. */
const PERSONS = 12;
/** Different values of a column that tells no person apart. */
const POOL = 4;
const EMBEDDED = 2;

export type World = 'a' | 'b';

/** One value that is planted, and where. */
export interface Canary {
  tenant: string;
  world: World;
  dataset: DatasetDeclaration;
  /** `amount`, `transactions.value`. */
  path: string;
  column: ColumnDeclaration;
  text: string;
  /** Whether a row that the role's row rules let through holds it. */
  inScope: boolean;
  /** A key of a person under erasure, in the ledger alone. */
  erasureKey?: true;
}

/** A tenant's rows in both worlds, for the role they are made for. */
export interface Tenancy {
  tenant: string;
  /** Absent: both worlds are alike. */
  role?: RolePolicy;
  /** What ids, names and contact data are made from; tenants of one name have them alike. */
  identity: string;
  claims: Record<string, string[]>;
  /** How large its numbers are; absent: of no size in particular. */
  figures?: Figures;
}

export type Figures = 'small' | 'large';

/** The least and the most of a tenant's numbers by their size: many times the one is still less than the other. */
export const FIGURE_BOUNDS = {
  small: { least: 100, most: 999 },
  large: { least: 1_000_000, most: 999_999_999 },
} as const;

const PERSONAL = new Set(['identifier', 'contact', 'demographic']);
export const NUMBERS: ReadonlySet<string> = new Set(['integer', 'float', 'decimal']);
const FIRST_TIME = Date.UTC(2026, 1, 1, 6);

type Fields = Map<string, Cell>;

/** The rows that one tenant has in one world, and the canaries in them. */
export class TenantRows {
  readonly canaries = new Map<string, Canary>();
  private readonly made = new Map<DatasetDeclaration, LoadRow[]>();
  private readonly scoped = new Set<LoadRow>();

  constructor(
    private readonly tenancy: Tenancy,
    readonly world: World,
    private readonly values: Values,
  ) {}

  rows(dataset: DatasetDeclaration): readonly LoadRow[] {
    let rows = this.made.get(dataset);
    if (rows === undefined) {
      rows = this.make(dataset);
      this.made.set(dataset, rows);
    }
    return rows;
  }

  /** Rows that the role's row rules let through. */
  scopedRows(dataset: DatasetDeclaration): readonly LoadRow[] {
    return this.rows(dataset).filter((row) => this.scoped.has(row));
  }

  private make(dataset: DatasetDeclaration): LoadRow[] {
    const rows: LoadRow[] = [];
    for (let index = 0; index < ROWS; index += 1) {
      const inScope = this.inScope(dataset, index);
      const strange = new Random(`strange ${dataset.name} ${index}`);
      // What Athena scans tells how large a table is, whoever's rows are in it; so there the number stays.
      const fewer = this.world === 'b' && dataset.engine !== 'athena';
      if (!inScope && fewer && strange.chance(0.3)) continue;
      const cells = this.fields(dataset, dataset.columns, '', index, inScope);
      const embedded = [...dataset.embedded.values()].map((list): [string, Cell[][]] => [
        list.field,
        Array.from({ length: EMBEDDED }, (_none, at) => {
          const inner = this.fields(dataset, list.columns, `${list.field}.`, index * EMBEDDED + at, inScope);
          if (inner.has('id')) inner.set('id', String(at + 1));
          return [...inner.values()];
        }),
      ]);
      cells.set(dataset.key, keyOf(dataset, index));
      const row = { cells: [...cells.values()], embedded: Object.fromEntries(embedded) };
      rows.push(row);
      if (inScope) this.scoped.add(row);
    }
    return rows;
  }

  private fields(
    dataset: DatasetDeclaration,
    columns: ReadonlyMap<string, ColumnDeclaration>,
    prefix: string,
    index: number,
    inScope: boolean,
  ): Fields {
    const fields: Fields = new Map();
    for (const column of columns.values()) {
      const path = prefix + column.field;
      const action = inScope ? (this.tenancy.role?.action(dataset, path) ?? 'clear') : 'hide';
      const fixed = this.isFixed(dataset, path);
      const text = this.values.text(
        this.tenancy,
        this.world,
        fixed ? 'clear' : action,
        dataset,
        path,
        column,
        index,
      );
      fields.set(column.field, text === null ? null : cellOf(column, text));
      // Small ones could be anything; whose a figure is, its size tells (`check/figures.ts`).
      const small = this.tenancy.figures === 'small' && NUMBERS.has(column.kind);
      if (text !== null && !small && isCanary(column, text, dataset, path))
        this.note(dataset, path, column, text, inScope);
    }
    return fields;
  }

  /** What scope, groups and noise are made of stays: key, time, what row rules look at, whom noise is made for. */
  private isFixed(dataset: DatasetDeclaration, path: string): boolean {
    const role = this.tenancy.role;
    const noisy = [...declarations.metrics.values()].some(
      (metrics) => metrics.dataset.name === dataset.name && role?.protection(metrics).noise === true,
    );
    if (path === dataset.subject && noisy) return true;
    const rules = role?.rowRules(dataset) ?? [];
    return path === dataset.key || path === dataset.time || rules.some(({ field }) => field === path);
  }

  private inScope(dataset: DatasetDeclaration, index: number): boolean {
    const { role, claims } = this.tenancy;
    if (role === undefined) return true;
    if (!role.reads(dataset)) return false;
    return role.rowRules(dataset).every((rule) => {
      const { field } = rule;
      const column = dataset.columns.get(field);
      if (column === undefined) return false;
      const text = this.values.text(this.tenancy, 'a', 'clear', dataset, field, column, index);
      if (text === null) return false;
      if (rule.match !== 'last') return (claims[rule.claim] ?? []).includes(text);
      const { from, to } = windowUntil(Date.now(), rule.period);
      return from <= text.slice(0, 10) && text.slice(0, 10) <= to;
    });
  }

  private note(
    dataset: DatasetDeclaration,
    path: string,
    column: ColumnDeclaration,
    text: string,
    inScope: boolean,
  ): void {
    const name = `${dataset.name}.${path}\0${text}`;
    const known = this.canaries.get(name);
    if (known === undefined) {
      const { tenant } = this.tenancy;
      this.canaries.set(name, { tenant, world: this.world, dataset, path, column, text, inScope });
    } else known.inScope ||= inScope;
  }
}

/** The values of all tenants; remembers what it made, so that both worlds agree on what is alike in them. */
export class Values {
  private readonly registers = new Map<string, DigitRegister>();
  private readonly made = new Map<string, string>();
  private readonly pairs = new Map<string, ReadonlyMap<string, string>>();
  /** What stands in world b for a value of world a that the role sees as a pseudonym, by tenant. */
  private readonly renamed = new Map<string, Map<string, string>>();

  /** @param pseudonyms as the gateways make them */
  constructor(private readonly pseudonyms: Pseudonyms) {}

  renames(tenant: string): ReadonlyMap<string, string> {
    return this.renamed.get(tenant) ?? new Map<string, string>();
  }

  text(
    tenancy: Tenancy,
    world: World,
    action: MaskAction,
    dataset: DatasetDeclaration,
    path: string,
    column: ColumnDeclaration,
    row: number,
  ): string | null {
    const subject = path === dataset.subject;
    const lost = action === 'redact' || action === 'hide';
    const other = world === 'b' && action !== 'clear';
    const missing = new Random(`missing ${dataset.name}.${path} ${row} ${other && lost ? 'b' : 'a'}`);
    if (column.nullable && !subject && path !== dataset.time && missing.chance(0.12)) return null;
    const index = slotOf(column, row);
    const base = this.base(tenancy, dataset, path, column, index, 'a');
    if (!other) return base;
    switch (action) {
      case 'band':
      case 'coarse':
        return this.within(tenancy, dataset, path, column, index, base, action);
      case 'partial':
        return this.alike(tenancy, dataset, path, column, index, base);
      case 'pseudonym': {
        const renamed = this.inOrder(tenancy, dataset, path, column).get(base) ?? base;
        const known = this.renamed.get(tenancy.tenant) ?? new Map<string, string>();
        this.renamed.set(tenancy.tenant, known.set(base, renamed));
        return renamed;
      }
      default:
        return this.base(tenancy, dataset, path, column, index, 'b');
    }
  }

  private base(
    tenancy: Tenancy,
    dataset: DatasetDeclaration,
    path: string,
    column: ColumnDeclaration,
    index: number,
    variant: World,
  ): string {
    const whose =
      column.class === 'identifier' || column.class === 'contact' ? tenancy.identity : tenancy.tenant;
    const seed = `${whose}/${dataset.name}.${path}/${index}${variant === 'b' ? '/b' : ''}`;
    const register = this.register(tenancy.tenant);
    return this.once(`${tenancy.tenant}:${seed}`, () => {
      const random = new Random(seed);
      if (tenancy.figures !== undefined && NUMBERS.has(column.kind))
        return figureOf(column, index, random, tenancy.figures);
      switch (column.kind) {
        case 'boolean':
          return String((index + (variant === 'b' ? 1 : 0)) % 2 === 0);
        case 'enum':
          return column.values?.[(index + (variant === 'b' ? 1 : 0)) % column.values.length] ?? '';
        case 'datetime':
          if (!isPlain(column))
            return `${register.day(seed)}T0${random.whole(1, 9)}:17:43.${random.whole(101, 999)}Z`;
          return momentAt(index, random);
        case 'date':
          if (!isPlain(column)) return register.day(seed);
          return new Date(FIRST_TIME + index * 31 * 86_400_000).toISOString().slice(0, 10);
        case 'integer':
          return isPlain(column)
            ? String(1 + index + (variant === 'b' ? 3 : 0))
            : register.number(seed, 9, 0);
        case 'float':
          return isPlain(column)
            ? String(0.5 + index + (variant === 'b' ? 3 : 0))
            : register.number(seed, 7, 4);
        case 'decimal':
          return isPlain(column)
            ? `${1 + index + (variant === 'b' ? 3 : 0)}.5000`
            : register.number(seed, 8, Math.min(4, column.scale ?? 4));
        default:
          if (/e-?mail/i.test(path)) return `${letters(seed, 10)}@mail.example`;
          if (/phone/i.test(path)) return register.phone(seed);
          return letters(seed, isPlain(column) ? 7 : 10);
      }
    });
  }

  /** Another value of the same band, step or month. */
  private within(
    tenancy: Tenancy,
    dataset: DatasetDeclaration,
    path: string,
    column: ColumnDeclaration,
    index: number,
    base: string,
    action: MaskAction,
  ): string {
    return this.once(`${tenancy.tenant}:${dataset.name}.${path}/${index}/${action}`, () => {
      const random = new Random(`within ${tenancy.tenant}/${dataset.name}.${path}/${index}`);
      const floor = shownBy(action, column, base);
      for (let attempt = 0; ; attempt += 1) {
        const other = NUMBERS.has(column.kind)
          ? numberWithin(random, column, base, floor, (action === 'band' ? column.band : column.coarse) ?? 1)
          : `${floor.slice(0, 8)}${String(random.whole(2, 28)).padStart(2, '0')}${base.slice(10)}`;
        if ((other !== base && shownBy(action, column, other) === floor) || attempt > 50) return other;
      }
    });
  }

  /**
   * What stands in world b for each value of a column that is seen as tokens. Tokens may order what nothing else does, and
   * so cut pages; they stand in the same order in both worlds, so that answers can be compared as they are.
   */
  private inOrder(
    tenancy: Tenancy,
    dataset: DatasetDeclaration,
    path: string,
    column: ColumnDeclaration,
  ): ReadonlyMap<string, string> {
    const slot = `${tenancy.tenant}:${dataset.name}.${path}`;
    let pairs = this.pairs.get(slot);
    if (pairs === undefined) {
      const rows = Array.from({ length: path.includes('.') ? ROWS * EMBEDDED : ROWS }, (_none, row) => row);
      const slots = [...new Set(rows.map((row) => slotOf(column, row)))];
      const [from = [], to = []] = (['a', 'b'] as const).map((world) =>
        [...new Set(slots.map((index) => this.base(tenancy, dataset, path, column, index, world)))]
          .map((value) => ({ value, token: this.pseudonyms.token(tenancy.tenant, value) }))
          .sort((one, other) => (one.token < other.token ? -1 : 1))
          .map(({ value }) => value),
      );
      if (from.length !== to.length) throw new Error(`${path} has not as many values in both worlds.`);
      pairs = new Map(from.map((value, at) => [value, to[at] ?? value]));
      this.pairs.set(slot, pairs);
    }
    return pairs;
  }

  /** Another value that is partly shown alike. */
  private alike(
    tenancy: Tenancy,
    dataset: DatasetDeclaration,
    path: string,
    column: ColumnDeclaration,
    index: number,
    base: string,
  ): string {
    const other = this.base(tenancy, dataset, path, column, index, 'b');
    const at = base.indexOf('@');
    if (at > 0) return base.slice(0, 1) + other.slice(1, other.indexOf('@')) + base.slice(at);
    const shown = shownBy('partial', column, base).slice(3);
    let left = shown.length;
    let end = base.length;
    // Signs of a telephone number are not shown, so what is shown may be spread over more characters.
    while (left > 0 && end > 0) {
      end -= 1;
      if (!/^[+\d]/.test(base) || /\d/.test(base.charAt(end))) left -= 1;
    }
    let start = other.length;
    left = shown.length;
    while (left > 0 && start > 0) {
      start -= 1;
      if (!/^[+\d]/.test(other) || /\d/.test(other.charAt(start))) left -= 1;
    }
    return other.slice(0, start) + base.slice(end);
  }

  private once(name: string, make: () => string): string {
    let text = this.made.get(name);
    if (text === undefined) {
      text = make();
      this.made.set(name, text);
    }
    return text;
  }

  private register(tenant: string): DigitRegister {
    let register = this.registers.get(tenant);
    if (register === undefined) {
      register = new DigitRegister();
      this.registers.set(tenant, register);
    }
    return register;
  }
}

function numberWithin(
  random: Random,
  column: ColumnDeclaration,
  base: string,
  floor: string,
  step: number,
): string {
  const digits = base.split('.')[1]?.length ?? 0;
  const scale = 10 ** digits;
  const width = Math.round(step * scale);
  const value = Math.round(Number(floor) * scale) + random.whole(1, width - 1);
  const text = (value / scale).toFixed(digits);
  // A float is written without zeros at its end.
  return column.kind === 'float' && text.endsWith('0') ? base : text;
}

/** A number of a size, few of them where filters should hit. */
function figureOf(column: ColumnDeclaration, index: number, random: Random, size: Figures): string {
  const { least, most } = FIGURE_BOUNDS[size];
  const whole = isPlain(column) ? least + index : random.whole(least, most - 1);
  return column.kind === 'integer' ? String(whole) : `${whole}.5`;
}

/** On few days, because each may be a partition; a row in twelve is years older, for time windows to keep back. */
function momentAt(index: number, random: Random): string {
  const day = index % 12 === 11 ? -1_500 : (index % 6) * 42;
  const seconds = Math.floor(index / 6) * 3_600 + random.whole(0, 1_000);
  return new Date(FIRST_TIME + day * 86_400_000 + seconds * 1_000).toISOString();
}

/** Public and internal columns hold few, small values, so that filters hit and groups are large. */
function isPlain(column: ColumnDeclaration): boolean {
  return column.class === 'public' || column.class === 'internal';
}

function slotOf(column: ColumnDeclaration, row: number): number {
  if (column.kind === 'datetime' && isPlain(column)) return row;
  if (isPlain(column)) return Math.floor(row / 2) % 3;
  if (PERSONAL.has(column.class) && !NUMBERS.has(column.kind)) return row % PERSONS;
  return row % POOL;
}

/** The value of a row rule's field at one of its places, for claims. */
export function valueAt(
  values: Values,
  tenancy: Tenancy,
  dataset: DatasetDeclaration,
  field: string,
  row: number,
): string | null {
  const column = dataset.columns.get(field);
  return column === undefined ? null : values.text(tenancy, 'a', 'clear', dataset, field, column, row);
}

export function keyOf(dataset: DatasetDeclaration, index: number): string {
  return `${dataset.name.toLowerCase()}-${String(index + 1).padStart(3, '0')}`;
}

function cellOf(column: ColumnDeclaration, text: string): Cell {
  if (column.kind === 'boolean') return text === 'true';
  return column.kind === 'integer' || column.kind === 'float' ? Number(text) : text;
}

/** Yes and no, the words of an enum and small figures could be anything; the two worlds tell about them. */
function isCanary(
  column: ColumnDeclaration,
  text: string,
  dataset: DatasetDeclaration,
  path: string,
): boolean {
  if (path === dataset.key || column.kind === 'boolean' || column.kind === 'enum') return false;
  if (column.kind === 'id' || column.kind === 'string') return /[\u1200-\u135a]|^\+/.test(text);
  return !isPlain(column);
}

/** Claims that let a role see some rows and not others. */
export function claimsFor(
  values: Values,
  tenancy: Tenancy,
  declarations: Declarations,
): Record<string, string[]> {
  const claims: Record<string, string[]> = {};
  const role = tenancy.role;
  if (role === undefined) return claims;
  for (const dataset of declarations.datasets.values()) {
    for (const rule of role.rowRules(dataset)) {
      if (rule.match === 'last') continue;
      const rows = rule.match === 'equals' ? [0] : [0, 2];
      const seen = Array.from({ length: ROWS }, (_none, row) =>
        valueAt(values, tenancy, dataset, rule.field, row),
      );
      const distinct = [...new Set(seen.filter((text) => text !== null))];
      claims[rule.claim] = rows.map((row) => distinct[row / 2]).filter((text) => text !== undefined);
    }
  }
  return claims;
}
