import { DuckDBTypeId, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { dateText, microsOf } from '../duck/times';

/** How the JSON records of GetStatementResult carry a column's values. */
export type FieldKind = 'booleanValue' | 'longValue' | 'doubleValue' | 'stringValue';

/** A result column in Redshift's words, and how its values are written. */
export interface WarehouseColumn {
  name: string;
  /** Redshift's own name: `int8`, `varchar`, `numeric`… */
  typeName: string;
  precision: number;
  scale: number;
  /** For text: the most bytes it can hold. */
  length: number;
  field: FieldKind;
  write: (value: DuckDBValue) => string;
}

/** Describes a result column in Redshift's words. Names come back in lower case, as Redshift folds them. */
export function warehouseColumn(name: string, type: DuckDBType): WarehouseColumn {
  const lower = name.toLowerCase();
  const column = (
    typeName: string,
    field: FieldKind,
    write: WarehouseColumn['write'] = String,
    precision = 0,
    scale = 0,
    length = 0,
  ): WarehouseColumn => ({ name: lower, typeName, precision, scale, length, field, write });
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return column('bool', 'booleanValue', String, 1);
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
      return column('int2', 'longValue', String, 5);
    case DuckDBTypeId.INTEGER:
      return column('int4', 'longValue', String, 10);
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT: // sum(int4) is an int8 in Redshift
      return column('int8', 'longValue', String, 19);
    case DuckDBTypeId.FLOAT:
      return column('float4', 'doubleValue', floatText, 8, 8);
    case DuckDBTypeId.DOUBLE:
      return column('float8', 'doubleValue', String, 17, 17);
    case DuckDBTypeId.DECIMAL: {
      const { width, scale } = type as DuckDBType & { width: number; scale: number };
      return column('numeric', 'stringValue', String, width, scale);
    }
    case DuckDBTypeId.DATE:
      return column('date', 'stringValue', dateText, 13);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_S: {
      const micros = microsOf(type);
      return column('timestamp', 'stringValue', (value) => timestampText(micros(value)), 29, 6);
    }
    case DuckDBTypeId.TIMESTAMP_TZ: {
      const micros = microsOf(type);
      return column('timestamptz', 'stringValue', (value) => `${timestampText(micros(value))}+00`, 35, 6);
    }
    case DuckDBTypeId.VARCHAR:
      return type.alias === 'JSON'
        ? column('super', 'stringValue', String, 0, 0, 16_777_216)
        : column('varchar', 'stringValue', (value) => value as string, 65_535, 0, 65_535);
    default:
      return column('varchar', 'stringValue', String, 65_535, 0, 65_535);
  }
}

/** As PostgreSQL prints it: no fraction, or one without trailing zeros. */
function timestampText(micros: bigint): string {
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const fraction = micros - seconds * 1_000_000n;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, -5).replace('T', ' ');
  return fraction === 0n ? text : `${text}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

function floatText(value: DuckDBValue): string {
  const number = value as number;
  for (let digits = 1; digits < 9; digits += 1) {
    const text = String(Number(number.toPrecision(digits)));
    if (Math.fround(Number(text)) === number) return text;
  }
  return String(number);
}
