import { literal } from '../../quoting';
import { LakeQueryError, type LakeBackend, type LakeResult, type LakeSession } from '../backend';
import { translate, type Task } from './ddl';
import { stageFiles } from './external';
import { runStatement, TrinoQueryError, type RunningStatement } from './protocol';
import type { TrinoServer } from './server';
import { athenaColumn, athenaText } from './values';

type ExternalTask = Extract<Task, { kind: 'external' }>;

/** A partitioned external table, whose files come and go. */
interface LiveTable {
  location: string;
  known: Set<string>;
  /** Refreshes take turns. */
  turn: Promise<void>;
}

/**
 * Athena's SQL on a real Trino with Iceberg. Three things differ from the service: VACUUM keeps no old snapshot unless
 * the table's `vacuum_max_snapshot_age_seconds` says so (Athena keeps five days), an external table without
 * partitions shows the files that lay at its location when it was created, and DELETE works on it too. A partitioned one
 * is given new files before each query that names it.
 */
export class TrinoBackend implements LakeBackend {
  readonly name = 'trino';
  private readonly live = new Map<string, LiveTable>();

  constructor(private readonly server: TrinoServer) {}

  async execute(sql: string, session: LakeSession): Promise<LakeResult> {
    const task = translate(sql);
    switch (task.kind) {
      case 'query':
        await this.refresh(sql, session);
        return this.query(task.sql, session);
      case 'ddl':
        return this.finish([await this.drain(task.sql, session)]);
      case 'external':
        return task.live ? this.createLive(task, session) : this.createExternal(task, session);
      case 'describe':
        return { ...(await this.query(task.sql, session)), header: false };
      case 'vacuum':
        return this.vacuum(task.table, session);
    }
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private async query(sql: string, session: LakeSession): Promise<LakeResult> {
    const statement = await this.start(sql, session);
    if (statement.updateType !== undefined) {
      await readAll(statement);
      return this.finish([statement]);
    }
    const texts = statement.columns.map((column) => athenaText(column.typeSignature));
    return {
      columns: statement.columns.map(athenaColumn),
      rows: chunks(statement.pages, texts),
      scannedBytes: () => statement.physicalInputBytes(),
    };
  }

  private async createExternal(task: ExternalTask, session: LakeSession): Promise<LakeResult> {
    try {
      await this.drain(`CREATE TABLE ${task.table} (${task.columns})`, session);
    } catch (error) {
      const there = error instanceof TrinoQueryError && error.errorName === 'TABLE_ALREADY_EXISTS';
      if (there && task.ifNotExists) return this.finish([]);
      throw error;
    }
    const staged = await stageFiles(this.server, task.location);
    if (!staged.location) return this.finish([]);
    try {
      const add = `EXECUTE add_files(location => ${literal(staged.location)}, format => 'PARQUET')`;
      return this.finish([await this.drain(`ALTER TABLE ${task.table} ${add}`, session)]);
    } catch (error) {
      // Whoever stopped the statement did not ask for half a table.
      await this.drain(`DROP TABLE ${task.table}`, { ...session, signal: new AbortController().signal });
      await staged.remove();
      throw error;
    }
  }

  /** A partitioned table. What an earlier start knew of its files is not known any more, so it is made again. */
  private async createLive(task: ExternalTask, session: LakeSession): Promise<LakeResult> {
    if (task.ifNotExists && this.live.has(task.table)) return this.finish([]);
    await this.drain(`DROP TABLE IF EXISTS ${task.table}`, session);
    const created = await this.drain(`CREATE TABLE ${task.table} (${task.columns})`, session);
    this.live.set(task.table, { location: task.location, known: new Set(), turn: Promise.resolve() });
    return this.finish([created]);
  }

  /** Gives partitioned tables that a query may name the files that have come since. */
  private async refresh(sql: string, session: LakeSession): Promise<void> {
    for (const [table, live] of this.live) {
      const names = table.slice(1, -1).split('"."').slice(-2);
      if (!names.every((name) => sql.toLowerCase().includes(name.toLowerCase()))) continue;
      const turn = live.turn.then(() => this.addNewFiles(table, live, session));
      live.turn = turn.catch(() => undefined);
      await turn;
    }
  }

  private async addNewFiles(table: string, live: LiveTable, session: LakeSession): Promise<void> {
    const staged = await stageFiles(this.server, live.location, live.known);
    if (!staged.location) return;
    const add = `EXECUTE add_files(location => ${literal(staged.location)}, format => 'PARQUET')`;
    try {
      await this.drain(`ALTER TABLE ${table} ${add}`, session);
    } catch (error) {
      await staged.remove();
      throw error;
    }
    for (const file of staged.files) live.known.add(file);
  }

  private async vacuum(table: string, session: LakeSession): Promise<LakeResult> {
    const age = await this.snapshotAge(table, session);
    const done: RunningStatement[] = [];
    for (const procedure of ['expire_snapshots', 'remove_orphan_files'])
      done.push(
        await this.drain(
          `ALTER TABLE ${table} EXECUTE ${procedure}(retention_threshold => '${age}s')`,
          session,
        ),
      );
    return this.finish(done);
  }

  /** Seconds that a table keeps old snapshots. */
  private async snapshotAge(table: string, session: LakeSession): Promise<number> {
    const properties = `${table.slice(0, -1)}$properties"`;
    const key = literal('vacuum_max_snapshot_age_seconds');
    const statement = await this.start(`SELECT value FROM ${properties} WHERE key = ${key}`, session);
    const [row] = await readAll(statement);
    const age = Number(row?.[0] ?? 0);
    if (!Number.isInteger(age) || age < 0)
      throw new LakeQueryError(
        `INVALID_TABLE_PROPERTY: vacuum_max_snapshot_age_seconds is ${String(row?.[0])}`,
      );
    return age;
  }

  private start(sql: string, session: LakeSession): Promise<RunningStatement> {
    return runStatement(this.server.url, sql, {
      catalog: session.catalog.toLowerCase(),
      schema: session.database?.toLowerCase(),
      signal: session.signal,
    });
  }

  /** Runs a statement to its end. */
  private async drain(sql: string, session: LakeSession): Promise<RunningStatement> {
    const statement = await this.start(sql, session);
    await readAll(statement);
    return statement;
  }

  /** The result of statements that have ended and answer no rows. */
  private finish(statements: RunningStatement[]): LakeResult {
    const updateCount = statements.at(-1)?.updateCount();
    const scanned = statements.reduce((sum, statement) => sum + statement.physicalInputBytes(), 0);
    return {
      columns: [],
      rows: chunks(nothing(), []),
      ...(updateCount === undefined ? {} : { updateCount }),
      scannedBytes: () => scanned,
    };
  }
}

async function readAll(statement: RunningStatement): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for await (const page of statement.pages) rows.push(...page);
  return rows;
}

async function* nothing(): AsyncGenerator<unknown[][]> {
  // No rows.
}

async function* chunks(
  pages: AsyncIterable<unknown[][]>,
  texts: ((value: unknown) => string | null)[],
): AsyncGenerator<(string | null)[][]> {
  for await (const page of pages) yield page.map((row) => texts.map((text, index) => text(row[index])));
}
