import {
  getNamedType,
  isObjectType,
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields';
import { getArgumentValues, getVariableValues } from 'graphql/execution/values';
import { MAX_FIRST, MAX_VALUES, type RoleLimits } from '../auth/limits';
import { SluiceError } from '../errors';
import {
  measureParts,
  type DatasetDeclaration,
  type Declarations,
  type MetricsDeclaration,
} from '../schema/declarations';
import { connectionName, enumValueName, tableName } from '../schema/names';
import type { EngineName } from '../schema/vocabulary';
import { fragmentsOf } from './documents';
import { erasureReads } from './erasure-cost';

/**
 * What a query may cost at most, worked out from the operation and its variables before anything runs.
 *
 *     cost = sum over its reads of: statements × weight of a statement + rows × fields × weight of a value
 *
 * Rows are the page's `first`, whatever the store holds; fields are those selected. What is nested in rows is read for
 * each of them. The unit is one value carried from the warehouse to the client, about a microsecond of the gateway.
 */

/** How much an engine's work weighs, in that unit. */
export interface EngineWeight {
  /** One statement, or one item of a key-value store, however few values it gives. */
  statement: number;
  /** One value of a result. */
  value: number;
}

/**
 * Athena bills at least 10 MB a statement and gives it one of a few slots (Amazon Athena pricing, service quotas);
 * Redshift Serverless runs it on capacity that is billed by the second; DynamoDB bills an item read at a millionth of
 * that. Values weigh what the benchmark measures (docs/benchmarks.md, a page of 1,000 × 6): 9.4 ms of CPU through
 * Athena, 6.5 through Redshift.
 */
export const ENGINE_WEIGHTS: Readonly<Record<EngineName, EngineWeight>> = {
  athena: { statement: 1_000, value: 1.5 },
  redshift: { statement: 200, value: 1 },
  dynamodb: { statement: 5, value: 1 },
};

/** What one query may cost at most. */
export interface QueryCost {
  /** Rows times fields over all its reads; never below what the gate counts as it reads. */
  values: number;
  total: number;
  /** The field that costs most, as `erp.salesLines`, and its part. */
  dearest?: { path: string; cost: number };
}

/** @throws SluiceError QUERY_TOO_COMPLEX with the cost, the limit and what to change */
export function checkCost(cost: QueryCost, limits: RoleLimits, role: string): void {
  const where = cost.dearest === undefined ? '' : `, ${cost.dearest.cost} of it for ${cost.dearest.path}`;
  const change = 'Ask for fewer rows (`first`) or fields, or split the query.';
  if (cost.values > MAX_VALUES) {
    throw new SluiceError(
      'QUERY_TOO_COMPLEX',
      `The query may give ${cost.values} values (rows times fields) at a cost of ${cost.total}${where}; a query gives at most ${MAX_VALUES}. ${change}`,
    );
  }
  if (cost.total > limits.maxCost) {
    throw new SluiceError(
      'QUERY_TOO_COMPLEX',
      `The query may cost ${cost.total}${where}; the role ${role} may spend ${limits.maxCost} a query. ${change}`,
    );
  }
}

type Fields = ReadonlyMap<string, readonly FieldNode[]>;

/** Works out what operations of one role view cost. Documents must have been validated against it. */
export class CostEstimator {
  private readonly connections: ReadonlyMap<string, DatasetDeclaration>;
  private readonly tables: ReadonlyMap<string, MetricsDeclaration>;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly declarations: Declarations,
  ) {
    this.connections = new Map(
      [...declarations.datasets.values()].map((each) => [connectionName(each.name), each]),
    );
    this.tables = new Map([...declarations.metrics.values()].map((each) => [tableName(each.name), each]));
  }

  /** Nothing for variables that do not fit: such a query does not run. */
  of(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): QueryCost {
    const reads = new Reads();
    const root = this.schema.getRootType(operation.operation);
    const { coerced } = getVariableValues(this.schema, operation.variableDefinitions ?? [], variables, {
      maxErrors: 1,
    });
    if (root && coerced !== undefined) {
      const walk = new Walk(
        this.schema,
        this.declarations,
        this.connections,
        this.tables,
        document,
        coerced,
        reads,
      );
      walk.below(root, walk.rootFields(root, operation), 1, '');
    }
    return reads.cost();
  }
}

/** Adds reads up. */
class Reads {
  private values = 0;
  private total = 0;
  private dearest: { path: string; cost: number } | undefined;

