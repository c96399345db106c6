import { registerEnumType } from 'type-graphql';
import type { DatasetDeclaration, MetricsDeclaration } from './declarations';
import { dimensionName, enumValueName, orderName } from './names';

/** Enums derived from declarations: what lists can be ordered by and analytics grouped by. */

/** An enum made from declarations, and what its values mean. */
export interface DerivedEnum<T> {
  type: object;
  /** What each enum value stands for. */
  meaning: ReadonlyMap<string, T>;
}

/** What one value of an order enum says. */
export interface OrderMeaning {
  field: string;
  direction: 'asc' | 'desc';
}

function derivedEnum<T>(
  name: string,
  description: string,
  values: readonly { value: string; description: string; meaning: T }[],
): DerivedEnum<T> {
  const type = Object.fromEntries(values.map(({ value }) => [value, value]));
  const valuesConfig = Object.fromEntries(
    values.map(({ value, description: text }) => [value, { description: text }]),
  );
  registerEnumType(type, { name, description, valuesConfig });
  return { type, meaning: new Map(values.map(({ value, meaning }) => [value, meaning])) };
}

function bothWays(
  field: string,
  title: string,
): { value: string; description: string; meaning: OrderMeaning }[] {
  return [
    {
      value: `${enumValueName(field)}_ASC`,
      description: `${title} Smallest first, null last.`,
      meaning: { field, direction: 'asc' },
    },
    {
      value: `${enumValueName(field)}_DESC`,
      description: `${title} Largest first, null last.`,
      meaning: { field, direction: 'desc' },
    },
  ];
}

/** What rows of a dataset can be ordered by. */
export function datasetOrder(dataset: DatasetDeclaration): DerivedEnum<OrderMeaning> {
  return derivedEnum(
    orderName(dataset.name),
    `Orders of ${dataset.name} rows. A field that your role does not see in the clear cannot be used.`,
    [...dataset.columns.values()].flatMap((column) => bothWays(column.field, column.description)),
  );
}

/** What groups can be ordered by. */
export function metricsOrder(metrics: MetricsDeclaration): DerivedEnum<OrderMeaning> {
  return derivedEnum(
    orderName(metrics.name),
    `Orders of ${metrics.name} rows; only what the query selects can be used.`,
    [
      ...bothWays('period', 'Start of the period.'),
      ...[...metrics.dimensions.values()].flatMap((dimension) =>
        bothWays(dimension.field, dimension.column.description),
      ),
      ...[...metrics.measures.values()].flatMap((measure) => bothWays(measure.field, measure.description)),
    ],
  );
}

/** What rows can be grouped by. */
export function metricsDimensions(metrics: MetricsDeclaration): DerivedEnum<string> {
  return derivedEnum(
    dimensionName(metrics.name),
    `What ${metrics.name} rows can be grouped by.`,
    [...metrics.dimensions.values()].map((dimension) => ({
      value: enumValueName(dimension.field),
      description: dimension.column.description,
      meaning: dimension.field,
    })),
  );
}
