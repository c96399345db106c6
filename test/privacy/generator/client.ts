import {
  buildClientSchema,
  getIntrospectionQuery,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import { Random } from '../random';
import { checkAskable, CURSOR_FIELDS, DocumentMaker, type Query } from './document';
import { Memory } from './memory';

/**
 * A client of one role that asks at random. It knows the role's schema, as the gateway gives it, and what it was
 * answered; queries are made in rounds from the answers of rounds before, so that the same seed asks the same.
 */

export interface Reply {
  query: Query;
  data: unknown;
  /** Error codes, none when all went well. */
  codes: readonly string[];
}

const INTROSPECTION = getIntrospectionQuery({ descriptions: false });
const CORPUS = 400;
/** Codes that say that a part of the query was at fault, not the moment. */
const FAULTS = new Set(['FORBIDDEN_COLUMN_USE', 'BAD_USER_INPUT', 'FORBIDDEN', 'QUERY_TOO_COMPLEX']);

/** The schema as a role's own introspection shows it. */
export async function introspect(ask: (body: string) => Promise<{ text: string }>): Promise<GraphQLSchema> {
  const { text } = await ask(JSON.stringify({ query: INTROSPECTION }));
  const { data } = JSON.parse(text) as { data?: IntrospectionQuery };
  if (data === undefined) throw new Error('The gateway does not show its schema.');
  return buildClientSchema(data);
}

export class RandomClient {
  private readonly corpus: Query[] = [];
  private readonly next: { query: Query; cursor: string }[] = [];

  /**
   * @param own the role's schema
   * @param purposes what a request may say it is for
   * @param whole a schema with more in it than the role sees, to try what is hidden
   */
  constructor(
    private readonly seed: string,
    private readonly own: GraphQLSchema,
    private readonly whole: GraphQLSchema,
    private readonly purposes: readonly string[],
    readonly memory = new Memory(),
  ) {
    checkAskable(own);
    checkAskable(whole);
  }

  /** The query of a number. Those of one round are made before any of them is answered. */
  query(number: number): Query {
    const random = new Random(`${this.seed} ${number}`);
    const none = this.purposes.length === 0 || random.chance(0.25);
    return { ...this.document(random), purpose: none ? undefined : random.one(this.purposes) };
  }

  private document(random: Random): Query {
    const kind = random.next();
    const maker = (schema: GraphQLSchema): DocumentMaker => new DocumentMaker(schema, this.memory, random);
    if (kind < 0.12 && this.next.length > 0) {
      const { query, cursor } = random.one(this.next);
      const after = [...query.input].find(([, variable]) => variable.names[0] === 'after');
      if (after !== undefined) return { ...query, variables: { ...query.variables, [after[0]]: cursor } };
    }
    if (kind < 0.45 && this.corpus.length > 0) {
      const query = random.one(this.corpus);
      const keep = [...query.input].filter(() => random.chance(0.6));
      return { ...query, variables: { ...query.variables, ...maker(this.own).values(new Map(keep)) } };
    }
    return maker(kind < 0.49 ? this.whole : this.own).make();
  }

  /** Learns from the answers of a round, in the order of its queries. */
  learn(replies: readonly Reply[]): void {
    for (const { query, data, codes } of replies) {
      const refused = codes.some((code) => FAULTS.has(code));
      this.memory.judge(query.parts, !refused);
      if (codes.length > 0) continue;
      this.memory.learn(data);
      if (query.input.size > 0 && hasRows(data)) {
        if (this.corpus.push(query) > CORPUS) this.corpus.splice(this.corpus.length % 97, 1);
      }
      const cursor = cursorIn(data);
      if (cursor !== undefined && [...query.input.values()].some(({ names }) => names[0] === 'after')) {
        if (this.next.push({ query, cursor }) > CORPUS) this.next.shift();
      }
    }
  }
}

/** Whether anything but frames was answered. */
export function hasRows(data: unknown): boolean {
  if (Array.isArray(data)) return data.length > 0;
  if (typeof data !== 'object' || data === null) return false;
  return Object.entries(data).some(([name, value]) => {
    if (name.endsWith('pageInfo') || name.endsWith('__typename')) return false;
    return typeof value === 'object' ? hasRows(value) : value !== null && name !== '__typename';
  });
}

function cursorIn(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  for (const [name, value] of Object.entries(data)) {
    if (typeof value === 'string' && CURSOR_FIELDS.some((field) => name.endsWith(field))) return value;
    const inner = cursorIn(value);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
