import { addDays } from '../../../src/calendar';
import type { Request } from '../../../src/erasure/history';
import type { Fields } from '../../../local/src/sample/rows';
import type { ErasureRule } from '../../../src/schema/declarations';
import { LOCAL_NAMES } from '../../../local/src/names';
import { keysFile } from '../../../src/erasure/staging';
import { dataset, stagedKeys } from '../support/people';
import { keysOf, personRows, rowOf, together } from '../support/person';
import { eventsOf } from './end-state';
import { TENANT, type Scene } from './scene';

/**
 * The life of two requests in phases, each of which begins with what an earlier one has left. The second one's employee
 * record is held until somebody releases it, and its sales lines until a day; of decisions the region stays for a year, and
 * the rows for 25 months.
 */

export interface Phase {
  name: string;
  /** Phase whose end it begins with; none: nothing has been asked yet. */
  after?: string;
  /** Days after the first phase. */
  day: number;
  /** What people and others do before a worker works. */
  prepare(scene: Scene, requests: Requests): Promise<void>;
  /** What the worker has done, where nobody disturbed it: that this phase is about it. */
  came: Readonly<Record<string, (first: Request, second: Request) => boolean>>;
}

/** Ids of the requests, once they are asked, and of the hold that is released. */
export interface Requests {
  ids: string[];
  hold: string;
}

const PEOPLE = ['1', '2'];
const DECOYS = ['1 ', '12', '１'];
/** Day on which the region of the young decisions is no longer kept, and a hold ends. */
const PERIOD_OVER = 12;
/** Day on which those decisions go as well: 25 months after they were made, of which 355 days had passed. */
const ROWS_OVER = 410;
/** Longer than any copy of what went lives by the declared settings. */
const HORIZON = 46;

export const RULES: Readonly<Record<string, ErasureRule>> = {
  Decision: {
    action: 'pseudonymise',
    ground: 'Records of credit decisions',
    keep: 'P25M',
    from: 'decidedAt',
    retained: [{ fields: ['region'], ground: 'Fair lending law', keep: 'P1Y', from: 'decidedAt' }],
  },
};

/** Phase whose batch is the first; those of later ones run the same steps. */
export const FIRST_BATCH = 'batch';

const of = (id: string) => ({ tenant: TENANT, id });
const table = ({ tables }: Request, id: string) => tables.find((one) => one.id === id);
const has = (request: Request, event: string) => eventsOf(request).some((one) => one.startsWith(event));
const outcome = (request: Request, id: string) => table(request, id)?.outcome;
const retains = (request: Request) => JSON.stringify(outcome(request, 'athena.Decision')).includes('region');
/** Both requests are so. */
const both = (is: (request: Request) => boolean) => (first: Request, second: Request) =>
  is(first) && is(second);

