import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { forgetting } from '../forgetting';

/** Documents kept per role view. */
const KEPT = 1_000;
/** Characters of the texts of all of them together; a parsed document takes some fifty bytes for each. */
const KEPT_CHARACTERS = 1_000_000;

type Store = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;

/** Where Apollo keeps what it has parsed and validated: in the place of its own store, which never forgets by itself. */
export function documentStore(): Store {
  const documents = forgetting(
    new LRUCache<string, DocumentNode>({
      max: KEPT,
      maxSize: KEPT_CHARACTERS,
      sizeCalculation: ({ loc }) => (loc?.end ?? 0) + 1,
    }),
  );
  return {
    get: async (key) => documents.get(key),
    set: async (key, document) => void documents.set(key, document),
    delete: async (key) => documents.delete(key),
  };
}
