import { serveLoopback, type LoopbackServer } from '../wire/loopback';
import { signingKey } from './keys';

/** Serves the issuer's public key at `/.well-known/jwks.json`. */
export async function serveJwks(port: number, dataDir: string): Promise<LoopbackServer> {
  const { publicJwk } = await signingKey(dataDir);
  const body = JSON.stringify({ keys: [publicJwk] });
  return serveLoopback(port, undefined, async (request, response) => {
    if (request.method === 'GET' && request.url === '/.well-known/jwks.json')
      response
        .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' })
        .end(body);
    else response.writeHead(404).end();
  });
}
