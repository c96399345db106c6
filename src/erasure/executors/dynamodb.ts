import type { Item } from '../../datasources/engines/items';
import { POINT_KEY } from '../../datasources/engines/items';
import type { ItemChange, ItemState, PointSweep } from '../../datasources/engines/point-sweep';
import { SluiceError } from '../../errors';
import type { Pacing } from '../pacing';
import type { BatchWork, ErasureExecutor, ErasureStep, StagedKey, StepResult } from '../steps';
import {
  hasKeys,
  periodColumn,
  rowActions,
  type ErasureTarget,
  type KeyColumn,
  type PersonalColumns,
} from '../targets';
import { failureOf, whileBeating, type StepContext } from './failures';

/** Parts that a table is scanned in at once. */
const SEGMENTS = 4;
/** Pages of each part in one run: what is lost when a run breaks off, and how often its cursor is written down. */
const PAGES = 16;
/** A run begins nothing more after so long, in milliseconds: whoever pauses erasures waits for its end. */
const RUN_MS = 30_000;
/** An item that changes again and again under our hands is read again so often. */
const ITEM_ATTEMPTS = 10;
/** Items of a page that are changed at once. */
const AT_ONCE = 8;

/** Attributes that one write removes: an expression has at most 4 KB, and each takes seven bytes (DynamoDB Developer Guide, "Quotas"). */
const MOST_REMOVED = 400;

/** Where each part goes on: after that item; from its start (null); not at all, for it has ended (true). */
type Cursor = (string | null | true)[];

/**
 * Point-read tables: every item is looked at and changed by itself, on condition that what was decided by is still
 * so. An item that somebody writes meanwhile is read again and decided anew; no write of others is lost.
 */
export class DynamoDbExecutor implements ErasureExecutor {
  readonly store = 'dynamodb';
  private readonly targets: ReadonlyMap<string, ErasureTarget>;

  constructor(
    private readonly sweep: PointSweep,
    targets: readonly ErasureTarget[],
    private readonly pacing: Pacing,
  ) {
    this.targets = new Map(
      targets
        .filter(({ dataset }) => dataset.pointReads !== undefined)
        .map((target) => [target.dataset.name, target]),
    );
  }

  steps(): readonly ErasureStep[] {
    return [...this.targets.keys()].map((dataset) => ({
      id: `dynamodb.${dataset}.erase`,
      kind: 'erase',
      store: this.store,
      dataset,
      after: [],
    }));
  }

  async run(step: ErasureStep, batch: BatchWork, context: StepContext): Promise<StepResult> {
    const target = this.targets.get(step.dataset ?? '');
    if (target === undefined || step.kind !== 'erase')
      throw new TypeError(`DynamoDB has no step ${step.id}.`);
    if (!hasKeys(batch.keys, target.dataset.name)) return { state: 'done', rows: 0, statementIds: [] };
    const decide = new ItemDecisions(target, batch);
    const cursor = readCursor(context.cursor);
    try {
      const people = await whileBeating(context, async (signal) => {
        const parts = cursor.map((_place, segment) => this.part(decide, cursor, segment, signal));
        return (await Promise.all(parts)).flat();
      });
      const changed = { rows: people.length, people: countOf(people.flat()), statementIds: [] };
      if (cursor.every((place) => place === true)) return { state: 'done', ...changed };
      return { state: 'again', ...changed, cursor: JSON.stringify(cursor) };
    } catch (error) {
      return failureOf(error);
    }
  }

  async close(): Promise<void> {
    this.sweep.close();
  }

