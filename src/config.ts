import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { BootError } from './errors';
import type { EngineName } from './schema/vocabulary';

/** The only reader of the environment. All that is wrong is reported at once. */

const url = z.string().url('must be a URL such as http://127.0.0.1:8000');
const key = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === 64, 'must be 64 random bytes in base64 (openssl rand -base64 64)');
/** Ed25519, as PKCS #8 in DER and base64. */
const signingKey = z.string().transform((text, context) => {
  try {
    const made = createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
    if (made.asymmetricKeyType === 'ed25519') return made;
  } catch {
    // Said below, without the text.
  }
  context.addIssue(
    'must be an Ed25519 key in PKCS #8, DER, base64 (openssl genpkey -algorithm ed25519 -outform DER | base64 -w0)',
  );
  return z.NEVER;
});
/** `01:00-05:00`, as minutes of the day; the end may lie on the next one. */
const dailyWindow = z.string().transform((text, context) => {
  const parts = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(text)?.slice(1).map(Number);
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = parts ?? [];
  const window = { from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute };
  if (parts !== undefined && window.from !== window.to) return window;
  context.addIssue('must be two times of day in UTC, such as 01:00-05:00');
  return z.NEVER;
});
/** `athena=35,redshift=90`: days of some of the stores. */
const daysByStore = z.string().transform((text, context) => {
  const days = new Map<EngineName, number>();
  for (const part of text.split(',')) {
    const [, store, count] = /^(athena|redshift|dynamodb)=([1-9]\d{0,4})$/.exec(part.trim()) ?? [];
    if (store === undefined || days.has(store as EngineName)) {
      context.addIssue('must be days by store, each store once, such as athena=35,redshift=90,dynamodb=35');
      return z.NEVER;
    }
    days.set(store as EngineName, Number(count));
  }
  return Object.fromEntries(days);
});
const milliseconds = z.coerce.number().int().min(1);
const dollars = z.coerce.number().min(0);

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(4000).describe('port of the gateway'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('least level that is logged'),
  AWS_REGION: z
    .string()
    .min(1)
    .describe('region of the engines; credentials come from the AWS SDK’s own chain'),

  SLUICE_POLICY_FILE: z.string().default('policy/policy.yaml').describe('who sees what'),
  SLUICE_POLICY_RELOAD_SECONDS: z.coerce
    .number()
    .min(0)
    .max(3600)
    .default(10)
    .describe('how often a changed policy file is looked for, in seconds; 0: only on SIGHUP'),
  SLUICE_TRUSTED_DOCUMENTS: z
    .string()
    .min(1)
    .optional()
    .describe('stored operations: a folder of .graphql files, or a manifest in JSON (npm run documents)'),
  SLUICE_TRUSTED_ONLY: z
    .enum(['all', 'roles'])
    .default('all')
    .describe(
      'who runs nothing but stored operations where there are some: all, or roles whose limits say so',
    ),
  SLUICE_JWKS_URL: url.describe('key set of the token issuer'),
  SLUICE_TOKEN_ISSUER: z.string().min(1).describe('issuer that tokens must name'),
  SLUICE_TOKEN_AUDIENCE: z.string().min(1).describe('audience that tokens must name'),
  SLUICE_MASK_KEY: key.describe(
    'key of pseudonyms: 64 random bytes in base64; a new one changes all pseudonyms',
  ),
  SLUICE_CURSOR_KEY: key.describe('key of cursors, likewise; a new one ends all open pages'),
  SLUICE_AUDIT_KEY: key.describe('key of the one-way tokens in audit lines, likewise'),
  SLUICE_AUDIT_DIR: z
    .string()
    .min(1)
    .describe(
      'folder that audit lines are written to before an answer is given; a disk that outlives the process',
    ),
  SLUICE_AUDIT_LOCATION: z
    .string()
    .regex(/^s3:\/\/[a-z0-9.-]+(\/.*)?$/, 'must be an s3:// location')
    .describe('location of the table audit.reads, where audit lines are stored for good'),
  SLUICE_AUDIT_SECONDS: z.coerce
    .number()
    .min(0.1)
    .max(86_400)
    .default(60)
    .describe('age after which a segment of audit lines is stored there, in seconds'),
  SLUICE_AUDIT_SEGMENT_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .max(268_435_456)
    .default(16_777_216)
    .describe('size after which it is, in bytes'),
  SLUICE_AUDIT_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(99_999)
    .default(365)
    .describe(
      'how long you keep lines of audit.reads, in days, for plans and certificates of erasures; what deletes them is yours to set up',
    ),
  SLUICE_AUDIT_DEADLINE_MS: milliseconds
    .default(5_000)
    .describe('how long an answer waits for its audit line before it is refused, in ms'),
  SLUICE_AUDIT_SYNC_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(1_000)
    .describe(
      'how long an audit line may be with the operating system alone before it is on the disk, in ms: what a machine that loses its power can lose; 0: no answer is given before its line is on the disk',
    ),

  SLUICE_ERASURE_TABLE: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{3,255}$/, 'must be the name of a DynamoDB table')
    .default('sluice-erasure')
    .describe('DynamoDB table of the ledger of erasures; keys pk and sk, both text'),
  SLUICE_ERASURE_KEY: z
    .string()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((bytes) => bytes.length === 32, 'must be 32 random bytes in base64 (openssl rand -base64 32)')
    .describe(
      'key that the keys of people are sealed with while their erasure is under way: 32 random bytes in base64; without it no erasure under way can go on',
    ),
  SLUICE_ERASURE_SIGNING_KEY: signingKey
    .optional()
    .describe(
      'key that certificates and the audit chain are signed with, for the command `erasure`: Ed25519, PKCS #8, DER, base64',
    ),
  SLUICE_TOMBSTONE_SECONDS: z.coerce
    .number()
    .min(0)
    .max(60)
    .default(2)
    .describe('how old the list of people who are being erased may be for an answer, in seconds'),
  SLUICE_REGULATIONS_FILE: z
    .string()
    .default('policy/regulations.yaml')
    .describe('how long an erasure may take, by law'),
  SLUICE_ERASURE_LOCATION: z
    .string()
    .regex(/^s3:\/\/[a-z0-9.-]+(\/.*)?$/, 'must be an s3:// location')
    .optional()
    .describe('location of the table erasure.subject_keys, where the keys of a running batch are staged'),
  SLUICE_ERASURE_COPY_ROLE: z
    .string()
    .regex(/^(default|arn:[\w:/+=,.@-]+)$/, 'must be the ARN of a role, or default')
    .default('default')
    .describe('IAM role with which Redshift reads the staged keys'),
  SLUICE_ERASURE_MOST_SHARE: z.coerce
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe(
      'largest part of a tenant’s rows of one table that one key of a person may name, of tables with more than 1,000 rows of it: 0.05 is a twentieth; a request by a key that names more is refused',
    ),
  SLUICE_ERASURE_SCAN_UNITS: z.coerce
    .number()
    .min(0)
    .default(0)
    .describe(
      'read units a second that a process may take from a DynamoDB table to find, erase and verify people; 0: as many as it can',
    ),
  SLUICE_ERASURE_WRITE_UNITS: z.coerce
    .number()
    .min(0)
    .default(0)
    .describe(
      'write units a second that a process may take from a DynamoDB table to erase people; 0: as many as it can',
    ),
  SLUICE_ERASURE_WINDOW: dailyWindow
    .optional()
    .describe(
      'time of day in UTC in which batches of erasures begin, such as 01:00-05:00; always unless set; one that has begun goes on, and plans are made at any time',
    ),
  SLUICE_ERASURE_BATCH_REQUESTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_000)
    .default(1_000)
    .describe('requests in one batch of erasures at most'),
  SLUICE_ERASURE_BATCH_KEYS: z.coerce
    .number()
    .int()
    .min(1)
    .default(50_000)
    .describe('keys of people in one batch at most; a request with more has a batch of its own'),
  SLUICE_ERASURE_STORES_AT_ONCE: z.coerce
    .number()
    .int()
    .min(1)
    .max(4)
    .default(4)
    .describe('stores that a batch works on at once'),
  SLUICE_ERASURE_VERIFY_FILES: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false)
    .describe('whether verification reads the files behind Iceberg tables too: minutes for large ones'),
  SLUICE_ERASURE_RESCAN_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .default(1)
    .describe('days between two looks for people who came back, until the last copy of them is gone'),
  SLUICE_ERASURE_BACKUP_DAYS: daysByStore
    .optional()
    .describe(
      'longest life of the backups and snapshots that you make of each store, in days, such as athena=35,redshift=90,dynamodb=35; a store that is not named has none',
    ),
  SLUICE_ERASURE_EXPORT_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(99_999)
    .default(0)
    .describe(
      'longest life of files that people export from what the gateway shows, in days; 0: none are made',
    ),
  SLUICE_ERASURE_RESULT_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(99_999)
    .default(7)
    .describe(
      'age in days at which a lifecycle rule deletes what Athena wrote to its results location; set up that rule',
    ),
  SLUICE_ERASURE_LEASE_SECONDS: z.coerce
    .number()
    .min(15)
    .max(600)
    .default(30)
    .describe('how long a worker of erasures may be silent before another takes over, in seconds'),
  SLUICE_ERASURE_POLL_SECONDS: z.coerce
    .number()
    .min(0.1)
    .max(3_600)
    .default(10)
    .describe('how often a worker looks for something to do, in seconds'),

  SLUICE_SPARK_APPLICATION: z
    .string()
    .regex(/^[0-9a-z]{1,64}$/, 'must be the id of an application of EMR Serverless')
    .optional()
    .describe(
      'application of EMR Serverless that erases people from tables which only Spark may write (Hudi); needed when a dataset says `writer: spark`',
    ),
  SLUICE_SPARK_ROLE: z
    .string()
    .regex(/^arn:[\w:/+=,.@-]+$/, 'must be the ARN of a role')
    .optional()
    .describe(
      'IAM role that its jobs run as; it reads the staged keys and the script, and writes the tables',
    ),
  SLUICE_SPARK_SCRIPT: z
    .string()
    .startsWith('s3://', 'must be an s3:// location')
    .optional()
    .describe('where src/erasure/executors/spark/erase_subjects.py of this version was put'),
  SLUICE_SPARK_PARAMETERS: z
    .string()
    .default(
      [
        '--jars /usr/lib/hudi/hudi-spark-bundle.jar',
        '--conf spark.serializer=org.apache.spark.serializer.KryoSerializer',
        '--conf spark.sql.extensions=org.apache.spark.sql.hudi.HoodieSparkSessionExtension',
        '--conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.hudi.catalog.HoodieCatalog',
        '--conf spark.sql.catalogImplementation=hive',
        '--conf spark.hadoop.hive.metastore.client.factory.class=com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory',
      ].join(' '),
    )
    .describe('parameters of spark-submit: size of drivers and executors, and Hudi itself'),
  SLUICE_SPARK_TIMEOUT_MINUTES: z.coerce
    .number()
    .int()
    .min(5)
    .max(1_000_000)
    .default(240)
    .describe('how long one of its jobs may run, in minutes; the service ends it then'),
  SLUICE_SPARK_ENDPOINT: url.optional().describe('another address of EMR Serverless'),

  SLUICE_DYNAMODB_ENDPOINT: url.optional().describe('another address of DynamoDB than the region’s'),
  SLUICE_DYNAMODB_USD_PER_MILLION_READS: dollars
    .default(0.125)
    .describe('price of a million read request units (Amazon DynamoDB pricing, on demand)'),
  SLUICE_ATHENA_ENDPOINT: url.optional().describe('another address of Athena'),
  SLUICE_ATHENA_WORKGROUP: z.string().default('primary').describe('workgroup of the queries'),
  SLUICE_ATHENA_CATALOG: z.string().default('AwsDataCatalog').describe('data catalog of the lake'),
  SLUICE_ATHENA_OUTPUT: z
    .string()
    .startsWith('s3://', 'must be an s3:// location')
    .optional()
    .describe('where results are written; the workgroup’s own location unless set'),
  SLUICE_ATHENA_RESULTS: z
    .enum(['s3', 'api'])
    .default('s3')
    .describe('how results are read: as the one object Athena writes to S3, or page by page through its API'),
  SLUICE_ATHENA_REUSE_MINUTES: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_080)
    .default(0)
    .describe('how old a result Athena may give again instead of running the query, in minutes; 0: never'),
  SLUICE_ATHENA_USD_PER_TB: dollars
    .default(5)
    .describe('price of a terabyte scanned (Amazon Athena pricing)'),
  SLUICE_S3_ENDPOINT: url.optional().describe('another address of S3'),
  SLUICE_REDSHIFT_ENDPOINT: url.optional().describe('another address of the Redshift Data API'),
  SLUICE_REDSHIFT_WORKGROUP: z.string().default('sluice').describe('Redshift Serverless workgroup'),
  SLUICE_REDSHIFT_DATABASE: z.string().default('warehouse').describe('database of the warehouse'),

  SLUICE_REQUEST_DEADLINE_MS: milliseconds
    .default(60_000)
    .describe('how long one request may take in all, in ms'),
  SLUICE_HEADERS_TIMEOUT_MS: milliseconds
    .default(10_000)
    .describe('how long a client may take to send the headers of a request, in ms'),
  SLUICE_BODY_TIMEOUT_MS: milliseconds
    .default(20_000)
    .describe('how long a client may take to send the rest of a request, in ms'),
  SLUICE_MAX_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(1)
    .default(2_000)
    .describe('connections at once; further ones are closed'),
  SLUICE_CALL_DEADLINE_MS: milliseconds
    .default(10_000)
    .describe('how long a service may take to answer one call of its API, in ms'),
  SLUICE_ENGINE_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .default(20)
    .describe('statements at once per engine'),
});

