import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ApolloServerPlugin } from '@apollo/server';
import { Kind, parse, specifiedRules, validate, type DocumentNode, type GraphQLSchema } from 'graphql';
import { ROLE_LIMITS, type RoleLimits } from '../auth/limits';
import type { RequestContext } from '../context';
import { BootError } from '../errors';
import { RequestFault } from '../http/refusals';
import type { QueryBody } from '../http/bodies';
import { queryLimits } from './query-limits';

/** Stored operations: the only ones that run where the configuration or a role says so. */

/** One stored operation document. */
export interface TrustedDocument {
  /** `sha256:` and the hash of the text in hexadecimal, as GraphQL over HTTP names persisted documents. */
  id: string;
  /** File or key it came from, for what is said about it. */
  source: string;
  text: string;
  document: DocumentNode;
}

/** The id of a text. */
export function documentId(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/**
 * Reads a folder of `.graphql` files, those in folders below included, or a manifest: a JSON object of ids and texts, or
 * one as Apollo's tools write it. Each document must be valid against the whole schema.
 *
 * @throws BootError that lists every finding
 */
export function readTrustedDocuments(path: string, schema: GraphQLSchema): TrustedDocument[] {
  const findings: string[] = [];
  const documents: TrustedDocument[] = [];
  for (const [source, text, id] of textsOf(path)) {
    if (id !== undefined && withPrefix(id) !== documentId(text)) {
      findings.push(
        `${source}: the id is not the SHA-256 of the text. Write the manifest anew: npm run documents.`,
      );
      continue;
    }
    try {
      const document = parse(text, { maxTokens: ROLE_LIMITS.maxTokens.most });
      for (const error of validate(schema, document)) findings.push(`${source}: ${error.message}`);
      documents.push({ id: documentId(text), source, text, document });
    } catch (error) {
      findings.push(`${source}: ${error instanceof Error ? error.message : 'it cannot be parsed'}`);
    }
  }
  if (documents.length === 0 && findings.length === 0)
    findings.push(`${path}: there is no stored document here.`);
  if (findings.length > 0) throw new BootError(findings);
  return documents;
}

type Text = [source: string, text: string, id?: string];

function textsOf(path: string): Text[] {
  try {
    if (statSync(path).isDirectory()) {
      return readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.graphql'))
        .sort()
        .map((file) => [join(path, file), readFileSync(join(path, file), 'utf8')]);
    }
    return manifestTexts(path, JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof BootError) throw error;
    throw new BootError([
      `${path}: stored documents cannot be read. SLUICE_TRUSTED_DOCUMENTS names a folder of .graphql files or a manifest in JSON.`,
    ]);
  }
}

function manifestTexts(path: string, manifest: unknown): Text[] {
  const entries: [string, unknown][] =
    typeof manifest === 'object' &&
    manifest !== null &&
    'operations' in manifest &&
    Array.isArray(manifest.operations)
      ? manifest.operations.map((each: { id?: unknown; body?: unknown }) => [String(each.id), each.body])
      : Object.entries(manifest ?? {});
  return entries.map(([id, text]) => {
    if (typeof text !== 'string')
      throw new BootError([`${path}: ${id}: the text of the document is missing.`]);
    return [`${path}: ${id}`, text, id];
  });
}

function withPrefix(id: string): string {
  return id.startsWith('sha256:') ? id : `sha256:${id}`;
}

/** Those of the documents that a role can run: valid in its view and within its limits. */
export function runnable(
  documents: readonly TrustedDocument[],
  view: GraphQLSchema,
  limits: RoleLimits,
): TrustedDocument[] {
  const rules = [...specifiedRules, queryLimits(limits)];
  // Validation passes over an operation whose root type is not there.
  const hasRoots = (document: DocumentNode): boolean =>
    document.definitions.every(
      (each) => each.kind !== Kind.OPERATION_DEFINITION || Boolean(view.getRootType(each.operation)),
    );
  return documents.filter(
    ({ document }) => hasRoots(document) && validate(view, document, rules).length === 0,
  );
}

/**
 * Answers for stored operations that the role cannot run: what is wrong with one would name fields that the role may
 * not know of, to a client that sent an id and no text.
 *
 * @param texts those operations
 */
export function unrunnablePlugin(texts: ReadonlySet<string>): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart({ request }) {
      if (request.query === undefined || !texts.has(request.query)) return undefined;
      return {
        async willSendResponse({ response }) {
          if (response.body.kind !== 'single') return;
          const result = response.body.singleResult;
          // One that is beyond the limits as well still names such fields; the limits alone name none.
          if (!result.errors?.some(({ extensions }) => extensions?.code === 'BAD_USER_INPUT')) return;
          const message =
            'This stored operation asks for something that the acting role has not. Act in another role.';
          result.errors = [{ message, extensions: { code: 'BAD_USER_INPUT' } }];
        },
      };
    },
  };
}

/** Finds the text of a request's query, and refuses what is not stored where only stored operations run. */
export class TrustedDocuments {
  private readonly byId: ReadonlyMap<string, string>;
  private readonly texts: ReadonlySet<string>;

  /** @param forAll whether every role runs stored operations only, not just those whose `limits` say so */
  constructor(
    readonly documents: readonly TrustedDocument[],
    private readonly forAll: boolean,
  ) {
    this.byId = new Map(documents.map(({ id, text }) => [id, text]));
    this.texts = new Set(this.byId.values());
  }

  /**
   * The body with the query to run in it.
   *
   * @throws RequestFault NOT_FOUND for an unknown id, FORBIDDEN for a query that is not stored, BAD_USER_INPUT
   */
  resolve(body: QueryBody, limits: RoleLimits): QueryBody {
    const { documentId: named, ...rest } = body;
    const id = named ?? persistedHash(body.extensions);
    if (id === undefined) {
      if ((this.forAll || limits.trustedOnly) && !(body.query !== undefined && this.texts.has(body.query))) {
        const message =
          'Only stored operations run here. Send the `documentId` of one, or have yours added to those the gateway stores.';
        throw new RequestFault('FORBIDDEN', 403, 'not a stored operation', message);
      }
      return rest;
    }
    const query = this.byId.get(withPrefix(id));
    if (query === undefined) {
      const message =
        this.documents.length === 0
          ? noneStored(named !== undefined)
          : 'No stored operation has this id. Check the id, or have the operation added to those the gateway stores.';
      throw new RequestFault('NOT_FOUND', 404, 'unknown stored operation', message);
    }
    if (body.query !== undefined && body.query !== '' && body.query !== query) {
      const message = 'The query is not the one that the id names. Send one of the two.';
      throw new RequestFault('BAD_USER_INPUT', 400, 'id and query differ', message);
    }
    return { ...rest, query, extensions: null };
  }
}

/** Apollo's clients know one word only, and send the query itself when they read it. */
function noneStored(byId: boolean): string {
  if (!byId) return 'PersistedQueryNotSupported';
  return 'This gateway has no stored operations, so no `documentId` names one. Send the `query` itself, or have operations stored (SLUICE_TRUSTED_DOCUMENTS).';
}

/** The hash that clients of Apollo's protocol send in `extensions.persistedQuery`. */
function persistedHash(extensions: QueryBody['extensions']): string | undefined {
  const persisted = extensions?.persistedQuery;
  if (typeof persisted !== 'object' || persisted === null || !('sha256Hash' in persisted)) return undefined;
  return typeof persisted.sha256Hash === 'string' ? persisted.sha256Hash : undefined;
}
