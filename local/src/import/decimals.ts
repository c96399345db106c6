/** Exact decimal arithmetic on scaled integers: nothing here ever becomes a floating-point number. */
export interface Exact {
  /** The number times ten to the power of `scale`. */
  units: bigint;
  scale: number;
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?$|^([+-]?)\.(\d+)$/;
const EXPONENT = /^([^eE]+)[eE]([+-]?\d{1,3})$/;

/** Reads `-12.50`, `.5`, `3.` or `1.2e-7`; undefined when the text is no plain number. */
export function readDecimal(text: string): Exact | undefined {
  const exponent = EXPONENT.exec(text);
  if (exponent !== null) {
    const base = readDecimal(exponent[1] ?? '');
    if (base === undefined) return undefined;
    const scale = base.scale - Number(exponent[2]);
    return scale >= 0
      ? { units: base.units, scale }
      : { units: base.units * 10n ** BigInt(-scale), scale: 0 };
  }
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const sign = match[1] ?? match[4] ?? '';
  const fraction = match[3] ?? match[5] ?? '';
  const units = BigInt((match[2] ?? '') + fraction);
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

/** Plain text with just the digits it has: `12.50` when the scale is 2. */
export function writeDecimal({ units, scale }: Exact): string {
  if (scale === 0) return units.toString();
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function multiply(left: Exact, right: Exact): Exact {
  return { units: left.units * right.units, scale: left.scale + right.scale };
}

export function add(left: Exact, right: Exact): Exact {
  const scale = Math.max(left.scale, right.scale);
  return { units: scaledTo(left, scale) + scaledTo(right, scale), scale };
}

export function subtract(left: Exact, right: Exact): Exact {
  return add(left, { units: -right.units, scale: right.scale });
}

/** Quotient with `scale` digits after the point, rounded half away from zero; undefined when dividing by zero. */
export function divide(left: Exact, right: Exact, scale: number): Exact | undefined {
  if (right.units === 0n) return undefined;
  const numerator = left.units * 10n ** BigInt(right.scale + scale);
  const denominator = right.units * 10n ** BigInt(left.scale);
  return { units: roundedQuotient(numerator, denominator), scale };
}

/** The same number with at most `scale` digits after the point, rounded half away from zero. */
export function round(value: Exact, scale: number): Exact {
  if (value.scale <= scale) return value;
  return { units: roundedQuotient(value.units, 10n ** BigInt(value.scale - scale)), scale };
}

/** Drops zeros at the end of the fraction. */
export function shorten(value: Exact): Exact {
  let { units, scale } = value;
  while (scale > 0 && units % 10n === 0n) {
    units /= 10n;
    scale -= 1;
  }
  return { units, scale };
}

function scaledTo(value: Exact, scale: number): bigint {
  return value.units * 10n ** BigInt(scale - value.scale);
}

function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const rounded = (2n * top + bottom) / (2n * bottom);
  return negative ? -rounded : rounded;
}
