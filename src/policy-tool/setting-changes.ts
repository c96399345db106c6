import type { ErasureRules } from '../auth/policy-file';
import { MASK_ACTIONS, type ErasureRight, type MaskAction } from '../schema/vocabulary';
import { actionRisk, boundRisk, opposite, type Risk } from './risk';
import type { KeyPath, TreeChange } from './tree';
import { oneLine, rowRuleWords } from './words';

/** What a difference of one key says. A key that nobody knows here is told as it stands, and its risk is unclear. */

export interface Saying {
  risk: Risk;
  sentence: string;
}

type Reader = (change: TreeChange, names: readonly string[]) => Saying[] | undefined;

/** Patterns of keys; `*` stands for a name, which the reader gets. The first that fits and has something to say counts. */
const READERS: readonly (readonly [pattern: string, read: Reader])[] = [
  [
    'roles.*.description',
    (_change, [role]) => [{ risk: 'neutral', sentence: `${role} is described in other words.` }],
  ],
  ['roles.*.domains.*', domain],
  ['roles.*.domains.*.classes.*', unusedAction],
  ['roles.*.domains.*.columns.*', unusedAction],
  ['roles.*.domains.*.rows', rows],
  ['roles.*.domains.*.access', access],
  ['roles.*.domains.*.groups', groups],
  ['roles.*.domains.*.groups.minimum', minimum],
  ['roles.*.domains.*.groups.protection', protection],
  ['roles.*.domains.*.groups.round', round],
  ['roles.*.domains.*.purposes.*', neededPurposes],
  ['roles.*.breakGlass', breakGlass],
  ['roles.*.breakGlass.maxMinutes', (change) => [asBound(change, boundRisk(change.from, change.to))]],
  ['roles.*.erasure', erasure],
  ['roles.*.erasure.may', erasureRights],
  ['roles.*.erasure.keys', erasureKeys],
  ['roles.*.limits.*', (change) => [asBound(change, boundRisk(change.from, change.to))]],
  [
    'purposes.*',
    (change, [name]) => [{ risk: 'neutral', sentence: `The purpose ${name}: ${fromTo(change)}.` }],
  ],
  ['hierarchies.*.*', below],
  ['audit.required', auditRequired],
];

/** At least one sentence for any difference. */
export function settingChange(change: TreeChange): Saying[] {
  for (const [pattern, read] of READERS) {
    const names = namesIn(pattern, change.path);
    const said = names === undefined ? undefined : read(change, names);
    if (said !== undefined && said.length > 0) return said;
  }
  const key = change.path.join('.');
  if (change.reordered === true) return [{ risk: 'unclear', sentence: `${key}: the same in another order.` }];
  return [{ risk: 'unclear', sentence: `${key}: ${fromTo(change)}.` }];
}

function namesIn(pattern: string, path: KeyPath): string[] | undefined {
  const parts = pattern.split('.');
  if (parts.length !== path.length) return undefined;
  if (parts.some((part, index) => part !== '*' && part !== path[index])) return undefined;
  return path.filter((_, index) => parts[index] === '*');
}

/** `10 → 20`; for lists what came and went. */
function fromTo({ from, to, added, removed }: TreeChange): string {
  if (added !== undefined || removed !== undefined) {
    const parts = [
      ...(added ?? []).map((each) => `+ ${oneLine(each)}`),
      ...(removed ?? []).map((each) => `− ${oneLine(each)}`),
    ];
    return parts.join(', ');
  }
  return `${said(from)} → ${said(to)}`;
}

function said(value: unknown): string {
  if (value === undefined) return 'nothing';
  return oneLine(value) === '' ? 'empty' : oneLine(value);
}

function asBound(change: TreeChange, risk: Risk): Saying {
  const [, role, ...key] = change.path;
  const verb =
    risk === 'wider'
      ? 'would be bounded less'
      : risk === 'narrower'
        ? 'would be bounded more'
        : 'would be bounded otherwise';
  return { risk, sentence: `${role} ${verb} (${key.join('.')}: ${fromTo(change)}).` };
}

function domain({ from, to }: TreeChange, [role, name]: readonly string[]): Saying[] {
  if (to === undefined) return [{ risk: 'narrower', sentence: `${role} would lose the domain ${name}.` }];
  if (from !== undefined) return [];
  const rules = to as { rows?: Record<string, unknown>[] };
  const kept = (rules.rows ?? []).map(
    (rule) => ` Only rows of ${String(rule.dataset)} where ${rowRuleWords(rule)}.`,
  );
  return [{ risk: 'wider', sentence: `${role} would get the domain ${name}.${kept.join('')}` }];
}

