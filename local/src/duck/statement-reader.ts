import { isWord, meaningful, nameOf, tokenize, type Token } from './tokens';

/** `database` is the database in Athena's words and the schema in Redshift's. */
export interface TableName {
  database: string | undefined;
  table: string;
}

/**
 * Walks the words of one statement, for the statements that no translator reads. Throws SyntaxError where the
 * statement is not what was expected.
 */
export class StatementReader {
  private at = 0;

  private readonly tokens: Token[];

  constructor(private readonly sql: string) {
    this.tokens = meaningful(tokenize(sql));
  }

  peek(): Token | undefined {
    return this.tokens[this.at];
  }

  skip(): void {
    this.at += 1;
  }

  take(word: string): boolean {
    if (!isWord(this.peek(), word)) return false;
    this.at += 1;
    return true;
  }

  expect(word: string): true {
    if (!this.take(word))
      throw new SyntaxError(`mismatched input '${this.peek()?.text ?? '<EOF>'}'. Expecting: '${word}'`);
    return true;
  }

  name(): string {
    const token = this.peek();
    if (token?.kind !== 'word' && token?.kind !== 'quoted')
      throw new SyntaxError(`mismatched input '${token?.text ?? '<EOF>'}'. Expecting: a name`);
    this.at += 1;
    return nameOf(token);
  }

  /** `table`, `database.table` or `catalog.database.table`. */
  tableName(): TableName {
    const names = [this.name()];
    while (this.peek()?.text === '.') {
      this.at += 1;
      names.push(this.name());
    }
    return { database: names.at(-2), table: names.at(-1) ?? '' };
  }

  ifNotExists(): boolean {
    return this.take('IF') && this.expect('NOT') && this.expect('EXISTS');
  }

  ifExists(): boolean {
    return this.take('IF') && this.expect('EXISTS');
  }

  string(): string {
    const token = this.peek();
    if (token?.kind !== 'string') throw new SyntaxError('Expecting a string');
    this.at += 1;
    return token.text.slice(1, -1).replaceAll("''", "'");
  }

  /** The terms of a parenthesised list, split at its commas. */
  parenthesised(): Token[][] {
    if (this.peek()?.text !== '(') throw new SyntaxError("Expecting: '('");
    const terms: Token[][] = [[]];
    let depth = 0;
    for (; ; this.at += 1) {
      const token = this.peek();
      if (!token) throw new SyntaxError("mismatched input '<EOF>'. Expecting: ')'");
      if (['(', '<'].includes(token.text)) depth += 1;
      if ([')', '>'].includes(token.text)) depth -= 1;
      if (depth === 0) break;
      if (depth === 1 && token.text === ',') terms.push([]);
      else if (!(depth === 1 && token.text === '(')) terms.at(-1)?.push(token);
    }
    this.at += 1;
    return terms;
  }

  /** The statement from here on, as written. */
  rest(): string {
    return this.sql.slice(this.peek()?.at ?? this.sql.length);
  }
}
