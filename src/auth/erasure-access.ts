import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { CursorSeal } from '../datasources/cursors';
import type { BilledRun } from '../datasources/results';
import { faultOf, SluiceError } from '../errors';
import type { ErasurePlan, ResolvedKey, SubjectKey } from '../erasure/model';
import type { PlannedErasure } from '../erasure/planning';
import type { Regulations } from '../erasure/regulations';
import type {
  Actor,
  ErasureService,
  HoldTermsAsked,
  LeftOutKey,
  ListFilter,
  Request,
  Submission,
} from '../erasure/service';
import type { ErasureRight } from '../schema/vocabulary';
import { ReadAudit, Subjects, type AuditedCall, type AuditParts } from './audit';
import { checkRight } from './erasure-rights';
import type { GateRequest } from './gate';
import { checkFirst } from './limits';
import type { Policy, RolePolicy } from './policy';
import type { Viewer } from './viewer';

/**
 * The one way to erasures, for one request of the API: rights of the acting role, the viewer's own tenant, and a line of
 * the audit for each change, each preview and each look at clear keys. What it cannot decide it refuses.
 */

/** Most requests on a page. */
const MOST_REQUESTS = 100;
/** Most keys on a page. */
const MOST_PAGE_KEYS = 1_000;
/** Most people that a preview shows. */
const MOST_PEOPLE = 100;
/** Most names in one filter; DynamoDB compares with a hundred. */
const MOST_NAMES = 50;
/** Classes of what a key is. */
const KEY_CLASSES = ['identifier', 'contact'] as const;

/** A key as the API shows it. */
export type ShownKey<K extends ResolvedKey = ResolvedKey> = Omit<K, 'key'> & { token: string; key?: string };

/** Part of a list. */
export interface Page<T> {
  items: readonly T[];
  hasNextPage: boolean;
  cursor(index: number): string;
}

/** Which part of a list, and whether keys are wanted in the clear. */
export interface KeysAsked {
  first: number;
  after?: string;
  clear: boolean;
}

/** A person of a preview. */
export interface ShownPerson {
  keys: readonly ShownKey[];
  leftOutKeys: readonly ShownKey<LeftOutKey>[];
}

export type ErasureAccess = Pick<RequestErasures, keyof RequestErasures>;
export type ErasureAccessFactory = (viewer: Viewer, request: GateRequest) => ErasureAccess;

interface Parts extends AuditParts {
  policy: Policy;
  service: ErasureService;
  cursors: CursorSeal;
  logger: Logger;
}

/** One factory for a policy; it gives the access of each request. */
export function createErasureAccess(parts: Parts): ErasureAccessFactory {
  return (viewer, request) => {
    const role = parts.policy.roles.get(viewer.role);
    if (role === undefined) throw new SluiceError('FORBIDDEN');
    return new RequestErasures(parts, viewer, role, request);
  };
}

class RequestErasures {
  private readonly audit: ReadAudit;
  private readonly actor: Actor;
  private readonly service: ErasureService;

  constructor(
    private readonly parts: Parts,
    private readonly viewer: Viewer,
    private readonly role: RolePolicy,
    private readonly request: GateRequest,
  ) {
    this.audit = new ReadAudit(parts, viewer, request);
    const { tenant, subject } = viewer;
    this.actor = { tenant, token: parts.tokens.ofReader(tenant, subject) };
    this.service = parts.service;
  }

  /** Today, `YYYY-MM-DD`. */
  get day(): string {
    return this.service.day;
  }

  regulations(): Promise<Regulations> {
    return this.allowed('read', async () => this.service.regulations);
  }

  find(id: string): Promise<Request> {
    return this.allowed('read', () => this.service.get(this.actor, id));
  }

  list(filter: ListFilter, first: number, after: string | undefined): Promise<Page<Request>> {
    return this.allowed('read', async () => {
      checkFirst(first, Math.min(MOST_REQUESTS, this.role.limits.maxRows));
      for (const names of [filter.states, filter.regulations]) {
        if ((names?.length ?? 0) > MOST_NAMES)
          throw new SluiceError('BAD_USER_INPUT', `A filter names at most ${MOST_NAMES} values.`);
      }
      const binding = this.binding('requests', filter);
      const behind = after === undefined ? undefined : this.opened(binding, after);
      const found = await this.service.list(this.actor, filter, first, behind);
      return this.page(binding, found, first, ({ id }) => id);
    });
  }

