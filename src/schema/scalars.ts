import { GraphQLDateTimeISO, GraphQLLocalDate, GraphQLSafeInt } from 'graphql-scalars';
import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** Cells leave the engines typed and canonical, so serialising hands them through; only inputs are parsed. */
const handThrough = (value: unknown): unknown => value;

function isoOf(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value;
}

/** Parses an input; one that is none is answered with what it should be, and never quoted. */
function parsedAs<T>(expected: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new GraphQLError(expected);
  }
}

const A_MOMENT = 'A DateTime is a day, a time and a zone in ISO 8601, as text: "2014-01-31T08:30:00.000Z".';
const A_DAY = 'A Date is a calendar day, as text: "2014-01-31".';

/** A moment in UTC. Values inside the gateway are ISO text with milliseconds and `Z`. */
export const DateTime = new GraphQLScalarType({
  name: 'DateTime',
  description: 'A moment in UTC, as ISO 8601 text: `2014-01-31T08:30:00.000Z`.',
  serialize: handThrough,
  parseValue: (value) => parsedAs(A_MOMENT, () => isoOf(GraphQLDateTimeISO.parseValue(value))),
  parseLiteral: (node, variables) =>
    parsedAs(A_MOMENT, () => isoOf(GraphQLDateTimeISO.parseLiteral(node, variables))),
});

/** A calendar day without time or zone. Values inside the gateway are `YYYY-MM-DD`. */
export const CalendarDate = new GraphQLScalarType({
  name: 'Date',
  description: 'A calendar day: `2014-01-31`.',
  serialize: handThrough,
  parseValue: (value) => parsedAs(A_DAY, () => GraphQLLocalDate.parseValue(value)),
  parseLiteral: (node, variables) => parsedAs(A_DAY, () => GraphQLLocalDate.parseLiteral(node, variables)),
});

const DECIMAL = /^-?\d{1,14}(\.\d{1,4})?$/;

function parseDecimal(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !DECIMAL.test(text)) {
    throw new GraphQLError(
      'A Decimal is a number of up to 14 digits with up to 4 after the point, as text: "19.99".',
    );
  }
  return text;
}

/** An exact decimal number, carried as text so that no digit is lost to floating point. */
export const Decimal = new GraphQLScalarType({
  name: 'Decimal',
  description: 'An exact decimal number as text: `"1461756.2500"`. Nothing is lost to floating point.',
  serialize: handThrough,
  parseValue: parseDecimal,
  parseLiteral: (node) => {
    if (node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT)
      return parseDecimal(node.value);
    return parseDecimal(undefined);
  },
});

/** A whole number that JavaScript holds exactly: counts and sums outgrow GraphQL's own Int, which has 32 bits. */
export const SafeInt = new GraphQLScalarType({
  name: 'SafeInt',
  description:
    'A whole number up to 2^53 - 1, either way from 0, as a JSON number: counts and sums outgrow `Int`.',
  serialize: GraphQLSafeInt.serialize,
  parseValue: GraphQLSafeInt.parseValue,
  parseLiteral: GraphQLSafeInt.parseLiteral,
});
