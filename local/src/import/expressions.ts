import { z } from 'zod';

/**
 * Where a field's value comes from: a column, a constant, or one of a small closed set of operations.
 * A text alone is short for `{ from: column }`, a number for a constant.
 */
export type Expression =
  | ({ from: string } & Reading)
  | { constant: string }
  | { row: true }
  | ({ multiply: Expression[] } & Rounding)
  | ({ add: Expression[] } & Rounding)
  | ({ subtract: Expression[] } & Rounding)
  | { divide: Expression[]; scale: number }
  | { concat: Expression[]; separator: string }
  | { coalesce: Expression[] }
  | { map: Expression; values: Record<string, string | null>; otherwise?: string | null | undefined }
  | ({ lookup: string; by: Expression; take: string } & Reading);

/** How a source text is read before it is used. */
export interface Reading {
  /** Texts that mean "no value" here, instead of the file's. */
  nulls?: string[] | undefined;
  /** What each text stands for; a text that is not listed rejects the row. */
  values?: Record<string, string | null> | undefined;
  /** Format of a time, see `times.ts`. */
  time?: string | undefined;
  /** `integer` reads `17850.0` as `17850`. */
  type?: 'integer' | 'decimal' | 'text' | undefined;
  /** For decimals: round to the column's digits instead of rejecting surplus ones. */
  round?: boolean | undefined;
  /** Drop spaces at both ends. */
  trim?: boolean | undefined;
}

export interface Rounding {
  round?: boolean | undefined;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const nullableScalar = z.union([scalar, z.null()]);
const values = z.record(z.string(), nullableScalar);
const rounding = { round: z.boolean().optional() };
const reading = {
  nulls: z.array(z.string()).optional(),
  values: values.optional(),
  time: z.string().optional(),
  type: z.enum(['integer', 'decimal', 'text']).optional(),
  trim: z.boolean().optional(),
  ...rounding,
};

/** A constant of a mapping, as text. */
export const constant = scalar;

/** Checks an expression of a mapping file. Faults carry the path down to the faulty part. */
export const expression: z.ZodType<Expression> = z.lazy(() =>
  z.unknown().transform((input, context): Expression => {
    if (typeof input === 'string') return { from: input };
    if (typeof input === 'number') return { constant: String(input) };
    const fail = (message: string, path: PropertyKey[] = []): never => {
      context.addIssue({ code: 'custom', message, path });
      return z.NEVER;
    };
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      return fail('must be a column name, a number, or an operation such as { multiply: [Quantity, Price] }');
    }
    const named = Object.keys(operations).filter((name) => name in input);
    const [name] = named;
    if (name === undefined || named.length > 1) {
      return fail(`must name exactly one of ${Object.keys(operations).join(', ')}`);
    }
    const parsed = operations[name]?.safeParse(input);
    if (parsed?.success) return parsed.data;
    for (const issue of parsed?.error.issues ?? []) fail(issue.message, issue.path);
    return z.NEVER;
  }),
);

const several = z.array(expression).min(2, 'needs two operands at least');

const operations: Record<string, z.ZodType<Expression>> = {
  from: z.strictObject({ from: z.string(), ...reading }),
  constant: z.strictObject({ constant: scalar }),
  row: z.strictObject({ row: z.literal(true) }),
  multiply: z.strictObject({ multiply: several, ...rounding }),
  add: z.strictObject({ add: several, ...rounding }),
  subtract: z.strictObject({ subtract: several, ...rounding }),
  divide: z.strictObject({ divide: several, scale: z.number().int().min(0).max(12).default(8) }),
  concat: z.strictObject({ concat: several, separator: z.string().default('') }),
  coalesce: z.strictObject({ coalesce: several }),
  map: z.strictObject({ map: expression, values, otherwise: nullableScalar.optional() }),
  lookup: z.strictObject({ lookup: z.string(), by: expression, take: z.string(), ...reading }),
};

/** The operands of an expression. */
function operands(of: Expression): Expression[] {
  if ('multiply' in of) return of.multiply;
  if ('add' in of) return of.add;
  if ('subtract' in of) return of.subtract;
  if ('divide' in of) return of.divide;
  if ('concat' in of) return of.concat;
  if ('coalesce' in of) return of.coalesce;
  if ('map' in of) return [of.map];
  if ('lookup' in of) return [of.by];
  return [];
}

/** The expression and everything inside it. */
export function everyPart(of: Expression): Expression[] {
  return [of, ...operands(of).flatMap(everyPart)];
}
