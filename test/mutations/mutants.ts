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
const PROTECTED = 'test/http/protected-groups.test.ts';
const STEPPED = 'test/http/stepped-groups.test.ts';
const TOMBSTONES = 'test/http/tombstones.test.ts';
const AUDIT_SINK = 'test/http/audit-sink.test.ts';
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
    file: 'src/auth/row-rules.ts',
    find: "if (values.length === 0 || values.includes('')) {",
    replace: "if (values.includes('')) {",
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
    find: 'scoped<LookupPlan>({ plan: engine, scope, priced: clearFields(selection) }),',
    replace: 'scoped<LookupPlan>({ plan: engine, scope: { ...scope, rows: [] } }),',
    tests: [ROW_RULES],
  },
  {
    name: 'the check of a filter',
    file: 'src/auth/gate.ts',
    find: ': authorisedFilter(this.role, dataset, where, tenant, this.shared.pseudonyms);',
    replace: ': where;',
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
    find: "  band: { ...NO_USE, group: 'step' },\n",
    replace: "  band: { ...NO_USE, group: 'step', filter: 'any', measure: true },\n",
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
    name: 'the purpose that a class needs',
    file: 'src/auth/purposes.ts',
    find: 'if (needed === undefined || (purpose !== undefined && needed.includes(purpose))) continue;',
    replace: 'if (needed === undefined || purpose === undefined || needed.includes(purpose)) continue;',
    tests: ['test/http/purposes.test.ts'],
  },
  {
    name: 'the refusal of rows to a role with access to aggregates',
    file: 'src/auth/policy.ts',
    find: "return this.datasets.get(dataset.name)?.access === 'rows';",
    replace: 'return this.datasets.has(dataset.name);',
    tests: [PROTECTED],
  },
  {
    name: 'the noise of protected groups',
    file: 'src/auth/gate.ts',
    find: '? { noise: this.shared.noise.of(this.viewer.tenant, metrics, layout.computed) }',
    replace: '? {}',
    tests: [PROTECTED],
  },
  {
    name: 'the noise on amounts',
    file: 'src/datasources/compile/noisy-copy.ts',
    find: 'return sql`${amount} * cast(${factor} as decimal(7, 6))`;',
    replace: 'return sql`${amount} * cast(1 as decimal(7, 6))`;',
    tests: [PROTECTED],
  },
  {
    name: 'the smallest group that is shown',
    file: 'src/auth/suppression.ts',
    find: 'const blank = groups.map((group) => group.people < minimum);',
    replace: 'const blank = groups.map(() => false);',
    tests: [PROTECTED],
  },
  {
    name: 'the groups that a total would give away',
    file: 'src/auth/suppression.ts',
    find: 'while (exposed(members, groups, blank, minimum)) {',
    replace: 'while (false) {',
    tests: ['test/auth/suppression.test.ts', METRICS],
  },
  {
    name: 'the step that groups by a band are cut to',
    file: 'src/datasources/compile/metrics.ts',
    find: 'step === undefined ? at : steppedExpression(dialect, column, step, at);',
    replace: 'step === undefined ? at : at;',
    tests: [STEPPED],
  },
  {
    name: 'the audit line that an answer waits for',
    file: 'src/auth/audit.ts',
    find: '      await written;\n    } catch',
    replace: '      void written.catch(() => undefined);\n    } catch',
    tests: [AUDIT_SINK],
  },
  {
    name: 'the refusal of exact amounts under noise',
    file: 'src/auth/groups.ts',
    find: '    checkExactUses(role, metrics, dimensions, plan.where);\n',
    replace: '',
    tests: [PROTECTED],
  },
  {
    name: 'the values that stay out of audit lines',
    file: 'src/auth/gate.ts',
    find: '      fields,\n      clear: selection.clear,\n',
    replace: '      fields: [...fields, ...rows.flat().map(String)],\n      clear: selection.clear,\n',
    tests: ['test/http/audit-values.test.ts'],
  },
  {
    name: 'the bound on audit lines that wait for a disk',
    file: 'src/auth/audit-sink.ts',
    find: 'if (this.held + length > WAITING)',
    replace: 'if (false)',
    tests: ['test/http/audit-stall.test.ts'],
  },
  {
    name: 'the name of the operation that ran, in audit lines',
    file: 'src/execution/role-server.ts',
    find: 'if (operation?.name !== undefined) contextValue.audited.operationName = operation.name.value;',
    replace: '',
    tests: ['test/http/audit.test.ts'],
  },
  {
    name: 'the people who are gone, in the scope of every plan',
    file: 'src/auth/gate.ts',
    find: 'return gone === undefined ? scope : { ...scope, gone };',
    replace: 'return scope;',
    tests: [TOMBSTONES],
  },
  {
    name: 'the rows of people who are gone, in statements',
    file: 'src/datasources/compile/gone.ts',
    find: '  if (gone === undefined) return [];',
    replace: '  if (gone?.keys !== null) return [];',
    tests: [TOMBSTONES],
  },
  {
    name: 'the fields that mention who is gone, in statements',
    file: 'src/datasources/compile/gone.ts',
    find: 'if (gone === undefined || gone.mentions.length === 0) return table.as(ALIAS);',
    replace: 'if (gone?.mentions !== null) return table.as(ALIAS);',
    tests: [TOMBSTONES],
  },
  {
    name: 'the rows that have another subject than who is gone, in statements',
    file: 'src/datasources/compile/gone.ts',
    find: 'return anyOf([sql<boolean>`${subject} is not null`, missing, other]);',
    replace: 'return anyOf([missing, other]);',
    tests: [TOMBSTONES],
  },
  {
    name: 'the items of people who are gone',
    file: 'src/datasources/engines/gone-items.ts',
    find: 'if (holdsGone(dataset, keys, item)) return undefined;',
    replace: '',
    tests: [TOMBSTONES],
  },
  {
    name: 'the items that have another subject than who is gone',
    file: 'src/datasources/engines/gone-items.ts',
    find: 'if (keys.field !== gone.subject && subject !== null) continue;',
    replace: '',
    tests: [TOMBSTONES],
  },
  {
    name: 'the key that tombstones are written with',
    file: 'src/auth/tombstones.ts',
    find: 'if (record.key !== this.hashes.name && Object.keys(record.requests).length > 0)',
    replace: 'if (false)',
    tests: [TOMBSTONES],
  },
  {
    name: 'the tombstones that a gateway does not know yet',
    file: 'src/auth/tombstones.ts',
    find: 'if (known !== undefined && now - known.began < this.freshMs) return known.tombstones;',
    replace: 'if (known !== undefined) return known.tombstones;',
    tests: [TOMBSTONES],
  },
  {
    name: 'the refusal where the tombstones cannot be read',
    file: 'src/auth/tombstones.ts',
    find: "this.logger.error({ event: 'tombstones_unread', fault: faultOf(error) }, 'tombstones cannot be read');",
    replace: 'return new Map();',
    tests: [TOMBSTONES],
  },
  {
    name: 'the room that pseudonyms take in a filter, whatever they stand for',
    file: 'src/auth/authorise.ts',
    find: "(originals[0] ?? ''), room };",
    replace: "(originals[0] ?? '') };",
    tests: ['test/http/filter-size.test.ts'],
  },
  {
    name: 'the room that the empty text behind a pseudonym takes',
    file: 'src/auth/pseudonyms.ts',
    find: "(value === '' ? EMPTY_TEXT_BYTES : Buffer.byteLength(value))",
    replace: 'Buffer.byteLength(value)',
    tests: ['test/http/filter-size.test.ts'],
  },
  {
    name: 'the audit line that rows wait for by what they are filtered by',
    file: 'src/auth/gate.ts',
    find: 'shown: [...shown, ...classesOf(dataset, parts.filters)],',
    replace: 'shown,',
    tests: [AUDIT_SINK],
  },
  {
    name: 'the audit line that a count waits for by what it is filtered by',
    file: 'src/auth/gate.ts',
    find: 'shown: classesOf(dataset, filters),',
    replace: 'shown: [],',
    tests: [AUDIT_SINK],
  },
  {
    name: 'the audit line that groups wait for by what they are filtered by',
    file: 'src/auth/gate.ts',
    find: 'shown: [...Object.values(classes).flat(), ...classesOf(dataset, filters)],',
    replace: 'shown: Object.values(classes).flat(),',
    tests: [AUDIT_SINK],
  },
  {
    name: 'the noise that groups over more than are read rest on',
    file: 'src/auth/groups.ts',
    find: "if (layout.people && !layout.protection.noise) throw tooMany(most, 'kept from giving small ones away');",
    replace: '',
    tests: ['test/http/many-groups.test.ts'],
  },
  {
    name: 'the order of groups by counts as they are shown',
    file: 'src/auth/groups.ts',
    find: '(field) => isRatio(metrics, field) || (protection.round > 1 && isCount(metrics, field)),',
    replace: '(field) => isRatio(metrics, field),',
    tests: [PROTECTED],
  },
  {
    name: 'the price of a look-up by what is seen in the clear alone',
    file: 'src/auth/selection.ts',
    find: "selected.filter(({ action }) => action === 'clear').map(",
    replace: 'selected.map(',
    tests: ['test/http/lookup-price.test.ts'],
  },
];