  /** Some pages of one part; notes in the cursor where it stopped. Gives whose each item was that it changed, by tokens. */
  private async part(
    decide: ItemDecisions,
    cursor: Cursor,
    segment: number,
    signal: AbortSignal,
  ): Promise<string[][]> {
    const { clock } = this.pacing;
    const end = clock.now() + RUN_MS;
    const people: string[][] = [];
    for (let page = 0; page < PAGES && cursor[segment] !== true && clock.now() < end; page += 1) {
      const place = cursor[segment];
      const after = typeof place === 'string' ? place : undefined;
      const { found, after: next } = await this.pacing
        .reads(decide.table)
        .call(
          'page',
          (most) =>
            this.sweep.page(decide.table, { segment, of: SEGMENTS, most }, decide.attributes, after, signal),
          signal,
        );
      const concerned = found.filter((item) => decide.of(item) !== undefined);
      for (let at = 0; at < concerned.length; at += AT_ONCE) {
        const some = concerned.slice(at, at + AT_ONCE);
        const changes = some.map((item) => this.change(decide, item, signal));
        people.push(...(await Promise.all(changes)).filter((tokens) => tokens.length > 0));
        // What stands before it is done with; the rest of the page is for the next run.
        cursor[segment] = keyOf(some.at(-1));
        if (at + AT_ONCE < concerned.length && clock.now() >= end) return people;
      }
      cursor[segment] = next ?? true;
    }
    return people;
  }

  /** Tokens of those whose item it was; none when nothing of it changed. */
  private async change(decide: ItemDecisions, seen: Item, signal: AbortSignal): Promise<string[]> {
    const { table, attributes } = decide;
    const [reads, writes] = [this.pacing.reads(table), this.pacing.writes(table)];
    const key = keyOf(seen);
    let item: Item | undefined = seen;
    const changed = new Set<string>();
    // A mention may be left after the person is out, so an item is looked at until nothing is left to do.
    for (let attempt = 0; attempt < ITEM_ATTEMPTS; attempt += 1) {
      const decision = item === undefined ? undefined : decide.of(item);
      if (decision === undefined) return [...changed];
      const write = await writes.call(
        'item',
        () => this.sweep.change(table, key, decision.seen, decision.change, signal),
        signal,
      );
      if (write.changed) for (const token of decision.tokens) changed.add(token);
      ({ item } = await reads.call('item', () => this.sweep.read(table, key, attributes, signal), signal));
    }
    throw new SluiceError('ENGINE_FAILED', undefined, { reason: 'TRANSACTION_CONFLICT' });
  }
}

interface Decision {
  change: ItemChange;
  /** What it was decided by. */
  seen: ItemState;
  /** Of the person that it is about: one for each request that names them by another key first. */
  tokens: readonly string[];
}

/** What a batch does to an item, by its attributes alone. */
class ItemDecisions {
  readonly table: string;
  /** Undefined: all that an item has, since nothing else may be in it than what is named. */
  readonly attributes: readonly string[] | undefined;
  /** By key, that which stands in items first. */
  private readonly tokens = new Map<string, string[]>();
  /** Tokens in the subject of items that stay without their person. */
  private readonly standing = new Set<string>();

  constructor(
    private readonly target: ErasureTarget,
    private readonly batch: BatchWork,
  ) {
    const { dataset, subject, others, mentions, goes, retained } = target;
    this.table = dataset.pointReads?.table ?? '';
    const time = periodColumn(target);
    const kept = retained.flatMap(({ columns }) => [...columns.tokenised, ...columns.emptied]);
    const decidedBy = [
      dataset.tenant,
      subject.column,
      ...[...others, ...mentions].map(({ column }) => column),
      ...(time === undefined ? [] : [time]),
      ...goes.tokenised,
      ...kept,
    ];
    this.attributes = target.bare === undefined ? decidedBy : undefined;
    for (const key of batch.keys) {
      if (key.dataset !== dataset.name) continue;
      const name = nameOf(key.tenant, key.action, key.kind, key.key);
      const known = this.tokens.get(name);
      if (known === undefined) this.tokens.set(name, [key.token]);
      else if (!known.includes(key.token)) known.push(key.token);
      if (key.action === 'pseudonymise' || key.action === 'release')
        this.standing.add(nameOf(key.tenant, key.token));
    }
  }

  /** Undefined when the item is of nobody in the batch, or is kept. */
  of(item: Item): Decision | undefined {
    return this.ofPerson(item) ?? this.ofRest(item) ?? this.ofMention(item);
  }

