import { deepStrictEqual } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { freePort } from '../local/src/engines/free-port';
import { PAGE_ROWS, TENANT, type People } from './canned/rows';
import type { LoadClient, Shot } from './measure/load';
import { Measured } from './measure/processes';
import type { Rival, Workload } from './workloads';

/** What is measured: Sluice in one role or another, and plain handlers. Each is a process of its own. */
export interface Subject {
  name: string;
  kind: 'sluice' | 'rival';
  /** True when all requests ask the same, so that Sluice shares what is in flight. */
  same: boolean;
  process: Measured;
  port: number;
  shot(variation: number): Shot;
  /** Throws when the answer to a request is not what it must be. */
  check(client: LoadClient): Promise<void>;
}

const ISSUER = 'https://issuer.bench.example';
const AUDIENCE = 'sluice';

/** The canned endpoints and the keys of the tokens. */
export class Endpoints {
  private constructor(
    readonly url: string,
    private readonly process: Measured,
    private readonly key: CryptoKey,
    readonly people: People,
  ) {}

  /** @param people whom pages are about */
  static async start(people: People = 'few'): Promise<Endpoints> {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA');
    const keys = [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'EdDSA', use: 'sig' }];
    const process = Measured.start('The canned endpoint', 'bench/canned/server.ts', [
      JSON.stringify({ keys }),
      people,
    ]);
    return new Endpoints(`http://127.0.0.1:${await process.port()}`, process, privateKey, people);
  }

  token(role: string): Promise<string> {
    return new SignJWT({ tenant: TENANT, roles: [role] })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'bench' })
      .setSubject('bench-user')
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime('6h')
      .sign(this.key);
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}

/** The gateway itself, as `src/main.ts` starts it, with the project's policy, and its audit lines written. */
export async function startSluice(
  workload: Workload,
  endpoints: Endpoints,
  choice: { masked: boolean; same: boolean; switched?: boolean; segmentBytes?: number },
): Promise<Subject & { auditFolder: string }> {
  const role = choice.masked ? workload.maskingRole : workload.clearRole;
  const name = `Sluice as ${role}${choice.same ? ', all ask the same' : ''}`;
  const key = (): string => randomBytes(64).toString('base64');
  const port = await freePort();
  const auditFolder = mkdtempSync(join(tmpdir(), 'sluice-bench-audit-'));
  const process = Measured.start(name, choice.switched === true ? 'bench/switched.ts' : 'src/main.ts', [], {
    PORT: String(port),
    LOG_LEVEL: 'info',
    SLUICE_JWKS_URL: `${endpoints.url}/keys`,
    SLUICE_TOKEN_ISSUER: ISSUER,
    SLUICE_TOKEN_AUDIENCE: AUDIENCE,
    SLUICE_MASK_KEY: key(),
    SLUICE_CURSOR_KEY: key(),
    SLUICE_AUDIT_KEY: key(),
    SLUICE_ERASURE_KEY: randomBytes(32).toString('base64'),
    SLUICE_AUDIT_DIR: auditFolder,
    SLUICE_AUDIT_LOCATION: 's3://canned/audit/',
    ...(choice.segmentBytes === undefined ? {} : { SLUICE_AUDIT_SEGMENT_BYTES: String(choice.segmentBytes) }),
    SLUICE_DYNAMODB_ENDPOINT: endpoints.url,
    SLUICE_ATHENA_ENDPOINT: endpoints.url,
    SLUICE_S3_ENDPOINT: endpoints.url,
    SLUICE_REDSHIFT_ENDPOINT: endpoints.url,
  });
  await process.ready(`http://127.0.0.1:${port}/readyz`);
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${await endpoints.token(role)}`,
  };
  const shot = (variation: number): Shot => ({
    method: 'POST',
    path: '/graphql',
    headers,
    body: JSON.stringify({
      query: workload.query,
      variables: workload.variables(choice.same ? 0 : variation),
    }),
  });
  return {
    name,
    kind: 'sluice',
    same: choice.same,
    process,
    port,
    auditFolder,
    shot,
    check: async (client) => {
      const answer = JSON.parse((await client.fetch(shot(0))).toString());
      if (answer.errors !== undefined) throw new Error(`${name}: ${JSON.stringify(answer.errors)}`);
      const found = workload.pick(answer.data);
      if (endpoints.people !== 'few') deepStrictEqual((found as unknown[]).length, PAGE_ROWS);
      else if (!choice.masked) deepStrictEqual(found, workload.expected(0));
      else checkMasked(name, found, workload.expected(0), answer.extensions?.masking);
    },
  };
}

/** As many rows as in the clear, not all as in the clear, and the answer says which are not. */
function checkMasked(name: string, found: unknown, clear: unknown, masking: unknown): void {
  const rows = (value: unknown): number => (Array.isArray(value) ? value.length : 1);
  if (rows(found) !== rows(clear)) throw new Error(`${name}: the answer has not all the rows.`);
  if (!Array.isArray(masking) || masking.length === 0) throw new Error(`${name}: nothing is masked.`);
  if (JSON.stringify(found) === JSON.stringify(clear)) throw new Error(`${name}: the rows are clear.`);
}

/** A plain handler. */
export async function startRival(workload: Workload, endpoints: Endpoints, rival: Rival): Promise<Subject> {
  const name = `Plain handler: ${rival.name}`;
  const process = Measured.start(name, 'bench/rivals/server.ts', [endpoints.url]);
  const port = await process.port();
  const shot = (variation: number): Shot => ({
    method: 'GET',
    path: `${rival.path}?argument=${encodeURIComponent(workload.argument(variation))}`,
  });
  return {
    name,
    kind: 'rival',
    same: false,
    process,
    port,
    shot,
    check: async (client) => {
      const answer = JSON.parse((await client.fetch(shot(0))).toString());
      deepStrictEqual(answer.rows ?? answer, workload.expected(0));
    },
  };
}
