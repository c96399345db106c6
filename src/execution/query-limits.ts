import {
  Kind,
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { SluiceError } from '../errors';

/** Bounds on the size of a query and its variables, whoever asks: nobody can make the process work for minutes. */

/** Tokens of a query text at most; GraphiQL's introspection has about 500. Validation takes the square of it. */
export const MAX_TOKENS = 4_000;
/** Fields at most, those of a fragment counted wherever it is spread. */
export const MAX_FIELDS = 1_000;
/** Aliases at most, counted likewise: an alias repeats a field, and below a list it does so in every row. */
export const MAX_ALIASES = 100;
/** `__schema` and `__type` at most, counted likewise. */
export const MAX_INTROSPECTIONS = 4;
/** Values in the variables at most, lists, objects and what is in them counted. */
export const MAX_VARIABLE_VALUES = 10_000;
/** How deep variables may nest. A filter nests at most 20 deep, with a list at each step. */
export const MAX_VARIABLE_DEPTH = 100;

export interface QuerySize {
  fields: number;
  aliases: number;
  introspections: number;
}

/** What an operation, or all operations of a document, ask for once fragments are spread. */
export function querySize(document: DocumentNode): QuerySize {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<string, QuerySize>();
  const total = { fields: 0, aliases: 0, introspections: 0 };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) add(total, sizeOf(definition.selectionSet));
  }
  return total;

  function sizeOf(set: SelectionSetNode): QuerySize {
    const size = { fields: 0, aliases: 0, introspections: 0 };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) add(size, sizeOfFragment(selection.name.value));
      else {
        if (selection.kind === Kind.FIELD) {
          size.fields += 1;
          if (selection.alias !== undefined) size.aliases += 1;
          if (selection.name.value === '__schema' || selection.name.value === '__type')
            size.introspections += 1;
        }
        if (selection.selectionSet !== undefined) add(size, sizeOf(selection.selectionSet));
      }
    }
    return size;
  }

  function sizeOfFragment(name: string): QuerySize {
    const seen = known.get(name);
    if (seen !== undefined) return seen;
    const none = { fields: 0, aliases: 0, introspections: 0 };
    // A fragment within itself counts nothing here; another rule refuses it.
    known.set(name, none);
    const fragment = fragments.get(name);
    const size = fragment === undefined ? none : sizeOf(fragment.selectionSet);
    known.set(name, size);
    return size;
  }
}

function add(total: QuerySize, part: QuerySize): void {
  total.fields += part.fields;
  total.aliases += part.aliases;
  total.introspections += part.introspections;
}

/** Validation rule: reports QUERY_TOO_COMPLEX for a document beyond the bounds. */
export function queryLimits(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      const { fields, aliases, introspections } = querySize(document);
      const refuse = (count: number, most: number, what: string): void => {
        if (count > most) {
          context.reportError(
            new SluiceError(
              'QUERY_TOO_COMPLEX',
              `A query has at most ${most} ${what}. Split it into several.`,
            ),
          );
        }
      };
      refuse(fields, MAX_FIELDS, 'fields, fragments counted wherever they are spread');
      refuse(aliases, MAX_ALIASES, 'aliases, fragments counted wherever they are spread');
      refuse(introspections, MAX_INTROSPECTIONS, 'introspection fields');
    },
  };
}

/** @throws SluiceError QUERY_TOO_COMPLEX for variables with too many values or too deep ones */
export function checkVariables(variables: unknown): void {
  let level: unknown[] = [variables];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_VARIABLE_DEPTH) {
      throw new SluiceError('QUERY_TOO_COMPLEX', `Variables nest at most ${MAX_VARIABLE_DEPTH} deep.`);
    }
    values += level.length;
    if (values > MAX_VARIABLE_VALUES) {
      throw new SluiceError('QUERY_TOO_COMPLEX', `Variables hold at most ${MAX_VARIABLE_VALUES} values.`);
    }
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const inner of Array.isArray(value) ? (value as unknown[]) : Object.values(value))
        next.push(inner);
    }
    level = next;
  }
}
