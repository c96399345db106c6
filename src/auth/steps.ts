import { digitsOf } from '../datasources/compile/steps';

/** Flooring to a step, for bands and coarse numbers: exact for decimals, free of floating noise for floats. */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

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
  return (value) => {
    const parts = DECIMAL.exec(value);
    if (parts === null) return null;
    const [, sign = '', whole = '0', fraction = ''] = parts;
    const digits = Math.max(fraction.length, stepDigits);
    const magnitude = BigInt(whole + fraction.padEnd(digits, '0'));
    const units = sign === '-' ? -magnitude : magnitude;
    const width = stepUnits * 10n ** BigInt(digits - stepDigits);
    const rest = units % width;
    const floored = units - (rest < 0n ? rest + width : rest);
    return decimalText(floored, digits);
  };
}

function decimalText(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const sign = units < 0n ? '-' : '';
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
