import type { DuckDBConnection } from '@duckdb/node-api';

/** Milliseconds between two attempts to interrupt. */
const REPEAT = 20;

/**
 * Interrupts a connection's work once the signal is aborted, until the returned function is called. DuckDB forgets an
 * interrupt that comes between two of its steps (before a statement starts, for one), so it is repeated.
 */
export function interruptOnAbort(connection: DuckDBConnection, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    timer ??= setInterval(() => connection.interrupt(), REPEAT);
  };
  if (signal.aborted) interrupt();
  else signal.addEventListener('abort', interrupt);
  return () => {
    signal.removeEventListener('abort', interrupt);
    clearInterval(timer);
  };
}
