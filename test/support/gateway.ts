import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { signToken } from '../../local/src/issuer/tokens';
import { readConfig } from '../../src/config';
import { createServer, type ServerOptions } from '../../src/server';
import { localAws, type TestAws } from './local-aws';

/** Who asks, in a test. */
export interface Caller {
  role: string;
  tenant?: string;
  roles?: string[];
  subject?: string;
  claims?: Record<string, string | string[]>;
  ttl?: string;
  headers?: Record<string, string>;
}

export interface GraphqlError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string };
}

export interface Answer {
  status: number;
  text: string;
  // Answers are as varied as queries; tests say what they expect of them.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: any;
  errors: GraphqlError[] | undefined;
  extensions: {
    policy?: string;
    masking?: { path: string; action: string }[];
    cost?: {
      engineCalls: {
        engine: string;
        statementId: string;
        dataset: string;
        scannedBytes: number;
        costUsd: number;
        shared: boolean;
      }[];
      totalCostUsd: number;
    };
    requestId?: string;
  };
}

export interface Gateway {
  url: string;
  ask(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<Answer>;
  post(body: string, headers: Record<string, string>): Promise<Answer>;
  token(caller: Caller): Promise<string>;
  /** Takes the policy file as it is now, as SIGHUP does. */
  reload(): Promise<void>;
  /** Everything the gateway logged so far. */
  log(): string;
  /** Lines of the read audit that are not stored in the lake yet: of an hour, unless the test says otherwise. */
  audited(): Record<string, unknown>[];
  close(): Promise<void>;
}

/** Claims that give every role of the sample policy something to see. */
export const SAMPLE_CLAIMS: Record<string, Record<string, string[]>> = {
  hr_manager: { departments: ['Sales', 'Research & Development'] },
  sales_rep: { markets: ['Germany', 'France'] },
  fleet_operator: { sites: ['Hamburg', 'Rotterdam'] },
};

/** Headers that give every role of the sample policy something to see; a caller's own take their place. */
export const SAMPLE_HEADERS: Record<string, Record<string, string>> = {
  fraud_investigator: { 'x-purpose': 'fraud_investigation' },
  emergency_responder: { 'x-break-glass-reason': 'A crane in Hamburg does not answer.' },
};

/** Starts the real gateway on a free port, against the local AWS of this test run unless another is given. */
export async function startGateway(
  overrides: Record<string, string> = {},
  aws: Pick<TestAws, 'dataDir' | 'environment'> = localAws(),
  options: ServerOptions = {},
): Promise<Gateway> {
  // The AWS SDK finds its credentials where it always does.
  process.env.AWS_ACCESS_KEY_ID = aws.environment.AWS_ACCESS_KEY_ID;
  process.env.AWS_SECRET_ACCESS_KEY = aws.environment.AWS_SECRET_ACCESS_KEY;
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const variables = {
    ...aws.environment,
    PORT: '0',
    SLUICE_AUDIT_DIR: join(aws.dataDir, `audit-${randomUUID()}`),
    SLUICE_AUDIT_SECONDS: '3600',
    ...overrides,
  };
  const config = readConfig(variables);
  const server: FastifyInstance = await createServer(config, pino({ level: 'info' }, sink), options);
  const url = await server.listen({ port: 0, host: '127.0.0.1' });

  async function token(caller: Caller): Promise<string> {
    const { role, tenant = 'aurora', roles = [role], subject = `${role}@test`, ttl = '10m' } = caller;
    const claims = caller.claims ?? SAMPLE_CLAIMS[role] ?? {};
    return signToken({ dataDir: aws.dataDir, role, roles, tenant, subject, claims, ttl });
  }

  async function post(body: string, headers: Record<string, string>): Promise<Answer> {
    const response = await fetch(`${url}/graphql`, { method: 'POST', body, headers });
    const text = await response.text();
    const parsed = (text.startsWith('{') ? JSON.parse(text) : {}) as Partial<Answer>;
    return {
      status: response.status,
      text,
      data: parsed.data,
      errors: parsed.errors,
      extensions: parsed.extensions ?? {},
    };
  }

  return {
    url,
    token,
    post,
    async ask(caller, query, variables) {
      return post(JSON.stringify({ query, variables }), {
        'content-type': 'application/json',
        authorization: `Bearer ${await token(caller)}`,
        ...(caller.headers ?? SAMPLE_HEADERS[caller.role]),
      });
    },
    reload: () => server.reloadPolicy(),
    log: () => lines.join(''),
    audited: () =>
      readdirSync(config.SLUICE_AUDIT_DIR)
        .filter((file) => file.endsWith('.ndjson'))
        .flatMap((file) => readFileSync(join(config.SLUICE_AUDIT_DIR, file), 'utf8').split('\n'))
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    close: () => server.close(),
  };
}
