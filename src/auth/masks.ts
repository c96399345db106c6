import type { Cell } from '../datasources/results';
import { forgetting } from '../forgetting';
import type { ColumnDeclaration } from '../schema/declarations';
import type { MaskAction, ValueKind } from '../schema/vocabulary';
import type { Pseudonyms } from './pseudonyms';
import { floorDecimal, floorNumber, MINUS, NINE, ZERO } from './steps';

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

const MONTH_TEXTS = 1_000;
const months = { days: new Map<number, string>(), moments: new Map<number, string>() };

/** The first of the month, as a day or as a moment, whichever came in. A column has few months: each is written once. */
function monthOf(value: Cell): Cell {
  if (typeof value !== 'string') return null;
  const month = monthNumber(value);
  const isDay = value.length === DAY_LENGTH;
  if (month === undefined || !(isDay || value[DAY_LENGTH] === 'T')) return null;
  const texts = isDay ? months.days : months.moments;
  let text = texts.get(month);
  if (text === undefined) {
    if (texts.size >= MONTH_TEXTS) texts.clear();
    text = `${value.slice(0, 7)}-01${isDay ? '' : 'T00:00:00.000Z'}`;
    texts.set(month, text);
  }
  return text;
}

/** Length of `YYYY-MM-DD`. */
const DAY_LENGTH = 10;

/** 201401 for what begins as `2014-01-31`; undefined for any other text. */
function monthNumber(value: string): number | undefined {
  if (value.length < DAY_LENGTH) return undefined;
  let month = 0;
  for (let at = 0; at < DAY_LENGTH; at += 1) {
    const code = value.charCodeAt(at);
    if (at === 4 || at === 7) {
      if (code !== MINUS) return undefined;
    } else {
      if (code < ZERO || code > NINE) return undefined;
      if (at < 7) month = month * 10 + code - ZERO;
    }
  }
  return month;
}

const HIDDEN = '•••';
const HOST = /^[^\s@]+\.[^\s@]+$/u;
const SPACE = /\s/u;
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
  const at = value.indexOf('@');
  const mail = at > 0 ? partialMail(value, at) : undefined;
  if (mail !== undefined) return mail;
  if (PHONE.test(value)) return HIDDEN + lastThird([...value.replace(/\D/g, '')]);
  return HIDDEN + lastThird([...value]);
}

function lastThird(characters: readonly string[]): string {
  const shown = Math.min(SHOWN, Math.floor(characters.length / 3));
  return shown === 0 || characters.length < 6 ? '' : characters.slice(-shown).join('');
}

/**
 * An e-mail address whose name ends at a position; undefined for what is none. A page has a thousand, so that those of
 * plain names are looked at character by character, and what is shown of them is made once for each first letter.
 */
function partialMail(value: string, at: number): string | undefined {
  const host = hostOf(value.slice(at + 1));
  if (!host.valid) return undefined;
  const length = Math.min(RUN, at);
  let run = 0;
  for (let index = 0; index < at; index += 1) {
    const code = value.charCodeAt(index);
    if (code <= 32 || code > 126) return partialOdd(value.slice(0, at), host);
    run = host.has[code] === 1 ? run + 1 : 0;
    // Signs count as the domain's, so that most names end here; the rest is compared as it is.
    if (run === length) return partialOdd(value.slice(0, at), host);
  }
  return shownOf(host, at < 3 ? 0 : value.charCodeAt(0));
}

function partialOdd(local: string, host: Host): string | undefined {
  if (SPACE.test(local)) return undefined;
  const name = local.toLowerCase();
  const shares = repeats(name, host.plain) || repeats(lettersOf(name), host.letters);
  return `${firstOf(local)}${HIDDEN}@${shares ? HIDDEN : host.domain}`;
}

/** The first character, halves of none; nothing of one or two. */
function firstOf(local: string): string {
  // More than four halves are at least three characters, whatever they are.
  if (local.length < 5 && [...local].length < 3) return '';
  return String.fromCodePoint(local.codePointAt(0) ?? 0);
}

interface Host {
  domain: string;
  /** Whether it is one, and not just what stands behind an @. */
  valid: boolean;
  /** In small letters, and its letters and digits alone. */
  plain: string;
  letters: string;
  /** 1 for ASCII's characters that are in it, small or not, and for all signs. */
  has: Uint8Array;
  /** What is shown of its addresses, by the code of their first character; 0: none. */
  shown: (string | undefined)[];
}

/** Most addresses of a table are of few domains. */
const hosts = forgetting(new Map<string, Host>());
const HOSTS = 500;

function hostOf(domain: string): Host {
  const known = hosts.get(domain);
  if (known !== undefined) return known;
  const plain = domain.toLowerCase();
  const has = new Uint8Array(128);
  for (let code = 0; code < 128; code += 1) {
    const character = String.fromCharCode(code).toLowerCase();
    if (plain.includes(character) || !/[a-z0-9]/.test(character)) has[code] = 1;
  }
  const host = { domain, valid: HOST.test(domain), plain, letters: lettersOf(plain), has, shown: [] };
  // Begun anew when it is full: a list of strangers must not fill the memory.
  if (hosts.size >= HOSTS) hosts.clear();
  hosts.set(domain, host);
  return host;
}

function shownOf(host: Host, code: number): string {
  return (host.shown[code] ??= `${code === 0 ? '' : String.fromCharCode(code)}${HIDDEN}@${host.domain}`);
}

function lettersOf(text: string): string {
  if (/^[a-z0-9]*$/.test(text)) return text;
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
