import type { RandomClient, Reply } from '../generator/client';
import type { Query } from '../generator/document';

/** Queries that are made before the first of them is answered. */
const ROUND = 100;

export interface Rounds {
  queries: number;
  /** Queries in flight at once. */
  concurrency: number;
  /** Asks one and gives what the client learns from. */
  one(number: number, query: Query): Promise<Reply>;
  /** Whether nothing more needs to be asked. */
  enough(): boolean;
}

/** Asks a client's queries, round after round. */
export async function inRounds(client: RandomClient, rounds: Rounds): Promise<void> {
  for (let first = 0; first < rounds.queries && !rounds.enough(); first += ROUND) {
    const queries = Array.from({ length: Math.min(ROUND, rounds.queries - first) }, (_none, at) =>
      client.query(first + at),
    );
    const replies = new Array<Reply>(queries.length);
    let next = 0;
    await Promise.all(
      Array.from({ length: rounds.concurrency }, async () => {
        for (let at = next++; at < queries.length; at = next++) {
          replies[at] = await rounds.one(first + at, queries[at] as Query);
        }
      }),
    );
    client.learn(replies);
  }
}
