import { AuditTokens } from '../auth/audit-tokens';
import type { Config } from '../config';
import { AthenaEngine } from '../datasources/engines/athena';
import { ObjectStore } from '../datasources/engines/object-store';
import { PointSweep } from '../datasources/engines/point-sweep';
import { RedshiftEngine } from '../datasources/engines/redshift';
import type { DatasetDeclaration } from '../schema/declarations';
import type { HoldTerms } from './holds';
import { keyId, resolveKeys, RESOLUTION_LIMITS, type Resolution, type ResolutionLimits } from './identity';
import type { ErasurePlan, ResolvedKey, SubjectKey } from './model';
import { makePlan, type Counts, type PartTerms } from './planner';
import { SERVICE_RESIDUE } from './residue';
import type { FoundRows } from './search/found';
import { ItemSearch } from './search/items';
import { TableSearch } from './search/tables';
import { stagingLocation } from './staging';
import { erasureTargets } from './targets';

/** From the keys of a request to its people and its plan, over all stores. Reads only. */

export interface PlannedErasure {
  /** Keys by person, each person's together; `leftOut` as in identity.ts. */
  people: readonly { keys: readonly ResolvedKey[]; leftOut: Resolution['leftOut'] }[];
  plan: ErasurePlan;
}

export interface PlanningRequest {
  id: string;
  tenant: string;
  /** Each of them starts one person; people whose keys meet are one. */
  asked: readonly SubjectKey[];
  /** Whether these are all keys there are: then no links are followed to others. */
  resolved?: boolean;
  holds: readonly HoldTerms[];
}

export interface Planning {
  /**
   * @param day `YYYY-MM-DD`, from which retention is counted back
   * @throws SluiceError BAD_USER_INPUT for keys that are none or name too many rows; ENGINE_* when a store cannot be asked
   */
  plan(request: PlanningRequest, day: string, signal: AbortSignal): Promise<PlannedErasure>;
  close(): Promise<void>;
}

/**
 * @throws BootError when nobody says where keys are staged
 */
export async function createPlanning(
  config: Config,
  datasets: Iterable<DatasetDeclaration>,
  signal: AbortSignal,
): Promise<Planning> {
  const location = stagingLocation(config);
  const declared = [...datasets];
  const targets = erasureTargets(declared);
  const athena = new AthenaEngine(config);
  const results = await athena.outputLocation(signal);
  const tables = new TableSearch(
    {
      athena,
      redshift: new RedshiftEngine(config),
      keys: new ObjectStore(config, location),
      source: { location, role: config.SLUICE_ERASURE_COPY_ROLE },
      results: results === undefined ? undefined : new ObjectStore(config, results),
    },
    targets,
  );
  const items = new ItemSearch(new PointSweep(config), targets, config.SLUICE_ERASURE_SCAN_UNITS);
  return new StorePlanning(
    tables,
    items,
    new Map(declared.map((dataset) => [dataset.name, dataset])),
    new AuditTokens(config.SLUICE_AUDIT_KEY),
    { ...RESOLUTION_LIMITS, share: config.SLUICE_ERASURE_MOST_SHARE },
  );
}

class StorePlanning implements Planning {
  constructor(
    private readonly tables: TableSearch,
    private readonly items: ItemSearch,
    private readonly datasets: ReadonlyMap<string, DatasetDeclaration>,
    private readonly tokens: AuditTokens,
    private readonly limits: ResolutionLimits,
  ) {}

  async plan(request: PlanningRequest, day: string, signal: AbortSignal): Promise<PlannedErasure> {
    const { id, tenant, holds } = request;
    const people = peopleOf(await this.resolve(request, signal));
    const keys = people.flatMap((person) => person.keys);
    const counts = await this.count(tenant, keys, day, signal);
    const plan = makePlan({
      requestId: id,
      tenant,
      subjects: keys.map(({ key }) => this.tokens.token(tenant, key)),
      datasets: this.datasets,
      day,
      counts,
      holds,
      residue: SERVICE_RESIDUE,
    });
    return { people, plan };
  }

  async close(): Promise<void> {
    this.tables.close();
    this.items.close();
  }

  private resolve({ tenant, asked, resolved }: PlanningRequest, signal: AbortSignal): Promise<Resolution[]> {
    const limits = resolved === true ? { ...this.limits, hops: 0 } : this.limits;
    const distinct = new Map(asked.map((key) => [keyId(key), key]));
    // One more than a person may have shows that there are too many.
    const most = this.limits.keys + 1;
    const reader = {
      read: async (keys: readonly SubjectKey[]) => {
        const [inTables, inItems] = await Promise.all([
          this.tables.links(tenant, keys, most, signal),
          this.items.links(tenant, keys, most, signal),
        ]);
        return {
          links: [...inTables.links, ...inItems.links],
          matches: [...inTables.matches, ...inItems.matches],
        };
      },
    };
    return resolveKeys(
      [...distinct.values()].map((key) => [key]),
      reader,
      limits,
    );
  }

  private async count(
    tenant: string,
    keys: readonly SubjectKey[],
    day: string,
    signal: AbortSignal,
  ): Promise<Counts> {
    const [inTables, inItems] = await Promise.all([
      this.tables.rows(tenant, keys, day, signal),
      this.items.rows(tenant, keys, day, signal),
    ]);
    const tables = new Map(inTables.map((rows) => [rows.dataset, rows]));
    const items = new Map(inItems.map((rows) => [rows.dataset, rows]));
    return (terms) => {
      const rows = (terms.store === 'dynamodb' ? items : tables).get(terms.dataset);
      return rows === undefined ? undefined : countOf(terms, rows);
    };
  }
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
