import type { Logger } from 'pino';
import { backoff, pause } from '../../datasources/engines/service-caller';
import { SluiceError } from '../../errors';
import { STAGE_STEP } from '../executors/ids';
import { leftBy } from '../leftovers';
import type { StoredStep } from '../ledger/batches';
import { LeaseLost, type HeldLease } from '../ledger/leases';
import type { Batch, StepRecord } from '../ledger/records';
import type { FailureReason } from '../model';
import { storesOf } from '../residue';
import type { ErasureExecutor, StagedKey, StepKind, StepResult } from '../steps';
import { tableId, type BatchEffect, type TableProgress } from '../tables';
import type { ErasureTarget } from '../targets';
import { placesOf } from './faults';
import type { Journal } from './journal';
import type { Members } from './members';
import { noteLeftovers, warnOf } from './leftovers';
import { leaveOutdated } from './outdated';
import type { People } from './people';
import { chainStep, isDestructive } from './step-chain';

/** Runs the steps of a batch, each written down before, in an order that they allow; those of one store in turn. */

/** What fails now and then is tried so often, with growing pauses; after that somebody has to look. */
const MOST_FAILURES = 6;
/** Rows are made to go everywhere before files and copies are. */
const ORDER: readonly StepKind[] = ['stage', 'erase', 'unstage', 'purge', 'compact', 'expire'];
/** Requests of a batch in which each step's progress is shown; in larger ones only tables that are done are. */
const SHOWN_REQUESTS = 20;

export interface RunningParts {
  batch: Batch;
  members: Members;
  executors: readonly ErasureExecutor[];
  targets: readonly ErasureTarget[];
  people: People;
  journal: Journal;
  lease: HeldLease;
  logger: Logger;
  signal: AbortSignal;
  /** Stores that are worked on at once. */
  atOnce: number;
  /** First pause after a failure, in milliseconds; the next is twice as long. */
  retryPauseMs: number;
  /** Whether no further step may begin now. */
  mayNotGoOn(): Promise<boolean>;
}

