import { createHash } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import type { Endpoints } from '../../../local/src/endpoints';
import { signToken } from '../../../local/src/issuer/tokens';
import { gatewayEnvironment } from '../../../local/src/start/environment';
import type { RolePolicy } from '../../../src/auth/policy';
import type { Tenancy, World } from '../world/world';
import { HttpClient, type HttpAnswer } from './http';

/** Local AWS with one world in it, and real gateways in front, each a process of its own. */

const SCRIPTS = __dirname;
/** As `npm run gateway` has it: most objects live as long as one request. */
const YOUNG_OBJECTS = '--max-semi-space-size=32';
/** Life of a token, in minutes, where the role does not bound it. */
const LONG_MINUTES = 24 * 60;

export interface Asked {
  headers: Record<string, string>;
  body: string;
}

/** Who asks. */
export interface Caller {
  tenancy: Pick<Tenancy, 'tenant' | 'claims'>;
  role: RolePolicy;
  /** What the request says it is for. */
  purpose?: string | undefined;
}

/** A gateway under test. */
export interface TestGateway {
  url: string;
  ask(asked: Asked): Promise<HttpAnswer>;
  get(path: string): Promise<HttpAnswer>;
  /** CPU time that its process has used, in microseconds. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

export interface Stack {
  world: World;
  dataDir: string;
  endpoints: Endpoints;
  /** Where the gateways write what they write to files. */
  keys: Record<string, string>;
  /** Variables of a gateway in front of it. */
  environment: Record<string, string>;
  gateway(options?: { policy?: string; fault?: string; log?: (line: string) => void }): Promise<TestGateway>;
  /** The headers of a caller, with a token that lives. */
  headers(caller: Caller): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** Keys that the seed alone decides, so that tokens, and with them orders by token, come again. */
export function keysOf(seed: string): Record<string, string> {
  const key = (name: string): string =>
    createHash('sha512').update(`${seed} ${name}`).digest().toString('base64');
  return {
    SLUICE_MASK_KEY: key('mask'),
    SLUICE_CURSOR_KEY: key('cursor'),
    SLUICE_AUDIT_KEY: key('audit'),
    SLUICE_ERASURE_KEY: createHash('sha256').update(`${seed} erasure`).digest().toString('base64'),
  };
}

export async function startStack(world: World, policy: string, seed: string): Promise<Stack> {
  const keys = keysOf(seed);
  const child = startChild('aws-process.ts', [world, policy, keys.SLUICE_MASK_KEY ?? ''], {});
  const { dataDir, endpoints } = await firstMessage<{ dataDir: string; endpoints: Endpoints }>(child);
  const gateways: TestGateway[] = [];
  const tokens = new Map<string, { token: Promise<string>; renew: number }>();
  const environment = gatewayEnvironment(endpoints, keys as never, dataDir);
  return {
    world,
    dataDir,
    endpoints,
    keys,
    environment,
    async gateway(options = {}) {
      const gateway = await startGateway({
        environment: {
          ...environment,
          // Stored records would differ from run to run, so all stay in their folder.
          SLUICE_AUDIT_SECONDS: '86400',
          SLUICE_AUDIT_SEGMENT_BYTES: '268435456',
          SLUICE_POLICY_FILE: options.policy ?? policy,
        },
        fault: options.fault,
        log: options.log,
      });
      gateways.push(gateway);
      return gateway;
    },
    async headers({ tenancy: { tenant, claims }, role, purpose }) {
      const minutes = role.breakGlass?.maxMinutes ?? LONG_MINUTES;
      const name = JSON.stringify([tenant, role.name, claims]);
      let signed = tokens.get(name);
      if (signed === undefined || Date.now() > signed.renew) {
        const subject = `tester-${role.name}`;
        const token = signToken({ dataDir, role: role.name, tenant, subject, claims, ttl: `${minutes}m` });
        signed = { token, renew: Date.now() + (minutes * 60_000) / 2 };
        tokens.set(name, signed);
      }
      return {
        authorization: `Bearer ${await signed.token}`,
        ...(role.breakGlass === undefined ? {} : { 'x-break-glass-reason': 'privacy test at random' }),
        ...(purpose === undefined ? {} : { 'x-purpose': purpose }),
      };
    },
    async stop() {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
      await stopChild(child, () => child.send('stop'));
    },
  };
}

async function startGateway(parts: {
  environment: Record<string, string>;
  fault: string | undefined;
  log: ((line: string) => void) | undefined;
}): Promise<TestGateway> {
  const child = startChild('gateway-process.ts', parts.fault === undefined ? [] : [parts.fault], {
    ...parts.environment,
    PORT: '0',
  });
  eachLine(child, parts.log ?? (() => undefined));
  const { url } = await firstMessage<{ url: string }>(child);
  const http = new HttpClient(url);
  return {
    url,
    ask: ({ headers, body }) =>
      http.send('POST', '/graphql', body, {
        'content-type': 'application/json',
        ...headers,
      }),
    get: (path) => http.send('GET', path, undefined, {}),
    async cpu() {
      const answer = firstMessage<{ cpu: number }>(child);
      child.send('cpu');
      return (await answer).cpu;
    },
    async stop() {
      http.close();
      await stopChild(child, () => child.kill('SIGTERM'));
    },
  };
}

function startChild(script: string, args: string[], environment: Record<string, string>): ChildProcess {
  return spawn(
    process.execPath,
    [YOUNG_OBJECTS, '-r', '@swc-node/register', `${SCRIPTS}/${script}`, ...args],
    {
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
}

function firstMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`A process of the test ended early (${code ?? 'signal'}).`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

function eachLine(child: ChildProcess, line: (text: string) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8');
  child.stdout?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) line(text);
  });
}

async function stopChild(child: ChildProcess, tell: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  tell();
  const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(killer);
}