  plan(request: Request): Promise<ErasurePlan | undefined> {
    return this.allowed('read', () => this.service.plan(request));
  }

  holds(request: Request) {
    return this.allowed('read', () => this.service.holds(request));
  }

  certificate(request: Request): Promise<string | undefined> {
    return this.allowed('read', () => this.service.certificate(request));
  }

  /** Undefined until they are known, and when they are no longer kept. */
  keys(request: Request, asked: KeysAsked): Promise<Page<ShownKey> | undefined> {
    return this.allowed('read', async () =>
      this.keysPage(request, await this.service.keys(request), request.resolved?.id, asked),
    );
  }

  leftOutKeys(request: Request, asked: KeysAsked): Promise<Page<ShownKey<LeftOutKey>> | undefined> {
    return this.allowed('read', async () =>
      this.keysPage(request, await this.service.leftOut(request), request.leftOut?.id, asked),
    );
  }

  schedule() {
    return this.allowed('read', async () => {
      const [state, batch] = await Promise.all([
        this.service.schedule(this.actor),
        this.service.batch(this.actor),
      ]);
      return { state, batch, window: this.service.window };
    });
  }

  preview(keys: readonly SubjectKey[], csv: string | undefined): Promise<PlannedErasure> {
    const named = { dataset: 'ErasurePreview', fields: [], filters: [] };
    return this.billed('request', 'erasure_preview', named, async (run) => {
      const found = await this.service.preview(this.actor, keys, csv, run);
      await this.audit.read({
        call: 'erasure_preview',
        ...named,
        clear: [],
        masked: KEY_CLASSES,
        shown: KEY_CLASSES,
        rows: found.people.length,
        calls: run.calls,
      });
      return found;
    });
  }

  /** The people of a preview, as many as were asked for. */
  previewPeople({ people }: PlannedErasure, first: number, clear: boolean): Promise<ShownPerson[]> {
    return this.allowed('request', async () => {
      checkFirst(first, Math.min(MOST_PEOPLE, this.role.limits.maxRows));
      const shown = people.slice(0, first);
      if (clear) await this.lookedAt(shown.flatMap(({ keys, leftOut }) => [...keys, ...leftOut]));
      return shown.map(({ keys, leftOut }) => ({
        keys: keys.map((key) => this.shown(key, clear)),
        leftOutKeys: leftOut.map((key) => this.shown(key, clear)),
      }));
    });
  }

  submit(submission: Submission): Promise<Request> {
    return this.change('request', 'REQUEST', () => this.service.request(this.actor, submission));
  }

  approve(id: string, planHash: string): Promise<Request> {
    return this.change('approve', 'APPROVE', () => this.service.approve(this.actor, id, planHash));
  }

  reject(id: string, reason: string): Promise<Request> {
    return this.change('approve', 'REJECT', () => this.service.reject(this.actor, id, reason));
  }

  cancel(id: string, reason: string | undefined): Promise<Request> {
    return this.change('request', 'CANCEL', () => this.service.cancel(this.actor, id, reason));
  }

  replan(id: string): Promise<Request> {
    return this.change('request', 'REPLAN', (run) => this.service.replan(this.actor, id, run));
  }

  retry(id: string): Promise<Request> {
    return this.change('request', 'RETRY', () => this.service.retry(this.actor, id));
  }

  hold(id: string, terms: HoldTermsAsked): Promise<Request> {
    return this.change('hold', 'HOLD', () => this.service.hold(this.actor, id, terms));
  }

  release(holdId: string): Promise<Request> {
    return this.change('hold', 'RELEASE', () => this.service.release(this.actor, holdId));
  }

  extend(id: string, note: string): Promise<Request> {
    return this.change('extend', 'EXTEND', () => this.service.extend(this.actor, id, note));
  }

  pause(reason: string) {
    return this.change('pause', 'PAUSE', () => this.service.pause(this.actor, reason));
  }

  resume() {
    return this.change('pause', 'RESUME', () => this.service.resume(this.actor));
  }

  private async keysPage<K extends ResolvedKey>(
    request: Request,
    all: readonly K[] | undefined,
    list: string | undefined,
    { first, after, clear }: KeysAsked,
  ): Promise<Page<ShownKey<K>> | undefined> {
    checkFirst(first, Math.min(MOST_PAGE_KEYS, this.role.limits.maxRows));
    if (all === undefined) return undefined;
    const binding = this.binding('keys', [request.id, list ?? '']);
    const start = after === undefined ? 0 : Number(this.opened(binding, after)) + 1;
    const part = all.slice(start, start + first);
    if (clear) await this.lookedAt(part);
    return {
      items: part.map((key) => this.shown(key, clear)),
      hasNextPage: start + first < all.length,
      cursor: (index) => this.parts.cursors.seal(binding, [String(start + index)]),
    };
  }

