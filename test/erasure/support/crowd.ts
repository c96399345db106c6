import { addDays } from '../../../src/calendar';
import type { SubjectKey } from '../../../src/erasure/model';
import type { StagedKey } from '../../../src/erasure/steps';
import { erasureTargets, type ErasureTarget } from '../../../src/erasure/targets';
import { declarations } from '../../../src/schema/catalog';
import { tableOf, type TableColumn } from '../../../src/schema/tables';
import type { SubjectKeyKind } from '../../../src/schema/vocabulary';

/**
 * A crowd of made-up people, and rows about them that engines generate themselves. Everything follows from a number: row
 * `i` of a table is about person `i * STRIDE mod people`, so each person's rows lie all over the table, in time order.
 * Person `p` is number `p div 4` of tenant `p mod 4`: each key is somebody else's in three other tenants.
 */

export const TENANTS = ['aurora', 'borealis', 'cirrus', 'drift'] as const;
/** A prime, so that neighbouring rows are about people far from each other. */
const STRIDE = 48_271;
/** Rows of all tables together for each person. */
const ROWS_EACH = 20;
const LEAST_PEOPLE = 4_000;
/** Time that the rows of a table are spread over, up to yesterday: past the retention of some. */
const DAYS = 1_200;
/** Partitions by day stay below what one statement may write. */
const DAYS_BY_DAY = 60;

/** What part of all rows each dataset has; the rest of the declared ones share what is left. */
const SHARES: Readonly<Record<string, number>> = {
  Reading: 0.6,
  Decision: 0.2,
  SalesLine: 0.15,
  Employee: 0.05,
};

const KEYS: Readonly<Record<SubjectKeyKind, readonly [before: string, after: string]>> = {
  customer: ['C-', ''],
  email: ['p', '@example.com'],
  phone: ['+49', ''],
  device: ['D-', ''],
  employee: ['E-', ''],
};

export interface Person {
  tenant: string;
  number: number;
}

/** People at equal distances, so that a condition on a row's number says whether it is about one of them. */
export interface Group {
  count: number;
  first: number;
  step: number;
}

export class Crowd {
  readonly people: number;
  readonly targets = erasureTargets(declarations.datasets.values());

  /** @param rows of all tables together @param day rows are older */
  constructor(
    readonly rows: number,
    readonly day: string,
    readonly tenants: readonly string[] = TENANTS,
  ) {
    const people = Math.max(LEAST_PEOPLE, Math.floor(rows / ROWS_EACH));
    this.people = people - (people % this.tenants.length);
  }

  rowsOf(dataset: string): number {
    return Math.floor(this.rows * (SHARES[dataset] ?? 0.01));
  }

  /** So many people of one tenant out of all people, the first of them as the seed says. */
  group(count: number, seed: number): Group {
    const { length } = this.tenants;
    const step = Math.floor(this.people / count / length) * length;
    return { count, first: seed % step, step };
  }

  peopleOf({ count, first, step }: Group): Person[] {
    return Array.from({ length: count }, (_none, at) => this.person(first + at * step));
  }

  person(p: number): Person {
    const { length } = this.tenants;
    return { tenant: this.tenants[p % length] ?? '', number: Math.floor(p / length) };
  }

  /** Whom a row is about. Products stay below 2^53 for a hundred billion rows. */
  personOfRow(i: number): number {
    return (i * STRIDE) % this.people;
  }

  isOfCrowd({ tenant }: ErasureTarget['dataset']): string {
    return `"${tenant}" IN (${this.tenants.map((name) => `'${name}'`).join(', ')})`;
  }

  /** Whether a person is of a group. */
  static isOf({ count, first, step }: Group, p: number): boolean {
    return p % step === first && p < count * step;
  }

  /** The same in SQL, as a condition. Rows keep their ids whatever becomes of them. */
  isAbout({ dataset }: ErasureTarget, { count, first, step }: Group): string {
    const id = dataset.columns.get(dataset.key)?.column;
    const p = `MOD(CAST(SUBSTRING("${id}", 2) AS BIGINT) * ${STRIDE}, ${this.people})`;
    const condition = `MOD(${p}, ${step}) = ${first} AND ${p} < ${count * step}`;
    // Ids of rows that are none of the crowd's hold no number.
    return `CASE WHEN ${this.isOfCrowd(dataset)} THEN ${condition} ELSE FALSE END`;
  }