export const PHASES: readonly Phase[] = [
  {
    name: 'plan',
    day: 0,
    async prepare(scene, requests) {
      for (const [name, rows] of Object.entries(rowsOfAll()))
        await scene.lake.load(dataset(name), TENANT, rows);
      for (const mark of PEOPLE) {
        const asked = await scene.desk.ask(TENANT, ...keysOf(mark));
        // Whether anybody is reminded depends on how often a worker meets a request that waits.
        await scene.desk.ledger.requests.update(asked, { dueOn: '2041-01-01' });
        requests.ids.push(asked.id);
      }
    },
    came: { 'both have plans': both(({ state }) => state === 'PLANNED') },
  },
  {
    name: FIRST_BATCH,
    after: 'plan',
    day: 0,
    async prepare({ desk }, requests) {
      const [, second = ''] = requests.ids;
      requests.hold = (await desk.hold(of(second), ['Employee'])).id;
      await desk.hold(of(second), ['SalesLine'], addDays(today(), PERIOD_OVER));
      for (const id of requests.ids) await desk.approve(of(id));
    },
    came: {
      'one ended and one is held': (first, second) =>
        first.state === 'COMPLETED' && second.state === 'ON_HOLD',
      'regions are retained': both(retains),
    },
  },
  {
    name: 'release',
    after: FIRST_BATCH,
    day: 1,
    async prepare({ desk }, { hold }) {
      await desk.ledger.holds.release(TENANT, hold, 'a_lawyer');
    },
    came: {
      'the employee went': (_first, second) =>
        outcome(second, 'redshift.Employee')?.state === 'PENDING_HORIZON',
      'sales lines are held': (_first, second) => second.state === 'ON_HOLD',
    },
  },
  {
    name: 'return',
    after: 'release',
    day: 5,
    prepare: ({ lake }) =>
      lake
        .load(dataset('Reading'), TENANT, [rowOf('Reading', 'r-91', ago(1), { deviceId: 'dev1' })])
        .then(() => undefined),
    came: {
      'somebody came back, and went': (first) =>
        has(first, 'RESURRECTED') && outcome(first, 'athena.Reading')?.state === 'PENDING_HORIZON',
    },
  },
  {
    name: 'period',
    after: 'return',
    day: PERIOD_OVER,
    prepare: async () => undefined,
    came: {
      'both have ended': both(({ state }) => state === 'COMPLETED'),
      'regions went': both((request) => !retains(request)),
      'sales lines went': (_first, second) =>
        outcome(second, 'redshift.SalesLine')?.state === 'PSEUDONYMISED',
    },
  },
  {
    name: 'horizon',
    after: 'period',
    day: PERIOD_OVER + HORIZON + 1,
    prepare: async () => undefined,
    came: {
      'readings are erased': both((request) => outcome(request, 'athena.Reading')?.state === 'ERASED'),
      'keys are forgotten': both(({ keysForgotten }) => keysForgotten === true),
    },
  },
  {
    name: 'late',
    after: 'horizon',
    day: ROWS_OVER,
    prepare: async () => undefined,
    came: {
      'decisions went by their tokens': both(
        (request) => outcome(request, 'athena.Decision')?.state === 'PENDING_HORIZON',
      ),
    },
  },
  {
    name: 'leftovers',
    after: 'plan',
    day: 1,
    async prepare(scene, { ids }) {
      const { desk, wire } = scene;
      for (const id of ids) await desk.approve(of(id));
      await scene.put(LOCAL_NAMES.resultsBucket, 'athena/planted.csv', 'ann1');
      wire.inPlace = (name, asked) =>
        name.startsWith('s3 POST') && /planted|batch=(?!search-|verify-)/.test(asked.toString())
          ? { status: 200, headers: { 'content-type': 'application/xml' }, body: DENIED }
          : undefined;
      await desk.later(wire, 0);
      wire.inPlace = undefined;
      const { batch = '' } = await desk.get(of(ids[0] ?? ''));
      // And what nobody notes: that of a verification and of a search, whose process was killed.
      for (const [of, name] of [
        [`verify-${batch}`, 'wanted'],
        ['search-planted', 'keys'],
      ] as const)
        await scene.put(
          LOCAL_NAMES.lakeBucket,
          `erasure/subject_keys/batch=${of}/${name}.parquet`,
          keysFile(of, stagedKeys(TENANT, ['ann1'])),
        );
    },
    came: {
      'were noted, and removed': both(
        (request) =>
          has(request, 'NOT_REMOVED') && has(request, 'REMOVED') && request.leftovers === undefined,
      ),
      'both are whole': both(({ state }) => state === 'COMPLETED'),
    },
  },
];

const DENIED = Buffer.from(
  '<?xml version="1.0" encoding="UTF-8"?>' +
    '<DeleteResult><Error><Key>x</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>',
);

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function ago(days: number): string {
  return `${addDays(today(), -days)}T08:30:00.000Z`;
}

/** Two people and those who look like them. */
function rowsOfAll(): Record<string, Fields[]> {
  const rows = together([...PEOPLE, ...DECOYS].map(personRows));
  const { Decision: decisions = [] } = rows;
  return {
    ...rows,
    Decision: decisions.map((row) => ({
      ...row,
      region: 'DE-BE',
      ...(String(row.id).startsWith('d-1') ? { decidedAt: ago(355) } : {}),
    })),
  };
}
