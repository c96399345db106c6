import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transform } from '@swc/core';

/**
 * The gateway's sources as plain JavaScript in a folder of their own, so that a process starts within a second.
 *
 * @param also other files that a process needs, such as `test/erasure/support/people.ts`
 */
export async function compileSources(
  also: readonly string[] = [],
): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-compiled-'));
  const root = resolve(__dirname, '../../..');
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{}');
  const sources = (await readdir(join(root, 'src'), { recursive: true })).map((file) => join('src', file));
  for (const file of [...sources, ...also]) {
    if (!file.endsWith('.ts')) continue;
    const { code } = await transform(await readFile(join(root, file), 'utf8'), {
      filename: file,
      swcrc: false,
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2022',
      },
      module: { type: 'commonjs' },
    });
    const to = join(folder, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, code);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
