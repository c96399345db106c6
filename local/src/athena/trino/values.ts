import type { LakeColumn } from '../backend';
import { toAthenaLocation } from './locations';
import type { TrinoColumn, TypeSignature } from './protocol';

/** Trino's values and types in the words of Athena's results. */

/** Precision that GetQueryResults states for types without one of their own. */
const PRECISION: Record<string, number> = {
  tinyint: 3,
  smallint: 5,
  integer: 10,
  bigint: 19,
  float: 17,
  double: 17,
  timestamp: 3,
  'timestamp with time zone': 3,
  varchar: 2147483647,
  varbinary: 1073741824,
};

/** A result column as Athena describes it. */
export function athenaColumn(column: TrinoColumn): LakeColumn {
  const { rawType, arguments: args } = column.typeSignature;
  const type = rawType === 'real' ? 'float' : rawType;
  const numbers = args
    .filter((argument) => argument.kind === 'LONG')
    .map((argument) => Number(argument.value));
  if (type === 'decimal')
    return { name: column.name, type, precision: numbers[0] ?? 38, scale: numbers[1] ?? 0 };
  if (type === 'char') return { name: column.name, type, precision: numbers[0] ?? 1, scale: 0 };
  return { name: column.name, type, precision: PRECISION[type] ?? 0, scale: 0 };
}

/** Writes values of one column as Athena writes them; null stays null. */
export function athenaText(signature: TypeSignature): (value: unknown) => string | null {
  const inner = textOf(signature);
  return (value) => (value === null || value === undefined ? null : inner(value));
}

function textOf(signature: TypeSignature): (value: unknown) => string {
  switch (signature.rawType) {
    case 'double':
    case 'real':
      return (value) => (typeof value === 'number' ? javaDouble(value) : String(value));
    case 'varchar':
      return (value) => toAthenaLocation(String(value));
    case 'timestamp':
    case 'timestamp with time zone':
    case 'time':
      return (value) => timeText(String(value));
    case 'varbinary':
      return (value) => (Buffer.from(String(value), 'base64').toString('hex').match(/../g) ?? []).join(' ');
    case 'array': {
      const element = nested(typeArgument(signature, 0));
      return (value) => `[${(value as unknown[]).map(element).join(', ')}]`;
    }
    case 'map': {
      const key = nested(typeArgument(signature, 0));
      const item = nested(typeArgument(signature, 1));
      return (value) =>
        `{${Object.entries(value as Record<string, unknown>)
          .map(([name, entry]) => `${key(name)}=${item(entry)}`)
          .join(', ')}}`;
    }
    case 'row': {
      const fields = signature.arguments.map((argument) => rowField(argument.value));
      return (value) =>
        `{${(value as unknown[])
          .map(
            (entry, index) => `${fields[index]?.name ?? `field${index}`}=${fields[index]?.text(entry) ?? ''}`,
          )
          .join(', ')}}`;
    }
    default:
      return (value) => String(value);
  }
}

/** Inside arrays, maps and rows Athena writes NULL as the word null. */
function nested(signature: TypeSignature | undefined): (value: unknown) => string {
  const text = signature ? athenaText(signature) : (value: unknown) => String(value);
  return (value) => text(value) ?? 'null';
}

function typeArgument(signature: TypeSignature, index: number): TypeSignature | undefined {
  const argument = signature.arguments[index];
  return argument?.kind === 'TYPE' ? (argument.value as TypeSignature) : undefined;
}

function rowField(value: unknown): { name: string | undefined; text: (value: unknown) => string } {
  const field = value as { fieldName?: { name: string }; typeSignature?: TypeSignature };
  return { name: field.fieldName?.name, text: nested(field.typeSignature) };
}

/** Three digits of a second, or six when there are finer ones. */
function timeText(text: string): string {
  return text.replace(/(:\d\d)(?:\.(\d+))?(?= |$|[+-])/, (_, seconds: string, digits: string | undefined) => {
    const fraction = (digits ?? '').replace(/0+$/, '');
    return `${seconds}.${fraction.padEnd(fraction.length > 3 ? 6 : 3, '0')}`;
  });
}

/** A double as Java writes it, which is what Athena shows: `1.0`, `0.001`, `1.0E7`, `1.5E-4`. */
function javaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}
