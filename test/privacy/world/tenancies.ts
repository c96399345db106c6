import type { Policy } from '../../../src/auth/policy';
import type { Declarations } from '../../../src/schema/declarations';
import { claimsFor, TenantRows, Values, type Canary, type Tenancy, type World } from './world';

/** All tenants of a run: one for each role, in two worlds, and two that share every id, number and address. */
export interface Planted {
  tenancies: readonly Tenancy[];
  /** The tenant that a role is tried in. */
  of(role: string): Tenancy;
  rows: ReadonlyMap<World, readonly TenantRows[]>;
  canaries(): Canary[];
  /** Values of world a that are pseudonyms to the tenant's role, and what stands for them in world b. */
  renames(tenant: string): ReadonlyMap<string, string>;
}

export const TWINS = ['twin-a', 'twin-b'] as const;

export function plan(policy: Policy, declarations: Declarations): Planted {
  const values = new Values();
  const tenancies: Tenancy[] = [...policy.roles.values()].map((role, index) => {
    const tenant = `world-${String.fromCharCode(97 + index)}`;
    return { tenant, role, identity: tenant, claims: {} };
  });
  for (const tenant of TWINS) tenancies.push({ tenant, identity: 'twins', claims: {} });
  for (const tenancy of tenancies) tenancy.claims = claimsFor(values, tenancy, declarations);
  const rows = new Map<World, TenantRows[]>(
    (['a', 'b'] as const).map((world) => [
      world,
      tenancies.map((tenancy) => new TenantRows(tenancy, world, values)),
    ]),
  );
  // Digits are given out first come, first served: every process makes all rows in the same order.
  for (const made of rows.values())
    for (const one of made) for (const dataset of declarations.datasets.values()) one.rows(dataset);
  return {
    tenancies,
    rows,
    of(role) {
      const found = tenancies.find((tenancy) => tenancy.role?.name === role);
      if (found === undefined) throw new Error(`There is no role ${role}.`);
      return found;
    },
    renames: (tenant) => values.renames(tenant),
    canaries: () => [...rows.values()].flat().flatMap((one) => [...one.canaries.values()]),
  };
}