export class Running {
  private steps: StoredStep[] = [];
  /** A step that cannot go on ends the others. */
  private readonly stop = new AbortController();
  private readonly signal: AbortSignal;
  private preparing: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RunningParts) {
    this.signal = AbortSignal.any([parts.signal, this.stop.signal]);
  }

  /** @throws LeaseLost, Abandoned and what is a defect of ours */
  async run(): Promise<'ended' | 'stopped'> {
    const { batch, journal } = this.parts;
    this.steps = await journal.ledger.batches.steps(batch.id);
    await this.chainEnded();
    await this.settleTables();
    await leaveOutdated(this.parts.members, this.steps, this.parts.targets);
    await this.withdrawUnknown();
    await noteLeftovers(journal, batch, this.steps);
    const lanes = new Map<string, Promise<void>>();
    let failure: Error | undefined;
    for (;;) {
      const over = this.steps.every(isEnded);
      const stopped = !over && (failure !== undefined || (await this.parts.mayNotGoOn()));
      if (lanes.size === 0 && (over || stopped)) {
        if (failure !== undefined) throw failure;
        return over ? 'ended' : 'stopped';
      }
      if (!over && !stopped)
        this.begin(
          lanes,
          (error) =>
            (failure ??= error instanceof Error ? error : new TypeError('A step ended without saying why.')),
        );
      if (lanes.size === 0) throw new TypeError('The steps of a batch wait for each other.');
      await Promise.race(lanes.values());
    }
  }

  /** Steps of a table that nobody declares any more: no executor has them. */
  private async withdrawUnknown(): Promise<void> {
    const known = new Set(this.parts.executors.flatMap((executor) => executor.steps().map(({ id }) => id)));
    for (const stored of this.steps)
      if (!isEnded(stored) && !known.has(stored.step.id))
        await this.update(stored, { state: 'failed', failure: 'WITHDRAWN', endedAt: this.now });
  }

  private begin(lanes: Map<string, Promise<void>>, failed: (error: unknown) => void): void {
    const ready = this.steps
      .filter((stored) => !isEnded(stored) && this.isReady(stored))
      .sort((one, other) => ORDER.indexOf(one.step.kind) - ORDER.indexOf(other.step.kind));
    for (const stored of ready) {
      const lane = stored.step.store;
      if (lanes.has(lane) || lanes.size >= this.parts.atOnce) continue;
      const work = this.runStep(stored)
        .catch((error: unknown) => {
          failed(error);
          this.stop.abort();
        })
        .finally(() => lanes.delete(lane));
      lanes.set(lane, work);
    }
  }

  private isReady({ step }: StoredStep): boolean {
    return step.after.every((id) => {
      const before = this.steps.find((one) => one.step.id === id);
      return before === undefined || isEnded(before);
    });
  }

  private async runStep(stored: StoredStep): Promise<void> {
    const { step } = stored;
    const blocked = this.blockedBy(stored);
    if (blocked !== undefined) {
      await this.update(stored, { state: 'failed', failure: blocked, endedAt: this.now });
    } else {
      if (step.kind === 'erase') await this.inTurn(() => this.prepared(stored));
      // Staging may have failed the second time.
      if (this.blockedBy(stored) === undefined) await this.carryOut(stored);
      else return this.runStep(stored);
    }
    await this.settleTables();
    await this.showProgress();
  }

  /** Without its keys staged, or its rows erased, a step has nothing to do; copies go whatever happened. */
  private blockedBy({ step }: StoredStep): FailureReason | undefined {
    if (step.kind === 'purge' || step.kind === 'unstage') return undefined;
    const failed = this.steps.find((one) => step.after.includes(one.step.id) && one.state === 'failed');
    return failed?.failure;
  }

  /** Steps of two stores must not stage at once. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.preparing.then(work);
    this.preparing = turn.catch(() => undefined);
    return turn;
  }

  private async prepared(stored: StoredStep): Promise<void> {
    await this.beginTables(stored);
    await this.restaged(stored);
  }

  /** Written down for each request before its rows go. A hold that was placed meanwhile keeps a table back. */
  private async beginTables({ step }: Pick<StoredStep, 'step'>): Promise<void> {
    const { members, targets } = this.parts;
    await members.refresh();
    // The states take out what a hold keeps back, and leave what is picked.
    await members.change(({ state }) => state === 'RUNNING', { type: 'settle' });
    for (const id of tablesOf(step, targets)) {
      try {
        await members.change(({ state, tables }) => state === 'RUNNING' && isPicked(tables, id), {
          type: 'begin',
          table: id,
        });
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'CONFLICT') throw error;
        // A hold came between; the states will have taken the table out.
        return this.beginTables({ step });
      }
    }
  }

  /** Keys that a hold took back since they were staged are no longer there when an engine reads them. */
  private async restaged({ step }: StoredStep): Promise<void> {
    const stage = this.steps.find((one) => one.step.id === STAGE_STEP);
    if (stage?.state !== 'done' || step.kind !== 'erase' || !step.after.includes(STAGE_STEP)) return;
    if (stage.keys === this.parts.people.nameOf(this.stagedKeys())) return;
    const again = await this.update(stage, { state: 'planned' });
    await this.carryOut(again);
  }

  private stagedKeys(): StagedKey[] {
    return this.parts.members.keys(['picked', 'begun', 'gone']);
  }

  private keysOf({ step }: StoredStep): StagedKey[] {
    if (step.kind === 'stage') return this.stagedKeys();
    if (step.store === 's3') return [];
    return this.parts.members.keys(['begun'], step.store);
  }

  private async carryOut(planned: StoredStep): Promise<void> {
    const { step } = planned;
    const { batch, people, lease, executors } = this.parts;
    let keys = this.keysOf(planned);
    let name = people.nameOf(keys);
    const executor = executors.find((one) => one.steps().some(({ id }) => id === step.id));
    if (executor === undefined) throw new TypeError(`No executor has the step ${step.id}.`);
    const { cursor: _before, ...rest } = planned;
    // Where items were looked through for other keys, they are looked through again.
    let stored: StoredStep = planned.keys === name || step.store !== 'dynamodb' ? planned : rest;
    for (;;) {
      lease.check();
      if (step.store === 'dynamodb') {
        await this.keepBack(stored);
        // Those who are left were looked for from the start: the cursor holds for them.
        keys = this.keysOf(stored);
        name = people.nameOf(keys);
      }
      const runs = stored.runs + 1;
      const { endedAt: _ended, failure: _failure, ...open } = stored;
      stored = await this.update(
        { ...open },
        {
          state: 'running',
          runs,
          keys: name,
          fence: lease.fence,
          startedAt: this.now,
        },
      );
      await this.chain(stored, 'BEGUN');
      const result = await this.once(executor, stored, { id: batch.id, day: batch.day, keys });
      const done = result.state !== 'failed';
      const failures = (stored.failures ?? 0) + (done ? 0 : 1);
      if (done) {
        const rows = stored.rows + result.rows;
        const statementIds = [...stored.statementIds, ...result.statementIds];
        const { cursor } = result;
        const byRequest = this.byRequest(stored, result);
        if (result.state === 'again') {
          stored = await this.update(stored, {
            rows,
            statementIds,
            ...byRequest,
            ...(cursor === undefined ? {} : { cursor }),
          });
          this.log(stored, 'goes on');
          if (await this.parts.mayNotGoOn()) return;
          continue;
        }
        const { datasets } = result;
        stored = await this.update(stored, {
          state: 'done',
          rows,
          statementIds,
          ...byRequest,
          ...(datasets === undefined ? {} : { datasets }),
          endedAt: this.now,
        });
        this.log(stored, 'done');
        await this.chainEnd(stored);
        return;
      }
      if (result.retryable && failures < MOST_FAILURES) {
        stored = await this.update(stored, { failures });
        this.log(stored, `is tried again: ${result.reason}`);
        await this.rest(failures);
        continue;
      }
      stored = await this.update(stored, {
        state: 'failed',
        failures,
        failure: result.reason,
        endedAt: this.now,
      });
      this.log(stored, `failed: ${result.reason}`);
      warnOf(this.parts.logger, stored, batch.id);
      await this.chainEnd(stored);
      await noteLeftovers(this.parts.journal, batch, [stored]);
      return;
    }
  }

  /** Items go one by one, so a hold that came meanwhile keeps back those that have not gone. */
  private async keepBack({ step, rows, statementIds, byRequest = {} }: StoredStep): Promise<void> {
    const { batch, members, targets } = this.parts;
    const { id, kind } = step;
    const steps = [{ id, kind, rows, endedAt: this.now, statementIds }];
    const effect: BatchEffect = { batch: batch.id, requests: batch.requests.length, steps };
    for (const table of tablesOf(step, targets))
      await members.keepBack(table, byRequest, (had) => ({
        as: 'KEPT_BACK',
        note: `${table}: a hold came while its items went. ${had} of them had gone; the others stay until it ends.`,
        also: (next) => ({ tables: rows === 0 ? next.tables : withEffect(next.tables, table, effect) }),
      }));
  }

  private byRequest({ byRequest: before = {} }: StoredStep, { people }: { people?: Record<string, number> }) {
    if (people === undefined) return {};
    const more = Object.entries(this.parts.members.byRequest(people));
    const sums = more.map(([id, rows]) => [id, (before[id] ?? 0) + rows]);
    return { byRequest: { ...before, ...Object.fromEntries(sums) } as Record<string, number> };
  }

  private async once(
    executor: ErasureExecutor,
    { step, cursor }: StoredStep,
    work: Parameters<ErasureExecutor['run']>[1],
  ): Promise<StepResult> {
    try {
      return await executor.run(step, work, {
        ...(cursor === undefined ? {} : { cursor }),
        signal: this.signal,
        beat: () => this.parts.lease.beat(),
      });
    } catch (error) {
      if (error instanceof LeaseLost || this.signal.aborted) throw error;
      this.parts.logger.error({ event: 'erasure_step_fault', step: step.id, fault: placesOf(error) });
      return { state: 'failed', reason: 'ENGINE_FAILED', retryable: true };
    }
  }

  /** The pause grows, and the lease is kept meanwhile. */
  private async rest(failures: number): Promise<void> {
    const { retryPauseMs, lease } = this.parts;
    const until = performance.now() + retryPauseMs * 2 ** (failures - 1) + backoff(0);
    while (performance.now() < until) {
      await lease.beat();
      await pause(Math.min(1_000, until - performance.now() + 1), this.signal);
    }
  }

  /** Tables whose steps have all ended, well or not. */
  private async settleTables(): Promise<void> {
    const { members, targets } = this.parts;
    for (const { dataset } of targets) {
      for (const store of storesOf(dataset)) {
        const id = tableId({ store, dataset: dataset.name });
        const own = this.steps.filter(({ step }) => tablesOf(step, targets).includes(id));
        if (own.length === 0 || !own.every(isEnded)) continue;
        const failure = own.find(({ state }) => state === 'failed')?.failure;
        const progress = this.progress();
        const effect = this.effectOf(own, dataset.name);
        const noted = {
          also: (next: { tables: readonly TableProgress[] }) => ({
            progress,
            tables: withEffect(next.tables, id, effect),
          }),
        };
        if (failure !== undefined) {
          await members.change(
            ({ tables }) => isPicked(tables, id) || isBegun(tables, id),
            { type: 'failed', table: id, reason: failure },
            { ...noted, as: 'STORE_FAILED', note: `${id}: ${failure}` },
          );
        } else {
          await members.change(
            ({ tables }) => isBegun(tables, id),
            ({ counted }) => ({ type: 'gone', table: id, rows: counted.get(id) ?? 0 }),
            noted,
          );
        }
      }
    }
  }

  private effectOf(steps: readonly StoredStep[], dataset: string): BatchEffect {
    const { id, requests } = this.parts.batch;
    return {
      batch: id,
      requests: requests.length,
      steps: steps
        .filter(({ state }) => state === 'done')
        .map(({ step, rows, datasets, endedAt = this.now, statementIds }) => ({
          id: step.id,
          kind: step.kind,
          rows: datasets?.[dataset] ?? rows,
          endedAt,
          statementIds,
        })),
    };
  }

  private progress() {
    const done = this.steps.filter(isEnded);
    const rows = this.steps.reduce((sum, one) => sum + (one.step.kind === 'erase' ? one.rows : 0), 0);
    return { stepsDone: done.length, steps: this.steps.length, rows };
  }

  private async showProgress(): Promise<void> {
    const { members } = this.parts;
    if (members.requests.length > SHOWN_REQUESTS) return;
    const progress = this.progress();
    await members.change(
      (request) => request.progress?.stepsDone !== progress.stepsDone,
      { type: 'settle' },
      { also: () => ({ progress }) },
    );
  }

  private async update(stored: StoredStep, changes: Partial<StepRecord>): Promise<StoredStep> {
    const next = await this.parts.journal.ledger.batches.updateStep(this.parts.batch.id, stored, changes);
    // Steps are written by whoever has the lease alone.
    if (next === undefined) throw new LeaseLost();
    this.steps = this.steps.map((one) => (one.sk === next.sk ? next : one));
    return next;
  }

  /** Enters the ends of steps whose worker died before it did. */
  private async chainEnded(): Promise<void> {
    for (const stored of this.steps.filter((one) => isEnded(one) && one.runs > 0 && one.chained !== true))
      await this.chainEnd(stored);
  }

  private async chainEnd(stored: StoredStep): Promise<void> {
    if (!isDestructive(stored)) return;
    await this.chain(stored, stored.state === 'done' ? 'DONE' : 'FAILED');
    await this.update(stored, { chained: true });
  }

  private chain(stored: StoredStep, what: 'BEGUN' | 'DONE' | 'FAILED'): Promise<void> {
    return chainStep(this.parts.journal.chain, this.parts.batch.id, stored, what);
  }

  private log({ step, rows, runs, startedAt }: StoredStep, state: string): void {
    const ms = startedAt === undefined ? undefined : this.parts.journal.clock.now() - Date.parse(startedAt);
    const { logger, batch } = this.parts;
    logger.info(
      { event: 'erasure_step', batch: batch.id, step: step.id, rows, runs, ms },
      `step ${step.id} ${state}`,
    );
  }

  private get now(): string {
    return this.parts.journal.clock.iso;
  }
}

