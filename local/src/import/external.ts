import { PutObjectCommand } from '@aws-sdk/client-s3';
import { AuditObjects } from '../../../src/auth/audit-objects';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { tableOf } from '../../../src/schema/tables';
import { LOCAL_NAMES } from '../names';
import type { Aws } from './aws';
import type { LoadRow } from './transform';

/** Stores rows of an external table as its objects; rows stored under the same name before are replaced. */
export async function storeExternalRows(
  aws: Aws,
  dataset: DatasetDeclaration,
  tenant: string,
  rows: readonly LoadRow[],
  name: string,
): Promise<void> {
  const table = tableOf(dataset);
  const columns = [...dataset.columns.values()].map(({ column }) => column);
  const lines = rows.map(({ cells }) => ({
    ...Object.fromEntries(columns.map((column, at) => [column, cells[at]])),
    [dataset.tenant]: tenant,
  }));
  for (const object of new AuditObjects(dataset).of(lines, name)) {
    await aws.s3.send(
      new PutObjectCommand({
        Bucket: LOCAL_NAMES.lakeBucket,
        Key: `${table.database}/${table.name}/${object.name}`,
        Body: object.body,
      }),
    );
  }
}
