import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';

/** Sends bytes to /graphql with headers in a list, so that one name can come twice. */
export function raw(
  gatewayUrl: string,
  headers: (string | number)[],
  body: Buffer,
  method = 'POST',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(gatewayUrl);
    const length = headers.includes('transfer-encoding') ? [] : ['content-length', body.length];
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path: '/graphql',
        method,
        headers: ['host', 'x', ...length, ...headers] as never,
        agent: false,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Code of the first error of an answer's text. */
export function codeOf(text: string): string | undefined {
  return (JSON.parse(text) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code;
}

/** Says bytes on a connection of their own, and gives all that was answered until it closed. */
export function say(gatewayUrl: string, bytes: Buffer | string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(new URL(gatewayUrl).port), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    // Refused before all was sent: what was answered until then counts.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
    );
  });
}

/** Status and body of the first answer in what a connection heard. */
export function answerIn(heard: string): { status: number; head: string; body: string } {
  const [head = '', ...rest] = heard.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), head, body: rest.join('\r\n\r\n') };
}

/** The headers of each answer in what a connection heard, each name with all that was sent for it. */
export function headsIn(heard: string): Record<string, string[]>[] {
  return heard
    .split(/^(?=HTTP\/1\.1 \d{3} )/m)
    .filter((answer) => answer !== '')
    .map((answer) => {
      const headers: Record<string, string[]> = {};
      for (const line of answerIn(answer).head.split('\r\n').slice(1)) {
        const [name = '', ...value] = line.split(': ');
        (headers[name.toLowerCase()] ??= []).push(value.join(': '));
      }
      return headers;
    });
}
