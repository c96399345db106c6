import type { Pseudonyms } from '../../../src/auth/pseudonyms';
import type { HttpAnswer } from '../stack/http';

/**
 * Compares what two worlds answer to the same query. They may differ in what stands for a value (tokens, cursors) and
 * in what no answer repeats (ids of requests and statements, times); in nothing else.
 */

const SEALED = /[A-Za-z0-9_-]{22,}/g;
/** Ids and times; `shared` says whether another request happened to ask the same at that moment. */
const PASSING =
  /"(?:requestId|statementId)":"[^"]*"|"(?:elapsedMs|queuedMs)":[\d.e+-]+|"shared":(?:true|false)/g;

/** A number with a fraction; decimals are text. */
const FLOAT = /(?<=[:,[])-?\d+\.\d+(?:e-?\d+)?/g;

/** Engines add floats up in any order, so their last digits are chance; what is cut is moved off the halves. */
function steadied(number: string): string {
  return (Number(number) * (1 + 3.7e-11)).toPrecision(12);
}

/** The headers but for the time, and for the length, which follows from ids and times too. */
function headersOf({ headers }: HttpAnswer): string {
  const { date: _date, 'content-length': _length, ...said } = headers;
  return JSON.stringify(said);
}

/** An answer without what no answer repeats. */
export function withoutPassing(text: string): string {
  return text.replace(PASSING, '"passing":0');
}

export class Twins {
  private readonly back: ReadonlyMap<string, string>;
  private readonly cursors = new Map<string, string>();

  constructor(
    private readonly tenant: string,
    private readonly pseudonyms: Pseudonyms,
    private readonly renames: ReadonlyMap<string, string>,
  ) {
    this.back = new Map([...renames].map(([from, to]) => [to, from]));
  }

  /** A request to world a as world b must be asked. */
  translated(body: string): string {
    return body.replace(SEALED, (run) => this.cursors.get(run) ?? this.token(run, this.renames) ?? run);
  }

  /** What differs, in words; undefined when nothing does. */
  difference(a: HttpAnswer, b: HttpAnswer): string | undefined {
    if (a.status !== b.status) return `status ${a.status} and ${b.status}`;
    const [those, others] = [headersOf(a), headersOf(b)];
    if (those !== others) return `headers ${those} and ${others}`;
    const [left, right] = [this.canonical(a.text), this.canonical(b.text, this.back)];
    if (left === right) return undefined;
    let at = 0;
    while (left[at] === right[at]) at += 1;
    const around = (text: string): string => text.slice(Math.max(0, at - 120), at + 80);
    return `…${around(left)}…\n…${around(right)}…`;
  }

  /** Remembers which cursor of b stands where which of a does. */
  pair(a: HttpAnswer, b: HttpAnswer): void {
    const [from, to] = [a.text, b.text].map((text) =>
      [...text.replace(PASSING, '').matchAll(SEALED)].map(([run]) => run).filter((run) => !this.isToken(run)),
    );
    if (from === undefined || to === undefined || from.length !== to.length) return;
    from.forEach((cursor, index) => this.cursors.set(cursor, to[index] ?? cursor));
  }

  private canonical(text: string, renames?: ReadonlyMap<string, string>): string {
    const steady = withoutPassing(text).replace(FLOAT, steadied);
    return steady.replace(SEALED, (run) => {
      if (!this.isToken(run)) return `cursor of ${run.length}`;
      return renames === undefined ? run : (this.token(run, renames) ?? run);
    });
  }

  private isToken(run: string): boolean {
    return run.startsWith('p_') && this.pseudonyms.reveal(this.tenant, run) !== undefined;
  }

  private token(run: string, renames: ReadonlyMap<string, string>): string | undefined {
    const value = this.pseudonyms.reveal(this.tenant, run);
    return value === undefined ? undefined : this.pseudonyms.token(this.tenant, renames.get(value) ?? value);
  }
}
