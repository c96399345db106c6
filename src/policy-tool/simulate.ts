import { parseArgs } from 'node:util';
import { UsageError } from '../commands';
import { buildPolicy } from '../auth/policy';
import { checkPolicy } from '../auth/policy-check';
import { BootError } from '../errors';
import { declarations } from '../schema/catalog';
import type { MaskAction } from '../schema/vocabulary';
import { auditFiles, auditLines, type RecordedCall } from './audit-lines';
import { Replay, type Replayed } from './replay';
import { RISKS, type Risk } from './risk';
import { readPolicy } from './sources';
import { SEEN } from './words';

export const SIMULATE_HELP = `npm run policy -- simulate NEW --audit FILE|FOLDER [--audit …] [--format text|json] [--callers N]

Replays recorded lines of the read audit against the policy NEW: which calls would have been refused, which fields
seen more or less, by which role and operation, and whom it concerns (their keyed tokens, as the audit has them).

  NEW              the policy; - reads standard input
  --audit PATH     lines to replay: a segment of the audit, a gateway's log, or a folder of them; .gz is read too
  --format F       text (default) or json
  --callers N      how many callers are named for each change (default 10)

Row rules, minimums, limits and claims depend on values, which the audit does not hold: compare them with diff.
A refused call is replayed only where a field alone was refused. Broken lines are counted, and the first are named.
Exit status: 0 nothing would change, 1 something would, 2 the command or the policy is wrong.
`;

/** Kinds of change, worst first for those who are asked about it. */
const KINDS = ['refused', 'answered', 'field'] as const;
/** Broken lines named at most. */
const NAMED = 20;
/** Callers remembered for each change at most, so that memory stays bounded. */
const REMEMBERED = 100_000;
/** Time between two words on progress, in milliseconds. */
const PROGRESS_MS = 2_000;

/** Calls of one role and operation that would change in one way. */
export interface Effect {
  kind: (typeof KINDS)[number];
  role: string;
  operation: string;
  /** Why a call would be refused, or the field. */
  what: string;
  from?: MaskAction;
  to?: MaskAction;
  risk?: Risk;
  calls: number;
  /** How many callers; at least so many where `moreCallers` is said. */
  callers: number;
  moreCallers?: true;
  /** Keyed tokens of some of them, each with its tenant. */
  named: string[];
}

/** What a policy says that no replay tells of. */
const NOT_REPLAYED = ['row rules', 'minimums of groups', 'limits', 'claims'] as const;

/** The outcome of a replay. */
export interface Simulation {
  /** What of the policy was not replayed, since it depends on values, which the audit does not hold. */
  notReplayed: readonly string[];
  lines: number;
  calls: number;
  /** Lines of a log that are no audit lines. */
  others: number;
  /** Refused calls of which the line does not tell enough. */
  unsure: number;
  broken: { count: number; first: { file: string; line: number; reason: string }[] };
  effects: Effect[];
}

/** `simulate`: what a policy would have changed. */
export async function simulate(args: string[], write: (text: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      audit: { type: 'string', multiple: true, default: [] },
      format: { type: 'string', default: 'text' },
      callers: { type: 'string', default: '10' },
    },
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError('simulate takes one policy: NEW.');
  if (values.audit.length === 0) throw new UsageError('Name the recorded lines with --audit FILE or FOLDER.');
  if (values.format !== 'text' && values.format !== 'json')
    throw new UsageError('--format is one of: text, json.');
  const callers = Number(values.callers);
  if (!Number.isInteger(callers) || callers < 0) throw new UsageError('--callers is a whole number.');
  const file = readPolicy(name);
  const findings = checkPolicy(file, declarations);
  if (findings.length > 0) throw new BootError(findings);
  const files = await auditFiles(values.audit);
  const result = await simulated(new Replay(buildPolicy(file, declarations), declarations), files, callers);
  write(values.format === 'json' ? `${JSON.stringify(result, null, 2)}\n` : simulationText(result));
  return result.effects.length === 0 ? 0 : 1;
}

