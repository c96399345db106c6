import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import dynalite from 'dynalite';
import type { FaultPlan } from '../wire/faults';
import { controlFaults, listen, shut, stall, type LoopbackServer } from '../wire/loopback';

/** Serves DynamoDB from a LevelDB folder; tables are ready at once. Faults are planned by API name (`GetItem`). */
export async function serveDynamoDb(
  port: number,
  folder: string,
  faults: FaultPlan,
): Promise<LoopbackServer> {
  await mkdir(folder, { recursive: true });
  const server = dynalite({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const [answer] = server.listeners('request') as RequestListener[];
  if (!answer) throw new Error('dynalite has no request handler.');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (request.url === '/_faults') void controlFaults(faults, request, response);
    else void suffer(request, response, faults, () => answer(request, response));
  });
  server.keepAliveTimeout = 60_000;
  const url = await listen(server, port);
  return { url, close: () => shut(server) };
}

async function suffer(
  request: IncomingMessage,
  response: ServerResponse,
  faults: FaultPlan,
  answer: () => void,
): Promise<void> {
  const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
  const suffered = faults.take(operation);
  if (suffered.throttle)
    return fail(response, 400, 'ProvisionedThroughputExceededException', 'The request rate is too high.');
  await stall(suffered.stallMillis, response);
  if (suffered.failure !== undefined) return fail(response, 500, 'InternalServerError', suffered.failure);
  if (suffered.drop) response.end = (() => request.socket.destroy()) as unknown as typeof response.end;
  answer();
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message });
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
}