  private shown<K extends ResolvedKey>(key: K, clear: boolean): ShownKey<K> {
    const { key: text, ...rest } = key;
    const token = this.parts.tokens.token(this.viewer.tenant, text);
    return clear && this.role.seesErasureKeys ? { ...rest, token, key: text } : { ...rest, token };
  }

  /** Nobody sees a key whose line is not written. @throws SluiceError FORBIDDEN for a role that sees tokens alone */
  private async lookedAt(keys: readonly SubjectKey[]): Promise<void> {
    if (!this.role.seesErasureKeys)
      throw new SluiceError('FORBIDDEN', 'The acting role sees keys as tokens alone. Select `token`.');
    const subjects = new Subjects(this.parts.tokens, this.viewer.tenant);
    subjects.name(keys.map(({ key }) => key));
    await this.audit.read({
      call: 'erasure_keys',
      dataset: 'ErasureRequest',
      fields: ['key:clear'],
      filters: [],
      clear: KEY_CLASSES,
      masked: [],
      shown: KEY_CLASSES,
      rows: keys.length,
      calls: [],
      subjects,
    });
  }

  private page<T>(binding: string, found: readonly T[], first: number, place: (item: T) => string): Page<T> {
    const items = found.slice(0, first);
    return {
      items,
      hasNextPage: found.length > first,
      cursor: (index) => {
        const item = items[index];
        if (item === undefined) throw new SluiceError('INTERNAL');
        return this.parts.cursors.seal(binding, [place(item)]);
      },
    };
  }

  /** What a cursor is bound to: tenant, role, list and filter. */
  private binding(list: string, filter: unknown): string {
    const bound = ['erasures', this.viewer.tenant, this.role.name, list, filter];
    return createHash('sha256').update(JSON.stringify(bound)).digest('base64url');
  }

  private opened(binding: string, cursor: string): string {
    const [place] = this.parts.cursors.open(binding, cursor);
    if (typeof place !== 'string') throw new SluiceError('BAD_CURSOR');
    return place;
  }

  /** A change, and its line: of what was done, or of what was refused. */
  private change<T>(right: ErasureRight, what: string, work: (run: BilledRun) => Promise<T>): Promise<T> {
    const named = { dataset: 'ErasureRequest', fields: [what], filters: [] };
    return this.billed(right, 'erasure_change', named, async (run) => {
      const done = await work(run);
      try {
        await this.audit.read({
          call: 'erasure_change',
          ...named,
          clear: [],
          masked: [],
          shown: KEY_CLASSES,
          rows: 1,
          calls: run.calls,
        });
      } catch (error) {
        throw new SluiceError(
          'ENGINE_UNAVAILABLE',
          'It was done, and stands in the audit chain; but the line of the read audit cannot be written now. Read the request again.',
          error,
        );
      }
      return done;
    });
  }

  /** Work whose engine calls are in the request's bill, and in the line of its refusal, whatever becomes of it. */
  private billed<T>(
    right: ErasureRight,
    call: AuditedCall,
    named: { dataset: string; fields: readonly string[]; filters: readonly string[] },
    work: (run: BilledRun) => Promise<T>,
  ): Promise<T> {
    const run: BilledRun = { signal: this.request.signal, calls: [] };
    return this.allowed(
      right,
      () => work(run).finally(() => this.request.calls.push(...run.calls)),
      (code) => this.audit.failed(call, named.dataset, named, code, run.calls),
    );
  }

  /** The boundary: the right first, and nothing but a SluiceError leaves. */
  private async allowed<T>(
    right: ErasureRight,
    work: () => Promise<T>,
    failed?: (code: SluiceError['code']) => void,
  ): Promise<T> {
    try {
      checkRight(this.role, right);
      return await work();
    } catch (error) {
      const known = error instanceof SluiceError ? error : new SluiceError('INTERNAL', undefined, error);
      if (known !== error) {
        this.parts.logger.error(
          { event: 'erasure_fault', request: this.request.requestId, right, fault: faultOf(error) },
          'fault in the access to erasures',
        );
      }
      failed?.(known.code);
      throw known;
    }
  }
}
