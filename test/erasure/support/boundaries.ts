import { Agent, createServer, request as send, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoints } from '../../../local/src/endpoints';
import type { Config } from '../../../src/config';

/** A place between a process and the services. */
export interface Boundary {
  /** Number of the request, from 1, of those whose names match. */
  request: number;
  /** All requests unless given. */
  of?: RegExp;
  /**
   * Just before the request is passed on; just before its reply is; or, of a request that began a statement, just before the
   * first reply that says that the statement has ended.
   */
  when: 'before' | 'after' | 'ended';
}

type Service = 'dynamodb' | 'athena' | 'redshiftData' | 's3';
const SERVICES: readonly Service[] = ['dynamodb', 'athena', 'redshiftData', 's3'];
/** Asking once more whether a statement has ended is no boundary: nothing changed since it was asked before. */
const POLLS = ['GetQueryExecution', 'DescribeStatement'];
const ENDED = /"(?:State|Status)":"(?:SUCCEEDED|FINISHED)"/;

/** Writes of a step's record: that it is planned, that it runs, that it is done. */
export function stepRecord(id: string): RegExp {
  return new RegExp(`^dynamodb PutItem BATCH#\\S+ STEP#\\d+#${id}$`);
}

interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** Stands before all services, counts what passes, and stops one process at one place. */
export class Boundaries {
  /** What passed, in order: `dynamodb PutItem CHAIN 000000000003`. */
  readonly seen: string[] = [];
  private readonly servers: Server[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private stop: { at: Boundary; kill: () => Promise<void> } | undefined;
  private counted = 0;
  private dead = false;
  /** Awaited before a request is passed on. */
  onRequest: ((name: string) => Promise<void>) | undefined;
  /** Told of a reply before it is passed back, with the bodies of both. */
  onReply: ((name: string, asked: Buffer, answered: Buffer) => void) | undefined;
  /** Answers in the place of a service; undefined: the service does. */
  inPlace: ((name: string, asked: Buffer) => Reply | undefined) | undefined;
  /** How far the services' clocks seem to be ahead, in milliseconds. */
  aheadMs = 0;

  private constructor(readonly endpoints: Endpoints) {}

  static async open(real: Endpoints): Promise<Boundaries> {
    const boundaries = new Boundaries({ ...real });
    for (const service of SERVICES) {
      const target = new URL(real[service]);
      const server = createServer((request, response) => {
        boundaries.pass(service, target, request).then(
          (reply) => {
            // Whoever asked is dead.
            if (reply === undefined) response.destroy();
            else response.writeHead(reply.status, reply.headers).end(reply.body);
          },
          () => response.destroy(),
        );
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      boundaries.endpoints[service] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      boundaries.servers.push(server);
    }
    return boundaries;
  }

  /** What a worker is configured with to work through here, with one store after the other. */
  get config(): Partial<Config> {
    return {
      SLUICE_DYNAMODB_ENDPOINT: this.endpoints.dynamodb,
      SLUICE_ATHENA_ENDPOINT: this.endpoints.athena,
      SLUICE_REDSHIFT_ENDPOINT: this.endpoints.redshiftData,
      SLUICE_S3_ENDPOINT: this.endpoints.s3,
      SLUICE_ERASURE_STORES_AT_ONCE: 1,
    };
  }

  /** Does something once: when requests of the names have come, one after the other, and the last is about to be passed on. */
  when(names: RegExp | readonly RegExp[], work: () => Promise<unknown> | void): void {
    const left = [names].flat();
    this.onRequest = async (passing) => {
      if (left[0]?.test(passing) !== true) return;
      left.shift();
      if (left.length === 0) await work();
    };
  }

  /** Counts anew. At the boundary it kills, and lets nothing through any more. */
  arm(at?: Boundary, kill: () => Promise<void> = async () => undefined): void {
    this.seen.length = 0;
    this.counted = 0;
    this.dead = false;
    this.stop = at === undefined ? undefined : { at, kill };
  }

  /** Whether the boundary was reached. */
  get reached(): boolean {
    return this.dead;
  }

  async close(): Promise<void> {
    this.agent.destroy();
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private async pass(service: Service, target: URL, request: IncomingMessage): Promise<Reply | undefined> {
    const body = await whole(request);
    const name = nameOf(service, request, body);
    if (this.dead) return undefined;
    const poll = POLLS.some((one) => name.includes(one));
    const polled = poll && this.seen.at(-1) === name;
    if (!polled) this.seen.push(name);
    const { stop } = this;
    const begun = stop?.at.when === 'ended' && this.counted >= stop.at.request;
    const counts = !polled && stop !== undefined && (stop.at.of?.test(name) ?? true);
    if (counts) this.counted += 1;
    const here = counts && this.counted === stop.at.request;
    if (here && stop.at.when === 'before') return this.end(stop);
    await this.onRequest?.(name);
    const reply = this.inPlace?.(name, body) ?? (await this.forward(target, request, body));
    this.onReply?.(name, body, reply.body);
    reply.headers.date = new Date(Date.now() + this.aheadMs).toUTCString();
    if (here && stop.at.when === 'after') return this.end(stop);
    if (begun && poll && ENDED.test(reply.body.toString('utf8'))) return this.end(stop);
    return reply;
  }

  /** Whoever asked is dead before anything else passes. */
  private async end({ kill }: { kill: () => Promise<void> }): Promise<undefined> {
    this.dead = true;
    await kill();
  }

  private forward(target: URL, request: IncomingMessage, body: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { method, url: path } = request;
      const headers = { ...request.headers, host: target.host, 'content-length': String(body.length) };
      delete (headers as Record<string, unknown>)['transfer-encoding'];
      const { hostname, port } = target;
      const passed = send({ agent: this.agent, hostname, port, method, path, headers }, (reply) => {
        whole(reply).then((content) => {
          const { 'transfer-encoding': _chunks, connection: _kept, ...rest } = reply.headers;
          resolve({ status: reply.statusCode ?? 502, headers: rest, body: content });
        }, reject);
      });
      passed.on('error', reject);
      passed.end(body);
    });
  }
}

async function whole(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Operation and what it is about, without what differs between two runs of the same. */
function nameOf(service: Service, request: IncomingMessage, body: Buffer): string {
  const operation = String(request.headers['x-amz-target'] ?? request.method ?? '')
    .split('.')
    .at(-1);
  if (service === 's3') return `s3 ${operation} ${(request.url ?? '').split('?')[0]}`;
  if (service !== 'dynamodb') {
    const [verb] = /DELETE FROM|MERGE INTO|OPTIMIZE|VACUUM|UPDATE|SELECT/.exec(body.toString('utf8')) ?? [];
    return `${service} ${operation}${verb === undefined ? '' : ` ${verb}`}`;
  }
  const { Item, Key } = JSON.parse(body.toString('utf8')) as Record<string, Record<string, { S?: string }>>;
  const place = Item ?? Key;
  return `dynamodb ${operation} ${place?.pk?.S ?? ''} ${place?.sk?.S ?? ''}`.trim();
}
