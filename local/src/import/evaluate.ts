import { RowProblem } from './cells';
import { add, divide, multiply, readDecimal, shorten, subtract, writeDecimal, type Exact } from './decimals';
import type { Expression, Reading } from './expressions';
import type { Lookup } from './lookups';
import { SourceError } from './sources';
import { timeReader } from './times';

/** Gives an expression's text for one row, null for no value; throws a RowProblem when it cannot. */
export type Evaluator = (values: readonly (string | null)[], row: number) => string | null;

/** What expressions of one file can refer to. */
export interface Surroundings {
  header: readonly string[];
  nulls: readonly string[];
  lookups: ReadonlyMap<string, Lookup>;
}

/**
 * Compiles an expression for the rows of one file.
 * @param label names the field in the reasons of rejected rows
 */
export function evaluator(of: Expression, label: string, around: Surroundings): Evaluator {
  const compile = (part: Expression): Evaluator => evaluator(part, label, around);
  if ('from' in of) return reading(columnOf(of.from, around), of, label, around.nulls);
  if ('constant' in of) return () => of.constant;
  if ('row' in of) return (_values, row) => String(row);
  if ('multiply' in of) return arithmetic(of.multiply.map(compile), label, multiply);
  if ('add' in of) return arithmetic(of.add.map(compile), label, add);
  if ('subtract' in of) return arithmetic(of.subtract.map(compile), label, subtract);
  if ('divide' in of) return arithmetic(of.divide.map(compile), label, (a, b) => divide(a, b, of.scale));
  if ('concat' in of) return concatenation(of.concat.map(compile), of.separator);
  if ('coalesce' in of) return firstOf(of.coalesce.map(compile));
  if ('map' in of) return mapped(compile(of.map), of.values, of.otherwise, label);
  return lookedUp(of, compile(of.by), label, around);
}

function columnOf(name: string, around: Surroundings): Evaluator {
  const at = around.header.indexOf(name);
  if (at < 0) throw new SourceError(`there is no column "${name}"; the file has ${around.header.join(', ')}`);
  return (values) => values[at] ?? null;
}

/** Nulls first, then spaces, meanings, kind and time, in this order. */
function reading(source: Evaluator, how: Reading, label: string, nulls: readonly string[]): Evaluator {
  const none = new Set(how.nulls ?? nulls);
  const steps: ((text: string) => string | null)[] = [];
  if (how.trim === true) steps.push((text) => text.trim());
  if (how.values !== undefined) steps.push(meaning(how.values, undefined, label));
  if (how.type === 'integer' || how.type === 'decimal') steps.push(normalised(how.type, label));
  if (how.time !== undefined) steps.push(timeStep(how.time, label));
  if (steps.length === 0) {
    return (values, row) => {
      const text = source(values, row);
      return text === null || none.has(text) ? null : text;
    };
  }
  return (values, row) => {
    let text = source(values, row);
    if (text === null || none.has(text)) return null;
    for (const step of steps) {
      text = step(text);
      if (text === null) return null;
    }
    return text;
  };
}

/** Reads a time by a format into ISO text. */
export function timeStep(format: string, label: string): (text: string) => string {
  const read = timeReader(format);
  return (text) => {
    const moment = read?.(text);
    if (moment === undefined) throw new RowProblem(`${label}: not a time like ${format}`);
    return moment;
  };
}

function meaning(
  values: Record<string, string | null>,
  otherwise: string | null | undefined,
  label: string,
): (text: string) => string | null {
  const known = new Map(Object.entries(values));
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (otherwise === undefined) throw new RowProblem(`${label}: a value the mapping does not know`);
    return otherwise;
  };
}

function normalised(type: 'integer' | 'decimal', label: string): (text: string) => string {
  return (text) => {
    const value = readDecimal(text.trim());
    if (value === undefined) throw new RowProblem(`${label}: not a number`);
    const short = shorten(value);
    if (type === 'integer' && short.scale > 0) throw new RowProblem(`${label}: not a whole number`);
    return writeDecimal(short);
  };
}

function arithmetic(
  parts: readonly Evaluator[],
  label: string,
  combine: (left: Exact, right: Exact) => Exact | undefined,
): Evaluator {
  return (values, row) => {
    let result: Exact | undefined;
    for (const part of parts) {
      const text = part(values, row);
      if (text === null) return null;
      const operand = readDecimal(text.trim());
      if (operand === undefined) throw new RowProblem(`${label}: not a number`);
      result = result === undefined ? operand : combine(result, operand);
      if (result === undefined) throw new RowProblem(`${label}: division by zero`);
    }
    return result === undefined ? null : writeDecimal(shorten(result));
  };
}

function concatenation(parts: readonly Evaluator[], separator: string): Evaluator {
  return (values, row) => {
    const texts = parts.map((part) => part(values, row)).filter((text) => text !== null);
    return texts.length === 0 ? null : texts.join(separator);
  };
}

function firstOf(parts: readonly Evaluator[]): Evaluator {
  return (values, row) => {
    for (const part of parts) {
      const text = part(values, row);
      if (text !== null) return text;
    }
    return null;
  };
}

function mapped(
  part: Evaluator,
  values: Record<string, string | null>,
  otherwise: string | null | undefined,
  label: string,
): Evaluator {
  const step = meaning(values, otherwise, label);
  return (row, number) => {
    const text = part(row, number);
    return text === null ? null : step(text);
  };
}

function lookedUp(
  of: Extract<Expression, { lookup: string }>,
  by: Evaluator,
  label: string,
  around: Surroundings,
): Evaluator {
  const table = around.lookups.get(of.lookup);
  if (table === undefined) throw new SourceError(`there is no lookup "${of.lookup}"`);
  const take = table.column(of.take);
  const found: Evaluator = (values, row) => {
    const key = by(values, row);
    if (key === null) return null;
    const entry = table.rows.get(key);
    if (entry === undefined) throw new RowProblem(`${label}: no row of ${of.lookup} has this key`);
    return entry[take] ?? null;
  };
  return reading(found, of, label, table.nulls);
}
