import { LakeQueryError } from '../backend';

/** One word, name, text or sign of an Athena DDL statement. */
export interface Token {
  kind: 'word' | 'name' | 'text' | 'number' | 'sign';
  /** The content: names and texts without their quotes. */
  value: string;
  /** Where it starts in the statement. */
  at: number;
}

const PATTERNS: [RegExp, Token['kind'] | undefined][] = [
  [/\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\//y, undefined],
  [/[A-Za-z_][A-Za-z0-9_]*/y, 'word'],
  [/`(?:[^`]|``)*`|"(?:[^"]|"")*"/y, 'name'],
  [/'(?:[^']|'')*'/y, 'text'],
  [/\d+/y, 'number'],
  [/[^\s]/y, 'sign'],
];

/** Cuts a statement into tokens, comments and blanks left out. */
function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    for (const [pattern, kind] of PATTERNS) {
      pattern.lastIndex = at;
      const text = pattern.exec(sql)?.[0];
      if (text === undefined) continue;
      if (kind === 'name' || kind === 'text') {
        const quote = text.charAt(0);
        tokens.push({ kind, value: text.slice(1, -1).replaceAll(quote + quote, quote), at });
      } else if (kind) tokens.push({ kind, value: text, at });
      at += text.length;
      break;
    }
  }
  return tokens;
}

/** Reads a statement's tokens from left to right. */
export class TokenReader {
  private readonly tokens: Token[];
  private index = 0;

  constructor(private readonly sql: string) {
    this.tokens = tokenize(sql);
  }

  get done(): boolean {
    return this.index >= this.tokens.length;
  }

  /** Steps over the words or signs if they come next, whatever their case. */
  take(...expected: string[]): boolean {
    const matches = expected.every((value, offset) => {
      const token = this.tokens[this.index + offset];
      return token && token.kind !== 'name' && token.kind !== 'text' && token.value.toUpperCase() === value;
    });
    if (matches) this.index += expected.length;
    return matches;
  }

  /** Whether a sign comes next. */
  next(sign: string): boolean {
    const token = this.tokens[this.index];
    return token?.kind === 'sign' && token.value === sign;
  }

  expect(...expected: string[]): void {
    for (const value of expected) if (!this.take(value)) this.fail(expected.join(' '));
  }

  /** The next token as a table or column name, in small letters as Athena keeps names. */
  name(): string {
    const token = this.tokens[this.index];
    if (!token || (token.kind !== 'word' && token.kind !== 'name')) return this.fail('a name');
    this.index += 1;
    return token.value.toLowerCase();
  }

  text(): string {
    const token = this.tokens[this.index];
    if (token?.kind !== 'text') return this.fail('a text in single quotes');
    this.index += 1;
    return token.value;
  }

  number(): number {
    const token = this.tokens[this.index];
    if (token?.kind !== 'number') return this.fail('a number');
    this.index += 1;
    return Number(token.value);
  }

  /** The statement from the next token on, as it was written. */
  rest(): string {
    const token = this.tokens[this.index];
    this.index = this.tokens.length;
    return token ? this.sql.slice(token.at) : '';
  }

  /** Whether a word stands anywhere in what is left, outside names and texts. */
  ahead(word: string): boolean {
    return this.tokens
      .slice(this.index)
      .some((token) => token.kind === 'word' && token.value.toUpperCase() === word);
  }

  end(): void {
    if (!this.done) this.fail('the end of the statement');
  }

  /** Refuses the statement in Athena's form, at the next token. */
  fail(expected: string): never {
    const token = this.tokens[this.index];
    const before = this.sql.slice(0, token?.at ?? this.sql.length).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    const found = token ? `mismatched input '${token.value}'` : "mismatched input '<EOF>'";
    throw new LakeQueryError(
      `SYNTAX_ERROR: line ${before.length}:${column}: ${found}. Expecting: ${expected}`,
    );
  }
}
