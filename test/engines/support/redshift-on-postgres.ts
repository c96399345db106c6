import { Client, Pool } from 'pg';
import { newRowsInsert } from '../../../local/src/import/load';
import { redshiftTable, STAGING } from '../../../local/src/import/tables';
import type { Statement } from '../../../src/datasources/compile/statement';
import { rowDecoder, type TextCell } from '../../../src/datasources/decode';
import type { Cell, Cells } from '../../../src/datasources/results';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { tableOf, type TableColumn } from '../../../src/schema/tables';
import type { FieldRow } from '../../support/engines';
import { postgres } from './engines';

/** Redshift's statements on PostgreSQL, in a database of one's own. */

/**
 * The Data API's named parameters in PostgreSQL's words: each `:name` outside of texts, quoted names, comments and
 * casts becomes the `$n` of its value. Nothing else is changed.
 */
export function toPostgres({ sql, parameters }: Pick<Statement, 'sql' | 'parameters'>): {
  text: string;
  values: string[];
} {
  const places = new Map(parameters.map(({ name }, at) => [name, `$${at + 1}`]));
  const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\/\*[\s\S]*?\*\/|--[^\n]*|::|:(\w+)/g;
  const text = sql.replace(token, (whole: string, name: string | undefined) => {
    if (name === undefined) return whole;
    const place = places.get(name);
    if (place === undefined) throw new Error(`The statement names no parameter ${name}.`);
    return place;
  });
  return { text, values: parameters.map(({ value }) => value) };
}

/** Functions of Redshift that PostgreSQL lacks. */
const REDSHIFT_FUNCTIONS = [
  `CREATE FUNCTION sha2(text, int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex') $$`,
  `CREATE FUNCTION strtol(text, int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || lpad($1, 16, '0'))::bit(64)::bigint $$`,
];

export class RedshiftOnPostgres {
  private constructor(
    private readonly admin: Client,
    private readonly client: Pool,
    private readonly database: string,
  ) {}

  /** Makes an empty database on the shared PostgreSQL. */
  static async open(name: string): Promise<RedshiftOnPostgres> {
    const settings = await postgres();
    const admin = new Client(settings);
    await admin.connect();
    const database = `${name}_${process.pid}`;
    await admin.query(`CREATE DATABASE ${database}`);
    // Values as PostgreSQL prints them: decoding is Sluice's own work.
    const client = new Pool({ ...settings, database, types: { getTypeParser: () => asText } });
    await client.query(`CREATE SCHEMA ${STAGING}`);
    for (const definition of REDSHIFT_FUNCTIONS) await client.query(definition);
    return new RedshiftOnPostgres(admin, client, database);
  }

  /** Creates a dataset's table and the staging table, in the words of Redshift that the importer uses. */
  async create(dataset: DatasetDeclaration): Promise<void> {
    const table = tableOf(dataset);
    await this.client.query(`CREATE SCHEMA IF NOT EXISTS "${table.database}"`);
    await this.client.query(redshiftTable(`"${table.database}"."${table.name}"`, table, 'IF NOT EXISTS '));
    await this.client.query(redshiftTable(`"${STAGING}"."${table.name}"`, table, 'IF NOT EXISTS '));
  }

  /** Stages rows, then takes the importer's own INSERT; gives the number of new rows. */
  async load(dataset: DatasetDeclaration, tenant: string, rows: readonly FieldRow[]): Promise<number> {
    const table = tableOf(dataset);
    const staging = `"${STAGING}"."${table.name}"`;
    await this.client.query(`DELETE FROM ${staging}`);
    const places = table.columns.map((_column, at) => `$${at + 1}`).join(', ');
    for (const row of rows) {
      const values = table.columns.map((column) => cellOf(column, tenant, row));
      await this.client.query(`INSERT INTO ${staging} VALUES (${places})`, values);
    }
    return (await this.client.query(newRowsInsert(table, table.name))).rowCount ?? 0;
  }

  async run(statement: Statement): Promise<readonly Cells[]> {
    const { text, values } = toPostgres(statement);
    const { rows } = await this.client.query<TextCell[]>({ text, values, rowMode: 'array' });
    return rows.map(rowDecoder(statement.columns));
  }

  async close(): Promise<void> {
    await this.client.end();
    await this.admin.query(`DROP DATABASE ${this.database}`);
    await this.admin.end();
  }
}

const asText = (text: string | Buffer): string => String(text);

/** Only the tenant's column has no declaration: tables of Redshift have no partition column. */
function cellOf({ declared }: TableColumn, tenant: string, row: FieldRow): Cell {
  return declared === undefined ? tenant : (row[declared.field] ?? null);
}
