import {
  getNamedType,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedDirective,
  type GraphQLEnumValueConfig,
  type GraphQLFieldConfig,
  type GraphQLInputFieldConfig,
  type GraphQLNamedType,
  type GraphQLType,
} from 'graphql';

/** What stays of a schema: each is given a place's own configuration, and gives it, another, or null to leave it out. */
export interface Narrowing {
  type(name: string): boolean;
  field(config: Field, type: string, name: string): Field | null;
  inputField(config: GraphQLInputFieldConfig, type: string, name: string): GraphQLInputFieldConfig | null;
  enumValue(config: GraphQLEnumValueConfig, type: string, value: string): GraphQLEnumValueConfig | null;
}

type Field = GraphQLFieldConfig<unknown, unknown>;

/** What is left of a type that has parts, by their names. */
type Kept =
  | { kind: 'object'; type: GraphQLObjectType; parts: Record<string, Field> }
  | { kind: 'input'; type: GraphQLInputObjectType; parts: Record<string, GraphQLInputFieldConfig> }
  | { kind: 'enum'; type: GraphQLEnumType; parts: Record<string, GraphQLEnumValueConfig> };

/**
 * A schema with less in it. A type without parts goes too, with the fields and arguments of that type, and so does one
 * that nothing leads to any more. Each boot and each new policy narrows once for every role, and a general mapper
 * takes three times as long: it builds a schema for each kind of place and for each round of pruning.
 *
 * @throws Error for an interface or a union, of which there are none
 */
export function narrowed(schema: GraphQLSchema, narrowing: Narrowing): GraphQLSchema {
  const kept = keptOf(schema, narrowing);
  for (let size = -1; size !== kept.size;) {
    size = kept.size;
    for (const [name, one] of kept) {
      const parts: readonly { type?: GraphQLType }[] = Object.values(one.parts);
      if (!parts.some(({ type }) => type === undefined || stays(type))) kept.delete(name);
    }
  }

  function stays(type: GraphQLType): boolean {
    const named = getNamedType(type);
    return isScalarType(named) || kept.has(named.name);
  }

  const made = new Map<string, GraphQLNamedType>();

  /** The type as it stands in the new schema; it and what it is made of must stay. */
  function anew<T extends GraphQLType>(type: T): T;
  function anew(type: GraphQLType): GraphQLType {
    if (isNonNullType(type)) return new GraphQLNonNull(anew(type.ofType));
    if (isListType(type)) return new GraphQLList(anew(type.ofType));
    const one = kept.get(type.name);
    if (one === undefined) return type;
    let again = made.get(type.name);
    if (again === undefined) {
      again = build(one);
      made.set(type.name, again);
    }
    return again;
  }

  function build(one: Kept): GraphQLNamedType {
    if (one.kind === 'enum') return new GraphQLEnumType({ ...one.type.toConfig(), values: one.parts });
    if (one.kind === 'input')
      return new GraphQLInputObjectType({ ...one.type.toConfig(), fields: () => each(one.parts) });
    return new GraphQLObjectType({
      ...one.type.toConfig(),
      fields: () => some(each(one.parts), (field) => ({ ...field, args: each(field.args ?? {}) })),
    });
  }

  /** Those that stay, with their types anew. */
  function each<C extends { type: GraphQLType }>(configs: Record<string, C>): Record<string, C> {
    return some(configs, (config) => (stays(config.type) ? { ...config, type: anew(config.type) } : null));
  }

  const root = (type: GraphQLObjectType | null | undefined): GraphQLObjectType | null =>
    type && kept.has(type.name) ? anew(type) : null;
  return new GraphQLSchema({
    ...schema.toConfig(),
    query: root(schema.getQueryType()),
    mutation: root(schema.getMutationType()),
    subscription: root(schema.getSubscriptionType()),
    directives: schema
      .getDirectives()
      .map((directive) =>
        isSpecifiedDirective(directive)
          ? directive
          : new GraphQLDirective({ ...directive.toConfig(), args: each(directive.toConfig().args) }),
      ),
    // What the roots and the directives lead to, and no more.
    types: [],
  });
}

/** Every type with its parts that stay by themselves. */
function keptOf(schema: GraphQLSchema, narrowing: Narrowing): Map<string, Kept> {
  const kept = new Map<string, Kept>();
  for (const type of Object.values(schema.getTypeMap())) {
    const { name } = type;
    if (isIntrospectionType(type) || isScalarType(type) || !narrowing.type(name)) continue;
    if (isObjectType(type)) {
      const parts = some(type.toConfig().fields, (config, field) => narrowing.field(config, name, field));
      kept.set(name, { kind: 'object', type, parts });
    } else if (isInputObjectType(type)) {
      const parts = some(type.toConfig().fields, (config, field) =>
        narrowing.inputField(config, name, field),
      );
      kept.set(name, { kind: 'input', type, parts });
    } else if (isEnumType(type)) {
      const parts = some(type.toConfig().values, (config, value) => narrowing.enumValue(config, name, value));
      kept.set(name, { kind: 'enum', type, parts });
    } else {
      throw new Error(`${name}: an interface or a union cannot be narrowed to a role's view.`);
    }
  }
  return kept;
}

function some<C>(configs: Record<string, C>, keep: (config: C, name: string) => C | null): Record<string, C> {
  const left: Record<string, C> = {};
  for (const [name, config] of Object.entries(configs)) {
    const one = keep(config, name);
    if (one !== null) left[name] = one;
  }
  return left;
}
