import { isObjectType, type GraphQLSchema } from 'graphql';
import {
  METRICS_ROW_FIELDS,
  type ColumnDeclaration,
  type DatasetDeclaration,
  type Declarations,
  type MetricsDeclaration,
} from './declarations';
import {
  connectionName,
  dimensionName,
  edgeName,
  enumValueName,
  orderName,
  tableName,
  whereName,
} from './names';
import { placeOf } from './places';

/**
 * What each place of the GraphQL schema stands for, derived from the declarations. Role views prune by it,
 * and `extensions.masking` is written from it.
 */

/** A field or enum value stands for a column, for a field derived from columns, or for a measure. */
export type Meaning =
  | { kind: 'column'; dataset: DatasetDeclaration; path: string; column: ColumnDeclaration }
  | { kind: 'derived'; dataset: DatasetDeclaration; path: string }
  | { kind: 'measure'; metrics: MetricsDeclaration; measure: string };

/** The meaning of every place that has one. */
export interface Meanings {
  /** By `Type.field`, of output and input types. */
  fields: ReadonlyMap<string, Meaning>;
  /** By `Enum.VALUE`. */
  enumValues: ReadonlyMap<string, Meaning>;
  /** Types that exist for one dataset only, and vanish for a role that does not read it. */
  typesOf: ReadonlyMap<string, DatasetDeclaration>;
  /** Those of them that are about rows, and vanish for a role that gets analytics alone. */
  rowTypes: ReadonlySet<string>;
}

/** Works the meanings out of the declarations. */
export function meaningsOf(declarations: Declarations): Meanings {
  const fields = new Map<string, Meaning>();
  const enumValues = new Map<string, Meaning>();
  const typesOf = new Map<string, DatasetDeclaration>();
  const rowTypes = new Set<string>();

  function orderable(enumName: string, field: string, meaning: Meaning): void {
    for (const direction of ['ASC', 'DESC'])
      enumValues.set(`${enumName}.${enumValueName(field)}_${direction}`, meaning);
  }

  for (const dataset of declarations.datasets.values()) {
    const { name } = dataset;
    typesOf.set(whereName(name), dataset);
    const embeddedTypes = [...dataset.embedded.values()].map(({ typeName }) => typeName);
    for (const type of [name, connectionName(name), edgeName(name), orderName(name), ...embeddedTypes]) {
      typesOf.set(type, dataset);
      rowTypes.add(type);
    }
    for (const column of dataset.columns.values()) {
      const meaning: Meaning = { kind: 'column', dataset, path: column.field, column };
      fields.set(`${name}.${column.field}`, meaning);
      fields.set(`${whereName(name)}.${column.field}`, meaning);
      orderable(orderName(name), column.field, meaning);
    }
    for (const { field } of dataset.derived.values())
      fields.set(`${name}.${field}`, { kind: 'derived', dataset, path: field });
    for (const embedded of dataset.embedded.values()) {
      for (const column of embedded.columns.values()) {
        const path = `${embedded.field}.${column.field}`;
        fields.set(`${embedded.typeName}.${column.field}`, { kind: 'column', dataset, path, column });
      }
    }
  }

  for (const metrics of declarations.metrics.values()) {
    const { name, dataset } = metrics;
    for (const type of [name, tableName(name), dimensionName(name), orderName(name)])
      typesOf.set(type, dataset);
    for (const dimension of metrics.dimensions.values()) {
      const meaning: Meaning = { kind: 'column', dataset, path: dimension.of, column: dimension.column };
      fields.set(`${name}.${dimension.field}`, meaning);
      enumValues.set(`${dimensionName(name)}.${enumValueName(dimension.field)}`, meaning);
      orderable(orderName(name), dimension.field, meaning);
    }
    for (const measure of metrics.measures.values()) {
      const meaning: Meaning = { kind: 'measure', metrics, measure: measure.field };
      fields.set(`${name}.${measure.field}`, meaning);
      orderable(orderName(name), measure.field, meaning);
    }
  }
  return { fields, enumValues, typesOf, rowTypes };
}

/**
 * Fields of row types that no declaration accounts for, such as one with a plain `@Field`: no policy could decide on
 * them, so the boot stops. Each finding names the field, its file and line, and what to do.
 */
export function undeclaredFields(
  schema: GraphQLSchema,
  declarations: Declarations,
  meanings: Meanings,
): string[] {
  const findings: string[] = [];
  function check(
    typeName: string,
    known: (field: string) => boolean,
    file: string,
    decorators: string,
  ): void {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) return;
    for (const field of Object.keys(type.getFields())) {
      if (meanings.fields.has(`${typeName}.${field}`) || known(field)) continue;
      findings.push(
        `${typeName}.${field}: no class, so no policy can decide on it. Declare it with ${decorators}. (${placeOf(file, field)})`,
      );
    }
  }
  for (const dataset of declarations.datasets.values()) {
    check(dataset.name, (field) => dataset.embedded.has(field), dataset.file, '@Column or @Derived');
    for (const { typeName } of dataset.embedded.values())
      check(typeName, () => false, dataset.file, '@Column');
  }
  for (const metrics of declarations.metrics.values()) {
    check(
      metrics.name,
      (field) => METRICS_ROW_FIELDS.includes(field),
      metrics.file,
      '@Dimension or @Measure',
    );
  }
  return findings;
}
