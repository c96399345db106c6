import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../local/src/engines/free-port';
import { signToken } from '../../local/src/issuer/tokens';
import { localAws } from './local-aws';

/** The gateway as a process of its own. */
export interface GatewayProcess {
  child: ChildProcess;
  url: string;
  /** Settles when it has ended. */
  ended: Promise<unknown>;
  /** Asks as `steward`; gives the id of a request that was answered with data. */
  ask(query: string): Promise<string | undefined>;
}

/**
 * @param output number of a file that it logs to, instead of being kept for the error when it does not start
 * @param probe what it loads first, which hears what is sent to the child; then it runs compiled sources
 */
export async function startGatewayProcess(
  overrides: Record<string, string>,
  output?: number,
  probe?: { file: string; compiled: string },
): Promise<GatewayProcess> {
  const aws = localAws();
  const port = await freePort();
  const child = spawn(
    process.execPath,
    probe === undefined
      ? ['-r', '@swc-node/register', 'src/main.ts']
      : ['-r', probe.file, `${probe.compiled}/src/main.js`],
    {
      cwd: resolve(__dirname, '../..'),
      env: { PATH: process.env.PATH, ...aws.environment, PORT: String(port), ...overrides },
      stdio: ['ignore', output ?? 'pipe', 'pipe', ...(probe === undefined ? [] : ['ipc' as const])],
    },
  );
  const ended = once(child, 'exit');
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const token = await signToken({
    dataDir: aws.dataDir,
    role: 'steward',
    roles: ['steward'],
    tenant: 'aurora',
    subject: 'steward@test',
    claims: {},
    ttl: '10m',
  });
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The gateway ended: ${said}`);
    const up = await fetch(`http://127.0.0.1:${port}/livez`).then(
      () => true,
      () => false,
    );
    if (up) break;
    await sleep(100);
  }
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    ended,
    ask: async (query) => {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query }),
      });
      const answer = (await response.json()) as { errors?: unknown; extensions: { requestId: string } };
      return answer.errors === undefined ? answer.extensions.requestId : undefined;
    },
  };
}
