import { Agent, request as send } from 'node:http';

/** One request of the load. */
export interface Shot {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface LoadResult {
  /** Of each request, from sending it to the last byte of its answer, in milliseconds. */
  latencies: number[];
  /** From the first request to the last answer, in milliseconds. */
  elapsedMs: number;
  /** Length of one answer, in bytes. */
  answerBytes: number;
}

/** GraphQL faults come with status 200. */
const FAULT = '"errors":[';

/**
 * A closed loop: so many clients, each of which sends its next request when it has the answer to the last. One process
 * and one thread; connections are kept.
 */
export class LoadClient {
  private readonly agent: Agent;

  constructor(
    private readonly port: number,
    private readonly concurrency: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  }

  /**
   * @param shot gives the request of a number, counted from 0
   * @throws Error when an answer is not 200 or holds GraphQL errors
   */
  async run(count: number, shot: (index: number) => Shot): Promise<LoadResult> {
    const latencies: number[] = [];
    let next = 0;
    let answerBytes = 0;
    const client = async (): Promise<void> => {
      while (next < count) {
        const wanted = shot(next++);
        const began = performance.now();
        const body = await this.fetch(wanted);
        latencies.push(performance.now() - began);
        if (body.includes(FAULT)) throw new Error(`The answer holds errors: ${opening(body)}`);
        answerBytes = body.length;
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: this.concurrency }, client));
    return { latencies, elapsedMs: performance.now() - began, answerBytes };
  }

  /** The body of one answer with status 200. */
  fetch({ method, path, headers = {}, body }: Shot): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const request = send(
        {
          host: '127.0.0.1',
          port: this.port,
          agent: this.agent,
          method,
          path,
          headers: { ...headers, ...length },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = Buffer.concat(chunks);
            if (response.statusCode === 200) resolve(answer);
            else reject(new Error(`Status ${response.statusCode}: ${opening(answer)}`));
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function opening(body: Buffer): string {
  return body.toString('utf8', 0, 600);
}