  add(path: string, engine: EngineName, statements: number, values: number): void {
    const weight = ENGINE_WEIGHTS[engine];
    const cost = Math.ceil(statements * weight.statement + values * weight.value);
    this.values += values;
    this.total += cost;
    if (this.dearest === undefined || cost > this.dearest.cost) this.dearest = { path, cost };
  }

  cost(): QueryCost {
    const { values, total, dearest } = this;
    return { values, total, ...(dearest === undefined ? {} : { dearest }) };
  }
}

/** One pass over an operation. `times` says how many rows the fields are read for. */
class Walk {
  private readonly fragments: ReturnType<typeof fragmentsOf>;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly declarations: Declarations,
    private readonly connections: ReadonlyMap<string, DatasetDeclaration>,
    private readonly tables: ReadonlyMap<string, MetricsDeclaration>,
    document: DocumentNode,
    private readonly variables: Record<string, unknown>,
    private readonly reads: Reads,
  ) {
    this.fragments = fragmentsOf(document);
  }

  rootFields(root: GraphQLObjectType, operation: OperationDefinitionNode): Fields {
    return collectFields(this.schema, this.fragments, this.variables, root, operation.selectionSet);
  }

  below(type: GraphQLObjectType, fields: Fields, times: number, prefix: string): void {
    for (const nodes of fields.values()) {
      const name = nodeName(nodes);
      const field = type.getFields()[name];
      const fieldType = getNamedType(field?.type);
      if (field === undefined || !isObjectType(fieldType)) continue;
      const path = `${prefix}${name}`;
      const selected = this.selected(fieldType, nodes);
      const list = this.connections.get(fieldType.name);
      const table = this.tables.get(fieldType.name);
      const row = this.declarations.datasets.get(fieldType.name);
      if (list !== undefined)
        this.list(list, fieldType, selected, this.argumentsOf(field, nodes), times, path);
      else if (table !== undefined)
        this.table(table, fieldType, selected, this.argumentsOf(field, nodes), times, path);
      else if (row !== undefined) this.lookup(row, fieldType, selected, times, path);
      else this.erasure(type, fieldType, nodes, selected, times, path);
    }
  }

  /** Fields about erasures, and whatever reads nothing itself. */
  private erasure(
    parent: GraphQLObjectType,
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
    selected: Fields,
    times: number,
    path: string,
  ): void {
    const name = nodeName(nodes);
    const field = parent.getFields()[name];
    const reads = erasureReads(parent.name, name);
    if (reads === undefined || field === undefined) return this.below(type, selected, times, `${path}.`);
    const { statements, rows } = reads;
    const count = rows === undefined ? 1 : rowsOf(this.argumentsOf(field, nodes)) * rows.each;
    for (const [engine, number] of Object.entries(statements) as [EngineName, number][])
      this.reads.add(path, engine, times * number, 0);
    if (rows !== undefined) this.reads.add(path, 'dynamodb', 0, times * count * this.leaves(type, selected));
    this.below(type, selected, times * count, `${path}.`);
  }

  /** Values of one row, those left out that are read on their own. */
  private leaves(type: GraphQLObjectType, fields: Fields): number {
    let count = 0;
    for (const nodes of fields.values()) {
      const name = nodeName(nodes);
      const inner = getNamedType(type.getFields()[name]?.type);
      if (!isObjectType(inner)) count += 1;
      else if (erasureReads(type.name, name) === undefined)
        count += this.leaves(inner, this.selected(inner, nodes));
    }
    return count;
  }

  private list(
    dataset: DatasetDeclaration,
    type: GraphQLObjectType,
    selected: Fields,
    given: Record<string, unknown>,
    times: number,
    path: string,
  ): void {
    const names = namesOf(selected);
    if (names.has('totalCount')) this.reads.add(`${path}.totalCount`, dataset.engine, times, 0);
    if (!names.has('nodes') && !names.has('edges') && !names.has('pageInfo')) return;
    const rows = times * rowsOf(given);
    const rowType = this.schema.getType(dataset.name);
    if (!isObjectType(rowType)) return;
    const rowFields = [
      ...this.inside(type, selected, 'nodes'),
      ...this.inside(type, selected, 'edges').flatMap((edge) => this.insideOf(type, 'edges', edge, 'node')),
    ];
    const columns = new Set(
      rowFields.flatMap((fields) =>
        [...namesOf(fields)].map((name) => (dataset.embedded.has(name) ? dataset.key : name)),
      ),
    );
    this.reads.add(path, dataset.engine, times, rows * Math.max(1, columns.size));
    for (const fields of rowFields) this.nested(dataset, rowType, fields, rows, path);
  }

  /** What is read for each row of a list: lists kept inside its item, and whatever else has rows of its own. */
  private nested(
    dataset: DatasetDeclaration,
    type: GraphQLObjectType,
    fields: Fields,
    rows: number,
    path: string,
  ): void {
    const others = new Map<string, readonly FieldNode[]>();
    for (const [key, nodes] of fields) {
      const name = nodeName(nodes);
      const fieldType = getNamedType(type.getFields()[name]?.type);
      if (!dataset.embedded.has(name)) others.set(key, nodes);
      else if (isObjectType(fieldType)) {
        const inner = namesOf(this.selected(fieldType, nodes)).size;
        this.reads.add(`${path}.${name}`, 'dynamodb', rows, rows * Math.max(1, inner));
      }
    }
    this.below(type, others, rows, `${path}.`);
  }

  private lookup(
    dataset: DatasetDeclaration,
    type: GraphQLObjectType,
    selected: Fields,
    times: number,
    path: string,
  ): void {
    const inner = new Set<string>();
    const others = new Map<string, readonly FieldNode[]>();
    for (const [key, nodes] of selected) {
      const name = nodeName(nodes);
      const fieldType = getNamedType(type.getFields()[name]?.type);
      if (!dataset.embedded.has(name)) {
        others.set(key, nodes);
        if (!name.startsWith('__')) inner.add(name);
      } else if (isObjectType(fieldType)) {
        const below = [...namesOf(this.selected(fieldType, nodes))];
        for (const each of below.length === 0 ? ['id'] : below) inner.add(`${name}.${each}`);
      }
    }
    this.reads.add(path, 'dynamodb', times, times * Math.max(1, inner.size));
    this.below(type, others, times, `${path}.`);
  }

  private table(
    metrics: MetricsDeclaration,
    type: GraphQLObjectType,
    selected: Fields,
    given: Record<string, unknown>,
    times: number,
    path: string,
  ): void {
    const asked = new Set(this.inside(type, selected, 'rows').flatMap((fields) => [...namesOf(fields)]));
    const ordered = new Set(listOfText(given.orderBy).map((value) => value.replace(/_(ASC|DESC)$/, '')));
    const measures = [...metrics.measures.keys()].filter(
      (measure) => asked.has(measure) || ordered.has(enumValueName(measure)),
    );
    const currencies = measures.flatMap((measure) =>
      measureParts(metrics, measure).flatMap((part) => metrics.measures.get(part)?.currency ?? []),
    );
    const dimensions = new Set([...listOfText(given.groupBy), ...currencies.map(enumValueName)]);
    const fields = dimensions.size + measures.length + 1;
    this.reads.add(path, metrics.dataset.engine, times, times * rowsOf(given) * fields);
  }

  /** The selections below a field of that name, one for each alias. */
  private inside(type: GraphQLObjectType, fields: Fields, name: string): Fields[] {
    const inner = getNamedType(type.getFields()[name]?.type);
    if (!isObjectType(inner)) return [];
    return [...fields.values()]
      .filter((nodes) => nodeName(nodes) === name)
      .map((nodes) => this.selected(inner, nodes));
  }

  private insideOf(type: GraphQLObjectType, through: string, fields: Fields, name: string): Fields[] {
    const inner = getNamedType(type.getFields()[through]?.type);
    return isObjectType(inner) ? this.inside(inner, fields, name) : [];
  }

  private selected(type: GraphQLObjectType, nodes: readonly FieldNode[]): Fields {
    return collectSubfields(this.schema, this.fragments, this.variables, type, nodes);
  }

  private argumentsOf(
    field: Parameters<typeof getArgumentValues>[0],
    nodes: readonly FieldNode[],
  ): Record<string, unknown> {
    const [node] = nodes;
    if (node === undefined) return {};
    try {
      return getArgumentValues(field, node, this.variables);
    } catch {
      // Null for an argument that takes none: the field does not run, and the executor says so.
      return { first: 0 };
    }
  }
}

function nodeName(nodes: readonly FieldNode[]): string {
  return nodes[0]?.name.value ?? '';
}

/** Names of the selected fields, each once, without `__typename`. */
function namesOf(fields: Fields): Set<string> {
  return new Set([...fields.values()].map(nodeName).filter((name) => !name.startsWith('__')));
}

/** Rows of a page at most; a `first` out of range is refused by the gate before it reads. */
function rowsOf(given: Record<string, unknown>): number {
  const { first } = given;
  return typeof first === 'number' ? Math.min(MAX_FIRST, Math.max(0, first)) : MAX_FIRST;
}

function listOfText(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
