import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { LakeAws } from '../engines/support/lake-aws';
import { differenceOf, endState, type EndState } from './kills/end-state';
import { FIRST_BATCH, PHASES, RULES, today, type Phase, type Requests } from './kills/phases';
import { placesIn, type KillLake, type Place } from './kills/places';
import { Scene, TENANT, type Saved } from './kills/scene';
import { Boundaries, type Boundary } from './support/boundaries';
import { compileSources } from './support/compiled';
import { declare } from './support/retained';
import { DAY_MS } from './support/work';
import { AHEAD, WorkersAhead } from './support/worker-process';

/**
 * kill -9 at every boundary of every phase of a request's life: the worker's process is killed after a request was carried
 * out and before its reply is passed back, for every request that changes something at a service, and for the first that
 * asks for what an engine has done by then. A killed process leaves nothing but what the services hold, so a kill anywhere
 * else leaves what one of these does. Another worker goes on, and the end of the phase is compared with that of one that
 * nobody disturbed. Each round begins with the rows, objects and ledger that the phase began with.
 *
 * On Trino only what concerns Iceberg: a real engine goes on with a statement whose worker is dead, beside the next worker,
 * and commits when nobody listens. So the worker is killed when a statement has begun, when it has ended and before anybody is
 * told, and whenever a step of it is written down.
 */

export interface KillRange {
  on: KillLake;
  /** Boundaries of all phases, evenly spread; every one of them unless given. */
  most?: number;
  /** All of them unless given. */
  phases?: readonly string[];
  progress(text: string): void;
}

export interface PhaseReport {
  phase: string;
  /** Requests of the undisturbed run, and places in it at which a kill leaves something else than at the one before. */
  requests: number;
  boundaries: number;
  rounds: number;
  /** Rounds whose worker ended before it came to its boundary, since it had less to ask than the undisturbed one. */
  notReached: number;
  seconds: number;
}

export interface KillReport {
  phases: readonly PhaseReport[];
  differences: readonly string[];
}

/** @param lake with tables that nobody else uses meanwhile */
export async function runKills(lake: LakeAws, range: KillRange): Promise<KillReport> {
  const putBack = declare(RULES);
  const compiled = await compileSources(AHEAD);
  const wire = await Boundaries.open(lake.endpoints);
  const workers = await WorkersAhead.open(compiled.folder, wire.endpoints, lake.dataDir);
  const scene = await Scene.open(lake, wire);
  try {
    return await new Kills(scene, workers, range).run();
  } finally {
    scene.close();
    await workers.close();
    await wire.close();
    await compiled.remove();
    putBack();
  }
}

interface Recorded {
  phase: Phase;
  start: Saved;
  names: readonly string[];
  places: readonly Place[];
  /** How it ends, by the day on which it was run: all dates count from it. */
  ends: Map<string, EndState>;
}

class Kills {
  private readonly requests: Requests = { ids: [], hold: '' };
  private readonly differences: string[] = [];

  constructor(
    private readonly scene: Scene,
    private readonly workers: WorkersAhead,
    private readonly range: KillRange,
  ) {}

  async run(): Promise<KillReport> {
    const { most, phases } = this.range;
    const recorded = (await this.record()).filter(({ phase }) => phases?.includes(phase.name) ?? true);
    const all = recorded.flatMap((of) => of.places.map((place) => ({ of, place })));
    const wanted = Math.min(most ?? all.length, all.length);
    const chosen = new Set(
      Array.from(
        { length: wanted },
        (_none, at) => all[Math.floor(((at + 0.5) * all.length) / wanted)]?.place,
      ),
    );
    const reports: PhaseReport[] = [];
    for (const of of recorded) {
      const report = {
        phase: of.phase.name,
        requests: of.names.length,
        boundaries: of.places.length,
        ...{ rounds: 0, notReached: 0, seconds: 0 },
      };
      reports.push(report);
      const began = performance.now();
      await this.scene.restore(of.start);
      // Once more undisturbed: what differs between two such runs would be no proof of anything.
      await this.round(of);
      for (const place of of.places) {
        if (!chosen.has(place)) continue;
        const { reached, said } = await this.round(of, place);
        report.rounds += 1;
        if (!reached) report.notReached += 1;
        report.seconds = (performance.now() - began) / 1_000;
        this.range.progress(`${of.phase.name} ${place.name}: ${reached ? 'killed' : 'not reached'}${said}`);
      }
    }
    return { phases: reports, differences: this.differences };
  }

