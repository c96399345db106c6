import { AuditTokens } from '../auth/audit-tokens';
import type { Config } from '../config';
import { AthenaEngine } from '../datasources/engines/athena';
import { ObjectStore } from '../datasources/engines/object-store';
import { PointSweep } from '../datasources/engines/point-sweep';
import { RedshiftEngine } from '../datasources/engines/redshift';
import type { BilledRun } from '../datasources/results';
import { SluiceError } from '../errors';
import type { DatasetDeclaration } from '../schema/declarations';
import type { HoldTerms } from './holds';
import {
  keyId,
  resolveKeys,
  RESOLUTION_LIMITS,
  type AskedPeople,
  type Resolution,
  type ResolutionLimits,
} from './identity';
import type { ErasurePlan, ResolvedKey, SubjectKey } from './model';
import { Pacing } from './pacing';
import { hasCopies, makePlan, partTerms, type Counts, type PartTerms } from './planner';
import { residueSettings, type ResidueSettings } from './residue';
import type { FoundRows } from './search/found';
import { ItemSearch } from './search/items';
import { sideBySide } from './search/side-by-side';
import { searchResults, TableSearch } from './search/tables';
import { stagingLocation } from './staging';
import { erasureTargets } from './targets';

/** From the keys of requests to their people and their plans, over all stores. Reads only. */

export interface PlannedErasure {
  /** Keys by person, each person's together; `leftOut` as in identity.ts. */
  people: readonly { keys: readonly ResolvedKey[]; leftOut: Resolution['leftOut'] }[];
  plan: ErasurePlan;
}

export interface PlanningRequest {
  id: string;
  /** Each of them starts one person; people whose keys meet are one. */
  asked: readonly SubjectKey[];
  /** Whether these are all keys there are: then no links are followed to others. */
  resolved?: boolean;
  holds: readonly HoldTerms[];
  /** Ids of tables that rows of it went of already. */
  gone?: ReadonlySet<string>;
}

export interface Planning {
  /**
   * Plans requests of one tenant together: it asks the stores as often for many as for one.
   *
   * @param day `YYYY-MM-DD`, from which retention is counted back
   * @param run takes each call of an engine that has ended, also where the plans are refused or fail
   * @returns for each request its plan, or the error BAD_USER_INPUT for keys that are none or name too many rows
   * @throws SluiceError ENGINE_* when a store cannot be asked
   */
  plan(
    tenant: string,
    requests: readonly PlanningRequest[],
    day: string,
    run: BilledRun,
  ): Promise<(PlannedErasure | SluiceError)[]>;
  close(): Promise<void>;
}

/** Planning that a worker makes: it also looks after what killed processes left. */
export interface TidyPlanning extends Planning {
  /** Removes keys and results of searches that broke off more than an hour ago. @throws SluiceError ENGINE_* */
  tidy(signal: AbortSignal): Promise<void>;
}

/** Plans one request. @throws SluiceError BAD_USER_INPUT and ENGINE_*, as in `Planning` */
export async function planOne(
  planning: Pick<Planning, 'plan'>,
  tenant: string,
  request: PlanningRequest,
  day: string,
  run: BilledRun,
): Promise<PlannedErasure> {
  const [planned] = await planning.plan(tenant, [request], day, run);
  if (planned === undefined || planned instanceof SluiceError) throw planned ?? new SluiceError('INTERNAL');
  return planned;
}

/**
 * @throws BootError when nobody says where keys are staged
 */
export async function createPlanning(
  config: Config,
  datasets: Iterable<DatasetDeclaration>,
  signal: AbortSignal,
  pacing = new Pacing(config),
): Promise<TidyPlanning> {
  const location = stagingLocation(config);
  const declared = [...datasets];
  const targets = erasureTargets(declared);
  const athena = new AthenaEngine(config);
  const output = await athena.outputLocation(signal);
  const results = output === undefined ? undefined : searchResults(output);
  const tables = new TableSearch(
    {
      athena,
      redshift: new RedshiftEngine(config),
      keys: new ObjectStore(config, location),
      source: { location, role: config.SLUICE_ERASURE_COPY_ROLE },
      results:
        results === undefined ? undefined : { location: results, objects: new ObjectStore(config, results) },
    },
    targets,
  );
  const items = new ItemSearch(new PointSweep(config), targets, pacing);
  return new StorePlanning(
    tables,
    items,
    new Map(declared.map((dataset) => [dataset.name, dataset])),
    new AuditTokens(config.SLUICE_AUDIT_KEY),
    { ...RESOLUTION_LIMITS, share: config.SLUICE_ERASURE_MOST_SHARE },
    residueSettings(config, results !== undefined),
  );
}

class StorePlanning implements TidyPlanning {
  constructor(
    private readonly tables: TableSearch,
    private readonly items: ItemSearch,
    private readonly datasets: ReadonlyMap<string, DatasetDeclaration>,
    private readonly tokens: AuditTokens,
    private readonly limits: ResolutionLimits,
    private readonly residue: ResidueSettings,
  ) {}