  private ofPerson(item: Item): Decision | undefined {
    const { dataset, subject, others } = this.target;
    const named = text(item, subject.column) === null ? others : [subject];
    for (const action of rowActions(this.target, this.batch.day)) {
      const { before } = action;
      // Times are stored as `2014-01-31T08:30:00.000Z`: they compare with a day as texts.
      const time = before === undefined ? null : text(item, before.column);
      if (before !== undefined && (time === null || time >= before.day)) continue;
      const found = this.found(item, named, action.of);
      if (found === undefined) continue;
      const seen: ItemState = {
        [dataset.tenant]: text(item, dataset.tenant),
        [subject.column]: text(item, subject.column),
        [found.key.column]: text(item, found.key.column),
        ...(before === undefined ? {} : { [before.column]: time }),
      };
      const { token, tokens } = found;
      if (action.what === 'delete') return { change: 'delete', seen, tokens };
      const { tokenised, emptied, lists } = action.columns;
      if (action.what === 'release' && !this.isLeft(item, action.columns)) continue;
      const held = tokenised.filter((column) => item[column] !== undefined);
      const set = Object.fromEntries([subject.column, ...held].map((column) => [column, token]));
      const rest = action.what === 'pseudonymise' ? this.outside(item) : undefined;
      return { change: { set, remove: rest ?? [...emptied, ...lists] }, seen, tokens };
    }
    return undefined;
  }

  /** Of an item that stays for its retained fields alone: what came to it later, or did not go in one write. */
  private ofRest(item: Item): Decision | undefined {
    const { dataset, subject } = this.target;
    const [tenant, token] = [text(item, dataset.tenant), text(item, subject.column)];
    if (tenant === null || token === null || !this.standing.has(nameOf(tenant, token))) return undefined;
    const remove = this.outside(item) ?? [];
    if (remove.length === 0) return undefined;
    return {
      change: { set: {}, remove },
      seen: { [dataset.tenant]: tenant, [subject.column]: token },
      tokens: [token],
    };
  }

  /** Attributes that such an item may not hold, as many as go at once; undefined where items keep more. */
  private outside(item: Item): string[] | undefined {
    const { bare } = this.target;
    if (bare === undefined) return undefined;
    const over = Object.keys(item).filter((name) => name !== POINT_KEY && !bare.has(name));
    return over.slice(0, MOST_REMOVED);
  }

  /** Whether anything of the person is left in columns of an item whose subject is the token. */
  private isLeft(item: Item, { tokenised, emptied }: PersonalColumns): boolean {
    const token = text(item, this.target.subject.column);
    return (
      emptied.some((column) => item[column] !== undefined) ||
      tokenised.some((column) => item[column] !== undefined && text(item, column) !== token)
    );
  }

  private ofMention(item: Item): Decision | undefined {
    const { dataset, mentions } = this.target;
    const found = this.found(item, mentions, ['mention']);
    if (found === undefined) return undefined;
    const { column } = found.key;
    return {
      change: { set: { [column]: found.token }, remove: [] },
      seen: { [dataset.tenant]: text(item, dataset.tenant), [column]: text(item, column) },
      tokens: found.tokens,
    };
  }

  private found(
    item: Item,
    keys: readonly KeyColumn[],
    actions: readonly StagedKey['action'][],
  ): { key: KeyColumn; token: string; tokens: readonly string[] } | undefined {
    const tenant = text(item, this.target.dataset.tenant);
    for (const key of keys) {
      const value = text(item, key.column);
      if (tenant === null || value === null) continue;
      for (const action of actions) {
        const tokens: readonly string[] = this.tokens.get(nameOf(tenant, action, key.kind, value)) ?? [];
        const [token] = tokens;
        // A row that has the token already is done with, unless it is found by it.
        if (token !== undefined && (action === 'delete' || action === 'release' || token !== value))
          return { key, token, tokens };
      }
    }
    return undefined;
  }
}

function keyOf(item: Item | undefined): string {
  return item?.[POINT_KEY]?.S ?? '';
}

function countOf(tokens: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const token of tokens) counts[token] = (counts[token] ?? 0) + 1;
  return counts;
}

function nameOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function text(item: Item, attribute: string): string | null {
  return item[attribute]?.S ?? null;
}

function readCursor(text: string | undefined): Cursor {
  const start: Cursor = Array.from({ length: SEGMENTS }, () => null);
  if (text === undefined) return start;
  const read: unknown = JSON.parse(text);
  return Array.isArray(read) && read.length === SEGMENTS ? (read as Cursor) : start;
}
