import { readFile, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { BootError, faultOf } from '../errors';
import type { Declarations } from '../schema/declarations';
import { policyOf, policyVersion, type Policy } from './policy';
import { parsePolicy } from './policy-file';

/**
 * Watches the policy file and brings a changed one into force, all or nothing. The file's text is read again each
 * time, so that every way of replacing it is seen: written in place, renamed over, or behind a link that now leads
 * elsewhere, as Kubernetes does it.
 */

/** A file that changed is read again after so many milliseconds: half of a file may be a valid policy that allows more. */
const SETTLE_MS = 500;
/** Largest file read, in bytes. */
const MAX_BYTES = 4_194_304;

/** `stale`: what the file holds now, if anything, is not in force. */
export type PolicyState = 'current' | 'stale';

export interface PolicyWatchParts {
  file: string;
  /** Seconds between looks; 0 looks only when told to. */
  seconds: number;
  declarations: Declarations;
  /** Makes everything for the policy, then puts it in force. Throws to leave all as it was. */
  apply: (policy: Policy) => Promise<void>;
  logger: Logger;
}

export class PolicyWatch {
  state: PolicyState = 'current';
  /** What was last tried and is not in force: a version, or why there was none. */
  private failed: string | undefined;
  private work: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** @param inForce version of the policy in force */
  constructor(
    private readonly parts: PolicyWatchParts,
    private inForce: string,
  ) {
    this.schedule();
  }

  /** Takes the file as it is now, even where it failed before. Never throws: what is wrong goes to the log. */
  reload(): Promise<void> {
    this.work = this.work.then(() => {
      this.failed = undefined;
      return this.look(false);
    });
    return this.work;
  }

  /** Looks no more; what is under way ends first. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.work;
  }

  private schedule(): void {
    if (this.parts.seconds === 0 || this.stopped) return;
    this.timer = setTimeout(() => {
      this.work = this.work.then(() => this.look(true));
      void this.work.then(() => this.schedule());
    }, this.parts.seconds * 1000).unref();
  }

  private async look(settle: boolean): Promise<void> {
    if (this.stopped) return;
    try {
      let found = await this.read();
      if (settle && found.version !== this.inForce && found.version !== this.failed) {
        const before = found.version;
        await pause(SETTLE_MS, undefined, { ref: false });
        found = await this.read();
        // Still being written: the next look takes it.
        if (found.version !== before) return;
      }
      await this.take(found);
    } catch (error) {
      this.parts.logger.error({ event: 'policy_fault', fault: faultOf(error) }, 'fault in the policy reload');
      this.state = 'stale';
    }
  }

  private async take(found: { version: string; text?: string }): Promise<void> {
    const { file, declarations, apply, logger } = this.parts;
    const { version, text } = found;
    if (version === this.inForce) {
      if (this.state === 'stale')
        logger.info({ event: 'policy_restored', policy: version }, 'policy restored');
      this.failed = undefined;
      this.state = 'current';
      return;
    }
    if (version === this.failed) return;
    try {
      if (text === undefined) throw new BootError([`${file}: the policy file cannot be read (${version}).`]);
      await apply(policyOf(parsePolicy(file, text), declarations));
      logger.info({ event: 'policy_reloaded', policy: version, before: this.inForce }, 'policy reloaded');
      this.inForce = version;
      this.failed = undefined;
      this.state = 'current';
    } catch (error) {
      this.failed = version;
      this.state = 'stale';
      const findings = error instanceof BootError ? error.findings : undefined;
      logger.error(
        {
          event: 'policy_refused',
          policy: this.inForce,
          refused: version,
          ...(findings === undefined ? { fault: faultOf(error) } : { findings }),
        },
        'the changed policy is not taken; the one before stays in force',
      );
    }
  }

  private async read(): Promise<{ version: string; text?: string }> {
    try {
      const found = await stat(this.parts.file);
      if (!found.isFile()) return { version: 'not a file' };
      if (found.size > MAX_BYTES) return { version: `larger than ${MAX_BYTES} bytes` };
      const text = await readFile(this.parts.file, 'utf8');
      return { version: policyVersion(text), text };
    } catch (error) {
      return { version: (error as NodeJS.ErrnoException).code ?? 'unreadable' };
    }
  }
}
