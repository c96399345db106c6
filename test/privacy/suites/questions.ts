import { getNamedType, isNonNullType, isObjectType, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { HttpAnswer } from '../stack/http';

/** Questions to a list or a table of figures, wherever a role's schema has it. */

export type Row = Record<string, unknown>;

export const ALL_TIME = 'range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }';

/** A field that gives a type, and how to come to it. */
export interface Place {
  path: readonly string[];
  field: GraphQLField<unknown, unknown>;
}

/** The first field that gives the type, through fields that need nothing; undefined when the role has none. */
export function placeOf(schema: GraphQLSchema, typeName: string): Place | undefined {
  const root = schema.getQueryType();
  const ways: { path: string[]; type: unknown }[] = [{ path: [], type: root }];
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    if (!isObjectType(way.type)) continue;
    for (const field of Object.values(way.type.getFields())) {
      const type = getNamedType(field.type);
      const path = [...way.path, field.name];
      if (type.name === typeName) return { path, field };
      const free = field.args.every(({ type: needed }) => !isNonNullType(needed));
      if (free && path.length < 3) ways.push({ path, type });
    }
  }
  return undefined;
}

/** A query of one place. @param args besides the range, such as `first: 5` @param below what is asked of it */
export function question({ path, field }: Place, args: readonly string[], below: string): string {
  const range = field.args.some(({ name }) => name === 'range') ? [ALL_TIME] : [];
  const all = [...range, ...args].join(', ');
  const asked = `${path.at(-1)}${all === '' ? '' : `(${all})`} ${below}`;
  const body = path.slice(0, -1).reduceRight((inner, name) => `${name} { ${inner} }`, asked);
  return JSON.stringify({ query: `{ ${body} }` });
}

/** What stands at the place in an answer. */
export function answerAt({ path }: Place, { text }: HttpAnswer): Row | undefined {
  const { data } = JSON.parse(text) as { data?: unknown };
  return path.reduce<unknown>((value, name) => (value as Row | null | undefined)?.[name], data) as
    Row | undefined;
}

export function codesOf({ text }: HttpAnswer): string[] {
  const { errors = [] } = JSON.parse(text) as { errors?: { extensions?: { code?: string } }[] };
  return errors.map((error) => error.extensions?.code ?? 'NO_CODE');
}
