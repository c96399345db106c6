import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServeAwsMessage, ServeAwsOrder } from '../commands/serve-aws';
import type { Endpoints } from '../endpoints';
import { refuseIfServed } from '../lock';
import { seedSampleCompany } from '../sample/seed';
import type { StartOptions } from './arguments';
import { Child, describeEnd } from './child';
import { gatewayEnvironment } from './environment';
import { prepareDataDir } from './folder';
import { gatewayKeys } from './keys';
import { readyMadeLinks, type Link } from './links';

const LOCAL = resolve(__dirname, '../..');
const PROJECT = resolve(LOCAL, '..');
/** Milliseconds between two looks at `/readyz`. */
const READY_POLL = 50;

/** What `npm start` has running. */
export interface Launched {
  gateway: string;
  links: Link[];
  /** Settles with a sentence when a child ends that nobody stopped. */
  lost: Promise<string>;
}

/** As `npm run gateway` has it: pages that wait for an engine outgrow the 16 MB that Node gives young objects. */
const NURSERY = '--max-semi-space-size=32';

/** Seconds between two looks of the worker of erasures: people who try it out watch. */
const WORKER_POLL = '2';

/** Starts local AWS, the gateway and the worker of erasures, one after the other, and ends them in reverse. */
export class Launch {
  private readonly children: Child[] = [];
  private stopped = false;

  constructor(
    private readonly options: StartOptions,
    private readonly say: (line: string) => void,
  ) {}

  /** Throws an Error to show to the user; `stop` is still needed then. */
  async start(): Promise<Launched> {
    const { dataDir, port, lake } = this.options;
    await refusePortInUse(port);
    await prepareDataDir(dataDir);
    await refuseIfServed(dataDir);
    this.say('Starting local AWS …');
    const aws = this.spawn('local AWS', join(LOCAL, 'src/commands/serve-aws.ts'), [lake], {
      SLUICE_DATA_DIR: dataDir,
    });
    const [endpoints, keys] = await Promise.all([awsReady(aws), gatewayKeys(dataDir)]);
    const environment = gatewayEnvironment(endpoints, keys, dataDir);
    await this.unlessLost(seedSampleCompany({ endpoints, dataDir, lake, progress: this.say }));
    this.say('Starting the gateway …');
    const settings = {
      ...environment,
      ...chosen(this.options.environment),
      PORT: String(port),
      HOST: '127.0.0.1',
      LOG_LEVEL: this.options.environment.LOG_LEVEL || 'warn',
    };
    const gateway = this.spawn('gateway', join(PROJECT, 'src/main.ts'), [], {
      ...settings,
      NODE_OPTIONS: NURSERY,
    });
    aws.send({ kind: 'companion', pid: gateway.pid } satisfies ServeAwsOrder);
    const url = `http://127.0.0.1:${port}`;
    const [links] = await Promise.all([
      readyMadeLinks(dataDir, join(LOCAL, 'sample-viewers.yaml'), url),
      this.unlessLost(gatewayReady(url, gateway)),
    ]);
    const worker = this.spawn('erasure worker', join(PROJECT, 'src/erasure/main.ts'), ['work'], {
      ...settings,
      SLUICE_ERASURE_POLL_SECONDS: WORKER_POLL,
    });
    aws.send({ kind: 'companion', pid: worker.pid } satisfies ServeAwsOrder);
    return { gateway: url, links, lost: this.lost() };
  }

  /** Ends what was started, the last first; safe to call at any time and more than once. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const child of this.children.splice(0).reverse()) await child.stop();
  }

  private spawn(name: string, script: string, args: string[], variables: Record<string, string>): Child {
    if (this.stopped) throw new Error('Stopped while starting.');
    const child = new Child(
      name,
      script,
      args,
      { ...inherited(this.options.environment), ...variables },
      PROJECT,
    );
    this.children.push(child);
    return child;
  }

  private async lost(): Promise<string> {
    return describeEnd(await Promise.race(this.children.map((child) => child.ended)));
  }

  private async unlessLost<T>(work: Promise<T>): Promise<T> {
    return Promise.race([
      work,
      this.lost().then((sentence) => {
        throw new Error(sentence);
      }),
    ]);
  }
}

/** Variables of the gateway that somebody may want to try here, and that lead to no account. */
const CHOICES = [
  'SLUICE_POLICY_FILE',
  'SLUICE_POLICY_RELOAD_SECONDS',
  'SLUICE_TRUSTED_DOCUMENTS',
  'SLUICE_TRUSTED_ONLY',
];

function chosen(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    CHOICES.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
}

/** Children get the system's variables, and none that would point the gateway at a real account. */
function inherited(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(environment).filter(
    ([name, value]) =>
      value !== undefined && !name.startsWith('AWS_') && !name.startsWith('SLUICE_') && name !== 'PORT',
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

async function refusePortInUse(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((done, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} is in use. End what listens there, or choose another: PORT=${port + 1} npm start`,
            )
          : new Error(`Port ${port} cannot be used: ${error.message}`),
      ),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => done()));
  });
}

async function awsReady(aws: Child): Promise<Endpoints> {
  const message = await Promise.race([
    new Promise<ServeAwsMessage>((done) => aws.onMessage((got) => done(got as ServeAwsMessage))),
    aws.ended.then((end) => ({ kind: 'failed' as const, message: describeEnd(end) })),
  ]);
  if (message.kind === 'failed') throw new Error(`Local AWS cannot start: ${message.message}`);
  return message.endpoints;
}

async function gatewayReady(url: string, gateway: Child): Promise<void> {
  while (gateway.running) {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    );
    if (response?.status === 200) return;
    await sleep(READY_POLL);
  }
}