function isEnded({ state }: StoredStep): boolean {
  return state === 'done' || state === 'failed';
}

function withEffect(tables: readonly TableProgress[], id: string, effect: BatchEffect): TableProgress[] {
  return tables.map((table) =>
    table.id === id ? { ...table, effects: [...(table.effects ?? []), effect] } : table,
  );
}

function isPicked(tables: readonly TableProgress[], id: string): boolean {
  return tables.some((table) => table.id === id && table.state === 'picked');
}

function isBegun(tables: readonly TableProgress[], id: string): boolean {
  return tables.some((table) => table.id === id && table.state === 'begun');
}

/** Tables that a step is about. A step of a job for an engine is about the tables that the engine reads. */
function tablesOf(step: StoredStep['step'], targets: readonly ErasureTarget[]): string[] {
  if (step.id === STAGE_STEP || leftBy(step.id) !== undefined) return [];
  return targets
    .filter(({ dataset }) => {
      if (step.dataset !== undefined && step.dataset !== dataset.name) return false;
      if (step.store === 'dynamodb') return dataset.pointReads !== undefined;
      return step.store === dataset.engine || (step.store === 'spark' && step.dataset !== undefined);
    })
    .map(({ dataset }) =>
      tableId({ store: step.store === 'dynamodb' ? step.store : dataset.engine, dataset: dataset.name }),
    );
}
