import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** The page's own address and nothing else; Monaco sets styles from script, hence `unsafe-inline` for styles alone. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Names under `assets/` carry a hash of their content. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** An operation to start from in GraphiQL. */
interface Example {
  name: string;
  description: string;
  query: string;
  variables?: Record<string, unknown>;
}

/** Serves GraphiQL from the built web workspace. The page needs no token to load; what it asks needs one. */
export function addGraphiql(server: FastifyInstance): void {
  const root = resolve(__dirname, '../web/dist');
  if (!existsSync(root)) {
    server.log.warn('GraphiQL is not built: run "npm run build --workspace web".');
    return;
  }
  const examples = readExamples(resolve(__dirname, '../operations/examples'));
  void server.register(fastifyStatic, {
    root,
    prefix: '/graphiql/',
    preCompressed: true,
    cacheControl: false,
    setHeaders,
  });
  server.get('/graphiql', (_request, reply) => reply.redirect('/graphiql/'));
  server.get('/graphiql/examples.json', async () => examples);
}

function setHeaders(reply: FastifyReply, path: string): void {
  void reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
  void reply.header('referrer-policy', 'no-referrer');
  void reply.header('x-content-type-options', 'nosniff');
  void reply.header('cache-control', path.includes('/assets/') ? IMMUTABLE : 'no-cache');
}

/** Each `.graphql` file is an operation, described by its first comment; a `.json` beside it holds its variables. */
function readExamples(folder: string): Example[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .map((file) => {
      const query = readFileSync(join(folder, file), 'utf8');
      const variables = join(folder, `${basename(file, '.graphql')}.json`);
      return {
        name: /\b(?:query|mutation) (\w+)/.exec(query)?.[1] ?? file,
        description: /^# (.*)$/m.exec(query)?.[1] ?? '',
        query,
        ...(existsSync(variables)
          ? { variables: JSON.parse(readFileSync(variables, 'utf8')) as Record<string, unknown> }
          : {}),
      };
    });
}
