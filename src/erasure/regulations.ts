import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { periodOf, shiftDay, type Period } from '../calendar';
import { BootError, SluiceError } from '../errors';

/** The clocks of erasure: by when a request must be answered, from a table of laws, each with its source. */

const period = z.string().transform((text, context) => {
  const read = periodOf(text);
  if (read !== undefined && (read.days === 0 || read.months + read.years === 0)) return read;
  context.addIssue({ code: 'custom', message: 'must be a period in months (P1M) or in days (P45D)' });
  return z.NEVER;
});
const line = z.string().trim().min(1, 'is empty').max(300, 'is longer than 300 characters');
const NAME = /^[A-Z][A-Z0-9_]{1,63}$/;

const regulation = z.strictObject({
  name: line,
  source: line,
  due: period,
  extension: z.strictObject({ by: period, source: line }).optional(),
  reminders: z.array(period).max(10, 'has more than 10 entries').default([]),
});

const shape = z.strictObject({
  regulations: z
    .record(z.string().regex(NAME, 'is named in capitals, digits and underscores'), regulation)
    .refine((all) => Object.keys(all).length > 0, 'names none'),
});

/** One law's clock. */
export type Regulation = z.output<typeof regulation>;
/** All of them, by name. */
export type Regulations = ReadonlyMap<string, Regulation>;

/** Reads the table of regulations, or throws a BootError with every fault, its file and line. */
export function readRegulations(file: string): Regulations {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new BootError([`${file}: can’t be read. Name the table of regulations.`]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new BootError(
      document.errors.map(({ pos, code }) => `${file}:${lines.linePos(pos[0]).line}: is no YAML (${code}).`),
    );
  }
  const parsed = shape.safeParse(document.toJS());
  if (parsed.success) return new Map(Object.entries(parsed.data.regulations));
  throw new BootError(
    parsed.error.issues.flatMap((issue) => {
      const extra = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
      return extra.map((key) => {
        const path = [...issue.path, ...(key === undefined ? [] : [key])];
        const message =
          key === undefined ? issue.message : 'there is no such key here. Remove it or correct it';
        return `${file}:${lineOf(document, lines, path)}: ${path.join('.')}: ${message}.`;
      });
    }),
  );
}

/** Line of a place, or of the nearest one around it that is written. */
function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** Last day on which a request that came in on a day is in time. */
export function dueOn({ due }: Regulation, receivedOn: string): string {
  return shiftDay(receivedOn, due, 1);
}

/**
 * Last day after an extension, counted from receipt in one piece: 31 January, a month and two more end on 30 April.
 *
 * @throws SluiceError BAD_USER_INPUT where the law knows none
 */
export function extendedDueOn({ name, due, extension }: Regulation, receivedOn: string): string {
  if (extension === undefined) {
    throw new SluiceError('BAD_USER_INPUT', `${name} knows no extension. The request stays due when it is.`);
  }
  return shiftDay(receivedOn, sum(due, extension.by), 1);
}

/** Days on which somebody is reminded, earliest first; none before the day of receipt. */
export function reminderDays({ reminders }: Regulation, receivedOn: string, due: string): string[] {
  const days = reminders.map((before) => shiftDay(due, before, -1)).filter((day) => day > receivedOn);
  return [...new Set(days)].sort();
}

/** Whether a reminder fell due since the last one that was given. */
export function isReminderDue(
  regulation: Regulation,
  request: { receivedOn: string; dueOn: string; remindedOn?: string },
  day: string,
): boolean {
  const since = request.remindedOn ?? request.receivedOn;
  return reminderDays(regulation, request.receivedOn, request.dueOn).some((on) => on > since && on <= day);
}

/** Whether the last day is over. */
export function isOverdue(request: { dueOn: string }, day: string): boolean {
  return day > request.dueOn;
}

/** Whole days until the last one; below zero when it is over. */
export function daysLeft(request: { dueOn: string }, day: string): number {
  return Math.round((Date.parse(request.dueOn) - Date.parse(day)) / 86_400_000);
}

function sum(one: Period, other: Period): Period {
  return {
    years: one.years + other.years,
    months: one.months + other.months,
    days: one.days + other.days,
  };
}
