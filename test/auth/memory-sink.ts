import { AuditUnavailable, type AuditSink, type AuditState } from '../../src/auth/audit-sink';

/** A sink that keeps its lines, and fails when it is told to. */
export class MemorySink implements AuditSink {
  readonly lines: string[] = [];
  failing = false;

  async write(...parts: readonly (string | Uint8Array)[]): Promise<void> {
    if (this.failing) throw new AuditUnavailable('told to');
    this.lines.push(
      parts.map((part) => (typeof part === 'string' ? part : Buffer.from(part).toString())).join(''),
    );
  }

  async health(): Promise<AuditState> {
    return { state: this.failing ? 'down' : 'up', waitingSegments: 0 };
  }

  async close(): Promise<void> {}

  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}
