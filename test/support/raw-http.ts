import { request as httpRequest } from 'node:http';

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
