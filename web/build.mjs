// Builds dist/ with Vite, unless what is there was made from the same sources and the same packages.
// `--force` builds in any case. Without Vite (npm ci --omit=dev) it says so and leaves things as they are.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const stampFile = join(here, 'dist', '.built-from');

const require = createRequire(import.meta.url);
try {
  require.resolve('vite/package.json');
} catch {
  console.log('GraphiQL was not built: Vite is not installed (npm ci without --omit=dev brings it).');
  process.exit(0);
}

const stamp = fingerprint();
const known = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
if (known === stamp && !process.argv.includes('--force')) {
  console.log('GraphiQL is up to date.');
} else {
  const { build } = await import('vite');
  await build({ root: here, configFile: join(here, 'vite.config.mts'), logLevel: 'warn' });
  writeFileSync(stampFile, stamp);
  console.log('GraphiQL is built in web/dist.');
}

/** A hash over the sources and over the installed version of each package that goes into the bundle. */
function fingerprint() {
  const hash = createHash('sha256');
  const add = (name, path) => hash.update(`${name}\0`).update(readFileSync(path)).update('\0');
  for (const name of ['build.mjs', 'index.html', 'package.json', 'vite.config.mts'])
    add(name, join(here, name));
  for (const folder of ['public', 'src']) {
    for (const entry of readdirSync(join(here, folder), { recursive: true, withFileTypes: true }).sort(
      byPath,
    )) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) add(path.slice(here.length), path);
    }
  }
  const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  for (const name of Object.keys(manifest.devDependencies)) {
    const path = require.resolve
      .paths(name)
      .map((folder) => join(folder, name, 'package.json'))
      .find(existsSync);
    hash.update(`${name} ${path && JSON.parse(readFileSync(path, 'utf8')).version}\n`);
  }
  return hash.digest('hex');
}

function byPath(left, right) {
  return join(left.parentPath, left.name) < join(right.parentPath, right.name) ? -1 : 1;
}
