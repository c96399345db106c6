import { readFileSync } from 'node:fs';
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
} from 'yaml';
import { z } from 'zod';
import { BootError } from '../errors';
import {
  ACCESS,
  DATA_CLASSES,
  DOMAINS,
  ERASURE_KEYS,
  ERASURE_RIGHTS,
  MASK_ACTIONS,
  PROTECTIONS,
} from '../schema/vocabulary';
import { PURPOSE_NAME } from './acting';
import { ROLE_LIMITS } from './limits';

/** The policy file as written: YAML read strictly, its shape checked, every place in it known by line. */

/** Longest life of a break-glass token that a policy can allow, in minutes: one day. */
const MOST_MINUTES = 1440;

const action = z.enum(MASK_ACTIONS);
const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must be a plain name');

const purposeName = z
  .string()
  .regex(PURPOSE_NAME, 'a purpose is named in small letters, digits and underscores, in at most 64 of them');

const rowRule = z
  .strictObject({
    dataset: name,
    field: name,
    in: name.optional(),
    equals: name.optional(),
    within: name.optional(),
    hierarchy: name.optional(),
    last: z.string().optional(),
  })
  .refine(
    (rule) =>
      [rule.in, rule.equals, rule.within, rule.last].filter((test) => test !== undefined).length === 1,
    {
      message:
        'needs one of `in: claim` (one of its values), `equals: claim` (its only value), `within: claim` (one of its values or below) and `last: P90D` (the days up to today)',
    },
  )
  .refine((rule) => (rule.within === undefined) === (rule.hierarchy === undefined), {
    message: '`within` and `hierarchy` go together: `within: claim, hierarchy: name`',
  });

const roundTo = z.number().int().min(2).max(1000).optional();

const groupRules = z.strictObject({
  minimum: z.number().int().min(2).max(10_000),
  protection: z.enum(PROTECTIONS).default('noise'),
  round: roundTo,
  families: z
    .record(name, z.strictObject({ protection: z.enum(PROTECTIONS).optional(), round: roundTo }))
    .default({}),
});

/** A node of a hierarchy: a value that a field may have. */
const node = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters');

const domainRules = z.strictObject({
  access: z.enum(ACCESS).default('rows'),
  classes: z.partialRecord(z.enum(DATA_CLASSES), action),
  columns: z.record(z.string(), action).default({}),
  rows: z.array(rowRule).default([]),
  groups: groupRules.optional(),
  purposes: z
    .partialRecord(z.enum(DATA_CLASSES), z.array(purposeName).min(1, 'names no purpose'))
    .default({}),
});

function limit(name: keyof typeof ROLE_LIMITS): z.ZodDefault<z.ZodNumber> {
  const { least, most } = ROLE_LIMITS[name];
  return z
    .number()
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, {
      error: `must be a whole number from ${least} to ${most}`,
    })
    .default(most);
}

const roleLimits = z.strictObject({
  maxRows: limit('maxRows'),
  maxDepth: limit('maxDepth'),
  maxAliases: limit('maxAliases'),
  maxTokens: limit('maxTokens'),
  maxFields: limit('maxFields'),
  maxCost: limit('maxCost'),
  trustedOnly: z.boolean().default(false),
});

const erasureRules = z
  .strictObject({
    may: z.array(z.enum(ERASURE_RIGHTS)).min(1, 'says what the role may do about erasures'),
    keys: z.enum(ERASURE_KEYS).default('tokens'),
  })
  .refine(({ may }) => new Set(may).size === may.length, { path: ['may'], message: 'says the same twice' })
  .refine(({ may }) => may.includes('read'), {
    path: ['may'],
    message: 'who does something about erasures sees them too. Add `read`',
  });

const roleRules = z.strictObject({
  description: z.string().trim().min(1, 'says in one line who acts in this role'),
  breakGlass: z.strictObject({ maxMinutes: z.number().int().min(1).max(MOST_MINUTES) }).optional(),
  domains: z.partialRecord(z.enum(DOMAINS), domainRules).default({}),
  erasure: erasureRules.optional(),
  limits: roleLimits.prefault({}),
});

const NEEDS_NO_LINE: readonly string[] = ['public', 'internal'];

const auditRules = z.strictObject({
  required: z
    .array(z.enum(DATA_CLASSES))
    .default(() => DATA_CLASSES.filter((name) => !NEEDS_NO_LINE.includes(name))),
});

