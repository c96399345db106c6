import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';

/** Compiled operations kept per role view; more than any product's set of operations, small enough to forget strangers. */
const KEPT = 500;

export interface Execution {
  document: DocumentNode;
  /** Text that names the document: Apollo's hash of the query. */
  documentHash: string;
  operationName: string | undefined;
  variables: Record<string, unknown>;
  context: unknown;
}

/** Compiles each operation of one role view once, and runs it. Documents must have been validated against the view. */
export class CompiledOperations {
  private readonly compiled = new LRUCache<string, CompiledQuery>({ max: KEPT });

  constructor(private readonly schema: GraphQLSchema) {}

  async execute(execution: Execution): Promise<ExecutionResult> {
    const key = `${execution.documentHash}:${execution.operationName ?? ''}`;
    let query = this.compiled.get(key);
    if (query === undefined) {
      const fresh = compileQuery(this.schema, execution.document, execution.operationName);
      if (!isCompiledQuery(fresh)) return fresh;
      query = fresh;
      this.compiled.set(key, query);
    }
    return query.query(undefined, execution.context, execution.variables);
  }
}
