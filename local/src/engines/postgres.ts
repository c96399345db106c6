import { randomBytes } from 'node:crypto';
import { access, chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'node:net';
import { run, type Program } from './command';
import { EngineProcess } from './engine-process';
import { freePort } from './free-port';

const INSTALL = 'Install PostgreSQL: apt-get install -y postgresql.';

/** A running PostgreSQL with an empty database, for a `pg` client. */
export interface Postgres {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  pid: number;
  close(): Promise<void>;
}

/**
 * Starts an empty PostgreSQL in a temporary folder on a free port of 127.0.0.1. PostgreSQL refuses to run as root, so
 * root starts it as the user `postgres`, whom Debian's package creates.
 */
export async function startPostgres(): Promise<Postgres> {
  const bin = await findPostgres();
  const owner = process.getuid?.() === 0 ? await userIds('postgres') : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-postgres-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    if (owner) await chown(folder, owner.uid, owner.gid);
    const password = randomBytes(16).toString('hex');
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (owner) await chown(passwordFile, owner.uid, owner.gid);
    const data = join(folder, 'data');
    const as = (name: string, args: string[]): { program: Program; args: string[] } => {
      const command = join(bin, name);
      if (!owner) return { program: { command, install: INSTALL }, args };
      return {
        program: { command: 'setpriv', install: 'Install setpriv: apt-get install -y util-linux.' },
        args: [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups', command, ...args],
      };
    };
    const init = as('initdb', [
      '--pgdata',
      data,
      '--username=sluice',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]);
    await run(init.program, init.args, { cwd: folder });
    const port = await freePort();
    const settings = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
    };
    const start = as('postgres', [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]);
    const engine = await EngineProcess.start({
      name: 'PostgreSQL',
      command: start.program.command,
      args: start.args,
      cwd: folder,
      log: join(folder, 'postgres.log'),
      // Fast shutdown: open connections are closed, not waited for.
      stopSignal: 'SIGINT',
    });
    const pidFile = join(data, 'postmaster.pid');
    await engine.waitUntil(
      async () => (await readFile(pidFile, 'utf8')).includes('ready') && (await accepts(port)),
      30_000,
    );
    return {
      host: '127.0.0.1',
      port,
      user: 'sluice',
      password,
      database: 'postgres',
      pid: engine.pid,
      async close() {
        await engine.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * The folder of PostgreSQL's server programs, which Debian keeps off the PATH: the newest version there is. Fails with
 * how to install it.
 */
export async function findPostgres(): Promise<string> {
  const versions = (await readdir('/usr/lib/postgresql').catch(() => []))
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a));
  const candidates = [
    ...versions.map((version) => `/usr/lib/postgresql/${version}/bin`),
    ...(process.env.PATH ?? '').split(':').filter((folder) => folder !== ''),
  ];
  for (const folder of candidates) {
    const whole = await Promise.all(['initdb', 'postgres'].map((name) => access(join(folder, name), 1))).then(
      () => true,
      () => false,
    );
    if (whole) return folder;
  }
  throw new Error(`PostgreSQL is missing. ${INSTALL}`);
}

async function userIds(user: string): Promise<{ uid: number; gid: number }> {
  const id = { command: 'id', install: 'Install coreutils.' };
  try {
    return {
      uid: Number(await run(id, ['-u', user])),
      gid: Number(await run(id, ['-g', user])),
    };
  } catch {
    throw new Error(`PostgreSQL does not run as root and there is no user ${user}. ${INSTALL}`);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