/** An action that decides about no field, or about none otherwise than before. */
function unusedAction({ from, to, path }: TreeChange, [role, area, name]: readonly string[]): Saying[] {
  const kind = path.at(-2) === 'columns' ? 'column' : 'class';
  const [older, newer] = [actionOr(from), actionOr(to)];
  // A class left unlisted is hidden; a column without a line of its own follows its class.
  const risk = kind === 'column' ? 'neutral' : actionRisk(older ?? 'hide', newer ?? 'hide');
  const note =
    kind === 'column'
      ? 'What the role gets of it stays the same.'
      : `No field of the domain ${area} follows it today.`;
  return [
    {
      risk,
      sentence: `${role}, ${kind} ${name}: ${older ?? 'not listed'} → ${newer ?? 'not listed'}. ${note}`,
    },
  ];
}

function actionOr(value: unknown): MaskAction | undefined {
  return MASK_ACTIONS.find((action) => action === value);
}

function rows(
  { added = [], removed = [], reordered }: TreeChange,
  [role, area]: readonly string[],
): Saying[] {
  if (reordered === true)
    return [{ risk: 'neutral', sentence: `The row rules of ${role} in ${area} stand in another order.` }];
  const words = (rule: unknown): string => {
    const known = rule as Record<string, unknown>;
    return `${String(known.dataset)} where ${rowRuleWords(known)}`;
  };
  return [
    ...removed.map((rule): Saying => ({
      risk: 'wider',
      sentence: `${role} would no longer be kept to rows of ${words(rule)}.`,
    })),
    ...added.map((rule): Saying => ({
      risk: 'narrower',
      sentence: `${role} would see only rows of ${words(rule)}.`,
    })),
  ];
}

function access(change: TreeChange, [role, area]: readonly string[]): Saying[] {
  const aggregates = change.to === 'aggregates';
  if (!aggregates && change.from !== 'aggregates') return [];
  return [
    aggregates
      ? {
          risk: 'narrower',
          sentence: `${role} would see only aggregates of ${area}, no rows (${fromTo(change)}).`,
        }
      : {
          risk: 'wider',
          sentence: `${role} would see rows of ${area}, not only aggregates (${fromTo(change)}).`,
        },
  ];
}

function groups({ from, to }: TreeChange, [role, area]: readonly string[]): Saying[] {
  if (to === undefined) {
    const sentence = `${role} would be shown groups of any size in ${area} (was: ${oneLine(from)}).`;
    return [{ risk: 'wider', sentence }];
  }
  if (from !== undefined) return [];
  const sentence = `${role} would be shown protected groups only in ${area} (${oneLine(to)}).`;
  return [{ risk: 'narrower', sentence }];
}

function protection({ from, to }: TreeChange, [role, area]: readonly string[]): Saying[] {
  const noise = to === 'noise';
  if (!noise && from !== 'noise') return [];
  return [
    noise
      ? { risk: 'narrower', sentence: `${role} would see figures of ${area} through noise.` }
      : { risk: 'wider', sentence: `${role} would see exact figures of ${area}, not through noise.` },
  ];
}

function round(change: TreeChange, [role, area]: readonly string[]): Saying[] {
  const base = (value: unknown): unknown => value ?? 1;
  const risk = opposite(boundRisk(base(change.from), base(change.to)));
  const sentence = `${role} would see counts of ${area} rounded to ${Number(base(change.to))} (was: ${Number(base(change.from))}).`;
  return [{ risk, sentence }];
}

function minimum(change: TreeChange, [role, area]: readonly string[]): Saying[] {
  const zero = (value: unknown): unknown => value ?? 0;
  const risk = opposite(boundRisk(zero(change.from), zero(change.to)));
  return [
    {
      risk,
      sentence: `${role} would be shown groups in ${area} from ${Number(zero(change.to))} people on (was: ${Number(zero(change.from))}).`,
    },
  ];
}

