import type { Policy, RolePolicy } from '../../../src/auth/policy';
import { declarations } from '../../../src/schema/catalog';
import type { ColumnDeclaration, DatasetDeclaration } from '../../../src/schema/declarations';
import type { MaskAction } from '../../../src/schema/vocabulary';
import { shownBy } from '../world/shown';
import { LETTER_RUN, RUN, runsOf } from '../world/texts';
import type { Canary } from '../world/world';

/** Finds canaries, and five characters in a row of what a mask hides of them, in anything that a gateway gave out. */

export interface Leak {
  canary: Canary;
  /** What was found of it. */
  run: string;
  /** Nothing but its digits spoke for it, so another world must confirm it. */
  byDigits: boolean;
}

/** Who looks at it: a role in its tenant, or, for logs and audit lines, nobody who may see anything. */
export interface Reader {
  tenant: string;
  role: string | undefined;
  /** What the request said it was for. */
  purpose?: string | undefined;
}

/** Ids, tokens and cursors: told apart by their length; no canary is written so. */
const SEALED = /[A-Za-z0-9_-]{22,}/g;
/** A text that is nothing else. */
const SEALED_ONLY = /^[A-Za-z0-9_-]{22,}$/;
const DIGIT_RUN = /[\d./()+-]{5,}/g;
/** What the gateway measures itself. */
const FIGURES = /"(?:scannedBytes|queuedMs|elapsedMs|costUsd|totalCostUsd|time|pid)":[\d.e+-]+/g;
/** Characters of a day: `1931-07-20`. */
const DAY = 10;
const LONG_FRACTION = /^(\d+)\.\d{6,}$/;

/** Whether a value can be nothing but a token, a cursor or an id. */
export function isSealed(value: unknown): boolean {
  return typeof value === 'string' && SEALED_ONLY.test(value);
}

export class CanarySearch {
  private readonly letters = new Map<string, Canary[]>();
  /** By tenant, because digits of different tenants may agree. */
  private readonly digits = new Map<string, Map<string, Canary[]>>();
  private readonly shown = new Map<string, ReadonlySet<string>>();

  constructor(
    canaries: Iterable<Canary>,
    private readonly policy: Policy,
  ) {
    for (const canary of canaries) this.add(canary);
  }

  /** All leaks to a reader, at most one for each canary. */
  find(text: string, reader: Reader): Leak[] {
    const found = new Map<Canary, Leak>();
    this.look(plain(text), reader, found);
    for (const [sealed] of text.matchAll(SEALED)) {
      for (const part of [sealed, sealed.replace(/^[a-z]_/, '')]) {
        const opened = Buffer.from(part, 'base64url').toString('utf8');
        this.look(opened, reader, found);
      }
    }
    return [...found.values()];
  }

  private add(canary: Canary): void {
    const byLetters = /[\u1200-\u135a]/.test(canary.text);
    let index = this.letters;
    if (!byLetters) {
      index = this.digits.get(canary.tenant) ?? new Map<string, Canary[]>();
      this.digits.set(canary.tenant, index);
    }
    const isTime = canary.column.kind === 'date' || canary.column.kind === 'datetime';
    // The year tells it where the month may not be seen, the day where it may.
    const runs = isTime ? [canary.text.slice(0, RUN), canary.text.slice(0, DAY)] : runsOf(canary.text);
    for (const run of runs) {
      const known = index.get(run);
      if (known === undefined) index.set(run, [canary]);
      else known.push(canary);
    }
  }

  private look(text: string, reader: Reader, found: Map<Canary, Leak>): void {
    for (const [match] of text.matchAll(LETTER_RUN)) {
      for (const run of runsOf(match)) this.meet(this.letters.get(run), run, false, reader, found);
    }
    const own = this.digits.get(reader.tenant);
    if (own === undefined) return;
    for (const [match] of text.matchAll(DIGIT_RUN)) {
      // A mean has digits without end; a value of a row has four at most.
      const digits = LONG_FRACTION.exec(match)?.[1] ?? match;
      if (digits.length < RUN) continue;
      for (const length of [RUN, DAY]) {
        for (let start = 0; start + length <= digits.length; start += 1) {
          const run = digits.slice(start, start + length);
          this.meet(own.get(run), run, true, reader, found);
        }
      }
    }
  }

  private meet(
    canaries: readonly Canary[] | undefined,
    run: string,
    byDigits: boolean,
    reader: Reader,
    found: Map<Canary, Leak>,
  ): void {
    // What one of them may show tells nothing of the others.
    if (canaries === undefined || canaries.some((canary) => this.mayShow(canary, run, reader))) return;
    const [canary] = canaries;
    if (canary !== undefined && !found.has(canary)) found.set(canary, { canary, run, byDigits });
  }

  private mayShow(canary: Canary, run: string, { tenant, role: name, purpose }: Reader): boolean {
    const role = name === undefined ? undefined : this.policy.roles.get(name);
    if (role === undefined || canary.tenant !== tenant || !canary.inScope) return false;
    if (canary.erasureKey === true) return role.seesErasureKeys;
    const purposes = role.purposesFor(canary.dataset, canary.path);
    if (purposes !== undefined && !purposes.includes(purpose ?? '')) return false;
    const action = role.lists(canary.dataset)
      ? role.action(canary.dataset, canary.path)
      : inFigures(role, canary.dataset, canary.path, canary.column);
    if (action === 'clear') return true;
    const slot = `${action} ${canary.dataset.name}.${canary.path} ${canary.text}`;
    let shown = this.shown.get(slot);
    if (shown === undefined) {
      const text = shownBy(action, canary.column, canary.text);
      shown = new Set([text, ...(text.length < RUN ? [] : runsOf(text))]);
      this.shown.set(slot, shown);
    }
    return shown.has(run);
  }
}

/** What a role that gets no rows may see of a field: the values it groups by, amounts and days by their step alone. */
function inFigures(
  role: RolePolicy,
  dataset: DatasetDeclaration,
  path: string,
  column: ColumnDeclaration,
): MaskAction {
  const grouped = [...declarations.metrics.values()].some(
    (metrics) =>
      metrics.dataset.name === dataset.name && [...metrics.dimensions.values()].some(({ of }) => of === path),
  );
  const action = grouped ? role.action(dataset, path) : 'hide';
  if (action !== 'clear' || column.kind === 'id' || column.kind === 'string') return action;
  return column.band === undefined ? 'coarse' : 'band';
}

/** The text with escapes undone, and without ids, tokens and the gateway's own figures. */
function plain(text: string): string {
  const unescaped = text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_all, code: string) => String.fromCharCode(parseInt(code, 16)))
    .replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
      Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
    );
  return unescaped.replace(SEALED, ' ').replace(FIGURES, ' ');
}
