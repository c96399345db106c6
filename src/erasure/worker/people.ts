import type { AuditTokens } from '../../auth/audit-tokens';
import type { Ledger } from '../ledger/ledger';
import type { ErasureRequest } from '../ledger/records';
import type { ResolvedKey, SubjectKey } from '../model';
import { periodsOfRows, retainedBy, staysWithoutPerson } from '../retention';
import type { StagedKey } from '../steps';
import type { ErasureTarget } from '../targets';

/** The people of a request as a batch and verification need them: each key for each dataset that may hold it. */

/** A person's keys, and what they are replaced by. */
export interface Person {
  keys: readonly SubjectKey[];
  token: string;
}

export class People {
  constructor(
    private readonly ledger: Ledger,
    private readonly tokens: AuditTokens,
    private readonly targets: readonly ErasureTarget[],
  ) {}

  /** All people of a request. Where their keys were forgotten, only the tokens are left that stand in their rows. */
  async of({ tenant, id, resolved, keysForgotten }: ErasureRequest): Promise<Person[]> {
    if (resolved === undefined) return [];
    const keys = await this.ledger.requests.readKeys<ResolvedKey>(tenant, id, resolved);
    if (keysForgotten === true) return keys.map(({ key }) => ({ keys: [], token: key }));
    const people = new Map<number, ResolvedKey[]>();
    for (const key of keys) people.set(key.person, [...(people.get(key.person) ?? []), key]);
    return [...people.values()].map((own) => ({ keys: own, token: this.tokenOf(tenant, own) }));
  }

  /** What is staged of a request's people for a dataset. */
  staged(tenant: string, people: readonly Person[], dataset: string): StagedKey[] {
    const target = this.targets.find((one) => one.dataset.name === dataset);
    if (target === undefined) return [];
    const { erasure, subject, others, mentions } = target;
    const { rule } = erasure;
    const action = staysWithoutPerson(rule) ? 'pseudonymise' : 'delete';
    const own = new Set([subject, ...others].map(({ kind }) => kind));
    const mentioned = new Set(mentions.map(({ kind }) => kind));
    // Rows that were pseudonymised, and are or have something that was kept long enough by now, are found by the token alone.
    const byToken: StagedKey['action'][] = [
      ...(periodsOfRows(rule).length > 0 ? (['delete'] as const) : []),
      ...(retainedBy(rule).length > 0 ? (['release'] as const) : []),
    ];
    return people.flatMap(({ keys, token }) => {
      const common = { tenant, dataset, token };
      const of = (kinds: ReadonlySet<SubjectKey['kind']>, what: StagedKey['action']): StagedKey[] =>
        keys
          .filter(({ kind }) => kinds.has(kind))
          .map(({ kind, key }) => ({ ...common, action: what, kind, key }));
      const late = byToken.map((what) => ({ ...common, action: what, kind: subject.kind, key: token }));
      return [...of(own, action), ...late, ...of(mentioned, 'mention')];
    });
  }

  /** Names keys one-way, whatever their order. */
  nameOf(keys: readonly StagedKey[]): string {
    const texts = keys.map((key) => JSON.stringify([key.tenant, key.dataset, key.action, key.kind, key.key]));
    return this.tokens.token('', texts.sort().join('\n'));
  }

  /** One for a person: by what was asked for, or is nearest to it. */
  private tokenOf(tenant: string, [first]: readonly ResolvedKey[]): string {
    return this.tokens.token(tenant, `person\0${first?.kind}\0${first?.key}`);
  }
}
