import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { canonicalHash } from '../canonical';
import { CERTIFICATE_VERSION, issueCertificate, type CertificatePayload } from '../certificate';
import { goneBy, horizonOf, isOverdue, statementIdsOf } from '../horizon';
import type { Leftover } from '../leftovers';
import type { Ledger } from '../ledger/ledger';
import type { DatasetOutcome } from '../ledger/records';
import { END_STATES } from '../states';
import { awaitsLook, type TableProgress } from '../tables';
import type { Journal, Request } from './journal';
import type { People } from './people';

/** What follows the end of a request: its certificate, its people visible again, and later its keys forgotten. */

export class Endings {
  constructor(
    private readonly ledger: Ledger,
    private readonly journal: Journal,
    private readonly people: People,
    private readonly signingKey: KeyObject,
    private readonly logger: Logger,
  ) {}

  /** Brings an ended request on; may be done any number of times. Gives it as it is then. */
  async follow(request: Request): Promise<Request> {
    if (!END_STATES.includes(request.state)) return request;
    if (request.state === 'REJECTED' || request.state === 'CANCELLED') {
      const chained = await this.journal.chained(request);
      await this.ledger.requests.abandon(chained);
      return chained;
    }
    // Whatever is shown again must not show who is still there as they were.
    if (!request.tables.some(keepsTombstones)) await this.ledger.requests.removeTombstones(request);
    let current = await this.certified(request);
    if (this.mayForget(current)) current = await this.onlyTokens(current);
    if (current.keysForgotten === true && !hasForgotten(current)) current = await this.forgotten(current);
    const isOver = current.keysForgotten === true && current.leftovers === undefined;
    if (isOver && !current.tables.some(isToCome) && this.isLookedThrough(current))
      await this.ledger.requests.markClosed(current.tenant, current.id);
    return current;
  }

  /** A certificate for each end: the first, and each that says more, such as that a horizon has passed. */
  private async certified(request: Request): Promise<Request> {
    const { tenant, id, state, tables, leftovers } = request;
    const name = canonicalHash({
      state,
      tables: tables.map(statementOf),
      ...(leftovers === undefined ? {} : { leftovers: leftovers.map(leftOf) }),
    });
    if (request.certified === name) return request;
    const chained = await this.journal.chained(request);
    const chain = await this.journal.chain.append({
      event: 'CERTIFIED',
      tenant,
      requestId: id,
      name: `${id} ${name} ${chained.history.length}`,
      ...(request.approvedHash === undefined ? {} : { planHash: request.approvedHash }),
      rows: tables.reduce((sum, { erased }) => sum + erased, 0),
    });
    const payload = await this.payload(request, chain);
    await this.ledger.requests.writeCertificate(tenant, id, await issueCertificate(payload, this.signingKey));
    const ended = await this.journal.change(
      chained,
      { type: 'settle' },
      { also: () => ({ certified: name }) },
    );
    this.logger.info({ event: 'erasure_certified', request: id, tenant, state }, 'certificate issued');
    return ended;
  }

  private async payload(request: Request, chain: CertificatePayload['chain']): Promise<CertificatePayload> {
    const { tenant, id, state, tables, leftovers, erasedOn } = request;
    const planHash = request.approvedHash ?? request.planHash ?? '';
    const plan = await this.ledger.requests.plan(tenant, id, planHash);
    return {
      version: CERTIFICATE_VERSION,
      requestId: id,
      tenant,
      state,
      subjects: plan.subjects,
      planHash,
      outcomes: tables.flatMap(outcomesOf),
      residue:
        erasedOn === undefined
          ? []
          : plan.residue.map(({ horizonDays, ...residue }) => ({
              ...residue,
              goneBy: goneBy(erasedOn, horizonDays),
            })),
      ...(leftovers === undefined ? {} : { left: leftovers.map(leftOf) }),
      chain,
      issuedAt: this.journal.clock.iso,
    };
  }

