import fc from 'fast-check';
import { rowDecoder } from '../../src/datasources/decode';
import { CsvReader, readCsv } from '../../src/datasources/engines/csv';
import { FairQueue, type Release } from '../../src/datasources/engines/fair-queue';

describe('CSV', () => {
  const cell = fc.option(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '😀', ' ') }), {
    nil: null,
  });
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { maxLength: 8 });
  const write = (all: (string | null)[][]): string =>
    all
      .map((row) => row.map((one) => (one === null ? '' : `"${one.replaceAll('"', '""')}"`)).join(',') + '\n')
      .join('');

  test('reads what was written, wherever the pieces end', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), (all, size) => {
        const text = write(all);
        expect(readCsv(text)).toEqual(all);
        const reader = new CsvReader();
        const read: (string | null)[][] = [];
        for (let at = 0; at < text.length; at += size) read.push(...reader.push(text.slice(at, at + size)));
        expect([...read, ...reader.end()]).toEqual(all);
      }),
    );
  });

  test('nothing is NULL, two quotes are the empty text, values may be bare', () => {
    expect(readCsv('a,,""\r\n1,"x",2')).toEqual([
      ['a', null, ''],
      ['1', 'x', '2'],
    ]);
  });

  test('a cut value is an error, not a row', () => {
    expect(() => readCsv('"a","b')).toThrow('ends inside');
  });
});

test('cells become values of their kind', () => {
  const decode = rowDecoder(['id', 'integer', 'float', 'decimal', 'boolean', 'date', 'datetime']);
  expect(decode(['1', '7', '1.5E-7', '10.5000', 'true', '2014-01-31', '2014-01-31 08:30:00'])).toEqual([
    '1',
    7,
    1.5e-7,
    '10.5000',
    true,
    '2014-01-31',
    '2014-01-31T08:30:00.000Z',
  ]);
  expect(decode(['', null, 'NaN', null, 'f', null, '2014-01-31 08:30:00.123456'])).toEqual([
    '',
    null,
    null,
    null,
    false,
    null,
    '2014-01-31T08:30:00.123456Z',
  ]);
  expect(() => decode(['1'])).toThrow('1 columns instead of 7');
});

test('a tenant with many statements delays another by one place, and leavers give theirs up', async () => {
  const queue = new FairQueue(1);
  const signal = new AbortController().signal;
  const served: string[] = [];
  const leaver = new AbortController();
  const first = await queue.acquire('busy', signal);
  const wait = (tenant: string, name: string, until = signal): Promise<Release | undefined> =>
    queue.acquire(tenant, until).then(
      (release) => {
        served.push(name);
        return release;
      },
      () => undefined,
    );
  const all = [
    wait('busy', 'b1'),
    wait('busy', 'gone', leaver.signal),
    wait('busy', 'b2'),
    wait('calm', 'c1'),
  ];
  leaver.abort();
  first();
  for (const one of [0, 3, 2]) (await all[one])?.();
  expect(served).toEqual(['b1', 'c1', 'b2']);
  (await queue.acquire('calm', signal))();
});
