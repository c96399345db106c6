import { parseArgs } from 'node:util';
import { UsageError } from '../commands';
import { checkPolicy } from '../auth/policy-check';
import { BootError } from '../errors';
import { declarations } from '../schema/catalog';
import { differences, fieldSentence, type Change } from './differences';
import { RISKS, type Risk } from './risk';
import { readPolicy } from './sources';

export const DIFF_HELP = `npm run policy -- diff OLD NEW [--format text|json] [--allow-wider]

Says as sentences what would change for whom if NEW took the place of OLD, what lets see more first.

  OLD, NEW         policies; one of them may be - (standard input) or a shell's <(git show main:policy/policy.yaml)
  --format F       text (default) or json
  --allow-wider    exit with 0 for any differences, once somebody has agreed to them

A change is wider, unclear (neither more nor less, or a key that this command does not know), narrower or neutral.
Exit status: 0 nothing differs, 1 only narrower or neutral, 2 something wider or unclear,
3 the command or a policy is wrong.
`;

const HEADINGS: Readonly<Record<Risk, string>> = {
  wider: 'Wider',
  unclear: 'Different; whether more is seen, somebody has to judge',
  narrower: 'Narrower',
  neutral: 'Without effect on what is seen',
};

/** `diff`: what one policy lets differ from another. */
export function diff(args: string[], write: (text: string) => void): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'text' },
      'allow-wider': { type: 'boolean', default: false },
    },
  });
  const [older, newer, ...more] = positionals;
  if (older === undefined || newer === undefined || more.length > 0) {
    throw new UsageError('diff takes two policies: OLD and NEW.');
  }
  if (values.format !== 'text' && values.format !== 'json') {
    throw new UsageError('--format is one of: text, json.');
  }
  const [from, to] = [readPolicy(older), readPolicy(newer)];
  // The old one may speak of what is no longer declared; the new one is what the gateway would start with.
  const findings = checkPolicy(to, declarations);
  if (findings.length > 0) throw new BootError(findings);
  const changes = differences(from, to, declarations);
  const status = statusOf(changes);
  write(
    values.format === 'json'
      ? `${JSON.stringify({ old: older, new: newer, result: RESULTS[status], changes }, null, 2)}\n`
      : diffText(changes),
  );
  return values['allow-wider'] ? 0 : status;
}

const RESULTS = ['equal', 'narrower', 'wider'] as const;

function statusOf(changes: readonly Change[]): 0 | 1 | 2 {
  if (changes.length === 0) return 0;
  return changes.some(({ risk }) => risk === 'wider' || risk === 'unclear') ? 2 : 1;
}

/** Sentences below a heading for each risk; fields of one dataset that change alike share one. */
function diffText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'The two policies say the same.\n';
  return RISKS.flatMap((risk) => {
    const own = changes.filter((change) => change.risk === risk);
    if (own.length === 0) return [];
    return [
      `${HEADINGS[risk]}:\n${together(own)
        .map((line) => `  ${line}\n`)
        .join('')}`,
    ];
  }).join('\n');
}

function together(changes: readonly Change[]): string[] {
  const groups = new Map<string, Change[]>();
  changes.forEach((change, index) => {
    const { role, field } = change;
    const alike = field === undefined ? String(index) : [role, field.dataset, field.from, field.to].join(' ');
    groups.set(alike, [...(groups.get(alike) ?? []), change]);
  });
  return [...groups.values()].map((alike) => {
    const [first] = alike;
    const places = [...new Set(alike.map(({ place }) => place))];
    const names = alike.flatMap(({ field }) =>
      field === undefined ? [] : [`${field.dataset}.${field.field}`],
    );
    const sentence =
      first?.field === undefined || first.role === undefined
        ? (first?.sentence ?? '')
        : fieldSentence(first.role, names, first.field.from, first.field.to);
    return `${sentence} [${places.join(', ')}]`;
  });
}
