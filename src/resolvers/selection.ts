import {
  getNamedType,
  GraphQLObjectType,
  isObjectType,
  type FieldNode,
  type GraphQLResolveInfo,
} from 'graphql';
import { collectSubfields } from 'graphql/execution/collectFields';

/** What a client selected below one field: aliases, fragments, `@skip` and `@include` resolved as the specification says. */
export class Selection {
  private readonly fields: ReadonlyMap<string, readonly FieldNode[]>;

  private constructor(
    private readonly info: GraphQLResolveInfo,
    private readonly type: GraphQLObjectType,
    nodes: readonly FieldNode[],
  ) {
    const byName = new Map<string, FieldNode[]>();
    for (const group of collectSubfields(
      info.schema,
      info.fragments,
      info.variableValues,
      type,
      nodes,
    ).values()) {
      for (const node of group) {
        const known = byName.get(node.name.value);
        if (known === undefined) byName.set(node.name.value, [node]);
        else known.push(node);
      }
    }
    this.fields = byName;
  }

  /** The selection below the field being resolved. */
  static of(info: GraphQLResolveInfo): Selection {
    const type = getNamedType(info.returnType);
    if (!isObjectType(type))
      throw new Error(`${info.parentType.name}.${info.fieldName} does not return an object.`);
    return new Selection(info, type, info.fieldNodes);
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  /** Selected field names, `__typename` and the like left out. */
  names(): string[] {
    return [...this.fields.keys()].filter((name) => !name.startsWith('__'));
  }

  /** The selection below one of the selected fields, or undefined when it is not selected. */
  below(name: string): Selection | undefined {
    const nodes = this.fields.get(name);
    const type = getNamedType(this.type.getFields()[name]?.type);
    if (nodes === undefined || !isObjectType(type)) return undefined;
    return new Selection(this.info, type, nodes);
  }
}
