import { identifier } from '../../quoting';
import { LakeQueryError } from '../backend';
import type { TokenReader } from './tokens';

/** Athena's DDL types as Trino names them. Iceberg keeps timestamps in microseconds. */
const SIMPLE: Record<string, string> = {
  boolean: 'boolean',
  int: 'integer',
  integer: 'integer',
  bigint: 'bigint',
  float: 'real',
  double: 'double',
  date: 'date',
  timestamp: 'timestamp(6)',
  string: 'varchar',
  binary: 'varbinary',
};

/** Reads one Athena DDL type and answers Trino's name for it. */
export function readType(reader: TokenReader): string {
  const name = reader.name();
  const simple = SIMPLE[name];
  if (simple) return simple;
  switch (name) {
    case 'varchar':
    case 'char':
      // Iceberg has one text type without a length.
      if (reader.take('(')) {
        reader.number();
        reader.expect(')');
      }
      return 'varchar';
    case 'decimal': {
      if (!reader.take('(')) return 'decimal(10, 0)';
      const precision = reader.number();
      const scale = reader.take(',') ? reader.number() : 0;
      reader.expect(')');
      return `decimal(${precision}, ${scale})`;
    }
    case 'array': {
      reader.expect('<');
      const element = readType(reader);
      reader.expect('>');
      return `array(${element})`;
    }
    case 'map': {
      reader.expect('<');
      const key = readType(reader);
      reader.expect(',');
      const value = readType(reader);
      reader.expect('>');
      return `map(${key}, ${value})`;
    }
    case 'struct': {
      reader.expect('<');
      const fields: string[] = [];
      do {
        const field = reader.name();
        reader.expect(':');
        fields.push(`${identifier(field)} ${readType(reader)}`);
      } while (reader.take(','));
      reader.expect('>');
      return `row(${fields.join(', ')})`;
    }
    default:
      throw new LakeQueryError(`NOT_SUPPORTED: Type ${name} is not supported for Iceberg tables`);
  }
}
