import { parseArgs } from 'node:util';
import { loadPolicy } from './auth/policy';
import { BootError } from './errors';
import { readTrustedDocuments, runnable } from './execution/trusted-documents';
import { buildFullSchema } from './schema/build';
import { declarations } from './schema/catalog';
import { meaningsOf } from './schema/meanings';
import { roleView } from './schema/role-view';

const HELP = `Usage: npm run documents -- [--check | --manifest] [--policy FILE] [FOLDER or MANIFEST]

Reads stored operations (operations unless named) as SLUICE_TRUSTED_DOCUMENTS gives them to the gateway.

  --check          says which roles can run each; exits with 1 when one is invalid or no role can run it (the default)
  --manifest       prints a manifest: a JSON object of ids (SHA-256 of the text) and texts
  --policy FILE    the policy; policy/policy.yaml unless given
`;

/** `npm run documents`: exit status 0, 1 for a finding, 2 for a wrong command line. */
function main(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      check: { type: 'boolean' },
      manifest: { type: 'boolean' },
      policy: { type: 'string', default: 'policy/policy.yaml' },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const fullSchema = buildFullSchema();
  const documents = readTrustedDocuments(positionals[0] ?? 'operations', fullSchema);
  if (values.manifest === true) {
    const manifest = Object.fromEntries(documents.map(({ id, text }) => [id, text]));
    process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
    return 0;
  }
  const policy = loadPolicy(values.policy, declarations);
  const meanings = meaningsOf(declarations);
  const runs = [...policy.roles.values()].map((role) => ({
    role: role.name,
    documents: new Set(runnable(documents, roleView(fullSchema, meanings, role), role.limits)),
  }));
  let orphans = 0;
  for (const document of documents) {
    const roles = runs.filter((each) => each.documents.has(document)).map(({ role }) => role);
    if (roles.length === 0) orphans += 1;
    const who = roles.length === 0 ? 'no role can run it' : roles.join(', ');
    process.stdout.write(`${document.id}  ${document.source}\n    ${who}\n`);
  }
  return orphans === 0 ? 0 : 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (error instanceof BootError) {
    process.stderr.write(error.findings.map((finding) => `${finding}\n`).join(''));
    process.exitCode = 1;
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${HELP}`);
    process.exitCode = 2;
  }
}
