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

/**
 * The whole schema, before any role's view of it. Object types are declared with `simpleResolvers`, which skips
 * type-graphql's middleware: nothing of ours rests on that middleware, since rows leave the gate masked.
 */
export function buildFullSchema(): GraphQLSchema {
  return buildSchemaSync({
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
}

/** The committed text of the schema, sorted so that a change reads as a difference. */
export function schemaText(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
