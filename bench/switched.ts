import '../src/main';
import { ReadAudit } from '../src/auth/audit';

/**
 * The gateway with a switch for its read audit, off by a message: then there are no tokens and no lines. It is composed
 * here for the benchmark alone, which compares a process with itself; the gateway has no such switch.
 */

/** What the benchmark says to it. */
export interface AuditSwitch {
  audited: boolean;
}

let audited = true;
process.on('message', (message: Partial<AuditSwitch>) => {
  audited = message.audited ?? audited;
});

// eslint-disable-next-line @typescript-eslint/unbound-method -- called with the audit that it is a method of
const { read, failed } = ReadAudit.prototype;
ReadAudit.prototype.read = function (record) {
  return audited ? read.call(this, record) : Promise.resolve();
};
ReadAudit.prototype.failed = function (...what) {
  if (audited) failed.apply(this, what);
};