  /** Goes through all phases undisturbed. */
  private async record(): Promise<Recorded[]> {
    const { scene, range } = this;
    const recorded: Recorded[] = [];
    const ends = new Map<string, Saved>();
    let last: string | undefined;
    for (const phase of PHASES) {
      const from = phase.after === undefined ? undefined : ends.get(phase.after);
      if (from !== undefined && phase.after !== last) await scene.restore(from);
      await phase.prepare(scene, this.requests);
      const start = await scene.save();
      const day = today();
      const { names } = await this.work(phase);
      const state = await endState(scene, this.requests.ids);
      await this.checkEnd(phase);
      if (PHASES.some(({ after }) => after === phase.name)) ends.set(phase.name, await scene.save());
      last = phase.name;
      const before = recorded.find(({ phase: { name } }) => name === FIRST_BATCH)?.names;
      const places = placesIn(names, range.on, before);
      recorded.push({ phase, start, names, places, ends: new Map([[day, state]]) });
      range.progress(`${phase.name}: ${names.length} requests, ${places.length} boundaries`);
    }
    return recorded;
  }

  private async checkEnd({ name, came }: Phase): Promise<void> {
    const { desk } = this.scene;
    const [first = '', second = ''] = this.requests.ids;
    const [one, other] = [
      await desk.get({ tenant: TENANT, id: first }),
      await desk.get({ tenant: TENANT, id: second }),
    ];
    for (const [what, isSo] of Object.entries(came))
      if (!isSo(one, other))
        throw new Error(`Phase ${name} is not what it should be: ${what}. ${JSON.stringify([one, other])}`);
  }

  /** Runs a phase, and puts back what it began with. */
  private async round(of: Recorded, place?: Place): Promise<{ reached: boolean; said: string }> {
    for (;;) {
      const day = today();
      const { reached } = await this.work(of.phase, place?.at);
      const state = await endState(this.scene, this.requests.ids);
      await this.scene.restore(of.start, state.rows);
      // Days go on while this runs, and all dates with them.
      if (day !== today()) continue;
      const expected = of.ends.get(day);
      if (expected === undefined) {
        if (place === undefined) of.ends.set(day, state);
        await this.round(of);
        continue;
      }
      if (isDeepStrictEqual(state, expected)) return { reached, said: '' };
      const said = `, differs: ${differenceOf(expected, state)}`;
      this.differences.push(`${of.phase.name} ${place?.name ?? 'undisturbed twice'}${said}`);
      return { reached, said };
    }
  }

  /** The real command in a process of its own, until it ends or is killed, and another worker until nothing is left to do. */
  private async work({ day }: Phase, at?: Boundary): Promise<{ names: string[]; reached: boolean }> {
    const { desk, wire } = this.scene;
    wire.aheadMs = day * DAY_MS;
    let kill: () => Promise<void> = async () => undefined;
    wire.arm(at, () => kill());
    const worker = this.workers.start({
      table: desk.config.SLUICE_ERASURE_TABLE,
      aheadMs: wire.aheadMs,
      rules: RULES,
    });
    const ended = once(worker.process, 'exit') as Promise<[number | null]>;
    kill = async () => {
      worker.process.kill('SIGKILL');
      await ended;
    };
    const [status] = await ended;
    const { reached } = wire;
    if (status !== 0 && !reached) throw new Error(`The worker ended with ${status}: ${worker.said()}`);
    const names = [...wire.seen];
    wire.arm();
    await desk.endLease();
    for (let end = await desk.later(wire, day); end !== 'idle';) end = await desk.later(wire, day);
    return { names, reached };
  }
}
