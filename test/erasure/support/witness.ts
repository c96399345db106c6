import { ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../../src/datasources/engines/items';
import type { ErasureTarget } from '../../../src/erasure/targets';
import { tableOf } from '../../../src/schema/tables';
import { queryAthena, type Clients } from '../../local/support';
import { queryRedshift } from './redshift';

/** What a table holds, told by its engine in one line: how many rows, and a sum over all their bytes. */

export interface Told {
  rows: number;
  /** The same for the same rows in any order; any changed byte changes it. */
  sum: string;
}

/**
 * @param condition which rows, in SQL
 * @param without columns that may change
 * @param source another relation with the table's columns
 */
export async function tell(
  clients: Clients,
  { dataset }: Pick<ErasureTarget, 'dataset'>,
  condition: string,
  without: readonly string[] = [],
  source = `"${dataset.database}"."${dataset.table}"`,
): Promise<Told> {
  const text = tableOf(dataset)
    .columns.filter(({ name }) => !without.includes(name))
    .map(({ name }) => `COALESCE('=' || CAST("${name}" AS VARCHAR), '-')`)
    // A length before each text, so that no two rows give one text.
    .map((cell) => `CAST(LENGTH(${cell}) AS VARCHAR) || ${cell}`)
    .join(' || ');
  const from = `FROM ${source} WHERE ${condition}`;
  const [row] =
    dataset.engine === 'athena'
      ? await queryAthena(
          clients.athena,
          `SELECT count(*), SUM(CAST(from_big_endian_64(xxhash64(to_utf8(${text}))) AS DECIMAL(38,0))) ${from}`,
        )
      : await queryRedshift(
          clients.redshift,
          `SELECT count(*), SUM(CAST(STRTOL(SUBSTRING(SHA2(${text}, 256), 1, 15), 16) AS DECIMAL(38,0))) ${from}`,
        );
  return { rows: Number(row?.[0]), sum: String(row?.[1]) };
}

/** An item as a text: the same whatever the order of its attributes. */
export function itemText(item: Item): string {
  return JSON.stringify(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Every item of a point-read table as one text each, sorted. @param which by its key */
export async function itemTexts(
  clients: Clients,
  table: string,
  which: (key: string) => boolean,
): Promise<string[]> {
  const texts: string[] = [];
  let after: Record<string, never> | undefined;
  do {
    const page = await clients.dynamodb.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: after }),
    );
    for (const item of page.Items ?? []) {
      if (which(item.pk?.S ?? '')) texts.push(itemText(item));
    }
    after = page.LastEvaluatedKey as Record<string, never> | undefined;
  } while (after !== undefined);
  return texts.sort();
}
