import { mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FolderClaim } from '../../engines/claim';
import { fetchTrino } from '../../engines/downloads';
import { EngineProcess } from '../../engines/engine-process';
import { freePort } from '../../engines/free-port';
import { findJava, javaProgram, type JavaRuntime } from '../../engines/java';
import { localPath } from './locations';
import { runStatement } from './protocol';

/** Where Trino keeps and finds things. */
export interface TrinoOptions {
  /** Folder for tables and settings; it survives restarts and serves one process at a time. */
  dataDir: string;
  /** Folder of the local S3 server: the object `s3://bucket/key` is its file `bucket/key`. */
  s3Root: string;
  /** Catalogs beside `AwsDataCatalog`, each with its own databases. */
  otherCatalogs?: string[];
  /** Memory of the Java heap in megabytes, for tables beyond a laptop's; statements are then compiled for long runs. */
  heapMegabytes?: number;
}

/** A running Trino server with Iceberg tables, on a free port of 127.0.0.1. */
export interface TrinoServer {
  url: string;
  pid: number;
  dataDir: string;
  s3Root: string;
  /** The file behind a location that Trino names, be it `local:///…` or `s3://…`. */
  localPath(location: string): string;
  close(): Promise<void>;
}

/** Athena's name for the Glue catalog of the account. Trino takes catalog names in small letters. */
const DEFAULT_CATALOG = 'awsdatacatalog';

/** Enough for a million rows on a laptop. */
const HEAP_MEGABYTES = 2_500;
/** Part of it that one query may take: Trino keeps three tenths for itself. */
const QUERY_SHARE = 0.4;

/** Java options that Trino asks for. */
const JVM_OPTIONS = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djdk.attach.allowAttachSelf=true',
  '--sun-misc-unsafe-memory-access=allow',
  '-Duser.timezone=UTC',
];

/**
 * Starts Trino, fetching it first if need be, and waits until it answers a query. It ends with `close`, and with this
 * process however that ends. Needs Java 24 or later.
 */
export async function startTrino(options: TrinoOptions): Promise<TrinoServer> {
  const [home, java] = await Promise.all([fetchTrino(), findJava(24)]);
  const dataDir = resolve(options.dataDir);
  const s3Root = resolve(options.s3Root);
  const marker = `-Dnode.data-dir=${join(dataDir, 'node')}`;
  const claim = await FolderClaim.take(dataDir, marker);
  let engine: EngineProcess | undefined;
  try {
    const port = await freePort();
    const catalogs = [DEFAULT_CATALOG, ...(options.otherCatalogs ?? [])];
    await layOut(dataDir, s3Root);
    const heap = options.heapMegabytes ?? HEAP_MEGABYTES;
    await writeSettings(dataDir, home, port, catalogs, Math.floor(heap * QUERY_SHARE));
    const trino = await EngineProcess.start({
      name: 'Trino',
      command: javaProgram(java).command,
      args: [
        `-Xmx${heap}m`,
        // Queries on a laptop are short: compiling them twice costs more than it saves.
        ...(options.heapMegabytes === undefined ? ['-XX:TieredStopAtLevel=1'] : []),
        ...javaArguments(home, dataDir, java, marker),
      ],
      cwd: join(dataDir, 'node'),
      log: join(dataDir, 'trino.log'),
      stopSignal: 'SIGTERM',
    });
    engine = trino;
    await claim.setServer(trino.pid);
    const url = `http://127.0.0.1:${port}`;
    // Trino says that it has started a few seconds before it takes queries.
    await trino.waitUntil(() => answers(url, catalogs), 180_000);
    return {
      url,
      pid: trino.pid,
      dataDir,
      s3Root,
      localPath: (location) => localPath(dataDir, location),
      async close() {
        await trino.stop();
        await claim.release();
      },
    };
  } catch (error) {
    await engine?.stop();
    await claim.release();
    throw error;
  }
}

/**
 * Trino sees one folder, `files`: tables below `lake`, staged copies below `external`, and the S3 folder as a link, so
 * that both may move without breaking the locations that table metadata name.
 */
async function layOut(dataDir: string, s3Root: string): Promise<void> {
  await mkdir(join(dataDir, 'files', 'external'), { recursive: true });
  await mkdir(join(dataDir, 'etc', 'catalog'), { recursive: true });
  await mkdir(join(dataDir, 'node'), { recursive: true });
  await mkdir(s3Root, { recursive: true });
  const link = join(dataDir, 'files', 's3');
  if ((await readlink(link).catch(() => undefined)) === s3Root) return;
  await rm(link, { force: true });
  await symlink(s3Root, link, 'dir');
}

