import { digitsOf } from '../datasources/compile/steps';

/** Flooring to a step, for bands and coarse numbers: exact for decimals, free of floating noise for floats. */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Digits that every whole number may have and be exact. */
const EXACT_DIGITS = 15;
const EXACT = 10 ** EXACT_DIGITS;
/** Texts of multiples that are kept. */
const KEPT_TEXTS = 1_000;
/** Codes of characters. */
export const MINUS = 45;
const POINT = 46;
export const ZERO = 48;
export const NINE = 57;

/** A function that floors a number to a multiple of the step, downwards below zero too; null for what is no number. */
export function floorNumber(step: number): (value: number) => number | null {
  // Multiples are made of whole numbers, so that 3 steps of 0.1 are 0.3 and not 0.30000000000000004.
  const scale = 10 ** digitsOf(step);
  const whole = Math.round(step * scale);
  const multiple = (count: number): number => (count * whole) / scale + 0;
  return (value) => {
    if (!Number.isFinite(value)) return null;
    let count = Math.floor(value / step);
    // The quotient may be a hair off in either direction: 0.3 / 0.1 is 2.9999999999999996.
    if (multiple(count + 1) <= value) count += 1;
    else if (multiple(count) > value) count -= 1;
    return multiple(count);
  };
}

/** The same for decimals as text, without a float in between; keeps the digits after the point as they were. */
export function floorDecimal(step: number): (value: string) => string | null {
  const stepDigits = digitsOf(step);
  const stepUnits = BigInt(Math.round(step * 10 ** stepDigits));
  // A column has the same digits in every row, and few multiples of its step: each is written once.
  const byDigits: Multiples[] = [];
  return (value) => {
    const fraction = plainFraction(value);
    if (fraction === undefined) return floorLong(value, stepDigits, stepUnits);
    const digits = Math.max(fraction, stepDigits);
    const multiples = (byDigits[digits] ??= new Multiples(
      stepUnits * 10n ** BigInt(digits - stepDigits),
      digits,
    ));
    return (
      multiples.floor(unitsOf(value) * 10 ** (digits - fraction)) ?? floorLong(value, stepDigits, stepUnits)
    );
  };
}

/** Multiples of a step that were written before, with so many digits after the point. */
class Multiples {
  private readonly step: number;
  private readonly texts = new Map<number, string>();

  constructor(
    step: bigint,
    private readonly digits: number,
  ) {
    this.step = Number(step);
  }

  /** @returns undefined for units that are not exact as a number */
  floor(units: number): string | undefined {
    const { step } = this;
    if (Math.abs(units) >= EXACT || step >= EXACT) return undefined;
    const floor = Math.floor(units / step) * step;
    let text = this.texts.get(floor);
    if (text === undefined) {
      if (this.texts.size >= KEPT_TEXTS) this.texts.clear();
      text = decimalText(floor, this.digits);
      this.texts.set(floor, text);
    }
    return text;
  }
}

/** Digits after the point of a decimal of at most EXACT_DIGITS digits; undefined for any other text. */
function plainFraction(value: string): number | undefined {
  const first = value.charCodeAt(0) === MINUS ? 1 : 0;
  const { length } = value;
  let point = -1;
  for (let at = first; at < length; at += 1) {
    const code = value.charCodeAt(at);
    if (code === POINT && point < 0 && at > first) point = at;
    else if (code < ZERO || code > NINE) return undefined;
  }
  const digits = length - first - (point < 0 ? 0 : 1);
  if (digits === 0 || digits > EXACT_DIGITS || point === length - 1) return undefined;
  return point < 0 ? 0 : length - point - 1;
}

/** A plain decimal in units of its last digit. */
function unitsOf(value: string): number {
  let units = 0;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code >= ZERO) units = units * 10 + code - ZERO;
  }
  return value.charCodeAt(0) === MINUS ? -units : units;
}

/** For any number of digits. */
function floorLong(value: string, stepDigits: number, stepUnits: bigint): string | null {
  const parts = DECIMAL.exec(value);
  if (parts === null) return null;
  const [, sign = '', whole = '0', fraction = ''] = parts;
  const digits = Math.max(fraction.length, stepDigits);
  const width = stepUnits * 10n ** BigInt(digits - stepDigits);
  const magnitude = BigInt(whole + fraction.padEnd(digits, '0'));
  const units = sign === '-' ? -magnitude : magnitude;
  const rest = units % width;
  return decimalText(units - (rest < 0n ? rest + width : rest), digits);
}

function decimalText(units: bigint | number, digits: number): string {
  const text = (units < 0 ? -units : units).toString().padStart(digits + 1, '0');
  const sign = units < 0 ? '-' : '';
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
