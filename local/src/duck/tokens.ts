/** A light tokenizer for the SQL of Athena, Redshift and DuckDB: enough to tell words, strings and comments apart. */

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'comment' | 'space' | 'mark';

/** One word, mark, space or comment of a statement. */
export interface Token {
  kind: TokenKind;
  /** The exact text, so that joining all tokens gives the statement back. */
  text: string;
  /** Where it starts in the statement. */
  at: number;
}

const PATTERNS: [TokenKind, RegExp][] = [
  ['space', /\s+/y],
  ['comment', /--[^\n]*|\/\*[\s\S]*?\*\//y],
  ['string', /'(?:[^']|'')*'/y],
  ['quoted', /"(?:[^"]|"")*"|`(?:[^`]|``)*`/y],
  ['number', /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['word', /[\p{L}_][\p{L}\p{N}_$]*/uy],
  ['mark', /::|<>|<=|>=|!=|\|\||->>|->|[\s\S]/uy],
];

/** Splits a statement; throws a SyntaxError when a string, quoted name or comment never ends. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const token = tokenAt(sql, at);
    if (token.kind === 'mark' && (["'", '"', '`'].includes(token.text) || sql.startsWith('/*', at)))
      throw new SyntaxError(`line ${lineOf(sql, at)}: the text that starts here never ends`);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

/** Line and column, both from one, as engines report them. */
export function lineOf(sql: string, at: number): string {
  const before = sql.slice(0, at).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function tokenAt(sql: string, at: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(sql);
    if (found) return { kind, text: found[0], at };
  }
  throw new SyntaxError(`line ${lineOf(sql, at)}: cannot read this character`);
}

/** Only what carries meaning: no spaces and no comments. */
export function meaningful(tokens: Token[]): Token[] {
  return tokens.filter((token) => token.kind !== 'space' && token.kind !== 'comment');
}

/** Whether a token is one of these keywords, in any case. */
export function isWord(token: Token | undefined, ...words: string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase());
}

/** The name a word or quoted name stands for; unquoted and quoted names both fold to lower case in these engines. */
export function nameOf(token: Token): string {
  if (token.kind === 'word') return token.text.toLowerCase();
  const mark = token.text[0] ?? '';
  return token.text
    .slice(1, -1)
    .replaceAll(mark + mark, mark)
    .toLowerCase();
}

/** Splits a script at its semicolons; empty statements are left out. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  for (const token of tokenize(sql)) {
    if (token.text !== ';') continue;
    statements.push(sql.slice(start, token.at));
    start = token.at + 1;
  }
  statements.push(sql.slice(start));
  return statements.map((text) => text.trim()).filter((text) => meaningful(tokenize(text)).length > 0);
}
