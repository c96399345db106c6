import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTrino } from '../../../local/src/athena/trino/server';
import { startDynamoDbLocal } from '../../../local/src/engines/dynamodb-local';
import { startPostgres } from '../../../local/src/engines/postgres';

/** An engine under way, and what a test needs to reach it. */
interface Hosted {
  info: unknown;
  close(): Promise<void>;
}

const STARTERS: Record<string, () => Promise<Hosted>> = {
  async trino() {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-trino-'));
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      const server = await startTrino({ dataDir: join(folder, 'trino'), s3Root: join(folder, 's3') });
      const { url, pid, dataDir, s3Root } = server;
      return { info: { url, pid, dataDir, s3Root }, close: () => server.close().then(remove) };
    } catch (error) {
      await remove();
      throw error;
    }
  },
  async dynamodb() {
    const server = await startDynamoDbLocal();
    return { info: { endpoint: server.endpoint, pid: server.pid }, close: () => server.close() };
  },
  async postgres() {
    const server = await startPostgres();
    const { host, port, user, password, database, pid } = server;
    return { info: { host, port, user, password, database, pid }, close: () => server.close() };
  },
};

/**
 * Starts engines on demand, each once in a Jest run, and tells test files how to reach them over HTTP on 127.0.0.1:
 * Jest gives each file a world of its own, so an engine kept in a variable would start once a file.
 */
export class EngineHost {
  private readonly engines = new Map<string, Promise<Hosted>>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<EngineHost> {
    const server = createServer();
    const host = new EngineHost(server);
    server.on('request', (request, response) => {
      // A connection kept open would be closed by its idle time just as the next test file asks.
      response.setHeader('connection', 'close');
      host.engine((request.url ?? '').slice(1)).then(
        ({ info }) => response.end(JSON.stringify(info)),
        (error: unknown) => {
          response.statusCode = 500;
          response.end(error instanceof Error ? error.message : String(error));
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return host;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const engine of this.engines.values()) {
      // One that failed to start has nothing to close, and its test said why.
      const started = await engine.catch(() => undefined);
      await started?.close();
    }
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private engine(name: string): Promise<Hosted> {
    const known = this.engines.get(name);
    if (known) return known;
    const start = STARTERS[name];
    const engine = start ? start() : Promise.reject(new Error(`There is no engine ${name}.`));
    this.engines.set(name, engine);
    return engine;
  }
}
