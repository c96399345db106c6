/** Ready-made operations that the gateway serves next to the page. */
import { type GraphQLSchema, getOperationAST, parse, validate } from 'graphql';

/** One ready-made operation. */
export interface Example {
  name: string;
  description: string;
  query: string;
  /** JSON text for the variables editor; empty when the operation takes none. */
  variables: string;
}

/** Reads the gateway's list; entries without a name or a query are left out. */
export function readExamples(body: unknown): Example[] {
  if (!Array.isArray(body)) return [];
  return body.flatMap((item: unknown) => {
    const entry = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    if (typeof entry.name !== 'string' || typeof entry.query !== 'string') return [];
    const { variables } = entry;
    const hasVariables =
      typeof variables === 'object' && variables !== null && Object.keys(variables).length > 0;
    return [
      {
        name: entry.name,
        description: typeof entry.description === 'string' ? entry.description : '',
        query: entry.query,
        variables: hasVariables ? JSON.stringify(variables, null, 2) : '',
      },
    ];
  });
}

/** The examples that a role can run: those that are valid in its view of the schema. */
export function usableExamples(examples: Example[], schema: GraphQLSchema): Example[] {
  return examples.filter(({ query }) => {
    try {
      const document = parse(query);
      const operation = getOperationAST(document)?.operation;
      // Validation passes over an operation whose root type is not there.
      if (operation !== undefined && !schema.getRootType(operation)) return false;
      return validate(schema, document).length === 0;
    } catch {
      return false;
    }
  });
}
