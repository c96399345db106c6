import { parseArgs } from 'node:util';
import { UsageError } from '../commands';
import { checkDeclarations } from '../auth/declaration-check';
import { checkPolicy } from '../auth/policy-check';
import { policyFileOf } from '../config';
import { BootError } from '../errors';
import { buildFullSchema } from '../schema/build';
import { declarations } from '../schema/catalog';
import { meaningsOf, undeclaredFields } from '../schema/meanings';
import { readPolicy } from './sources';
import { readSamples } from './samples';
import { classWarnings, policyWarnings, type Samples } from './warnings';

export const CHECK_HELP = `npm run policy -- check [FILE] [--strict] [--samples Dataset=FILE] [--sample --tenant T [--rows N]]

Lists everything that would keep the gateway from starting, and warns of what somebody should look at: columns
declared \`public\` or \`internal\` that look like an e-mail address, a card number and the like, group minimums that
a list of rows walks around, rules without effect.

  FILE                    the policy (default: SLUICE_POLICY_FILE, or policy/policy.yaml); - reads standard input
  --strict                exit with 1 for warnings too
  --samples Dataset=FILE  look at values as well: rows of a dataset from a CSV file with a header, or JSON lines (.ndjson);
                          columns are named by field or by physical name; may be given again
  --sample                look at values in the stores that the gateway is configured for; needs --tenant
  --tenant T              whose rows are looked at
  --rows N                how many of each dataset (default 200, at most 1,000)

Values are looked at and forgotten: none is printed or logged.
Exit status: 0 nothing wrong, 1 findings (or, with --strict, warnings), 2 the command is wrong.
`;

/** `check`: findings, warnings, and classes suggested by names and values. */
export async function check(args: string[], write: (text: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      strict: { type: 'boolean', default: false },
      samples: { type: 'string', multiple: true, default: [] },
      sample: { type: 'boolean', default: false },
      tenant: { type: 'string' },
      rows: { type: 'string', default: '200' },
    },
  });
  if (positionals.length > 1) throw new UsageError('check takes one file.');
  const samples = await readSamples(values);
  const { findings, warnings, hints } = checked(positionals[0] ?? policyFileOf(), samples);
  for (const finding of findings) write(`${finding}\n`);
  for (const warning of warnings) write(`warning: ${warning}\n`);
  for (const hint of hints) write(`hint: ${hint}\n`);
  write(`${findings.length} findings, ${warnings.length} warnings, ${hints.length} hints\n`);
  return findings.length > 0 || (values.strict && warnings.length > 0) ? 1 : 0;
}

function checked(name: string, samples: Samples): Record<'findings' | 'warnings' | 'hints', string[]> {
  const declared = checkDeclarations(declarations);
  const undeclared =
    declared.length > 0 ? [] : undeclaredFields(buildFullSchema(), declarations, meaningsOf(declarations));
  const findings = [...declared, ...undeclared];
  const classes = classWarnings(declarations, samples);
  try {
    const file = readPolicy(name);
    findings.push(...checkPolicy(file, declarations));
    return {
      findings,
      warnings: [...policyWarnings(file, declarations), ...classes.warnings],
      hints: classes.hints,
    };
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    return { findings: [...findings, ...error.findings], ...classes };
  }
}