  async plan(
    tenant: string,
    requests: readonly PlanningRequest[],
    day: string,
    run: BilledRun,
  ): Promise<(PlannedErasure | SluiceError)[]> {
    const resolved = await this.resolve(tenant, requests, run);
    const found = resolved.map((one) => (one instanceof SluiceError ? one : peopleOf(one)));
    const keys = found.map((people) =>
      people instanceof SluiceError ? [] : people.flatMap((person) => person.keys),
    );
    const counts = await this.count(tenant, keys, day, run);
    const ages = await this.tables.snapshotAges(
      (dataset) =>
        partTerms([dataset], day).some(
          (terms) =>
            terms.store === 'athena' &&
            requests.some(({ gone }, at) => hasCopies(terms, counts(at)(terms)?.rows ?? 0, gone)),
        ),
      run.signal,
    );
    return requests.map(({ id, holds, gone }, at) => {
      const people = found[at] ?? [];
      if (people instanceof SluiceError) return people;
      const plan = makePlan({
        requestId: id,
        tenant,
        subjects: (keys[at] ?? []).map(({ key }) => this.tokens.token(tenant, key)),
        datasets: this.datasets,
        day,
        counts: counts(at),
        holds,
        residue: this.residue,
        ages,
        ...(gone === undefined ? {} : { gone }),
      });
      return { people, plan };
    });
  }

  tidy(signal: AbortSignal): Promise<void> {
    return this.tables.tidy(signal);
  }

  async close(): Promise<void> {
    this.tables.close();
    this.items.close();
  }

  private resolve(
    tenant: string,
    requests: readonly PlanningRequest[],
    run: BilledRun,
  ): Promise<(Resolution[] | SluiceError)[]> {
    // One more than a person may have shows that there are too many.
    const most = this.limits.keys + 1;
    const reader = {
      read: async (keys: readonly SubjectKey[]) => {
        const found = await sideBySide(run, [
          (part) => this.tables.links(tenant, keys, most, part),
          (part) => this.items.links(tenant, keys, most, part),
        ]);
        return {
          links: found.flatMap(({ links }) => links),
          matches: found.flatMap(({ matches }) => matches),
        };
      },
    };
    return resolveKeys(requests.map(askedPeople), reader, this.limits);
  }

  /** Counts of each request, by its place. */
  private async count(
    tenant: string,
    keys: readonly (readonly SubjectKey[])[],
    day: string,
    run: BilledRun,
  ): Promise<(request: number) => Counts> {
    const [inTables, inItems] = await sideBySide(run, [
      (part) => this.tables.rows(tenant, keys, day, part),
      (part) => this.items.rows(tenant, keys, day, part),
    ]);
    return (request) => (terms) => {
      const found = terms.store === 'dynamodb' ? inItems : inTables;
      const rows = found?.get(terms.dataset)?.[request];
      return rows === undefined ? undefined : countOf(terms, rows);
    };
  }
}

function askedPeople({ asked, resolved }: PlanningRequest): AskedPeople {
  const distinct = new Map(asked.map((key) => [keyId(key), key]));
  return { people: [...distinct.values()].map((key) => [key]), ...(resolved === true ? { hops: 0 } : {}) };
}

function countOf({ planned, before }: PartTerms, rows: FoundRows): ReturnType<Counts> {
  if (planned.action === 'mention') return { rows: rows.mentions };
  if (before !== undefined) return { rows: rows.old };
  return { rows: rows.rest, ...(rows.newest === undefined ? {} : { newest: rows.newest }) };
}

/** People by what was asked for: those who have a key in common are one. */
export function peopleOf(resolutions: readonly Resolution[]): PlannedErasure['people'] {
  const parent = resolutions.map((_one, index) => index);
  const root = (index: number): number => {
    let at = index;
    for (let up = parent[at]; up !== undefined && up !== at; up = parent[at]) at = up;
    return at;
  };
  const owner = new Map<string, number>();
  for (const [index, { keys }] of resolutions.entries()) {
    for (const key of keys) {
      const known = owner.get(keyId(key));
      if (known === undefined) owner.set(keyId(key), index);
      else {
        const [one, other] = [root(known), root(index)];
        parent[Math.max(one, other)] = Math.min(one, other);
      }
    }
  }
  const groups = new Map<number, Resolution[]>();
  for (const [index, one] of resolutions.entries()) {
    const at = root(index);
    groups.set(at, [...(groups.get(at) ?? []), one]);
  }
  return [...groups.values()].map(together);
}

/** Each key once, as it was found on the shortest way. */
function together(group: readonly Resolution[], person: number): PlannedErasure['people'][number] {
  const keys = new Map<string, ResolvedKey>();
  const byDistance = (one: ResolvedKey, other: ResolvedKey): number => one.distance - other.distance;
  for (const key of group.flatMap((one) => one.keys).sort(byDistance))
    if (!keys.has(keyId(key))) keys.set(keyId(key), { ...key, person });
  const leftOut = new Map<string, Resolution['leftOut'][number]>();
  for (const key of group.flatMap((one) => one.leftOut).sort(byDistance)) {
    const id = keyId(key);
    if (!keys.has(id) && !leftOut.has(id)) leftOut.set(id, { ...key, person });
  }
  return { keys: [...keys.values()], leftOut: [...leftOut.values()] };
}
