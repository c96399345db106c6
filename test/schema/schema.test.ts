import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  type GraphQLSchema,
} from 'graphql';
import { buildFullSchema, schemaText } from '../../src/schema/build';
import { declarations } from '../../src/schema/catalog';
import { meaningsOf, undeclaredFields } from '../../src/schema/meanings';

const schema: GraphQLSchema = buildFullSchema();
const meanings = meaningsOf(declarations);
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

/** Every place of the schema a reader or a policy may care about: `Type`, `Type.field`, `Type.field(argument)`, `Enum.VALUE`. */
function places(): { place: string; description: string | null | undefined }[] {
  return types.flatMap((type) => {
    const own = {
      place: type.name,
      description: ['Query', 'Mutation'].includes(type.name) ? 'the root' : type.description,
    };
    if (isObjectType(type)) {
      return [
        own,
        ...Object.values(type.getFields()).flatMap((field) => [
          { place: `${type.name}.${field.name}`, description: field.description },
          ...field.args.map((argument) => ({
            place: `${type.name}.${field.name}(${argument.name})`,
            description: argument.description,
          })),
        ]),
      ];
    }
    if (isInputObjectType(type)) {
      return [
        own,
        ...Object.values(type.getFields()).map((field) => ({
          place: `${type.name}.${field.name}`,
          description: field.description,
        })),
      ];
    }
    if (isEnumType(type)) {
      return [
        own,
        ...type
          .getValues()
          .map((value) => ({ place: `${type.name}.${value.name}`, description: value.description })),
      ];
    }
    return [own];
  });
}

test('every type, field, argument and enum value has a description', () => {
  const silent = places().filter(({ description }) => !description?.trim());
  expect(silent.map(({ place }) => place)).toEqual([]);
});

test('every field and enum value that belongs to a dataset has a meaning the policy can decide on', () => {
  const structural =
    /(Connection|Edge|Table)\.|\.(and|or|not|transactions|period|suppressed)$|\.PERIOD_(ASC|DESC)$/;
  const undecided = places()
    .map(({ place }) => place)
    .filter((place) => place.includes('.') && !place.includes('(') && !structural.test(place))
    .filter((place) => meanings.typesOf.has(place.slice(0, place.indexOf('.'))))
    .filter((place) => !meanings.fields.has(place) && !meanings.enumValues.has(place));
  expect(undecided).toEqual([]);
});

test('every meaning stands for something that is in the schema', () => {
  const known = new Set(places().map(({ place }) => place));
  const named = [...meanings.fields.keys(), ...meanings.enumValues.keys(), ...meanings.typesOf.keys()];
  expect(named.filter((place) => !known.has(place))).toEqual([]);
});

test('the committed schema is current', () => {
  const committed = readFileSync(resolve(__dirname, '../../schema.graphql'), 'utf8');
  expect(schemaText(schema)).toBe(committed);
});

test('a field that no declaration accounts for is found, with its file, its line and what to do', () => {
  expect(undeclaredFields(schema, declarations, meanings)).toEqual([]);
  const fields = new Map(meanings.fields);
  for (const lost of ['SalesLine.country', 'Transaction.kind', 'Headcount.leavers']) fields.delete(lost);
  const found = undeclaredFields(schema, declarations, { ...meanings, fields });
  const place = (file: string, field: string): string => {
    const lines = readFileSync(resolve(__dirname, '../../src/schema/entities', file), 'utf8').split('\n');
    return `(src/schema/entities/${file}:${lines.findIndex((line) => line.startsWith(`  ${field}?:`)) + 1})`;
  };
  expect(found).toEqual([
    `Transaction.kind: no class, so no policy can decide on it. Declare it with @Column. ${place('decision.ts', 'kind')}`,
    `SalesLine.country: no class, so no policy can decide on it. Declare it with @Column or @Derived. ${place('sales-line.ts', 'country')}`,
    `Headcount.leavers: no class, so no policy can decide on it. Declare it with @Dimension or @Measure. ${place('headcount.ts', 'leavers')}`,
  ]);
});
