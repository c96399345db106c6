import { randomUUID } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import { invalid } from './parameters';
import type { Warehouse } from './warehouse';

/** A connection and who may use it. */
export interface Session {
  id: string;
  connection: DuckDBConnection;
  /** Seconds the session is kept after its last statement ended. */
  keepAlive: number;
  created: Date;
  updated: Date;
  /** The statement that runs in it now. */
  statement: string | undefined;
  /** Whether a client may use it again: only when it asked for that. */
  kept: boolean;
  timer: NodeJS.Timeout | undefined;
}

/** The connections of the Redshift Data server: one for each statement, or kept for several when a client asks. */
export class Sessions {
  private readonly all = new Map<string, Session>();

  constructor(private readonly warehouse: Warehouse) {}

  /** Takes a session for a statement: a kept one by its id, or a new one. */
  async take(id: string | undefined, keepAlive: number | undefined, statement: string): Promise<Session> {
    if (id !== undefined) {
      const session = this.all.get(id);
      if (!session) throw invalid(`Session ${id} is not available.`);
      if (session.statement !== undefined) throw invalid(`Session ${id} is busy.`);
      clearTimeout(session.timer);
      if (keepAlive !== undefined) session.keepAlive = keepAlive;
      session.statement = statement;
      return session;
    }
    const now = new Date();
    const session: Session = {
      id: randomUUID(),
      connection: await this.warehouse.connect(),
      keepAlive: keepAlive ?? 0,
      created: now,
      updated: now,
      statement,
      kept: keepAlive !== undefined && keepAlive > 0,
      timer: undefined,
    };
    if (session.kept) this.all.set(session.id, session);
    return session;
  }

  /** Gives a session back after its statement. */
  give(session: Session, clean: boolean): void {
    session.statement = undefined;
    session.updated = new Date();
    if (!session.kept) return this.warehouse.disconnect(session.connection, clean);
    session.timer = setTimeout(() => this.end(session), session.keepAlive * 1000);
    session.timer.unref();
  }

  has(id: string): boolean {
    return this.all.has(id);
  }

  /** The kept sessions, newest first. */
  list(): Session[] {
    return [...this.all.values()].reverse();
  }

  close(): void {
    for (const session of this.all.values()) this.end(session);
  }

  private end(session: Session): void {
    clearTimeout(session.timer);
    this.all.delete(session.id);
    this.warehouse.disconnect(session.connection, false);
  }
}
