import { startLakeAws, type LakeAws } from '../../engines/support/lake-aws';
import { clientsFor, type Clients } from '../../local/support';
import type { Request } from '../../../src/erasure/history';
import { Boundaries } from './boundaries';
import { dataset } from './people';
import { keysOf, personRows } from './person';
import { Desk } from './work';

/** A lake, the wire that workers reach it by, and the desks that a test opens there. */
export class Workplace {
  /** Of the lake, past the wire. */
  readonly clients: Clients;
  private readonly desks: Desk[] = [];

  private constructor(
    readonly lake: LakeAws,
    readonly wire: Boundaries,
  ) {
    this.clients = clientsFor(lake.endpoints);
  }

  static async open(): Promise<Workplace> {
    const lake = await startLakeAws('duckdb');
    return new Workplace(lake, await Boundaries.open(lake.endpoints));
  }

  /** @param changes of its configuration */
  async desk(changes = {}): Promise<Desk> {
    const desk = await Desk.open(this.lake, changes);
    this.desks.push(desk);
    return desk;
  }

  /** A desk whose tenant has the rows of a person, and an approved request for them. @param changes of its configuration */
  async approved(mark: string, keys = keysOf(mark), changes = {}): Promise<{ desk: Desk; one: Request }> {
    const desk = await this.desk(changes);
    for (const [name, rows] of Object.entries(personRows(mark)))
      await this.lake.load(dataset(name), 'acme', rows);
    return { desk, one: await desk.approved('acme', ...keys) };
  }

  /** Takes away what a test put between the workers and the stores. */
  undisturbed(): void {
    this.wire.onRequest = undefined;
    this.wire.onReply = undefined;
    this.wire.inPlace = undefined;
    this.wire.aheadMs = 0;
    for (const faults of Object.values(this.lake.faults)) faults.clear();
  }

  async close(): Promise<void> {
    for (const desk of this.desks) desk.close();
    for (const client of Object.values(this.clients)) (client as { destroy(): void }).destroy();
    await this.wire.close();
    await this.lake.close();
  }
}
