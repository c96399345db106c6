import pino, { type Logger } from 'pino';

/** So much of a log may wait for a disk, in characters; further lines are dropped. */
const WAITING = 1024 ** 2;

/**
 * The log of a process, as lines of JSON on its output (1) or its error stream (2). A disk that is full stops nothing:
 * lines wait, and are written with a later one when there is room again.
 */
export function createLog(level: string, stream: 1 | 2): Logger {
  const lines = pino.destination({ dest: stream, sync: true, maxLength: WAITING });
  // Without a listener the error would end the process.
  lines.on('error', () => undefined);
  return pino({ level }, lines);
}
