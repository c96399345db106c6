import {
  getNamedType,
  isObjectType,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields';
import { getVariableValues } from 'graphql/execution/values';
import { LRUCache } from 'lru-cache';
import { forgetting } from '../forgetting';
import type { Meanings } from '../schema/meanings';
import { actionOn, type RoleSight } from '../schema/role-view';
import type { MaskAction } from '../schema/vocabulary';
import { fragmentsOf } from './documents';

/** One masked field of an answer: its path of response keys, list positions left out, and what was done to it. */
export interface MaskedField {
  path: string;
  /** `noise`: a measure computed from the noisy copy. */
  action: MaskAction | 'noise';
}

const KEPT = 500;
/** Masked fields of all kept reports together. */
const KEPT_FIELDS = 20_000;

/**
 * Says which fields of an operation's answer are masked for one role. That depends on the operation and the role
 * alone, so it is worked out once an operation, unless `@skip` or `@include` make it depend on variables.
 */
export class MaskingReport {
  private readonly known = forgetting(
    new LRUCache<string, readonly MaskedField[]>({
      max: KEPT,
      maxSize: KEPT_FIELDS,
      sizeCalculation: (fields) => fields.length + 1,
    }),
  );

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly meanings: Meanings,
    private readonly sight: RoleSight,
  ) {}

  of(
    document: DocumentNode,
    documentHash: string,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): readonly MaskedField[] {
    const key = `${documentHash}:${operation.name?.value ?? ''}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const { coerced } = getVariableValues(this.schema, operation.variableDefinitions ?? [], variables);
    const fields = this.walk(document, operation, coerced ?? {});
    if (!hasConditions(document)) this.known.set(key, fields);
    return fields;
  }

  private walk(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): MaskedField[] {
    const { schema, meanings, sight } = this;
    const fragments = fragmentsOf(document);
    const masked: MaskedField[] = [];
    const root = schema.getQueryType();
    if (root) below(root, collectFields(schema, fragments, variables, root, operation.selectionSet), '');
    return masked;

    function below(type: GraphQLObjectType, fields: Map<string, readonly FieldNode[]>, prefix: string): void {
      for (const [responseKey, nodes] of fields) {
        const name = nodes[0]?.name.value ?? '';
        const path = `${prefix}${responseKey}`;
        const meaning = meanings.fields.get(`${type.name}.${name}`);
        const action = meaning === undefined ? 'clear' : actionOn(sight, meaning);
        if (action !== 'clear') masked.push({ path, action });
        else if (meaning?.kind === 'measure' && sight.protection(meaning.metrics).noise)
          masked.push({ path, action: 'noise' });
        const fieldType = getNamedType(type.getFields()[name]?.type);
        if (isObjectType(fieldType)) {
          below(fieldType, collectSubfields(schema, fragments, variables, fieldType, nodes), `${path}.`);
        }
      }
    }
  }
}

function hasConditions(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive(node) {
      if (node.name.value === 'skip' || node.name.value === 'include') found = true;
    },
  });
  return found;
}
