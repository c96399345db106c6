import type { RandomClient, Reply } from '../generator/client';
import type { Query } from '../generator/document';

/** Queries that are made before the first of them is answered: few at first, so that a client learns soon. */
function roundAt(first: number): number {
  return first < 200 ? 20 : 100;
}

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
  let first = 0;
  while (first < rounds.queries && !rounds.enough()) {
    const start = first;
    const queries = Array.from({ length: Math.min(roundAt(start), rounds.queries - start) }, (_none, at) =>
      client.query(start + at),
    );
    const replies = new Array<Reply>(queries.length);
    let next = 0;
    await Promise.all(
      Array.from({ length: rounds.concurrency }, async () => {
        for (let at = next++; at < queries.length; at = next++) {
          replies[at] = await rounds.one(start + at, queries[at] as Query);
        }
      }),
    );
    client.learn(replies);
    first += queries.length;
  }
}
