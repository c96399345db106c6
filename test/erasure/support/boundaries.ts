import { createServer, Agent, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Endpoints } from '../../../local/src/endpoints';

/** A place between a process and the services: just before a request is passed on, or just before its reply is. */
export interface Boundary {
  /** Number of the request, from 1. */
  request: number;
  when: 'before' | 'after';
}

type Service = 'dynamodb' | 'athena' | 'redshiftData' | 's3';
const SERVICES: readonly Service[] = ['dynamodb', 'athena', 'redshiftData', 's3'];
/** Asking again whether a statement has ended is no boundary: nothing changed since it was asked before. */
const POLLS = ['GetQueryExecution', 'DescribeStatement'];

/** Stands before all services, counts what passes, and stops one process at one place. */
export class Boundaries {
  /** What passed, in order: `dynamodb PutItem CHAIN/000000000003`. */
  readonly seen: string[] = [];
  private readonly servers: Server[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private stop: { at: Boundary; kill: () => Promise<void> } | undefined;
  private last = '';
  private polled = 0;

  private constructor(readonly endpoints: Endpoints) {}

  static async open(real: Endpoints): Promise<Boundaries> {
    const boundaries = new Boundaries({ ...real });
    for (const service of SERVICES) {
      const target = new URL(real[service]);
      const server = createServer((request, response) => {
        void boundaries
          .pass(service, target, request)
          .then((reply) => {
            // Whoever asked is dead.
            if (reply === undefined) return response.destroy();
            response.writeHead(reply.status, reply.headers);
            response.end(reply.body);
          })
          .catch(() => response.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      boundaries.endpoints[service] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      boundaries.servers.push(server);
    }
    return boundaries;
  }

  /** Counts anew. At the boundary it kills, and lets nothing through any more. */
  arm(at: Boundary | undefined, kill: () => Promise<void>): void {
    this.seen.length = 0;
    this.last = '';
    this.stop = at === undefined ? undefined : { at, kill };
  }

  async close(): Promise<void> {
    this.agent.destroy();
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  private async pass(service: Service, target: URL, request: IncomingMessage) {
    const body = await whole(request);
    const name = nameOf(service, request, body);
    const poll = POLLS.some((one) => name.includes(one));
    if (!poll || name !== this.last) this.seen.push(name);
    else this.polled += 1;
    this.last = name;
    const number = poll && this.polled > 0 && name === this.last ? this.seen.length : this.seen.length;
    const { stop } = this;
    const here = stop?.at.request === number && !this.passed.has(number);
    if (stop !== undefined && number > stop.at.request) return undefined;
    if (here && stop?.at.when === 'before') {
      await stop.kill();
      return undefined;
    }
    const reply = await this.forward(target, request, body);
    if (here) {
      await stop?.kill();
      return undefined;
    }
    return reply;
  }
}