const fields: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(environment.shape));

/** The configuration, checked; each variable is explained where it is declared above. */
export type Config = z.infer<typeof environment>;

type Variables = Record<string, string | undefined>;

/** Reads the configuration, or throws a BootError that lists every fault with its variable's name. */
export function readConfig(variables: Variables = process.env): Config {
  return read(environment, variables);
}

function read<Shape extends z.ZodType>(shape: Shape, variables: Variables): z.output<Shape> {
  const parsed = shape.safeParse(variables);
  if (parsed.success) return parsed.data;
  throw new BootError(
    parsed.error.issues.map(({ path, message }) => {
      const name = path.join('.');
      if (variables[name] !== undefined) return `${name} ${message}`;
      return `${name} is not set: ${fields.get(name)?.description ?? message}`;
    }),
  );
}

/** Where the policy lies: for commands that need nothing else of the configuration. */
export function policyFileOf(variables: Record<string, string | undefined> = process.env): string {
  return environment.shape.SLUICE_POLICY_FILE.parse(variables.SLUICE_POLICY_FILE);
}

const ledger = environment.pick({
  AWS_REGION: true,
  SLUICE_DYNAMODB_ENDPOINT: true,
  SLUICE_CALL_DEADLINE_MS: true,
  SLUICE_ERASURE_TABLE: true,
});

/** Where the ledger of erasures is: for commands that read it alone. @throws BootError as `readConfig` */
export function ledgerConfigOf(variables: Variables = process.env): z.output<typeof ledger> {
  return read(ledger, variables);
}

/** The key that certificates are signed with, for commands; undefined when it is not set. @throws BootError as `readConfig` */
export function signingKeyOf(variables: Variables = process.env): Config['SLUICE_ERASURE_SIGNING_KEY'] {
  return read(environment.pick({ SLUICE_ERASURE_SIGNING_KEY: true }), variables).SLUICE_ERASURE_SIGNING_KEY;
}

/** Every variable with its meaning and default, for `--help`. */
export function configurationHelp(): string {
  return [...fields]
    .map(([name, field]) => {
      const preset = field instanceof z.ZodDefault ? `default ${String(field.def.defaultValue)}` : undefined;
      const note = preset ?? (field instanceof z.ZodOptional ? 'optional' : 'required');
      return `  ${name}\n      ${field.description ?? ''} (${note})\n`;
    })
    .join('');
}
