import { z } from 'zod';
import { BootError } from './errors';

/** The only reader of the environment. All that is wrong is reported at once. */

const url = z.string().url('must be a URL such as http://127.0.0.1:8000');
const key = z
  .string()
  .transform((text) => Buffer.from(text, 'base64'))
  .refine((bytes) => bytes.length === 64, 'must be 64 random bytes in base64 (openssl rand -base64 64)');
const milliseconds = z.coerce.number().int().min(1);

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(4000),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  AWS_REGION: z.string().min(1),

  SLUICE_POLICY_FILE: z.string().default('policy/policy.yaml'),
  SLUICE_JWKS_URL: url,
  SLUICE_TOKEN_ISSUER: z.string().min(1),
  SLUICE_TOKEN_AUDIENCE: z.string().min(1),
  SLUICE_MASK_KEY: key,
  SLUICE_CURSOR_KEY: key,
  SLUICE_AUDIT_KEY: key,

  SLUICE_DYNAMODB_ENDPOINT: url.optional(),
  /** Price of a million read request units, on demand (Amazon DynamoDB pricing). */
  SLUICE_DYNAMODB_USD_PER_MILLION_READS: z.coerce.number().min(0).default(0.125),
  SLUICE_ATHENA_ENDPOINT: url.optional(),
  SLUICE_ATHENA_WORKGROUP: z.string().default('primary'),
  SLUICE_ATHENA_CATALOG: z.string().default('AwsDataCatalog'),
  SLUICE_ATHENA_OUTPUT: z.string().startsWith('s3://', 'must be an s3:// location').optional(),
  /** How Athena's results are read: as the one object it writes to S3, or page by page through its API. */
  SLUICE_ATHENA_RESULTS: z.enum(['s3', 'api']).default('s3'),
  /** How old a result Athena may give again instead of running the query, in minutes; 0 never. At most 7 days. */
  SLUICE_ATHENA_REUSE_MINUTES: z.coerce.number().int().min(0).max(10_080).default(0),
  SLUICE_ATHENA_USD_PER_TB: z.coerce.number().min(0).default(5),
  SLUICE_S3_ENDPOINT: url.optional(),
  SLUICE_REDSHIFT_ENDPOINT: url.optional(),
  SLUICE_REDSHIFT_WORKGROUP: z.string().default('sluice'),
  SLUICE_REDSHIFT_DATABASE: z.string().default('warehouse'),

  /** How long one request may take in all, in milliseconds. */
  SLUICE_REQUEST_DEADLINE_MS: milliseconds.default(60_000),
  /** How long an engine may take to answer one call of its API, in milliseconds. */
  SLUICE_CALL_DEADLINE_MS: milliseconds.default(10_000),
  /** Statements at once per engine. */
  SLUICE_ENGINE_CONCURRENCY: z.coerce.number().int().min(1).default(20),
});

/** The configuration, checked; each variable is explained where it is declared above. */
export type Config = z.infer<typeof environment>;

/** Reads the configuration, or throws a BootError that lists every fault with its variable's name. */
export function readConfig(variables: Record<string, string | undefined> = process.env): Config {
  const parsed = environment.safeParse(variables);
  if (parsed.success) return parsed.data;
  throw new BootError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}
