import type { Mutant } from './mutant';

/** Row rules: each kind, and each place that they are applied at. */

const ROW_RULES = 'test/http/row-rules.test.ts';
const RULE_PLACES = 'test/http/row-rule-places.test.ts';

/** Where a scope's rules are applied, and what stands there when only some of them are (`kept` is a call on the list). */
const PLACES: readonly { place: string; file: string; find: string; lost: (kept: string) => string }[] = [
  {
    place: 'a table reference',
    file: 'src/datasources/compile/where.ts',
    find: '...scope.rows.map((rule) => predicateOf(dataset, rule)),',
    lost: (kept) => `...scope.rows${kept}.map((rule) => predicateOf(dataset, rule)),`,
  },
  {
    place: 'a table inside another, the noisy copy',
    file: 'src/datasources/compile/noisy-copy.ts',
    find: 'whereOf(dataset, rows.scope, rows.range, rows.where)',
    lost: (kept) =>
      `whereOf(dataset, { ...rows.scope, rows: rows.scope.rows${kept} }, rows.range, rows.where)`,
  },
  {
    place: 'a key request',
    file: 'src/datasources/engines/dynamodb.ts',
    find: 'passes(dataset, scope.rows, answer.item)',
    lost: (kept) => `passes(dataset, scope.rows${kept}, answer.item)`,
  },
];

/** What tells the other rules: `equals` compares, `in` and `within` are sets, `last` has two bounds. */
const SHAPES: Readonly<Record<string, string>> = {
  equals: "rule.kind !== 'compare' || rule.op !== 'eq'",
  'a set or hierarchy': "rule.kind !== 'compare' || rule.op !== 'in'",
  'a time window': "rule.kind !== 'and'",
};

const IN_PLACES = PLACES.flatMap(({ place, file, find, lost }) =>
  Object.entries(SHAPES).map(([shape, others]): Mutant => {
    const replace = lost(`.filter((rule) => ${others})`);
    return { name: `row rules by ${shape} in ${place}`, file, find, replace, tests: [RULE_PLACES] };
  }),
);

export const ROW_RULE_MUTANTS: readonly Mutant[] = [
  {
    name: 'the row rules of every table reference',
    file: 'src/datasources/compile/where.ts',
    find: '    ...scope.rows.map((rule) => predicateOf(dataset, rule)),\n',
    replace: '',
    tests: [ROW_RULES],
  },
  {
    name: 'the row rules of a point read',
    file: 'src/datasources/engines/dynamodb.ts',
    find: 'answer?.item === undefined || !passes(dataset, scope.rows, answer.item)',
    replace: 'answer?.item === undefined',
    tests: [ROW_RULES],
  },
  {
    name: 'the refusal of a token without the claim of a row rule',
    file: 'src/auth/row-rules.ts',
    find: "if (values.length === 0 || values.includes('')) {",
    replace: "if (values.includes('')) {",
    tests: [ROW_RULES],
  },
  {
    name: 'the nodes that a hierarchy keeps back',
    file: 'src/auth/hierarchies.ts',
    find: 'return [...new Set(nodes.flatMap((node) => this.closures.get(node) ?? [node]))].sort();',
    replace:
      'return [...new Set([...nodes, ...this.closures.keys(), ...[...this.closures.values()].flat()])].sort();',
    tests: [ROW_RULES],
  },
  {
    name: 'the past that a time window keeps back',
    file: 'src/auth/row-rules.ts',
    find: "if (rule.match === 'last') return windowCondition(rule, now);",
    replace: "if (rule.match === 'last') return { kind: 'and', conditions: [] };",
    tests: [ROW_RULES],
  },
  {
    name: 'the one value that `equals` lets through',
    file: 'src/auth/row-rules.ts',
    find: "return compare(rule.field, 'eq', only);",
    replace: "return { kind: 'and', conditions: [] };",
    tests: [RULE_PLACES],
  },
  {
    name: 'the refusal of two values for `equals`',
    file: 'src/auth/row-rules.ts',
    find: 'if (only === undefined || values.length > 1) {',
    replace: 'if (only === undefined) {',
    tests: [ROW_RULES],
  },
  {
    name: 'the values that `in` lets through',
    file: 'src/auth/row-rules.ts',
    find: "return compare(rule.field, 'in', [...new Set(values)].sort());",
    replace: "return { kind: 'and', conditions: [] };",
    tests: [RULE_PLACES],
  },
  {
    name: 'the nodes that `within` lets through',
    file: 'src/auth/row-rules.ts',
    find: "return compare(rule.field, 'in', rule.hierarchy.within(values));",
    replace: "return { kind: 'and', conditions: [] };",
    tests: [RULE_PLACES],
  },
  {
    name: 'the last day of a time window',
    file: 'src/auth/row-rules.ts',
    find: "compare(rule.field, 'lt', `${nextDay(to)}T00:00:00.000Z`),",
    replace: '',
    tests: [ROW_RULES],
  },
  {
    name: 'the scope of a list',
    file: 'src/auth/gate.ts',
    find: 'scoped<RowsPlan>({ plan: engine, scope, ',
    replace: 'scoped<RowsPlan>({ plan: engine, scope: { ...scope, rows: [] }, ',
    tests: [RULE_PLACES],
  },
  {
    name: 'the scope of groups',
    file: 'src/auth/gate.ts',
    find: '          scope,\n          steps: layout.steps,',
    replace: '          scope: { ...scope, rows: [] },\n          steps: layout.steps,',
    tests: [RULE_PLACES],
  },
  {
    name: 'the scope of a count',
    file: 'src/auth/gate.ts',
    find: 'scoped<CountPlan>({ plan: engine, scope, ',
    replace: 'scoped<CountPlan>({ plan: engine, scope: { ...scope, rows: [] }, ',
    tests: [ROW_RULES],
  },
  {
    name: 'the scope of a lookup',
    file: 'src/auth/gate.ts',
    find: 'scoped<LookupPlan>({ plan: engine, scope, priced: clearFields(selection) }),',
    replace: 'scoped<LookupPlan>({ plan: engine, scope: { ...scope, rows: [] } }),',
    tests: [ROW_RULES],
  },
  ...IN_PLACES,
];
