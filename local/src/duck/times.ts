import {
  DuckDBTypeId,
  type DuckDBDateValue,
  type DuckDBTimestampMillisecondsValue,
  type DuckDBTimestampNanosecondsValue,
  type DuckDBTimestampSecondsValue,
  type DuckDBTimestampTZValue,
  type DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';

/** A DATE as `2014-01-31`. */
export function dateText(value: DuckDBValue): string {
  return new Date((value as DuckDBDateValue).days * 86_400_000).toISOString().slice(0, 10);
}

/** Reads values of a timestamp type as microseconds since 1970. */
export function microsOf(type: DuckDBType): (value: DuckDBValue) => bigint {
  switch (type.typeId) {
    case DuckDBTypeId.TIMESTAMP_S:
      return (value) => (value as DuckDBTimestampSecondsValue).seconds * 1_000_000n;
    case DuckDBTypeId.TIMESTAMP_MS:
      return (value) => (value as DuckDBTimestampMillisecondsValue).millis * 1_000n;
    case DuckDBTypeId.TIMESTAMP_NS:
      return (value) => (value as DuckDBTimestampNanosecondsValue).nanos / 1_000n;
    default:
      return (value) => (value as DuckDBTimestampValue | DuckDBTimestampTZValue).micros;
  }
}
