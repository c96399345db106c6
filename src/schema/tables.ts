import type { ColumnDeclaration, DatasetDeclaration } from './declarations';

/** A physical table derived from a declaration: what DDL, seeding and import need to know. */
export interface TableColumn {
  name: string;
  /** SQL type that Athena DDL, Trino, Redshift and DuckDB all understand, except `varchar`/`string` and `double`. */
  type: 'varchar' | 'integer' | 'double' | 'boolean' | 'date' | 'timestamp' | `decimal(18,${number})`;
  nullable: boolean;
  /** The declared column, absent for the tenant and partition columns. */
  declared?: ColumnDeclaration;
}

/** The whole table. */
export interface TableDeclaration {
  engine: DatasetDeclaration['engine'];
  database: string;
  name: string;
  columns: readonly TableColumn[];
  tenantColumn: string | undefined;
  keyColumn: string;
  partitionColumn: string | undefined;
}

/** The table of a dataset in its SQL engine: tenant first, then the declared columns, the partition column last. */
export function tableOf(dataset: DatasetDeclaration): TableDeclaration {
  const tenantColumn = dataset.tenant === 'shared' ? undefined : dataset.tenant;
  const columns: TableColumn[] = [];
  if (tenantColumn !== undefined) columns.push({ name: tenantColumn, type: 'varchar', nullable: false });
  for (const declared of dataset.columns.values()) {
    columns.push({ name: declared.column, type: sqlTypeOf(declared), nullable: declared.nullable, declared });
  }
  if (dataset.partition !== undefined) {
    columns.push({ name: dataset.partition.column, type: 'varchar', nullable: false });
  }
  return {
    engine: dataset.engine,
    database: dataset.database,
    name: dataset.table,
    columns,
    tenantColumn,
    keyColumn: dataset.columns.get(dataset.key)?.column ?? dataset.key,
    partitionColumn: dataset.partition?.column,
  };
}

/** SQL type of a declared column. Decimals have 18 digits, 4 of them after the point unless declared otherwise. */
export function sqlTypeOf(column: ColumnDeclaration): TableColumn['type'] {
  switch (column.kind) {
    case 'integer':
      return 'integer';
    case 'float':
      return 'double';
    case 'decimal':
      return `decimal(18,${column.scale ?? 4})`;
    case 'boolean':
      return 'boolean';
    case 'date':
      return 'date';
    case 'datetime':
      return 'timestamp';
    default:
      return 'varchar';
  }
}
