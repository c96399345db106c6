import { SluiceError } from '../../errors';
import type { ValueKind } from '../../schema/vocabulary';

/** A compiled statement: everything an engine needs, and nothing about who asked. */
export interface Statement {
  engine: 'athena' | 'redshift';
  /** The statement's text, with its label as a leading comment. */
  sql: string;
  /** Named parameters (Redshift only); none when empty. Names as in the text, without the colon. */
  parameters: readonly StatementParameter[];
  /** Kind of each result column, in order; `decode.ts` turns cells of text into values by it. */
  columns: readonly ValueKind[];
  /** Dataset and kind of plan, such as `Reading rows`, for logs and the services' consoles. No personal data. */
  label: string;
  dataset: string;
  /** Results from before then, in milliseconds since 1970, may not be given again in the place of a run. */
  notBefore?: number;
}

/** A named parameter, as text. */
export interface StatementParameter {
  name: string;
  /** Never empty: the Data API refuses empty values, and has no NULL. */
  value: string;
}

/** Athena: QueryString, at most 262,144 bytes (StartQueryExecution). */
const ATHENA_STATEMENT_BYTES = 262_144;
/** Redshift Data API: a statement of at most 100 KB; its parameters are counted in, to stay on the safe side. */
const REDSHIFT_STATEMENT_BYTES = 100 * 1024;

/**
 * Puts the label in front and checks the service's limit, with `room` for what must not show in the length.
 * The comment has no `:name` in it, which the Data API could take for a parameter.
 *
 * @throws SluiceError QUERY_TOO_COMPLEX when the statement is too long for the service
 */
export function finishStatement(parts: Omit<Statement, 'label'> & { kind: string; room: number }): Statement {
  const { kind, room, ...rest } = parts;
  const label = `${rest.dataset} ${kind}`;
  const sql = `/* sluice: ${label} */ ${rest.sql}`;
  const size = rest.parameters.reduce(
    (sum, one) => sum + Buffer.byteLength(one.value),
    room + Buffer.byteLength(sql),
  );
  const limit = rest.engine === 'athena' ? ATHENA_STATEMENT_BYTES : REDSHIFT_STATEMENT_BYTES;
  if (size > limit) {
    throw new SluiceError(
      'QUERY_TOO_COMPLEX',
      'The filter is too long for the engine. Use fewer or shorter values.',
    );
  }
  return { ...rest, sql, label };
}
