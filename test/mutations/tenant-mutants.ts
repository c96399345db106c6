import type { Mutant } from './mutant';

/** The tenant, taken away in each single place that a scope is applied at. */

const TENANTS = 'test/http/tenants.test.ts';
const PAGES = 'test/http/pages.test.ts';

/** Statements, each of which names the tenant first of its conditions. */
const STATEMENTS: readonly { place: string; file: string; find: string }[] = [
  {
    place: 'a list',
    file: 'src/datasources/compile/rows.ts',
    find: 'const conditions = whereOf(dataset, scope, plan.range, plan.where)',
  },
  {
    place: 'a count',
    file: 'src/datasources/compile/rows.ts',
    find: 'by.and(whereOf(dataset, scope, plan.range, plan.where)',
  },
  {
    place: 'groups',
    file: 'src/datasources/compile/metrics.ts',
    find: 'by.and(whereOf(dataset, scope, plan.range, plan.where)',
  },
  {
    place: 'the noisy copy',
    file: 'src/datasources/compile/noisy-copy.ts',
    find: 'by.and(whereOf(dataset, rows.scope, rows.range, rows.where)',
  },
];

/** What a cursor is bound to, and what stands there when one part is left out. */
const BOUND = 'const bound = [scope.tenant, role, scope.rows,';
const UNBOUND: Readonly<Record<string, string>> = {
  tenant: 'const bound = [role, scope.rows,',
  role: 'const bound = [scope.tenant, scope.rows,',
  'row rules': 'const bound = [scope.tenant, role,',
};

export const TENANT_MUTANTS: readonly Mutant[] = [
  ...STATEMENTS.map(({ place, file, find }): Mutant => {
    const name = `the tenant of ${place} alone`;
    return { name, file, find, replace: `${find}.slice(1)`, tests: [TENANTS] };
  }),
  {
    name: 'the tenant of a key request alone',
    file: 'src/datasources/engines/dynamodb.ts',
    find: 'pointKey(scope.tenant, id)',
    replace: "pointKey('aurora', id)",
    tests: [TENANTS],
  },
  ...Object.entries(UNBOUND).map(([part, replace]): Mutant => {
    const name = `the ${part} that a cursor is bound to`;
    return { name, file: 'src/auth/pages.ts', find: BOUND, replace, tests: [PAGES] };
  }),
];
