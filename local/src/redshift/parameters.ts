import { meaningful, tokenize } from '../duck/tokens';
import { literal } from '../quoting';
import { ServiceError } from '../wire/json-protocol';

/** A named parameter of a statement. */
export interface Parameter {
  name: string;
  value: string;
}

/** Checks the `Parameters` of a request: names, and values that are strings and not empty (service rule). */
export function readParameters(input: unknown): Parameter[] {
  if (input === undefined) return [];
  if (!Array.isArray(input) || input.length < 1)
    throw invalid('Parameters must hold at least one parameter.');
  const parameters = input.map((given: unknown) => {
    const { name, value } = (given ?? {}) as Partial<Parameter>;
    if (typeof name !== 'string' || !/^[0-9a-zA-Z_]+$/.test(name))
      throw invalid('A parameter has no valid name.');
    if (typeof value !== 'string' || value.length < 1)
      throw invalid(`The value of parameter ${name} must be a string with at least one character.`);
    return { name, value };
  });
  const twice = parameters.find(
    ({ name }, at) => parameters.findIndex((other) => other.name === name) !== at,
  );
  if (twice) throw invalid(`Parameter ${twice.name} is given twice.`);
  return parameters;
}

/**
 * The names of the placeholders `:name` in a statement. A colon inside a string, a quoted name, a comment or a cast
 * (`::`) is no placeholder.
 */
function placeholders(sql: string): Set<string> {
  const names = new Set<string>();
  eachPlaceholder(sql, (name) => {
    names.add(name);
    return '';
  });
  return names;
}

/** Every placeholder must have a value, and every parameter a placeholder in some statement. */
export function checkParameters(statements: string[], parameters: Parameter[]): void {
  const used = new Set(statements.flatMap((sql) => [...placeholders(sql)]));
  const unused = parameters.map(({ name }) => name).filter((name) => !used.has(name));
  if (unused.length > 0)
    throw invalid(`Parameters list contains unused parameters. Unused parameters: [${unused.join(', ')}]`);
  const given = new Set(parameters.map(({ name }) => name));
  const missing = [...used].filter((name) => !given.has(name));
  if (missing.length > 0) throw invalid(`Cannot find parameter: ${missing.join(', ')}`);
}

/** Stand-ins travel through translation as string literals, so that no value is ever read as SQL. */
const STAND_IN = 'sluice-parameter:';

/** Puts a stand-in literal in the place of each placeholder. */
export function withStandIns(sql: string): string {
  return eachPlaceholder(sql, (name) => literal(STAND_IN + name));
}

/** Puts the values, as untyped literals, in the place of the stand-ins of a translated statement. */
export function withValues(sql: string, parameters: Parameter[]): string {
  if (parameters.length === 0) return sql;
  const values = new Map(parameters.map(({ name, value }) => [literal(STAND_IN + name), literal(value)]));
  return tokenize(sql)
    .map(({ kind, text }) => (kind === 'string' ? (values.get(text) ?? text) : text))
    .join('');
}

function eachPlaceholder(sql: string, replace: (name: string) => string): string {
  let tokens;
  try {
    tokens = tokenize(sql);
  } catch {
    return sql; // The engine will say what is wrong with it.
  }
  const out: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const [token, next] = [tokens[at], tokens[at + 1]];
    if (
      token?.text === ':' &&
      (next?.kind === 'word' || (next?.kind === 'number' && /^\d+$/.test(next.text)))
    ) {
      out.push(replace(next.text));
      at += 1;
    } else out.push(token?.text ?? '');
  }
  return out.join('');
}

/** Whether a text holds more than one statement. */
export function isMultiple(sql: string): boolean {
  try {
    const tokens = meaningful(tokenize(sql));
    const first = tokens.findIndex(({ text }) => text === ';');
    return first >= 0 && tokens.slice(first).some(({ text }) => text !== ';');
  } catch {
    return false;
  }
}

/** The service's error for a request that it does not take. */
export function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}
