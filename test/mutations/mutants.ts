/**
 * Faults that would open the gate: each takes one protection away. The tests named must notice; a fault that none of
 * them notices is a hole in the tests.
 */
export interface Mutant {
  /** What is taken away. */
  name: string;
  file: string;
  /** Text that occurs exactly once in the file. */
  find: string;
  replace: string;
  /** Test files, one of which must fail. */
  tests: readonly string[];
}

const TENANTS = 'test/http/tenants.test.ts';
const ROW_RULES = 'test/http/row-rules.test.ts';
const GATE = 'test/auth/gate.test.ts';
const METRICS = 'test/auth/gate-metrics.test.ts';
const MASKS = 'test/http/masks.test.ts';
const PAGES = 'test/http/pages.test.ts';
const DERIVED = 'test/http/derived-fields.test.ts';

/** A test of a function cannot tell whether the gate calls it, so the front door is asked wherever it can tell. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the tenant of every table reference',
    file: 'src/datasources/compile/where.ts',
    find: '    ...tenantOf(dataset, scope),\n',
    replace: '',
    tests: [TENANTS],
  },
  {
    name: 'the refusal of an empty tenant',
    file: 'src/datasources/compile/where.ts',
    find: "if (scope.tenant === '') throw new SluiceError('FORBIDDEN');",
    replace: '',
    tests: ['test/datasources/compile/refusals.test.ts'],
  },
  {
    name: 'the tenant in the key of a point read',
    file: 'src/datasources/engines/items.ts',
    find: "const key = `${tenant.replaceAll('%', '%25').replaceAll('#', '%23')}#${id}`;",
    replace: 'const key = `aurora#${id}`;',
    tests: [TENANTS],
  },
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
    find: 'answer?.item !== undefined && passes(dataset, scope.rows, answer.item)',
    replace: 'answer?.item !== undefined',
    tests: [ROW_RULES],
  },
  {
    name: 'the refusal of a token without the claim of a row rule',
    file: 'src/auth/authorise.ts',
    find: "if (only === undefined || values.some((value) => value === '')) {",
    replace:
      "if (only === undefined) return { kind: 'and', conditions: [] };\n    if (values.some((value) => value === '')) {",
    tests: [ROW_RULES],
  },
  {
    name: 'the scope of a count',
    file: 'src/auth/gate.ts',
    find: 'scoped<CountPlan>({ plan: engine, scope }),',
    replace: 'scoped<CountPlan>({ plan: engine, scope: { ...scope, rows: [] } }),',
    tests: [ROW_RULES],
  },
  {
    name: 'the scope of a lookup',
    file: 'src/auth/gate.ts',
    find: 'scoped<LookupPlan>({ plan: engine, scope }),',
    replace: 'scoped<LookupPlan>({ plan: engine, scope: { ...scope, rows: [] } }),',
    tests: [ROW_RULES],
  },
  {
    name: 'the check of a filter',
    file: 'src/auth/gate.ts',
    find: 'return authorisedFilter(this.role, dataset, where, this.viewer.tenant, this.shared.pseudonyms);',
    replace: 'return where;',
    tests: [MASKS],
  },
  {
    name: 'the refusal of filters on masked fields',
    file: 'src/auth/authorise.ts',
    find: "if (filter === 'none') throw masked(part.field, 'filter by');",
    replace: '',
    tests: [MASKS],
  },
  {
    name: 'the refusal of a negated pseudonym',
    file: 'src/auth/authorise.ts',
    find: "if ((part.op !== 'eq' && part.op !== 'in') || negated) {",
    replace: "if (part.op !== 'eq' && part.op !== 'in') {",
    tests: [GATE],
  },
  {
    name: 'the refusal of parts of a pseudonym',
    file: 'src/auth/authorise.ts',
    find: "if ((part.op !== 'eq' && part.op !== 'in') || negated) {",
    replace: 'if (negated) {',
    tests: [GATE],
  },
  {
    name: 'the refusal of orders by masked fields',
    file: 'src/auth/authorise.ts',
    find: "if (!MASK_USES[action].order) throw masked(field, 'order by');\n    if (!order.some",
    replace: 'if (!order.some',
    tests: [MASKS],
  },
  {
    name: 'the refusal of groups by masked fields',
    file: 'src/auth/authorise.ts',
    find: "if (MASK_USES[action].group === 'none') throw masked(dimension, 'group by');",
    replace: '',
    tests: [MASKS],
  },
  {
    name: 'what band and coarse do not allow',
    file: 'src/schema/vocabulary.ts',
    find: '  band: NO_USE,\n',
    replace: "  band: { filter: 'any', order: true, group: 'value', countDistinct: true, measure: true },\n",
    tests: [MASKS],
  },
  {
    name: 'the refusal of measures of masked fields',
    file: 'src/auth/authorise.ts',
    find: "if (action === 'clear') return;\n  throw new SluiceError(\n    'FORBIDDEN_COLUMN_USE',\n    `The acting role sees what",
    replace:
      "if (action !== 'hide') return;\n  throw new SluiceError(\n    'FORBIDDEN_COLUMN_USE',\n    `The acting role sees what",
    tests: [MASKS, METRICS],
  },
  {
    name: 'the tenant in the key of pseudonyms',
    file: 'src/auth/pseudonyms.ts',
    find: '`sluice pseudonyms\\0${tenant}`',
    replace: "'sluice pseudonyms'",
    tests: [MASKS],
  },
  {
    name: 'the tenant and role that a cursor is bound to',
    file: 'src/auth/pages.ts',
    find: 'const bound = [scope.tenant, role, scope.rows,',
    replace: 'const bound = [',
    tests: [PAGES],
  },
  {
    name: 'the filter that a cursor is bound to',
    file: 'src/auth/pages.ts',
    find: 'range ?? null, where ?? null, orderBy]',
    replace: 'range ?? null, orderBy]',
    tests: [PAGES],
  },
  {
    name: 'the masks',
    file: 'src/auth/shape.ts',
    find: 'return `${name}: ${cell} === null ? null : masks[${index}](${cell})`;',
    replace: 'return `${name}: ${cell}`;',
    tests: [MASKS],
  },
  {
    name: 'what a derived field inherits from what it reads',
    file: 'src/auth/policy.ts',
    find: "return actions.every((action) => action === 'clear') ? 'clear' : 'redact';",
    replace: "return 'clear';",
    tests: [DERIVED],
  },
];
