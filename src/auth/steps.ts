import { digitsOf } from '../datasources/compile/steps';

/** Flooring to a step, for bands and coarse numbers: exact for decimals, free of floating noise for floats. */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Digits that every whole number may have and be exact. */
const EXACT_DIGITS = 15;
const EXACT = 10n ** BigInt(EXACT_DIGITS);

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
  // Multiples of ten by position, so that nothing is computed twice: a column has the same digits in every row.
  const widths: (bigint | undefined)[] = [];
  return (value) => {
    const parts = DECIMAL.exec(value);
    if (parts === null) return null;
    const [, sign = '', whole = '0', fraction = ''] = parts;
    const digits = Math.max(fraction.length, stepDigits);
    const width = (widths[digits] ??= stepUnits * 10n ** BigInt(digits - stepDigits));
    const magnitude = whole + fraction.padEnd(digits, '0');
    // Whole numbers of fifteen digits are exact as numbers, and several times quicker.
    if (magnitude.length <= EXACT_DIGITS && width < EXACT) {
      const units = sign === '-' ? -Number(magnitude) : Number(magnitude);
      const step = Number(width);
      return decimalText(Math.floor(units / step) * step, digits);
    }
    const units = sign === '-' ? -BigInt(magnitude) : BigInt(magnitude);
    const rest = units % width;
    return decimalText(units - (rest < 0n ? rest + width : rest), digits);
  };
}

function decimalText(units: bigint | number, digits: number): string {
  const text = (units < 0 ? -units : units).toString().padStart(digits + 1, '0');
  const sign = units < 0 ? '-' : '';
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
