import {
  execute,
  getNamedType,
  getOperationAST,
  GraphQLBoolean,
  GraphQLError,
  GraphQLScalarType,
  GraphQLSchema,
  isInputObjectType,
  Kind,
  typeFromAST,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';
import { getVariableValues } from 'graphql/execution/values';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { SluiceError } from '../errors';
import { forgetting } from '../forgetting';
import { querySize } from './query-limits';

/** Compiled operations kept per role view; more than any product's set of operations, small enough to forget strangers. */
const KEPT = 500;
/** Fields of all compiled operations together; each costs some kilobytes of code. */
const KEPT_FIELDS = 20_000;
/** Errors reported of one set of variables at most. */
const VARIABLE_ERRORS = 10;

/** One operation to run. */
export interface Execution {
  document: DocumentNode;
  /** Text that names the document: Apollo's hash of the query. */
  documentHash: string;
  operationName: string | undefined;
  variables: Record<string, unknown>;
  context: unknown;
}

interface Prepared {
  operation: OperationDefinitionNode | undefined;
  fields: number;
  /** Absent for introspection, which is rare and reads the schema itself. */
  compiled?: CompiledQuery;
}

/**
 * Stands for the type of a variable that is an input object in what graphql-jit compiles: it cannot compile input types
 * that contain themselves, such as a `where` with `and`. Variables are coerced by graphql-js beforehand, so nothing is
 * left to parse.
 */
const CoercedVariable = new GraphQLScalarType({ name: 'CoercedVariable', parseValue: (value) => value });

/** Compiles each operation of one role view once, and runs it. Documents must have been validated against the view. */
export class CompiledOperations {
  private readonly prepared = forgetting(
    new LRUCache<string, Prepared>({
      max: KEPT,
      maxSize: KEPT_FIELDS,
      sizeCalculation: ({ fields }) => fields + 1,
    }),
  );
  private readonly compilable: GraphQLSchema;

  constructor(private readonly schema: GraphQLSchema) {
    const config = schema.toConfig();
    this.compilable = new GraphQLSchema({
      ...config,
      types: [...config.types, CoercedVariable],
      assumeValid: true,
    });
  }

  async execute(execution: Execution): Promise<ExecutionResult> {
    const { schema } = this;
    const { document, operationName, variables, context } = execution;
    const key = `${execution.documentHash}:${operationName ?? ''}`;
    let prepared = this.prepared.get(key);
    if (prepared === undefined) {
      prepared = this.prepare(document, operationName);
      this.prepared.set(key, prepared);
    }
    if (prepared.compiled === undefined) {
      return withoutValues(
        await execute({
          schema,
          document,
          contextValue: context,
          variableValues: variables,
          ...(operationName === undefined ? {} : { operationName }),
        }),
      );
    }
    const { coerced, errors } = getVariableValues(
      schema,
      prepared.operation?.variableDefinitions ?? [],
      variables,
      { maxErrors: VARIABLE_ERRORS },
    );
    if (errors !== undefined) return { errors };
    return withoutValues(await prepared.compiled.query(undefined, context, coerced));
  }

  private prepare(document: DocumentNode, operationName: string | undefined): Prepared {
    const operation = getOperationAST(document, operationName) ?? undefined;
    const { fields, introspections } = querySize(document);
    if (introspections > 0) return { operation, fields };
    // An operation without a root type passes validation; graphql-js then answers what is wrong with it.
    if (operation !== undefined && !this.schema.getRootType(operation.operation))
      return { operation, fields };
    const compiled = compileQuery(
      this.compilable,
      withCoercedVariables(this.schema, document),
      operationName,
    );
    if (!isCompiledQuery(compiled))
      throw new Error('The operation cannot be compiled.', { cause: compiled.errors?.[0] });
    return { operation, fields, compiled };
  }
}

/** A value that its field's type does not allow, such as an enum value that nobody declared. */
class UnfitValue extends Error {
  override readonly name = 'UnfitValue';
}

/**
 * Both executors quote a value that does not fit, and graphql-jit's errors lack the `extensions` that Apollo reads; so
 * what they say themselves is said anew. What was thrown below them stays.
 */
function withoutValues(result: ExecutionResult): ExecutionResult {
  if (result.errors === undefined) return result;
  const errors = result.errors.map((error) => {
    const said = error.originalError ?? error;
    if (error.path === undefined || said instanceof SluiceError || !(said instanceof GraphQLError))
      return error;
    // Null for an argument that takes none, through a variable: the client's own.
    const anew = said.message.startsWith('Argument "')
      ? new SluiceError('BAD_USER_INPUT', said.message)
      : new SluiceError('INTERNAL', undefined, new UnfitValue());
    return Object.defineProperties(anew, {
      path: { value: error.path, enumerable: true },
      locations: { value: error.locations, enumerable: true },
    });
  });
  return { ...result, errors };
}

/** The document with variables as graphql-jit can take them, once their values are coerced. */
function withCoercedVariables(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  return visit(document, {
    VariableDefinition(node): VariableDefinitionNode {
      const type = getNamedType(typeFromAST(schema, node.type as NamedTypeNode));
      if (isInputObjectType(type)) {
        const { defaultValue: _applied, ...rest } = node;
        return {
          ...rest,
          type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: CoercedVariable.name } },
        };
      }
      // A Boolean with a default may control @skip; graphql-jit wants it non-null there, and it is by now.
      if (type === GraphQLBoolean && node.type.kind === Kind.NAMED_TYPE && node.defaultValue !== undefined) {
        return { ...node, type: { kind: Kind.NON_NULL_TYPE, type: node.type } };
      }
      return node;
    },
  });
}
