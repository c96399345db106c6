import type { Policy } from '../../../src/auth/policy';
import { Pseudonyms } from '../../../src/auth/pseudonyms';
import type { LoadRow } from '../../../local/src/import/transform';
import type { DatasetDeclaration, Declarations } from '../../../src/schema/declarations';
import { claimsFor, TenantRows, Values, type Canary, type Tenancy, type World } from './world';

/** All tenants of a run: one for each role, in two worlds, and two that share every id, number and address. */
export interface Planted {
  tenancies: readonly Tenancy[];
  /** The tenant that a role is tried in. */
  of(role: string): Tenancy;
  /** One of the two tenants that are alike, with the claims of a role. */
  twin(tenant: string, role: string): Tenancy;
  /** What the role's tenant has in world a, and what of it the role's row rules let through. */
  rowsOf(role: string, dataset: DatasetDeclaration): readonly LoadRow[];
  rowsInScope(role: string, dataset: DatasetDeclaration): readonly LoadRow[];
  rows: ReadonlyMap<World, readonly TenantRows[]>;
  canaries(): Canary[];
  /** Values of world a that are pseudonyms to the tenant's role, and what stands for them in world b. */
  renames(tenant: string): ReadonlyMap<string, string>;
}

export const TWINS = ['twin-a', 'twin-b'] as const;

function twinTenancy(tenant: string): Tenancy {
  return { tenant, identity: 'twins', claims: {}, figures: tenant === TWINS[0] ? 'small' : 'large' };
}

/** @param maskKey of the gateways: tokens stand in one order in both worlds, see `Values` */
export function plan(policy: Policy, declarations: Declarations, maskKey: string): Planted {
  const values = new Values(new Pseudonyms(Buffer.from(maskKey, 'base64')));
  const tenancies: Tenancy[] = [...policy.roles.values()].map((role, index) => {
    const tenant = `world-${String.fromCharCode(97 + index)}`;
    return { tenant, role, identity: tenant, claims: {} };
  });
  for (const tenant of TWINS) tenancies.push(twinTenancy(tenant));
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
  const found = (role: string): { tenancy: Tenancy; rows: TenantRows } => {
    const index = tenancies.findIndex((tenancy) => tenancy.role?.name === role);
    const [tenancy, made] = [tenancies[index], rows.get('a')?.[index]];
    if (tenancy === undefined || made === undefined) throw new Error(`There is no role ${role}.`);
    return { tenancy, rows: made };
  };
  return {
    tenancies,
    rows,
    of: (role) => found(role).tenancy,
    rowsOf: (role, dataset) => found(role).rows.rows(dataset),
    rowsInScope: (role, dataset) => found(role).rows.scopedRows(dataset),
    twin(tenant, name) {
      const role = policy.roles.get(name);
      if (role === undefined) throw new Error(`There is no role ${name}.`);
      const tenancy = { ...twinTenancy(tenant), role };
      return { ...tenancy, claims: claimsFor(values, tenancy, declarations) };
    },
    renames: (tenant) => values.renames(tenant),
    canaries: () => [...rows.values()].flat().flatMap((one) => [...one.canaries.values()]),
  };
}
