import type { Cell } from '../datasources/results';
import type { ColumnDeclaration } from '../schema/declarations';
import type { MaskAction, ValueKind } from '../schema/vocabulary';
import type { Pseudonyms } from './pseudonyms';
import { floorDecimal, floorNumber } from './steps';

/** Turns a value into what the role gets of it; never called with null, which every mask leaves alone. */
export type Mask = (value: Cell) => Cell;

const TEXT_KINDS: readonly ValueKind[] = ['id', 'string'];
const NUMBER_KINDS: readonly ValueKind[] = ['integer', 'float', 'decimal'];
const TIME_KINDS: readonly ValueKind[] = ['date', 'datetime'];

/** Why an action cannot be used on a column, or undefined when it can. */
export function misfit(action: MaskAction, column: ColumnDeclaration): string | undefined {
  const { kind } = column;
  const isNumber = NUMBER_KINDS.includes(kind);
  switch (action) {
    case 'partial':
    case 'pseudonym':
      return TEXT_KINDS.includes(kind) ? undefined : `it fits ids and strings, and this is ${article(kind)}`;
    case 'band':
      if (!isNumber) return `it fits numbers, and this is ${article(kind)}`;
      return column.band === undefined ? 'the column declares no width of a band' : undefined;
    case 'coarse':
      if (TIME_KINDS.includes(kind)) return undefined;
      if (!isNumber) return `it fits dates, times and numbers, and this is ${article(kind)}`;
      return column.coarse === undefined ? 'the column declares no coarse step' : undefined;
    case 'redact':
      return column.nullable ? undefined : 'the field is never null';
    default:
      return undefined;
  }
}

function article(kind: ValueKind): string {
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/**
 * The mask of a column for one tenant, or undefined when the value passes as it is. A value of an unexpected
 * type becomes null. `redact` and `hide` give null too, though such columns are not even read.
 */
export function maskOf(
  action: MaskAction,
  column: ColumnDeclaration,
  tenant: string,
  pseudonyms: Pseudonyms,
): Mask | undefined {
  switch (action) {
    case 'clear':
      return undefined;
    case 'partial':
      return (value) => (typeof value === 'string' ? partial(value) : null);
    case 'pseudonym':
      return (value) => (typeof value === 'string' ? pseudonyms.token(tenant, value) : null);
    case 'band':
      return stepped(column.kind, column.band);
    case 'coarse':
      return TIME_KINDS.includes(column.kind) ? monthOf : stepped(column.kind, column.coarse);
    default:
      return () => null;
  }
}

function stepped(kind: ValueKind, step: number | undefined): Mask {
  if (step === undefined) return () => null;
  if (kind === 'decimal') {
    const floor = floorDecimal(step);
    return (value) => (typeof value === 'string' ? floor(value) : null);
  }
  const floor = floorNumber(step);
  return (value) => (typeof value === 'number' ? floor(value) : null);
}

const MONTH = /^(\d{4}-\d{2})-\d{2}(T.*)?$/s;

/** The first of the month, as a day or as a moment, whichever came in. */
function monthOf(value: Cell): Cell {
  const parts = typeof value === 'string' ? MONTH.exec(value) : null;
  if (parts === null) return null;
  return parts[2] === undefined ? `${parts[1]}-01` : `${parts[1]}-01T00:00:00.000Z`;
}

const HIDDEN = '•••';
const MAIL = /^([^\s@]+)@([^\s@]+\.[^\s@]+)$/u;
const PHONE = /^[+\d][\d\s()./-]{5,}$/;
/** Most characters shown of a value other than an e-mail address. */
const SHOWN = 4;
/** So many characters of a hidden part in a row would give it away. */
const RUN = 5;

/**
 * Enough to recognise a value by: `j•••@example.com`, the last digits of a telephone number, the last characters
 * of anything else; four at most, never more than a third, nothing of short values.
 */
export function partial(value: string): string {
  const mail = MAIL.exec(value);
  if (mail?.[1] !== undefined && mail[2] !== undefined) return partialMail(mail[1], mail[2]);
  if (PHONE.test(value)) return HIDDEN + lastThird([...value.replace(/\D/g, '')]);
  return HIDDEN + lastThird([...value]);
}

function lastThird(characters: readonly string[]): string {
  const shown = Math.min(SHOWN, Math.floor(characters.length / 3));
  return shown === 0 || characters.length < 6 ? '' : characters.slice(-shown).join('');
}

function partialMail(local: string, domain: string): string {
  const characters = [...local];
  const first = characters.length < 3 ? '' : (characters[0] ?? '');
  return `${first}${HIDDEN}@${sharesRun(local, domain) ? HIDDEN : domain}`;
}

/** Whether the domain repeats part of the name, as in `anna.berg@anna-berg.example`. */
function sharesRun(local: string, domain: string): boolean {
  const name = local.toLowerCase();
  const host = domain.toLowerCase();
  return repeats(name, host) || repeats(lettersOf(name), lettersOf(host));
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, '');
}

function repeats(name: string, host: string): boolean {
  const length = Math.min(RUN, name.length);
  if (length < 3) return false;
  for (let start = 0; start + length <= name.length; start += 1) {
    if (host.includes(name.slice(start, start + length))) return true;
  }
  return false;
}
