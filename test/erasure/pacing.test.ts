import { setMaxListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Abandoned } from '../../src/datasources/engines/service-caller';
import { Pacing, type Taken } from '../../src/erasure/pacing';
import { VirtualClock } from './support/virtual-clock';

const { signal } = new AbortController();
// As whoever makes many calls at once says.
setMaxListeners(0, signal);

function paced(reads: number, writes = 0): { pacing: Pacing; clock: VirtualClock } {
  const clock = new VirtualClock();
  const limits = { SLUICE_ERASURE_SCAN_UNITS: reads, SLUICE_ERASURE_WRITE_UNITS: writes };
  return { pacing: new Pacing(limits, clock), clock };
}

describe('pacing', () => {
  test('keeps any calls, made at the same time or in turn, to their units a second', async () => {
    const calls = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), calls, fc.boolean(), async (rate, units, atOnce) => {
        const { pacing, clock } = paced(rate);
        const pace = pacing.reads('t');
        const begun: { at: number; before: number }[] = [];
        let [taken, underWay, mostUnderWay] = [0, 0, 0];
        const call = (one: number): Promise<Taken> =>
          pace.call(
            'page',
            async () => {
              begun.push({ at: clock.seconds, before: taken });
              mostUnderWay = Math.max(mostUnderWay, (underWay += 1));
              await turn();
              underWay -= 1;
              taken += one;
              return { units: one, items: 1 };
            },
            signal,
          );
        if (atOnce) await Promise.all(units.map(call));
        else for (const one of units) await call(one);
        expect(begun).toHaveLength(units.length);
        // What was known when a call began was within the limit. The replies under way were not.
        for (const { at, before } of begun) {
          const unknown = Math.max(...units) * mostUnderWay;
          expect(before).toBeLessThanOrEqual(rate * at + unknown + 1e-6);
        }
        // In all, nothing but what the last ones took is ahead of time.
        const waiting = Math.max(...units) * (mostUnderWay + 1);
        expect(taken - waiting).toBeLessThanOrEqual(rate * clock.seconds + 1e-6);
      }),
    );
  });

  test('saves nothing up while nobody asks', async () => {
    const { pacing, clock } = paced(10);
    const pace = pacing.reads('t');
    const call = (): Promise<Taken> => pace.call('page', async () => ({ units: 10, items: 1 }), signal);
    await call();
    await clock.until(100_000);
    for (let n = 0; n < 3; n += 1) await call();
    expect(clock.seconds).toBe(102);
  });

  test('asks for as many items as take about a second', async () => {
    const { pacing } = paced(50);
    const asked: (number | undefined)[] = [];
    for (let n = 0; n < 3; n += 1)
      await pacing.reads('t').call(
        'page',
        async (items = 0) => {
          asked.push(items);
          return { units: items / 4, items };
        },
        signal,
      );
    // Four items take a unit, which is known from the first reply.
    expect(asked).toEqual([50, 200, 200]);
    await pacing
      .writes('t')
      .call('item', async (items) => (asked.push(items), { units: 1, items: 1 }), signal);
    expect(asked.at(-1)).toBeUndefined();
  });

  test('counts what failed, or was not told, as expected', async () => {
    const { pacing, clock } = paced(0, 2);
    const pace = pacing.writes('t');
    await pace.call('item', async () => ({ units: 4, items: 1 }), signal);
    await expect(pace.call('item', () => Promise.reject(new Error('lost')), signal)).rejects.toThrow('lost');
    await pace.call('item', async () => ({ units: undefined, items: 1 }), signal);
    await pace.call('item', async () => ({ units: 4, items: 1 }), signal);
    expect(clock.seconds).toBe(6);
  });

  test('lets go of whoever gives up in the queue, and of nobody else', async () => {
    const { pacing } = paced(1);
    const pace = pacing.reads('t');
    const leaving = new AbortController();
    let reply = (): void => undefined;
    const first = pace.call(
      'page',
      () => new Promise<Taken>((resolve) => (reply = () => resolve({ units: 1, items: 1 }))),
      signal,
    );
    const second = pace.call('page', () => Promise.reject(new Error('called')), leaving.signal);
    const third = pace.call('page', async () => ({ units: 1, items: 1 }), signal);
    await turn();
    leaving.abort();
    await expect(second).rejects.toBeInstanceOf(Abandoned);
    let ended = false;
    void third.then(() => (ended = true));
    await turn();
    expect(ended).toBe(false);
    reply();
    await first;
    await third;
  });
});
