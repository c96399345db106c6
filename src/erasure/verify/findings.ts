import type { EngineName } from '../../schema/vocabulary';
import type { StagedKey } from '../steps';
import type { Look } from '../tables';

/** What verification found, and whose it is. */

/** Rows that should be gone. */
export interface Survivors {
  rows: number;
  /** The same by person (`personOf`); a row that is about two is one of each. */
  people: ReadonlyMap<string, number>;
}

/** What the files behind a table still hold. */
export interface FileFindings extends Survivors {
  /** Data files that were read. */
  read: number;
}

/** What was found of one dataset in one store. */
export interface Finding {
  dataset: string;
  store: EngineName;
  /** Statement that counted; none where every item was read. */
  statementId?: string;
  /** Rows that should be gone and can be read. None: the batch did what it should. */
  survivors: number;
  /** The same by person. */
  people: ReadonlyMap<string, number>;
  /** What the files still hold; only where the store has files, and they were asked for. */
  files?: FileFindings;
  /** Snapshots that the table had then; only where the store has them, and they can be read. */
  snapshots?: NonNullable<Look['snapshots']>;
}

/** Names the person that a staged key is of. */
export function personOf({ tenant, token }: Pick<StagedKey, 'tenant' | 'token'>): string {
  return `${tenant}\0${token}`;
}

/** Counts rows one by one. */
export class Tally implements Survivors {
  rows = 0;
  readonly people = new Map<string, number>();

  /** A row that is about these people; none where it is about nobody. */
  add(people: ReadonlySet<string>): void {
    if (people.size === 0) return;
    this.rows += 1;
    for (const person of people) this.people.set(person, (this.people.get(person) ?? 0) + 1);
  }
}

/** What a look for many people found of those alone that the keys are of, in the datasets that they are for. */
export function findingsOf(findings: readonly Finding[], keys: readonly StagedKey[]): Finding[] {
  const people = new Map<string, Set<string>>();
  for (const key of keys) {
    const own = people.get(key.dataset) ?? new Set();
    people.set(key.dataset, own.add(personOf(key)));
  }
  return findings.flatMap((finding) => {
    const own = people.get(finding.dataset);
    if (own === undefined) return [];
    const { files } = finding;
    const found = only(finding.people, own);
    return [
      {
        ...finding,
        survivors: found.rows,
        people: found.people,
        ...(files === undefined ? {} : { files: { read: files.read, ...only(files.people, own) } }),
      },
    ];
  });
}

function only(people: ReadonlyMap<string, number>, own: ReadonlySet<string>): Survivors {
  const found = new Map([...people].filter(([person]) => own.has(person)));
  return { rows: [...found.values()].reduce((sum, rows) => sum + rows, 0), people: found };
}