async function writeSettings(
  dataDir: string,
  home: string,
  port: number,
  catalogs: string[],
  queryMegabytes: number,
): Promise<void> {
  const etc = join(dataDir, 'etc');
  await rm(join(etc, 'catalog'), { recursive: true, force: true });
  await mkdir(join(etc, 'catalog'));
  await writeFile(
    join(etc, 'config.properties'),
    properties({
      coordinator: 'true',
      'node-scheduler.include-coordinator': 'true',
      'http-server.http.port': String(port),
      'http-server.log.enabled': 'false',
      'discovery.uri': `http://127.0.0.1:${port}`,
      'query.max-memory': `${queryMegabytes}MB`,
      'query.max-memory-per-node': `${queryMegabytes}MB`,
      'plugin.dir': join(home, 'plugin'),
      'catalog.config-dir': join(etc, 'catalog'),
    }),
  );
  for (const catalog of catalogs) {
    const name = catalog.toLowerCase();
    await writeFile(
      join(etc, 'catalog', `${name}.properties`),
      properties({
        'connector.name': 'iceberg',
        'iceberg.catalog.type': 'TESTING_FILE_METASTORE',
        'hive.metastore.catalog.dir': `local:///lake/${name}`,
        'fs.native-local.enabled': 'true',
        'local.location': join(dataDir, 'files'),
        'iceberg.unique-table-location': 'true',
        'iceberg.expire-snapshots.min-retention': '0s',
        'iceberg.remove-orphan-files.min-retention': '0s',
        'iceberg.add-files-procedure.enabled': 'true',
        'iceberg.allowed-extra-properties': '*',
      }),
    );
  }
}

function javaArguments(home: string, dataDir: string, java: JavaRuntime, marker: string): string[] {
  return [
    '-cp',
    join(home, 'lib', '*'),
    ...JVM_OPTIONS,
    // Faster where it exists; cut-down runtimes lack it and Trino does without.
    ...(java.modules.includes('jdk.incubator.vector') ? ['--add-modules=jdk.incubator.vector'] : []),
    '-Dnode.environment=sluice',
    '-Dnode.id=sluice',
    '-Dnode.bind-ip=127.0.0.1',
    '-Dnode.internal-address=127.0.0.1',
    marker,
    `-Dconfig=${join(dataDir, 'etc', 'config.properties')}`,
    'io.trino.server.TrinoServer',
  ];
}

/**
 * Whether Trino takes queries that spread over its workers and read tables of every catalog. A plain `SELECT 1` needs no
 * worker and passes seconds before the server has found itself as one, and as one that has the catalogs.
 */
async function answers(url: string, catalogs: string[]): Promise<boolean> {
  const info = (await (await fetch(`${url}/v1/info`)).json()) as { starting: boolean };
  if (info.starting) return false;
  const query = `SELECT count(*) FROM system.runtime.nodes WHERE state = 'active'
                 UNION ALL SELECT max(c) FROM (SELECT n, count(*) AS c FROM UNNEST(sequence(1, 9)) AS t(n) GROUP BY n)`;
  const values = await firstCells(url, query, DEFAULT_CATALOG);
  if (values.length !== 2 || values.some((value) => value !== 1)) return false;
  for (const catalog of catalogs) if (!(await readsTables(url, catalog))) return false;
  return true;
}

/** A schema of the start's own, gone again when the server is ready. */
const PROBE = 'sluice_start';

async function readsTables(url: string, catalog: string): Promise<boolean> {
  await firstCells(url, `CREATE SCHEMA IF NOT EXISTS ${PROBE}`, catalog);
  await firstCells(url, `CREATE TABLE IF NOT EXISTS ${PROBE}.probe (n integer)`, catalog);
  const [rows] = await firstCells(url, `SELECT count(*) FROM ${PROBE}.probe`, catalog);
  await firstCells(url, `DROP TABLE ${PROBE}.probe`, catalog);
  await firstCells(url, `DROP SCHEMA ${PROBE}`, catalog);
  return rows === 0;
}

/** The first cell of each row; fails when the statement does. */
async function firstCells(url: string, sql: string, catalog: string): Promise<unknown[]> {
  const statement = await runStatement(url, sql, { catalog, schema: undefined });
  const cells: unknown[] = [];
  for await (const page of statement.pages) cells.push(...page.map((row) => row[0]));
  return cells;
}

/** The text of a Java properties file. */
function properties(values: Record<string, string>): string {
  const escape = (text: string): string =>
    text.replace(/[\\\u0000-\u001f\u007f-\uffff]|^ /g, (char) =>
      char === '\\' || char === ' ' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return Object.entries(values)
    .map(([name, value]) => `${name}=${escape(value)}\n`)
    .join('');
}
