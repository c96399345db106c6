import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { connectionName, edgeName, tableName } from './names';
import { DateTime } from './scalars';

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

function objectClass(name: string, description: string): Function {
  const created = { [name]: class {} }[name] as Function;
  ObjectType(name, { description, simpleResolvers: true })(created);
  return created;
}

/** The connection type of a dataset class. */
export function connectionType(target: Function, name: string): Function {
  const edge = objectClass(edgeName(name), `A ${name} and its cursor.`);
  Field(() => target as never, { description: 'The row.' })(edge.prototype, 'node');
  Field(() => String, { description: 'Cursor of the row, for `after`.' })(edge.prototype, 'cursor');

  const connection = objectClass(connectionName(name), `A page of ${name} rows.`);
  Field(() => [target] as never, { description: 'The rows.' })(connection.prototype, 'nodes');
  Field(() => [edge] as never, { description: 'The rows with their cursors.' })(
    connection.prototype,
    'edges',
  );
  Field(() => PageInfo, { description: 'Where the page lies.' })(connection.prototype, 'pageInfo');
  Field(() => Int, {
    nullable: true,
    description:
      'Rows on all pages together, counted in the engine only when selected. Null when they are fewer people than your role may count.',
  })(connection.prototype, 'totalCount');
  return connection;
}

/** The table type of a metrics class. */
export function metricsTableType(target: Function, name: string): Function {
  const table = objectClass(tableName(name), `Rows of ${name}.`);
  Field(() => [target] as never, { description: 'The rows.' })(table.prototype, 'rows');
  Field(() => Boolean, { description: 'Whether there are more rows than `first` let through.' })(
    table.prototype,
    'hasMore',
  );
  return table;
}
