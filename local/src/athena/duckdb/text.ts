import {
  DuckDBTypeId,
  type DuckDBBlobValue,
  type DuckDBListType,
  type DuckDBListValue,
  type DuckDBMapValue,
  type DuckDBStructValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { dateText, microsOf } from '../../duck/times';
import type { LakeColumn } from '../backend';

/** Writes one DuckDB value as the text that Athena's results carry. */
export type TextWriter = (value: DuckDBValue) => string;

/** Athena's name, precision and scale of a DuckDB type, as GetQueryResults reports them. */
export function athenaColumn(name: string, type: DuckDBType): LakeColumn {
  const [athena, precision, scale] = athenaType(type);
  return { name, type: athena, precision, scale };
}

function athenaType(type: DuckDBType): [string, number, number] {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return ['boolean', 0, 0];
    case DuckDBTypeId.TINYINT:
      return ['tinyint', 3, 0];
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.UTINYINT:
      return ['smallint', 5, 0];
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.USMALLINT:
      return ['integer', 10, 0];
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT: // sum(bigint) is a bigint in Athena
    case DuckDBTypeId.UHUGEINT:
      return ['bigint', 19, 0];
    case DuckDBTypeId.FLOAT:
      return ['float', 17, 0];
    case DuckDBTypeId.DOUBLE:
      return ['double', 17, 0];
    case DuckDBTypeId.DECIMAL: {
      const { width, scale } = type as DuckDBType & { width: number; scale: number };
      return ['decimal', width, scale];
    }
    case DuckDBTypeId.DATE:
      return ['date', 0, 0];
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return ['timestamp', 3, 0];
    case DuckDBTypeId.TIMESTAMP_TZ:
      return ['timestamp with time zone', 3, 0];
    case DuckDBTypeId.TIME:
      return ['time', 3, 0];
    case DuckDBTypeId.BLOB:
      return ['varbinary', 1073741824, 0];
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return ['array', 0, 0];
    case DuckDBTypeId.MAP:
      return ['map', 0, 0];
    case DuckDBTypeId.STRUCT:
      return ['row', 0, 0];
    case DuckDBTypeId.VARCHAR:
      return type.alias === 'JSON' ? ['json', 0, 0] : ['varchar', 2147483647, 0];
    default:
      return ['varchar', 2147483647, 0];
  }
}

/** The writer for values of a type; nested values come out as Trino prints them: `[a, b]`, `{k=v}`. */
export function textWriter(type: DuckDBType): TextWriter {
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      return (value) => value as string;
    case DuckDBTypeId.DOUBLE:
      return (value) => doubleText(value as number);
    case DuckDBTypeId.FLOAT:
      return (value) => floatText(value as number);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS: {
      const micros = microsOf(type);
      return (value) => timestampText(micros(value));
    }
    case DuckDBTypeId.TIMESTAMP_TZ: {
      const micros = microsOf(type);
      return (value) => `${timestampText(micros(value))} UTC`;
    }
    case DuckDBTypeId.DATE:
      return dateText;
    case DuckDBTypeId.BLOB:
      return (value) =>
        [...(value as DuckDBBlobValue).bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY: {
      const item = orNull(textWriter((type as DuckDBListType).valueType));
      return (value) => `[${(value as DuckDBListValue).items.map(item).join(', ')}]`;
    }
    case DuckDBTypeId.MAP: {
      const { keyType, valueType } = type;
      const [key, item] = [orNull(textWriter(keyType)), orNull(textWriter(valueType))];
      return (value) =>
        `{${(value as DuckDBMapValue).entries.map((entry) => `${key(entry.key)}=${item(entry.value)}`).join(', ')}}`;
    }
    case DuckDBTypeId.STRUCT: {
      const { entryNames, entryTypes } = type;
      const writers = entryTypes.map((inner) => orNull(textWriter(inner)));
      return (value) => {
        const { entries } = value as DuckDBStructValue;
        return `{${entryNames.map((name, at) => `${name}=${writers[at]?.(entries[name] ?? null)}`).join(', ')}}`;
      };
    }
    default:
      return String;
  }
}

function orNull(writer: TextWriter): TextWriter {
  return (value) => (value === null ? 'null' : writer(value));
}

/** A double as Java prints it, which is what Athena returns: `1.0`, `1.0E7`, `1.5E-5`, `NaN`, `Infinity`. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value < 0 ? '-Infinity' : 'Infinity';
  return javaForm(value, value.toExponential());
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return doubleText(value);
  for (let digits = 0; digits < 9; digits += 1) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return javaForm(value, text);
  }
  return doubleText(value);
}

function javaForm(value: number, exponential: string): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '0', power = '0'] = exponential.split('e');
  const exponent = Number(power);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '').replace(/0+$/, '') || '0';
  if (exponent >= 7 || exponent < -3) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 1, '0');
  return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1) || '0'}`;
}

/** Three digits of a second, or six when there are finer ones, as the backend on Trino prints them. */
function timestampText(micros: bigint): string {
  const finer = ((micros % 1000n) + 1000n) % 1000n;
  const text = new Date(Number((micros - finer) / 1000n)).toISOString().replace('T', ' ').replace('Z', '');
  return finer === 0n ? text : `${text}${String(finer).padStart(3, '0')}`;
}
