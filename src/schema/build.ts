import 'reflect-metadata';
import { GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { AuditResolver } from '../resolvers/audit';
import { DecisionResolver } from '../resolvers/decision';
import { ErasurePreviewResolver, ErasureResolver } from '../resolvers/erasure';
import { ErasureChangesResolver } from '../resolvers/erasure-changes';
import { ErpResolver } from '../resolvers/erp';
import { HrResolver } from '../resolvers/hr';
import { ReadingResolver } from '../resolvers/reading';
import { ViewerResolver } from '../resolvers/viewer';

/** What a client reads first; it holds for every role's view. */
const DESCRIPTION =
  'Rows and figures of decisions, sales, people and devices. What is here is what the acting role may ask for: fields that it may not see are left out, and the description of a field says how it is masked.';

/**
 * The whole schema, before any role's view of it. Object types are declared with `simpleResolvers`, which skips
 * type-graphql's middleware: nothing of ours rests on that middleware, since rows leave the gate masked.
 */
export function buildFullSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      DecisionResolver,
      ReadingResolver,
      HrResolver,
      ErpResolver,
      AuditResolver,
      ErasureResolver,
      ErasurePreviewResolver,
      ErasureChangesResolver,
      ViewerResolver,
    ],
    orphanedTypes: [],
    validate: false,
  });
  return new GraphQLSchema({ ...schema.toConfig(), description: DESCRIPTION });
}

/** The committed text of the schema, sorted so that a change reads as a difference. */
export function schemaText(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
