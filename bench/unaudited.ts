import '../src/main';
import { ReadAudit } from '../src/auth/audit';

/**
 * The gateway with no read audit: no tokens, no lines. It is composed here for the benchmark alone, to have something
 * to compare with; the gateway itself has no such switch.
 * Nothing is asked before this is done: the server listens later.
 */
ReadAudit.prototype.read = () => Promise.resolve();
ReadAudit.prototype.failed = () => undefined;