  /** Clear keys are needed as long as rows may be found by them: until the last look, and while rows are kept as they are. */
  private mayForget(request: Request): boolean {
    const { keysForgotten, tables, approvedHash } = request;
    // Nobody says that keys are forgotten while some are staged.
    if (
      keysForgotten === true ||
      request.leftovers !== undefined ||
      tables.some(keepsTombstones) ||
      tables.some(isPending)
    )
      return false;
    return approvedHash === undefined || this.isLookedThrough(request);
  }

  /** Whether somebody has looked when the last copy was due to be gone, and nothing was left, snapshots included. */
  private isLookedThrough({ tables, rescanUntil, rescannedOn = '' }: Request): boolean {
    if (rescanUntil === undefined) return true;
    const day = this.journal.clock.day();
    return day >= rescanUntil && rescannedOn >= rescanUntil && !tables.some((one) => awaitsLook(one, day));
  }

  /** From here on nobody reads the keys any more. */
  private async onlyTokens(request: Request): Promise<Request> {
    const { tenant, id } = request;
    const tokens = (await this.people.of(request)).map(({ token }, person) => ({
      kind: 'customer' as const,
      key: token,
      person,
      distance: 0,
    }));
    const resolved = await this.ledger.requests.writeKeys(tenant, id, tokens);
    return this.journal.change(
      request,
      { type: 'settle' },
      { also: () => ({ resolved, keysForgotten: true }) },
    );
  }

  /** Said once they are gone: whoever finds it unsaid removes them again, since somebody may have been cut off before. */
  private async forgotten(request: Request): Promise<Request> {
    const { tenant, id, resolved } = request;
    await this.ledger.requests.forgetKeys(tenant, id, resolved);
    return this.journal.chained(await this.journal.note(request, KEYS_FORGOTTEN));
  }
}

const KEYS_FORGOTTEN = 'KEYS_FORGOTTEN';

function hasForgotten({ history }: Request): boolean {
  return history.some(({ event }) => event === KEYS_FORGOTTEN);
}

/** Rows that still show the person. */
export function keepsTombstones({ state, outcome }: TableProgress): boolean {
  if (state !== 'ended' || outcome === undefined) return true;
  return ['RETAINED', 'FAILED', 'RESURRECTED'].includes(outcome.state);
}

/** What a certificate says of objects that are left. */
function leftOf({ batch, what, reason }: Leftover): NonNullable<CertificatePayload['left']>[number] {
  return { batch, what, reason };
}

/** What a certificate is issued anew for. A day that moves on each day, since a snapshot stays, is no news. */
function statementOf(table: TableProgress): Record<string, unknown> {
  const { id, outcome, overdueUntil } = table;
  if (overdueUntil === undefined) return { table: id, outcome };
  if (!isOverdue(table)) return { table: id, outcome, overdueUntil };
  const dateless = outcome?.state === 'PENDING_HORIZON' ? { state: outcome.state } : outcome;
  return { table: id, outcome: dateless, overdue: true };
}

/** A day on which there is something to do, or to say. */
function isToCome(table: TableProgress): boolean {
  const { outcome } = table;
  if (outcome === undefined || isPending(table)) return true;
  if (outcome.state === 'PSEUDONYMISED' && outcome.retained !== undefined) return true;
  return 'until' in outcome && outcome.until !== undefined;
}

/** Somebody still has to look whether its last copy is gone. */
function isPending({ outcome }: TableProgress): boolean {
  return outcome?.state === 'PENDING_HORIZON';
}

function outcomesOf(table: TableProgress): DatasetOutcome[] {
  const { dataset, store, outcome, rows: planned, erased: rows, effects, look } = table;
  if (outcome === undefined) return [];
  return [
    {
      ...{ dataset, store, outcome, rows, planned },
      statementIds: statementIdsOf(table),
      ...(effects === undefined ? {} : { effects }),
      horizon: horizonOf(table),
      ...(look === undefined ? {} : { look }),
    },
  ];
}