function neededPurposes(change: TreeChange, [role, area, name]: readonly string[]): Saying[] {
  const { added = [], removed = [] } = change;
  const where = `the class ${name} in ${area}`;
  if (change.whole === 'came') {
    return [{ risk: 'narrower', sentence: `${role} would need a purpose for ${where}: ${oneLine(added)}.` }];
  }
  if (change.whole === 'went') {
    return [
      {
        risk: 'wider',
        sentence: `${role} would no longer need a purpose for ${where} (was: ${oneLine(removed)}).`,
      },
    ];
  }
  return [
    ...added.map((purpose): Saying => ({
      risk: 'wider',
      sentence: `${role} could use ${where} for the purpose ${oneLine(purpose)} too.`,
    })),
    ...removed.map((purpose): Saying => ({
      risk: 'narrower',
      sentence: `${role} could no longer use ${where} for the purpose ${oneLine(purpose)}.`,
    })),
  ];
}

function breakGlass({ from, to }: TreeChange, [role]: readonly string[]): Saying[] {
  if (from === undefined) {
    return [{ risk: 'narrower', sentence: `${role} would become a break-glass role (${oneLine(to)}).` }];
  }
  if (to !== undefined) return [];
  return [
    { risk: 'wider', sentence: `${role} would no longer be a break-glass role: no reason, no time limit.` },
  ];
}

/** Right by right, since each is another thing to be trusted with. */
const ERASES: Readonly<Record<ErasureRight, string>> = {
  request: 'ask for erasures',
  approve: 'approve erasures',
  hold: 'hold and release erasures',
  extend: 'extend the time of erasures',
  pause: 'pause all erasures',
  read: 'see erasures',
};

/** What a role may do about erasures, as half sentences: `may approve erasures`. */
export function erasureWords(rules: ErasureRules | undefined): string[] {
  if (rules === undefined) return [];
  const keys = rules.keys === 'clear' ? ['sees the keys of people under erasure in the clear'] : [];
  return [...rules.may.map((right) => `may ${ERASES[right]}`), ...keys];
}

function erasure({ from, to }: TreeChange, [role]: readonly string[]): Saying[] | undefined {
  const rules = (to ?? from) as Partial<ErasureRules> | undefined;
  if (!Array.isArray(rules?.may)) return undefined;
  const came = from === undefined;
  const keys: Saying[] =
    rules.keys === 'clear'
      ? erasureKeys({ path: [], from: came ? 'tokens' : 'clear', to: came ? 'clear' : 'tokens' }, [
          role ?? '',
        ])
      : [];
  return [...erasureRights({ path: [], [came ? 'added' : 'removed']: rules.may }, [role ?? '']), ...keys];
}

function erasureRights(
  { added = [], removed = [], reordered }: TreeChange,
  [role]: readonly string[],
): Saying[] {
  if (reordered === true)
    return [{ risk: 'neutral', sentence: `What ${role} may do about erasures stands in another order.` }];
  const words = (right: unknown): string => ERASES[right as ErasureRight] ?? oneLine(right);
  return [
    ...added.map((right): Saying => ({
      risk: 'wider',
      sentence: `${role} would begin to ${words(right)}.`,
    })),
    ...removed.map((right): Saying => ({
      risk: 'narrower',
      sentence: `${role} would no longer ${words(right)}.`,
    })),
  ];
}

function erasureKeys({ to }: TreeChange, [role]: readonly string[]): Saying[] {
  return [
    to === 'clear'
      ? {
          risk: 'wider',
          sentence: `${role} would begin to see the keys of people under erasure in the clear (was: tokens).`,
        }
      : {
          risk: 'narrower',
          sentence: `${role} would see the keys of people under erasure only as tokens (was: in the clear).`,
        },
  ];
}

function below({ added = [], removed = [] }: TreeChange, [name, parent]: readonly string[]): Saying[] {
  return [
    ...added.map((child): Saying => ({
      risk: 'wider',
      sentence: `In the hierarchy ${name}, ${oneLine(child)} would stand below ${parent}: who has ${parent} gets its rows too.`,
    })),
    ...removed.map((child): Saying => ({
      risk: 'narrower',
      sentence: `In the hierarchy ${name}, ${oneLine(child)} would no longer stand below ${parent}.`,
    })),
  ];
}

function auditRequired({ added = [], removed = [] }: TreeChange): Saying[] {
  return [
    ...removed.map((name): Saying => ({
      risk: 'wider',
      sentence: `Answers with the class ${oneLine(name)} would be given without their audit line, too.`,
    })),
    ...added.map((name): Saying => ({
      risk: 'narrower',
      sentence: `Answers with the class ${oneLine(name)} would be given only with their audit line.`,
    })),
  ];
}
