import { LRUCache } from 'lru-cache';
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
  const mail = value.includes('@') ? MAIL.exec(value) : null;
  if (mail?.[1] !== undefined && mail[2] !== undefined) return partialMail(mail[1], mail[2]);
  if (PHONE.test(value)) return HIDDEN + lastThird([...value.replace(/\D/g, '')]);
  return HIDDEN + lastThird([...value]);
}

function lastThird(characters: readonly string[]): string {
  const shown = Math.min(SHOWN, Math.floor(characters.length / 3));
  return shown === 0 || characters.length < 6 ? '' : characters.slice(-shown).join('');
}

function partialMail(local: string, domain: string): string {
  return `${firstOf(local)}${HIDDEN}@${sharesRun(local, domain) ? HIDDEN : domain}`;
}

/** The first character, halves of none; nothing of one or two. */
function firstOf(local: string): string {
  // More than four halves are at least three characters, whatever they are.
  if (local.length < 5 && [...local].length < 3) return '';
  return String.fromCodePoint(local.codePointAt(0) ?? 0);
}

/** A domain in small letters, its letters and digits alone, and which of ASCII's characters are in it. */
interface Host {
  plain: string;
  letters: string;
  has: Uint8Array;
}

/** Most addresses of a table are of few domains. */
const hosts = new LRUCache<string, Host>({ max: 500 });

function hostOf(domain: string): Host {
  let host = hosts.get(domain);
  if (host === undefined) {
    const plain = domain.toLowerCase();
    host = { plain, letters: lettersOf(plain), has: new Uint8Array(128) };
    for (let code = 0; code < 128; code += 1) {
      const character = String.fromCharCode(code);
      if (plain.includes(character) || !/[a-z0-9]/.test(character)) host.has[code] = 1;
    }
    hosts.set(domain, host);
  }
  return host;
}

/** Whether the domain repeats part of the name, as in `anna.berg@anna-berg.example`. */
function sharesRun(local: string, domain: string): boolean {
  const name = local.toLowerCase();
  const host = hostOf(domain);
  if (!mayShare(name, host.has)) return false;
  return repeats(name, host.plain) || repeats(lettersOf(name), host.letters);
}

/** Whether as many of the name's characters in a row are in the domain, signs always: most names end here. */
function mayShare(name: string, has: Uint8Array): boolean {
  const length = Math.min(RUN, name.length);
  let run = 0;
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    run = code > 127 || has[code] === 1 ? run + 1 : 0;
    if (run === length) return true;
  }
  return false;
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
