import { Session, type Profiler } from 'node:inspector';

/**
 * Loaded into each measured process before its own code (`node -r`): answers its parent's questions about the CPU time
 * and memory of the whole process, and can profile it. It does nothing unless asked.
 */

export type Question = 'usage' | 'profile-start' | 'profile-stop';

export interface Usage {
  /** User and system time of the process so far, in microseconds, garbage collector and other threads included. */
  cpu: number;
  /** Resident memory, in bytes. */
  rss: number;
}

export type Answer = { usage: Usage } | { profile: Profiler.Profile | null };

let session: Session | undefined;

function answer(question: Question): void {
  const send = (message: Answer): void => void process.send?.(message);
  if (question === 'usage') {
    const { user, system } = process.cpuUsage();
    send({ usage: { cpu: user + system, rss: process.memoryUsage.rss() } });
  } else if (question === 'profile-start') {
    session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.start', () => send({ profile: null }));
  } else {
    session?.post('Profiler.stop', (_fault, { profile }) => send({ profile }));
  }
}

process.on('message', (message) => {
  if (typeof message === 'string') answer(message as Question);
});
process.once('disconnect', () => process.exit(0));
