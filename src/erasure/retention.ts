import { addDays, periodOf, shiftDay, type Period } from '../calendar';
import type {
  DatasetDeclaration,
  ErasureRule,
  RetainedFields,
  RetentionPeriod,
} from '../schema/declarations';

/** How long rows must be kept, counted in whole days of UTC. */

type Counted = Pick<RetentionPeriod, 'keep' | 'fromEndOfYear'>;

/**
 * The day before which a row's time must lie for its period to be over on a day. Never too early: a row that is due on
 * a day that its month does not have waits until the next month.
 */
export function keptUntil({ keep, fromEndOfYear }: Counted, day: string): string {
  const since = shiftDay(day, lengthOf(keep), -1);
  return fromEndOfYear === true ? `${since.slice(0, 4)}-01-01` : since;
}

/** The first day on which a row of a day is no longer kept. */
export function releaseDay(period: Counted, rowDay: string): string {
  const start = period.fromEndOfYear === true ? `${rowDay.slice(0, 4)}-12-31` : rowDay;
  let day = shiftDay(start, lengthOf(period.keep), 1);
  while (keptUntil(period, day) <= rowDay) day = addDays(day, 1);
  return day;
}

/** The fields that a rule keeps for periods of their own. */
export function retainedBy(rule: ErasureRule): readonly RetainedFields[] {
  return rule.action === 'retain' ? [] : (rule.retained ?? []);
}

/** Whether a person's rows stay, for a time or for good, and lose the person. They are found by the token then. */
export function staysWithoutPerson(rule: ErasureRule): boolean {
  if (rule.action === 'retain') return rule.then === 'pseudonymise';
  return rule.action === 'pseudonymise' || retainedBy(rule).length > 0;
}

/** Periods that must all be over before rows which lost their person go whole; none: they stay for good. */
export function periodsOfRows(rule: ErasureRule): readonly RetentionPeriod[] {
  if (rule.action === 'retain' || (rule.action === 'pseudonymise' && rule.keep === undefined)) return [];
  return rule.action === 'delete' ? retainedBy(rule) : [rule, ...retainedBy(rule)];
}

/** The same as `keptUntil` for several periods that must all be over. There must be one. */
export function allKeptUntil(periods: readonly Counted[], day: string): string {
  return periods.map((period) => keptUntil(period, day)).reduce((one, other) => (one < other ? one : other));
}

/** The same as `releaseDay` for several periods that must all be over. There must be one. */
export function allReleasedOn(periods: readonly Counted[], rowDay: string): string {
  return periods
    .map((period) => releaseDay(period, rowDay))
    .reduce((one, other) => (one > other ? one : other));
}

/** Fields that a row has as long as there is one, whoever it is about: its name, its times, and where it lies. */
export function fieldsOfRows(dataset: DatasetDeclaration): ReadonlySet<string> {
  const { key, time, partition, erasure } = dataset;
  const periods = erasure === undefined ? [] : retainedBy(erasure.rule);
  const fields = [key, time, partition?.from, ...periods.map(({ from }) => from), ...placingFields(dataset)];
  return new Set(fields.filter((field) => field !== undefined));
}

/** Fields over the tenant or partition column. Without their values no statement finds the row again. */
export function placingFields({ tenant, partition, columns }: DatasetDeclaration): string[] {
  return [...columns.values()]
    .filter(({ column }) => column === tenant || column === partition?.column)
    .map(({ field }) => field);
}

function lengthOf(keep: string): Period {
  const period = periodOf(keep);
  if (period === undefined) throw new TypeError(`${keep} is no period.`);
  return period;
}