  /**
   * SELECT of a table's rows from one number up to another. Those beyond the table's own begin at its first day again.
   *
   * @param numbers a query that gives the numbers from 0 below `count` as column `n`
   */
  select(target: ErasureTarget, from: number, numbers: string): string {
    const { dataset } = target;
    const trino = dataset.engine === 'athena';
    const rows = this.rowsOf(dataset.name);
    const days = dataset.partition === undefined ? DAYS : DAYS_BY_DAY;
    const first = `TIMESTAMP '${addDays(this.day, -days - 1)} 00:00:00'`;
    const time = trino
      ? `CAST(date_add('second', s, ${first}) AS TIMESTAMP(6))`
      : `${first} + s * INTERVAL '1 second'`;
    const columns = tableOf(dataset).columns.map(
      (column) => `${this.valueOf(target, column, trino)} AS "${column.name}"`,
    );
    return (
      `SELECT ${columns.join(', ')} FROM (SELECT i, p, MOD(p, ${this.tenants.length}) AS q,` +
      ` CAST((p - MOD(p, ${this.tenants.length})) / ${this.tenants.length} AS BIGINT) AS k, ${time} AS t` +
      ` FROM (SELECT n + ${from} AS i, MOD((n + ${from}) * ${STRIDE}, ${this.people}) AS p,` +
      ` CAST(MOD(n + ${from}, ${rows}) * ${days * 86_400} / ${rows} AS BIGINT) AS s FROM (${numbers}) x) y) z`
    );
  }

  private valueOf(target: ErasureTarget, column: TableColumn, trino: boolean): string {
    const { dataset, erasure } = target;
    const { name, type, declared } = column;
    if (name === dataset.tenant)
      return `CASE q ${this.tenants.map((tenant, at) => `WHEN ${at} THEN '${tenant}'`).join(' ')} END`;
    if (declared === undefined) return `CAST(CAST(t AS DATE) AS VARCHAR)`;
    const { field } = declared;
    const kind = erasure.keys[field];
    if (kind !== undefined) return keySql(kind, 'k');
    const mentioned = erasure.mentions?.[field];
    if (mentioned !== undefined) {
      // Somebody else of the same tenant.
      return keySql(mentioned, `MOD(k * 31 + 7, ${this.people / this.tenants.length})`);
    }
    if (field === dataset.key) return `'r' || CAST(i AS VARCHAR)`;
    if (type === 'timestamp') return 't';
    if (type === 'date') return `CAST(t AS DATE)`;
    if (type === 'boolean') return `MOD(i, 2) = 0`;
    if (type === 'double')
      return `CAST(MOD(i, 1000) AS DOUBLE PRECISION) / 8`.replace(trino ? ' PRECISION' : '', '');
    if (type === 'varchar') {
      const first = declared.values?.[0];
      return first === undefined ? `'${name} ' || CAST(MOD(i, 1000) AS VARCHAR)` : `'${first}'`;
    }
    return `CAST(MOD(i, 1000) AS ${type.toUpperCase()})`;
  }
}

function keySql(kind: SubjectKeyKind, number: string): string {
  const [before, after] = KEYS[kind];
  return `'${before}' || LPAD(CAST(${number} AS VARCHAR), 9, '0') || '${after}'`;
}

/** A person's key, as the engines make it. */
export function keyOf(kind: SubjectKeyKind, { number }: Person): string {
  const [before, after] = KEYS[kind];
  return `${before}${String(number).padStart(9, '0')}${after}`;
}

/** All that a person is known by, as somebody asks for their erasure. */
export function keysOfPerson(targets: readonly ErasureTarget[], person: Person): SubjectKey[] {
  const kinds = new Set(targets.flatMap(({ erasure }) => Object.values(erasure.keys)));
  return [...kinds].map((kind) => ({ kind, key: keyOf(kind, person) }));
}

/** All keys of people, as a worker stages them. */
export function stagedFor(targets: readonly ErasureTarget[], people: readonly Person[]): StagedKey[] {
  return targets.flatMap(({ dataset, erasure }) => {
    const whole = erasure.rule.action === 'delete' ? 'delete' : 'pseudonymise';
    const kinds: [SubjectKeyKind, StagedKey['action']][] = [
      ...[...new Set(Object.values(erasure.keys))].map((kind): [SubjectKeyKind, StagedKey['action']] => [
        kind,
        whole,
      ]),
      ...[...new Set(Object.values(erasure.mentions ?? {}))].map(
        (kind): [SubjectKeyKind, StagedKey['action']] => [kind, 'mention'],
      ),
    ];
    return people.flatMap((person) =>
      kinds.map(([kind, action]) => ({
        tenant: person.tenant,
        dataset: dataset.name,
        action,
        kind,
        key: keyOf(kind, person),
        token: `e_${person.tenant}_${person.number}`,
      })),
    );
  });
}
