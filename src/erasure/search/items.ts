import type { Item } from '../../datasources/engines/items';
import type { PointSweep } from '../../datasources/engines/point-sweep';
import type { BilledRun } from '../../datasources/results';
import { keyId, type KeyLink, type KeyMatch } from '../identity';
import type { SubjectKey } from '../model';
import type { Pacing } from '../pacing';
import { goneBefore, periodColumn, type ErasureTarget, type KeyColumn } from '../targets';
import {
  holdsAny,
  namesSomebody,
  noRows,
  sharedKeys,
  togetherMatches,
  type FoundByDataset,
  type FoundLinks,
  type FoundRows,
} from './found';
import { sideBySide } from './side-by-side';

/** Parts that a table is scanned in at once. */
const SEGMENTS = 4;

/** Searches point-read tables from end to end: they have no index by person. */
export class ItemSearch {
  private readonly targets: readonly ErasureTarget[];

  constructor(
    private readonly sweep: PointSweep,
    targets: readonly ErasureTarget[],
    private readonly pacing: Pacing,
  ) {
    this.targets = targets.filter(({ dataset }) => dataset.pointReads !== undefined);
  }

  /** @param most links of one key through one pair of fields */
  async links(
    tenant: string,
    keys: readonly SubjectKey[],
    most: number,
    run: BilledRun,
  ): Promise<FoundLinks> {
    const links: KeyLink[] = [];
    const matches: KeyMatch[] = [];
    const wanted = new Set(keys.map(keyId));
    for (const target of this.targets) {
      const columns = [target.subject, ...target.others];
      if (!holdsAny(columns, keys)) continue;
      const tally = new LinkTally(target.dataset.name, columns, wanted, most);
      await this.each(target, tenant, columnNames(columns), (item) => tally.add(item), run);
      links.push(...tally.links);
      matches.push(...tally.matches);
    }
    return { links, matches: togetherMatches(matches) };
  }

  /** One sweep for all requests. @param requests the keys of each */
  async rows(
    tenant: string,
    requests: readonly (readonly SubjectKey[])[],
    day: string,
    run: BilledRun,
  ): Promise<FoundByDataset> {
    const wanted = sharedKeys(requests);
    const keys = [...wanted.values()];
    const found = new Map<string, readonly FoundRows[]>();
    for (const target of this.targets) {
      const { dataset, subject, others, mentions } = target;
      const columns = [subject, ...others, ...mentions];
      if (!holdsAny(columns, keys)) continue;
      const period = periodColumn(target);
      const before = goneBefore(target, day);
      const all = noRows(requests.length);
      const rowsOf = (item: Item, named: readonly KeyColumn[]): FoundRows[] => {
        const holders = named.flatMap((column) => {
          const key = text(item, column.column);
          return (
            (key === undefined ? undefined : wanted.get(keyId({ kind: column.kind, key })))?.requests ?? []
          );
        });
        return [...new Set(holders)].flatMap((request) => all[request] ?? []);
      };
      const add = (item: Item): void => {
        for (const rows of rowsOf(item, mentions)) rows.mentions += 1;
        // Times are stored as `2014-01-31T08:30:00.000Z`: they compare with a day as texts.
        const time = period === undefined ? undefined : text(item, period);
        const old = before !== undefined && time !== undefined && time < before.day;
        const on = time?.slice(0, 10);
        for (const rows of rowsOf(item, text(item, subject.column) === undefined ? others : [subject])) {
          if (old) rows.old += 1;
          else rows.rest += 1;
          if (!old && on !== undefined && on > (rows.newest ?? '')) rows.newest = on;
        }
      };
      const attributes = [...columnNames(columns), ...(period === undefined ? [] : [period])];
      await this.each(target, tenant, attributes, add, run);
      found.set(dataset.name, all);
    }
    return found;
  }

  close(): void {
    this.sweep.close();
  }

  /** Every item of the tenant. */
  private async each(
    { dataset }: ErasureTarget,
    tenant: string,
    attributes: readonly string[],
    add: (item: Item) => void,
    run: BilledRun,
  ): Promise<void> {
    const table = dataset.pointReads?.table ?? '';
    const pace = this.pacing.reads(table);
    const read = [dataset.tenant, ...attributes];
    const started = performance.now();
    let units = 0;
    let statementId = '';
    const part = async (segment: number, signal: AbortSignal): Promise<void> => {
      let after: string | undefined;
      do {
        const place = after;
        const page = await pace.call(
          'page',
          (most) => this.sweep.page(table, { segment, of: SEGMENTS, most }, read, place, signal),
          signal,
        );
        units += page.units;
        statementId ||= page.requestId;
        for (const item of page.found) if (text(item, dataset.tenant) === tenant) add(item);
        after = page.after;
      } while (after !== undefined);
    };
    const parts = Array.from(
      { length: SEGMENTS },
      (_none, segment) =>
        ({ signal }: BilledRun) =>
          part(segment, signal),
    );
    try {
      await sideBySide(run, parts);
    } finally {
      // Pages that were read cost as much where the others were not.
      if (units > 0) run.calls.push(this.sweep.callOf(dataset.name, statementId, units, started));
    }
  }
}

/** Counts which keys stand beside wanted ones, item by item. */
class LinkTally {
  private items = 0;
  private readonly rows = new Map<string, { key: SubjectKey; rows: number }>();
  private readonly found = new Map<string, Map<string, KeyLink>>();

  constructor(
    private readonly dataset: string,
    private readonly columns: readonly KeyColumn[],
    private readonly wanted: ReadonlySet<string>,
    private readonly most: number,
  ) {}

  add(item: Item): void {
    this.items += 1;
    for (const from of this.columns) {
      const key = text(item, from.column);
      if (key === undefined) continue;
      const fromKey = { kind: from.kind, key };
      const id = keyId(fromKey);
      if (!this.wanted.has(id)) continue;
      const match = this.rows.get(id) ?? { key: fromKey, rows: 0 };
      this.rows.set(id, { ...match, rows: match.rows + 1 });
      for (const to of this.columns) if (to !== from) this.link(item, from, fromKey, to);
    }
  }

  get links(): KeyLink[] {
    return [...this.found.values()].flatMap((links) => [...links.values()]);
  }

  get matches(): KeyMatch[] {
    return [...this.rows.values()].map((match) => ({ dataset: this.dataset, ...match, of: this.items }));
  }

  private link(item: Item, from: KeyColumn, fromKey: SubjectKey, to: KeyColumn): void {
    const key = text(item, to.column);
    if (key === undefined || !namesSomebody(key)) return;
    const pair = JSON.stringify([from.field, fromKey.key, to.field]);
    const links = this.found.get(pair) ?? new Map<string, KeyLink>();
    this.found.set(pair, links);
    const known = links.get(key);
    if (known !== undefined) links.set(key, { ...known, rows: known.rows + 1 });
    else if (links.size < this.most) {
      const toKey = { kind: to.kind, key };
      links.set(key, { dataset: this.dataset, from: from.field, fromKey, to: to.field, toKey, rows: 1 });
    }
  }
}

function columnNames(columns: readonly KeyColumn[]): string[] {
  return columns.map(({ column }) => column);
}

function text(item: Item, attribute: string): string | undefined {
  return item[attribute]?.S;
}
