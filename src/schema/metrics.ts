import type { GraphQLScalarType } from 'graphql';
import { Field, ObjectType } from 'type-graphql';
import { columnType, datasetOf } from './columns';
import type {
  DimensionDeclaration,
  MeasureDeclaration,
  MeasureFormula,
  MetricsDeclaration,
} from './declarations';
import { addField } from './made-types';
import { fileOfCaller } from './places';
import { DateTime, Decimal, SafeInt } from './scalars';

/** A measure's result; counts are `SafeInt`, sums of money `Decimal`, means and ratios `Float`. */
type MeasureType = GraphQLScalarType;

interface MetricsNotes {
  dimensions: { field: string; of: string }[];
  measures: MeasureDeclaration[];
}

const notes = new Map<Function, MetricsNotes>();
const metrics = new Map<
  Function,
  { name: string; file: string; from: () => Function; description: string }
>();

function notesOf(target: Function): MetricsNotes {
  let own = notes.get(target);
  if (own === undefined) {
    own = { dimensions: [], measures: [] };
    notes.set(target, own);
  }
  return own;
}

/** A field rows can be grouped by; its type, class and column come from the dataset's field of that name. */
export function Dimension(options: { of?: string; description: string }): PropertyDecorator {
  return (prototype, key) => {
    const field = String(key);
    const of = options.of ?? field;
    notesOf(prototype.constructor).dimensions.push({ field, of });
    Field(() => dimensionType(prototype.constructor, of) as never, {
      nullable: true,
      description: options.description,
    })(prototype, key);
  };
}

/** A number computed over the rows of a group, only when it is selected. */
export function Measure(
  type: () => MeasureType,
  formula: MeasureFormula,
  options: { description: string; currency?: string },
): PropertyDecorator {
  return (prototype, key) => {
    const field = String(key);
    const kind = type() === SafeInt ? 'integer' : type() === Decimal ? 'decimal' : 'float';
    notesOf(prototype.constructor).measures.push({ field, formula, kind, ...options });
    addField(prototype.constructor, key, type, { nullable: true, description: options.description });
  };
}

/** Read when the schema is built, after every decorator has run. */
function dimensionType(target: Function, of: string): unknown {
  const declared = metrics.get(target);
  if (declared === undefined) throw new Error(`${target.name} has no @Metrics.`);
  return columnType(declared.from(), of);
}

/** A row of analytics over a dataset. */
export function Metrics(
  name: string,
  options: { from: () => Function; description: string },
): ClassDecorator {
  const file = fileOfCaller(Metrics);
  return (target) => {
    metrics.set(target, { name, file, ...options });
    ObjectType(name, { description: options.description, simpleResolvers: true })(target);
  };
}

/** What every row of analytics has besides its own dimensions and measures. */
@ObjectType({ simpleResolvers: true })
export abstract class MetricsRow {
  @Field(() => DateTime, {
    nullable: true,
    description: 'Start of the period, when the query names a grain.',
  })
  period?: string;

  @Field(() => Boolean, {
    description:
      'True when the group has fewer people than the acting role may see; its measures are then null.',
  })
  suppressed: boolean;
}

/** The declaration of one decorated metrics class. */
export function metricsOf(target: Function): MetricsDeclaration {
  const declared = metrics.get(target);
  if (declared === undefined) throw new Error(`${target.name} has no @Metrics.`);
  const dataset = datasetOf(declared.from());
  const own = notesOf(target);
  return {
    name: declared.name,
    file: declared.file,
    description: declared.description,
    dataset,
    dimensions: new Map(
      own.dimensions.map((entry): [string, DimensionDeclaration] => {
        const column = dataset.columns.get(entry.of);
        if (column === undefined) {
          throw new Error(`${declared.name}.${entry.field}: ${dataset.name} has no field ${entry.of}.`);
        }
        return [entry.field, { field: entry.field, of: entry.of, column }];
      }),
    ),
    measures: new Map(own.measures.map((measure) => [measure.field, measure])),
  };
}