async function simulated(
  replay: Replay,
  files: readonly { file: string; bytes: number }[],
  callers: number,
): Promise<Simulation> {
  const tally = new Tally();
  const result: Simulation = {
    notReplayed: NOT_REPLAYED,
    lines: 0,
    calls: 0,
    others: 0,
    unsure: 0,
    broken: { count: 0, first: [] },
    effects: [],
  };
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytes = 0;
  let told = performance.now();
  for await (const { file, line, bytes: own, read } of auditLines(files.map((each) => each.file))) {
    result.lines += 1;
    bytes += own;
    if (result.lines % 10_000 === 0 && performance.now() - told > PROGRESS_MS) {
      told = performance.now();
      const done = Math.min(99, Math.floor((100 * bytes) / Math.max(all, 1)));
      process.stderr.write(`${file}: ${result.lines.toLocaleString('en')} lines in all, about ${done} %\n`);
    }
    if ('other' in read) result.others += 1;
    else if ('broken' in read) {
      result.broken.count += 1;
      if (result.broken.first.length < NAMED) result.broken.first.push({ file, line, reason: read.broken });
    } else {
      result.calls += 1;
      const replayed = replay.of(read.call);
      if (replayed === undefined) result.unsure += 1;
      else tally.add(read.call, replayed);
    }
  }
  result.effects = tally.effects(callers);
  return result;
}

/** Adds calls up by role, operation and what would change. */
class Tally {
  private readonly entries = new Map<string, Effect & { all: Set<string> }>();

  add(call: RecordedCall, { refused, answered, shifts }: Replayed): void {
    const what = call.fields.map(({ field }) => field).join(', ');
    if (refused !== undefined) this.count(call, { kind: 'refused', what: refused });
    if (answered === true) this.count(call, { kind: 'answered', what: `${call.dataset} (${what})` });
    for (const { field, from, to, risk } of shifts)
      this.count(call, { kind: 'field', what: field, from, to, risk });
  }

  private count(call: RecordedCall, parts: Pick<Effect, 'kind' | 'what' | 'from' | 'to' | 'risk'>): void {
    const { role, operation } = call;
    const key = JSON.stringify([role, operation, parts]);
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { ...parts, role, operation, calls: 0, callers: 0, named: [], all: new Set() };
      this.entries.set(key, entry);
    }
    entry.calls += 1;
    const caller = `${call.tenant}/${call.reader}`;
    if (entry.all.size < REMEMBERED) entry.all.add(caller);
    else if (!entry.all.has(caller)) entry.moreCallers = true;
  }

  effects(named: number): Effect[] {
    const riskOf = ({ risk }: Effect): number => (risk === undefined ? -1 : RISKS.indexOf(risk));
    return [...this.entries.values()]
      .map(({ all, ...entry }): Effect => ({ ...entry, callers: all.size, named: [...all].slice(0, named) }))
      .sort(
        (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || riskOf(a) - riskOf(b) || b.calls - a.calls,
      );
  }
}

function simulationText(result: Simulation): string {
  const { calls, others, unsure, broken, effects } = result;
  const lines = [
    `${calls} calls replayed${others === 0 ? '' : `, ${others} other lines of a log left out`}.`,
    `Not replayed, since they depend on values, which the audit does not hold: ${result.notReplayed.join(', ')}. Compare them with diff.`,
  ];
  if (broken.count > 0) {
    lines.push(`${broken.count} broken lines:`);
    for (const { file, line, reason } of broken.first) lines.push(`  ${file}:${line}: ${reason}`);
    if (broken.count > broken.first.length) lines.push(`  and ${broken.count - broken.first.length} more`);
  }
  if (unsure > 0)
    lines.push(`${unsure} refused calls not replayed: their lines do not tell why they were refused.`);
  if (effects.length === 0) lines.push('Nothing of what was replayed would change.');
  for (const effect of effects) {
    const who = effect.operation === '' ? effect.role : `${effect.role}, ${effect.operation}`;
    const count = `${effect.calls} calls of ${effect.callers}${effect.moreCallers === true ? ' or more' : ''} callers`;
    lines.push(`${who}: ${sentence(effect)} (${count}).`);
    if (effect.named.length > 0) lines.push(`  ${effect.named.join(' ')}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function sentence({ kind, what, from, to, risk }: Effect): string {
  if (kind === 'refused') return `would be refused: ${what}`;
  if (kind === 'answered') return `was refused and would be answered: ${what}`;
  const how = risk === 'wider' ? 'more of' : risk === 'narrower' ? 'less of' : 'otherwise';
  return `would see ${how} ${what}: ${SEEN[to ?? 'hide']} (was: ${SEEN[from ?? 'hide']})`;
}
