import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildFullSchema, schemaText } from './build';

/** Writes `schema.graphql`, or checks with `--check` that the committed one is current. */
const HELP = `Usage: npm run schema -- [--check] [--help]

Writes schema.graphql from the declarations.
  --check   write nothing; exit with 1 when the committed file differs
`;

function main(options: readonly string[]): number {
  const unknown = options.find((option) => option !== '--check' && option !== '--help');
  if (unknown !== undefined) {
    process.stderr.write(`Unknown option ${unknown}.\n${HELP}`);
    return 2;
  }
  if (options.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const file = resolve(__dirname, '../../schema.graphql');
  const text = schemaText(buildFullSchema());
  if (!options.includes('--check')) {
    writeFileSync(file, text);
    process.stdout.write(`Wrote ${file}\n`);
    return 0;
  }
  if (readFileSync(file, 'utf8') === text) return 0;
  process.stderr.write(
    'schema.graphql differs from the declarations. Run "npm run schema" and commit the result.\n',
  );
  return 1;
}

process.exitCode = main(process.argv.slice(2));