const policyShape = z.strictObject({
  audit: auditRules.prefault({}),
  purposes: z
    .record(purposeName, z.string().trim().min(1, 'says in one line what the purpose is'))
    .default({}),
  hierarchies: z.record(name, z.record(node, z.array(node))).default({}),
  roles: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'a role is named in small letters, digits and underscores'),
      roleRules,
    )
    .refine((roles) => Object.keys(roles).length > 0, { message: 'names no role' }),
});

/** The whole file, what it leaves out filled in. */
export type PolicyData = z.output<typeof policyShape>;
/** What the file says of one role. */
export type RoleRules = z.output<typeof roleRules>;
/** What the file says of one role in one domain. */
export type DomainRules = z.output<typeof domainRules>;
/** What the file says of groups of people. */
export type GroupRules = z.output<typeof groupRules>;
/** What the file says a role may do about erasures. */
export type ErasureRules = z.output<typeof erasureRules>;
/** A row rule as written. */
export type RowRuleData = z.output<typeof rowRule>;

/** A place in the file: keys and positions from the top. */
export type PolicyPath = readonly (string | number)[];

/** The file, its data, and the words for a fault in it. */
export interface PolicyFile {
  text: string;
  data: PolicyData;
  /** Where a key stands, as `policy/policy.yaml:12`; the nearest key above it where there is none. */
  place(path: PolicyPath): string;
  /** One finding: `policy/policy.yaml:12: roles.support: what is wrong and what to do`. */
  finding(path: PolicyPath, message: string): string;
}

/** Reads the file; a BootError lists everything wrong with its YAML or, that being right, with its shape. */
export function readPolicyFile(file: string): PolicyFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new BootError([
      `${file}: the policy file cannot be read (${code}). Set SLUICE_POLICY_FILE to one that can.`,
    ]);
  }
  return parsePolicy(file, text);
}

/**
 * Reads the text of a policy; a BootError as of `readPolicyFile`.
 *
 * @param file name of the text in findings
 */
export function parsePolicy(file: string, text: string): PolicyFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    strict: true,
    uniqueKeys: true,
    prettyErrors: false,
  });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new BootError(
      faults.map((fault) => `${file}:${lines.linePos(fault.pos[0]).line}: ${sentence(fault.message)}`),
    );
  }
  // A key that JavaScript reads in a way of its own; what checks the shape passes over it.
  visit(document, {
    Pair(_index, pair) {
      if (!isScalar(pair.key) || pair.key.value !== '__proto__') return;
      const line = lines.linePos(pair.key.range?.[0] ?? 0).line;
      throw new BootError([`${file}:${line}: \`__proto__\` cannot be a key. Remove it or correct it.`]);
    },
  });
  const place = (path: PolicyPath): string => `${file}:${lines.linePos(offsetOf(document, path)).line}`;
  const finding = (path: PolicyPath, message: string): string =>
    `${place(path)}: ${path.length === 0 ? '' : `${path.join('.')}: `}${message}`;
  const parsed = policyShape.safeParse(document.toJS());
  if (!parsed.success)
    throw new BootError(parsed.error.issues.flatMap((issue) => shapeFindings(issue, finding)));
  return { text, data: parsed.data, place, finding };
}

function shapeFindings(issue: z.core.$ZodIssue, finding: PolicyFile['finding']): string[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => finding([...path, key], unknownKey([...path, key])));
  }
  if (issue.code === 'invalid_key') return [finding(path, unknownKey(path, issue.issues[0]?.message))];
  if (issue.code === 'invalid_value') return [finding(path, `must be one of: ${issue.values.join(', ')}.`)];
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [finding(path, `is missing or of the wrong type: needs ${kindName(issue.expected)}.`)];
  }
  return [finding(path, sentence(issue.message))];
}

function unknownKey(
  path: PolicyPath,
  otherwise = 'there is no such key here. Remove it or correct it.',
): string {
  const parent = path.at(-2);
  if (parent === 'classes' || (parent === 'purposes' && path.length > 2))
    return `there is no such class. Classes are: ${DATA_CLASSES.join(', ')}.`;
  if (parent === 'limits')
    return `there is no such limit. Limits are: ${Object.keys(roleLimits.shape).join(', ')}.`;
  if (parent === 'domains') return `there is no such domain. Domains are: ${DOMAINS.join(', ')}.`;
  return sentence(otherwise);
}

function kindName(expected: string): string {
  const names: Record<string, string> = {
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    string: 'text',
  };
  return names[expected] ?? expected;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Where a path's own key stands in the text; the nearest key above it where the path itself is missing. */
function offsetOf(document: Document.Parsed, path: PolicyPath): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => String(isScalar(item.key) ? item.key.value : item.key) === String(part),
      );
      if (pair === undefined) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
