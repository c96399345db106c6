import { randomUUID } from 'node:crypto';
import { AuditTokens } from '../../src/auth/audit-tokens';
import { readConfig } from '../../src/config';
import { createLedger, type Ledger } from '../../src/erasure/ledger/ledger';
import type { Answer, Caller, Gateway } from './gateway';
import { localAws } from './local-aws';
import { planAsWorker } from './planned-erasure';

/** Erasures over HTTP, in a tenant of the test's own; what the worker would do is done on the ledger itself. */

export const DAY = '2026-11-24';
export const NOON = Date.parse('2026-11-24T12:00:00Z');
/** Keys that nothing else contains. */
export const CLEAR = ['CUST-qzxv-0815', 'qzxv.0815@example.com', 'QZXV-LEFT-OUT'] as const;

export interface Desk {
  tenant: string;
  ledger: Ledger;
  staff: Caller;
  approver: Caller;
  auditor: Caller;
  /** Asks in a role; fails the test for any error. */
  as(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<Answer['data']>;
  /** The code and message of the one error of an answer. */
  refused(
    caller: Caller,
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<[code: string, message: string]>;
  /** A request that is written down. */
  request(more?: Record<string, unknown>): Promise<string>;
  /** The same, with the plan that a worker would have made: gives the plan's hash. */
  planned(more?: Record<string, unknown>): Promise<{ id: string; hash: string }>;
  /** Plans a request as the worker would. */
  plan(id: string, rows?: number): Promise<string>;
}

export const REQUEST =
  'mutation($input: RequestErasureInput!) { requestErasure(input: $input) { id state } }';

export function deskOf(gateway: Gateway): Desk {
  const tenant = `erasures-${randomUUID().slice(0, 8)}`;
  const config = readConfig(localAws().environment);
  const ledger = createLedger(config, () => NOON);
  const tokens = new AuditTokens(config.SLUICE_AUDIT_KEY);
  const staff = { role: 'compliance', tenant };
  const as: Desk['as'] = async (caller, query, variables) => {
    const { data, errors } = await gateway.ask(caller, query, variables);
    expect(errors).toBeUndefined();
    return data;
  };
  const request: Desk['request'] = async (more) => {
    const data = await as(staff, REQUEST, { input: submission(more) });
    return String(data.requestErasure.id);
  };
  const plan: Desk['plan'] = (id, rows = 7) =>
    planAsWorker(ledger, tokens, tenant, id, {
      found: [
        {
          kind: 'email',
          key: CLEAR[1],
          person: 0,
          distance: 1,
          evidence: { dataset: 'Decision', from: 'applicantId', to: 'applicantEmail', rows: 3 },
        },
      ],
      leftOut: [{ kind: 'phone', key: CLEAR[2], person: 0, distance: 2, why: 'TOO_COMMON' }],
      rows,
      day: DAY,
    });
  return {
    tenant,
    ledger,
    staff,
    approver: { role: 'compliance_approver', tenant },
    auditor: { role: 'auditor', tenant },
    as,
    refused: async (caller, query, variables) => {
      const { errors, text } = await gateway.ask(caller, query, variables);
      expect(errors).toHaveLength(1);
      for (const clear of CLEAR) expect(text).not.toContain(clear);
      return [String(errors?.[0]?.extensions.code), String(errors?.[0]?.message)];
    },
    request,
    plan,
    planned: async (more) => {
      const id = await request(more);
      return { id, hash: await plan(id) };
    },
  };
}

/** What is sent to ask for one person's erasure. */
export function submission(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    keys: [{ kind: 'CUSTOMER', key: CLEAR[0] }],
    regulation: 'GDPR',
    receivedOn: '2026-11-20',
    idempotencyKey: `test ${randomUUID()}`,
    ...more,
  };
}
