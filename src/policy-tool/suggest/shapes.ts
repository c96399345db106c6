import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import validator from 'validator';
import type { KindName } from './kinds';

/** What values look like. Values are looked at and forgotten: nothing here keeps, returns or prints one. */

type Test = (text: string) => boolean;

/** Digits with blanks or dashes between groups, of the lengths that card numbers have (ISO/IEC 7812-1: up to 19). */
const CARD = /^\d(?:[ -]?\d){11,18}$/;
/** IBANs may be written in groups of four (ISO 13616-1). */
const IBAN = /^[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}$/;
const POINT = /^(?:POINT ?)?\(?\s*(-?\d{1,3}\.\d{3,})[ ,;]\s*(-?\d{1,3}\.\d{3,})\s*\)?$/i;
/** A national number is told from any other number by how it is written. */
const NATIONAL_PHONE = /^(?:\(0?\d{1,5}\)[ -]?|0\d{1,4}[ /-]|\d{3}[-.])\d[\d -]{4,10}$/;
const PERSON =
  /^\p{Lu}[\p{L}'’-]+(?: (?:\p{Lu}\.|van|von|de|der|da|di|la|le|bin|al))*(?: \p{Lu}[\p{L}'’-]+){1,2}$/u;

/** Luhn's check digit (ISO/IEC 7812-1, annex B) over a number of a card's length. */
export function isCardNumber(text: string): boolean {
  return CARD.test(text) && validator.isLuhnNumber(text.replace(/[ -]/g, ''));
}

/** The check digits of an IBAN (ISO 13616-1, modulo 97 by ISO 7064) and the length of its country. */
export function isIban(text: string): boolean {
  return IBAN.test(text) && validator.isIBAN(text.replaceAll(' ', ''));
}

/** A number in the international form that its country's numbering plan allows, or a national one by how it is written. */
export function isPhone(text: string): boolean {
  if (text.startsWith('+')) return parsePhoneNumberFromString(text)?.isPossible() === true;
  return NATIONAL_PHONE.test(text) && !validator.isIP(text) && !validator.isDate(text);
}

function isPoint(text: string): boolean {
  const parts = POINT.exec(text);
  if (parts === null) return false;
  const [a, b] = [Math.abs(Number(parts[1])), Math.abs(Number(parts[2]))];
  return Math.min(a, b) <= 90 && Math.max(a, b) <= 180;
}

/** In order, the surest first. */
const SHAPES: readonly (readonly [kind: KindName, test: Test])[] = [
  ['email', (text) => validator.isEmail(text)],
  ['iban', isIban],
  ['card', isCardNumber],
  ['ip', (text) => validator.isIP(text)],
  ['deviceId', (text) => validator.isMACAddress(text) || validator.isIMEI(text)],
  ['coordinates', isPoint],
  ['phone', isPhone],
];

/** Fewest values that a shape is read from. */
const FEWEST = 3;
/** Part of the values that must have the shape; real columns hold a few that have not. */
const SHARE = 0.8;
/** A number of a card's length passes Luhn's check by chance one time in ten, so that nearly all must. */
const SURE = 0.95;
/** Longest value looked at, in characters. */
const LONGEST = 320;

/** What was seen of a column's values. */
export interface Shape {
  kind: KindName;
  /** False for what other values look like too, such as two words with capitals. */
  sure: boolean;
}

/** The kind that most of the values have the shape of, or undefined. Missing and empty values do not count. */
export function kindByShape(samples: readonly unknown[]): Shape | undefined {
  const texts = samples.flatMap((value) => {
    const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
    return text === '' ? [] : [text.slice(0, LONGEST)];
  });
  if (texts.length < FEWEST) return undefined;
  const share = (test: Test): number => texts.filter(test).length / texts.length;
  for (const [kind, test] of SHAPES) {
    if (share(test) >= (kind === 'card' ? SURE : SHARE)) return { kind, sure: true };
  }
  // Names differ from row to row; the few values of a list of products or cities come again and again.
  const distinct = new Set(texts).size / texts.length;
  if (distinct >= 0.5 && share((text) => PERSON.test(text)) >= SHARE)
    return { kind: 'personName', sure: false };
  return undefined;
}
