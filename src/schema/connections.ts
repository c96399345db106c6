import { Field, InputType, ObjectType } from 'type-graphql';
import { addField, makeObjectType } from './made-types';
import { connectionName, edgeName, tableName } from './names';
import { DateTime, SafeInt } from './scalars';

/** Relay connections for lists of rows and plain tables for analytics, one of each per declaration. */

@ObjectType({ simpleResolvers: true, description: 'Where a page lies in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are rows after this page.' })
  hasNextPage: boolean;

  @Field(() => Boolean, {
    description: 'Whether the page was asked for with `after`, so that rows precede it.',
  })
  hasPreviousPage: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first row of the page.' })
  startCursor?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last row: give it as `after` for the next page.',
  })
  endCursor?: string | null;
}

@InputType({ description: 'A span of time.' })
export class TimeRangeInput {
  @Field(() => DateTime, { description: 'Start, included.' })
  from: string;

  @Field(() => DateTime, { description: 'End, not included.' })
  to: string;
}

/** The connection type of a dataset class. */
export function connectionType(target: Function, name: string): Function {
  const connection = pageType(target, name);
  addField(connection, 'totalCount', () => SafeInt, {
    nullable: true,
    description:
      'Rows on all pages together, counted in the engine only when selected. Null when they are fewer people than your role may count.',
  });
  return connection;
}

/** A connection of a type, without a total. */
export function pageType(target: Function, name: string): Function {
  const edge = makeObjectType(edgeName(name), `A ${name} and its cursor.`);
  addField(edge, 'node', () => target, { description: 'The row.' });
  addField(edge, 'cursor', () => String, { description: 'Cursor of the row, for `after`.' });

  const connection = makeObjectType(connectionName(name), `A page of ${name} rows.`);
  addField(connection, 'nodes', () => [target], { description: 'The rows.' });
  addField(connection, 'edges', () => [edge], { description: 'The rows with their cursors.' });
  addField(connection, 'pageInfo', () => PageInfo, { description: 'Where the page lies.' });
  return connection;
}

/** The table type of a metrics class. */
export function metricsTableType(target: Function, name: string): Function {
  const table = makeObjectType(tableName(name), `Rows of ${name}.`);
  addField(table, 'rows', () => [target], { description: 'The rows.' });
  addField(table, 'hasMore', () => Boolean, {
    description: 'Whether there are more rows than `first` let through.',
  });
  return table;
}
