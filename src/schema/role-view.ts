import type {
  GraphQLEnumValueConfig,
  GraphQLFieldConfig,
  GraphQLInputFieldConfig,
  GraphQLSchema,
} from 'graphql';
import { fieldsReadBy, type DatasetDeclaration, type MetricsDeclaration } from './declarations';
import type { Meaning, Meanings } from './meanings';
import { erasurePlace } from './erasure-places';
import { narrowed } from './narrowed';
import type { ErasureRight, MaskAction } from './vocabulary';

/** What the policy says a role sees; the policy module implements it. */
export interface RoleSight {
  reads(dataset: DatasetDeclaration): boolean;
  action(dataset: DatasetDeclaration, path: string): MaskAction;
  measureAction(metrics: MetricsDeclaration, measure: string): MaskAction;
  /** Whether the role gets rows of the dataset, beyond analytics over them. */
  lists(dataset: DatasetDeclaration): boolean;
  /** How analytics over people are protected. */
  protection(metrics: MetricsDeclaration): { minimum: number; noise: boolean; round: number };
  /** Purposes of which a request must name one to use the field; undefined when it needs none. */
  purposesFor(dataset: DatasetDeclaration, path: string): readonly string[] | undefined;
  /** Whether the role may do this about erasures. */
  mayErase(right: ErasureRight): boolean;
  /** Whether it is shown the keys of people under erasure. */
  readonly seesErasureKeys: boolean;
}

/** How a masked field is explained to the person who reads the role's schema. */
const EXPLANATIONS: Record<Exclude<MaskAction, 'clear' | 'hide'>, string> = {
  pseudonym: 'Your role sees a stable token in its place, good for joining and for equality filters.',
  partial: 'Your role sees only enough to recognise it.',
  band: 'Your role sees the floor of its band.',
  coarse: 'Your role sees it coarsened: the month of a time, about 10 km of a position.',
  redact: 'Your role sees null in its place.',
};

function protectionNotes({ minimum, noise, round }: ReturnType<RoleSight['protection']>): string[] {
  return [
    ...(minimum > 0 ? [`Null for groups of fewer than ${minimum} people.`] : []),
    ...(noise ? ['Computed from a noisy copy of the data, so it is near the true figure, never it.'] : []),
    ...(round > 1
      ? [`Counts are rounded to multiples of ${round}, and order groups as they are rounded.`]
      : []),
  ];
}

/** What the role gets of a place in the schema. */
export function actionOn(sight: RoleSight, meaning: Meaning): MaskAction {
  return meaning.kind === 'measure'
    ? sight.measureAction(meaning.metrics, meaning.measure)
    : sight.action(meaning.dataset, meaning.path);
}

/** The purposes that each field behind a place in the schema needs, where it needs one. */
function needsOf(sight: RoleSight, meaning: Meaning): (readonly string[])[] {
  const { dataset } = meaning.kind === 'measure' ? meaning.metrics : meaning;
  const measure = meaning.kind === 'measure' ? meaning.metrics.measures.get(meaning.measure) : undefined;
  const paths =
    meaning.kind === 'measure'
      ? measure === undefined
        ? []
        : fieldsReadBy(meaning.metrics, measure)
      : [meaning.path];
  return paths.flatMap((path) => {
    const needed = sight.purposesFor(dataset, path);
    return needed === undefined ? [] : [needed];
  });
}

function purposeWords(purposes: readonly string[]): string {
  return purposes.length === 0
    ? 'No single purpose lets your role use all that it is computed from.'
    : `Your role uses it only for a purpose: send the header x-purpose with one of ${purposes.join(', ')}.`;
}

/**
 * The schema as one role sees it: what is hidden does not exist, in introspection, validation or suggestions;
 * what is masked says so in its description. Types that only hidden fields led to go away with them.
 */
export function roleView(schema: GraphQLSchema, meanings: Meanings, sight: RoleSight): GraphQLSchema {
  const hidden = (typeName: string): boolean => {
    const dataset = meanings.typesOf.get(typeName);
    if (dataset === undefined) return false;
    return !sight.reads(dataset) || (meanings.rowTypes.has(typeName) && !sight.lists(dataset));
  };

  /** Fields about erasures exist for who may use them; so does any mutation. */
  const allowed = (type: string, field: string): boolean => {
    const needs = erasurePlace(type, field);
    if (needs === undefined) return type !== 'Mutation';
    return needs === 'clear keys' ? sight.seesErasureKeys : sight.mayErase(needs);
  };

  function seen<
    C extends GraphQLFieldConfig<unknown, unknown> | GraphQLInputFieldConfig | GraphQLEnumValueConfig,
  >(config: C, meaning: Meaning | undefined): C | null {
    if (meaning === undefined) return config;
    const action = actionOn(sight, meaning);
    if (action === 'hide') return null;
    const words = [
      ...(action === 'clear' ? [] : [EXPLANATIONS[action]]),
      ...(meaning.kind === 'measure' ? protectionNotes(sight.protection(meaning.metrics)) : []),
      ...new Set(needsOf(sight, meaning).map(purposeWords)),
    ];
    return words.length === 0
      ? config
      : { ...config, description: [config.description ?? '', ...words].join(' ') };
  }

  return narrowed(schema, {
    type: (name) => !hidden(name),
    field: (config, type, field) =>
      allowed(type, field) ? seen(config, meanings.fields.get(`${type}.${field}`)) : null,
    inputField: (config, type, field) => seen(config, meanings.fields.get(`${type}.${field}`)),
    enumValue: (config, type, value) => seen(config, meanings.enumValues.get(`${type}.${value}`)),
  });
}
