import { Kind, type DocumentNode, type FieldNode, type SelectionSetNode, type ValidationRule } from 'graphql';
import { ROLE_LIMITS, type RoleLimits } from '../auth/limits';
import { SluiceError } from '../errors';
import { fragmentsOf } from './documents';

/** Bounds on the size of a query and its variables: nobody can make the process work for minutes. */

/** `__schema` and `__type` at most, counted likewise. */
export const MAX_INTROSPECTIONS = 4;
/** Aliases below them. Each repeats what may be ten thousand values, and tools that read a schema use none. */
export const MAX_INTROSPECTED_ALIASES = 4;
/** Values in the variables at most, lists, objects and what is in them counted. */
export const MAX_VARIABLE_VALUES = 10_000;
/** How deep variables may nest. A filter nests at most 20 deep, with a list at each step. */
export const MAX_VARIABLE_DEPTH = 100;

/** The size of a document once fragments are spread; what is below `__schema` and `__type` is counted apart. */
export interface QuerySize {
  fields: number;
  /** Those of introspection too. */
  aliases: number;
  /** Levels of fields. */
  depth: number;
  introspections: number;
  /** Fields below them. */
  introspected: number;
  introspectedAliases: number;
}

const NOTHING: Readonly<QuerySize> = {
  fields: 0,
  aliases: 0,
  depth: 0,
  introspections: 0,
  introspected: 0,
  introspectedAliases: 0,
};

/** What an operation, or all operations of a document, ask for once fragments are spread. */
export function querySize(document: DocumentNode): QuerySize {
  const fragments = fragmentsOf(document);
  const known = new Map<string, QuerySize>();
  const total = { ...NOTHING };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) add(total, sizeOf(definition.selectionSet));
  }
  return total;

  function sizeOf(set: SelectionSetNode): QuerySize {
    const size = { ...NOTHING };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) add(size, sizeOfField(selection));
      else if (selection.kind === Kind.FRAGMENT_SPREAD) add(size, sizeOfFragment(selection.name.value));
      else add(size, sizeOf(selection.selectionSet));
    }
    return size;
  }

  function sizeOfField(field: FieldNode): QuerySize {
    const below = field.selectionSet === undefined ? NOTHING : sizeOf(field.selectionSet);
    const aliases = below.aliases + (field.alias === undefined ? 0 : 1);
    if (field.name.value === '__schema' || field.name.value === '__type') {
      const introspected = { introspected: below.fields, introspectedAliases: below.aliases };
      return { ...NOTHING, aliases, introspections: 1, ...introspected };
    }
    return {
      ...below,
      fields: below.fields + 1,
      aliases,
      depth: below.depth + 1,
    };
  }

  function sizeOfFragment(name: string): QuerySize {
    const seen = known.get(name);
    if (seen !== undefined) return seen;
    // A fragment within itself counts nothing here; another rule refuses it.
    known.set(name, NOTHING);
    const fragment = fragments[name];
    const size = fragment === undefined ? NOTHING : sizeOf(fragment.selectionSet);
    known.set(name, size);
    return size;
  }
}

function add(total: QuerySize, part: QuerySize): void {
  total.fields += part.fields;
  total.aliases += part.aliases;
  total.depth = Math.max(total.depth, part.depth);
  total.introspections += part.introspections;
  total.introspected += part.introspected;
  total.introspectedAliases += part.introspectedAliases;
}

/** A validation rule that reports QUERY_TOO_COMPLEX for a document beyond the bounds of a role. */
export function queryLimits(limits: RoleLimits): ValidationRule {
  return (context) => ({
    Document(document) {
      const size = querySize(document);
      const refuse = (count: number, most: number, what: string): void => {
        if (count <= most) return;
        const message = `The query has ${count} ${what}; the acting role may have ${most}. Ask for less, or split it.`;
        context.reportError(new SluiceError('QUERY_TOO_COMPLEX', message));
      };
      refuse(size.fields, limits.maxFields, 'fields, fragments counted wherever they are spread');
      refuse(size.aliases, limits.maxAliases, 'aliases, fragments counted wherever they are spread');
      refuse(size.depth, limits.maxDepth, 'levels of fields');
      refuse(size.introspections, MAX_INTROSPECTIONS, 'introspection fields');
      refuse(size.introspected, ROLE_LIMITS.maxFields.most, 'fields below introspection fields');
      refuse(size.introspectedAliases, MAX_INTROSPECTED_ALIASES, 'aliases below introspection fields');
    },
  });
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
