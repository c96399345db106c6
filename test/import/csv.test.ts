import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { readSource, SourceNotes, type SourceRow, type SourceSpec } from '../../local/src/import/sources';

const folder = mkdtempSync(join(tmpdir(), 'sluice-csv-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Found {
  header: readonly string[];
  rows: SourceRow[];
  notes: SourceNotes;
  fault: string | undefined;
}

/** Reads bytes as a file; a fault is kept beside the rows that came before it. */
async function read(
  bytes: string | Buffer,
  spec: Partial<SourceSpec> = {},
  name = 'file.csv',
): Promise<Found> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const found: Found = { header: [], rows: [], notes: new SourceNotes(), fault: undefined };
  try {
    const full = { encoding: 'utf-8', delimiter: ',', ...spec };
    for await (const { header, rows } of readSource(path, full, [], found.notes)) {
      found.header = header;
      found.rows.push(...rows);
    }
  } catch (error) {
    found.fault = (error as Error).message;
  }
  return found;
}

const values = (found: Found): unknown[] => found.rows.map((row) => row.values);

describe('CSV files', () => {
  it('keeps commas, quotes and line breaks inside quotes, and counts lines through them', async () => {
    const found = await read('a,b\n1,"x, ""y""\nz"\n2,5" pipe\n');
    expect(found.header).toEqual(['a', 'b']);
    expect(values(found)).toEqual([
      ['1', 'x, "y"\nz'],
      ['2', '5" pipe'],
    ]);
    expect(found.rows.map((row) => row.line)).toEqual([3, 4]);
  });

  it('reads a file with a byte order mark, CRLF line ends and no last line end', async () => {
    const found = await read('\ufeffa,b\r\n1,2\r\n3,4');
    expect(found.header).toEqual(['a', 'b']);
    expect(values(found)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it('hands on every row before a quote that is never closed, and says where it opened', async () => {
    const good = Array.from({ length: 5_000 }, (_none, index) => `${index},fine`).join('\n');
    const found = await read(`a,b\n${good}\n5000,"never closed\n5001,lost\n`);
    expect(found.rows).toHaveLength(5_000);
    expect(found.fault).toBe(
      'a quote in the row that starts on line 5002 is never closed; nothing from that line on was read',
    );
  });

  it('does not swallow a large file after a quote that is never closed', async () => {
    const rest = '1,more text\n'.repeat(400_000);
    const found = await read(`a,b\n1,"open\n${rest}`);
    expect(found.fault).toContain('is never closed');
    expect(found.notes.bytesRead).toBeLessThan(found.notes.totalBytes);
  });

  it('marks rows with too few or too many columns and keeps the others', async () => {
    const found = await read('a,b\n1\n1,2\n1,2,3\n');
    expect(found.rows.map((row) => row.problem)).toEqual([
      '1 columns instead of 2',
      undefined,
      '3 columns instead of 2',
    ]);
  });

  it('puts unquoted commas back into the surplus column, and counts the rows', async () => {
    const found = await read('id,address,city\n1,"Main St, 1",Ulm\n2,Rua do Paço, 67,Rio\n3,a,b,c,d\n', {
      surplus: 'address',
    });
    expect(values(found)).toEqual([
      ['1', 'Main St, 1', 'Ulm'],
      ['2', 'Rua do Paço, 67', 'Rio'],
      ['3', 'a,b,c', 'd'],
    ]);
    expect(found.notes.rejoinedRows).toBe(2);
  });

  it('refuses an empty file and a header with one name twice', async () => {
    expect((await read('')).fault).toBe('the file is empty: it has no header line');
    expect((await read('a,b,a\n1,2,3\n')).fault).toBe('the header names the column "a" twice');
  });

  it('reads what a gzip file that breaks off still gives', async () => {
    const lines = Array.from(
      { length: 50_000 },
      (_none, index) => `${index},${(index * 7919) % 104729}`,
    ).join('\n');
    const packed = gzipSync(`a,b\n${lines}\n`);
    const found = await read(packed.subarray(0, packed.length / 2), {}, 'broken.csv.gz');
    expect(found.fault).toContain('the file breaks off or is damaged');
    expect(found.rows.length).toBeGreaterThan(1_000);
    expect(found.rows[999]?.values).toEqual(['999', String((999 * 7919) % 104729)]);
  });

  it('says so when the file is no gzip at all', async () => {
    expect((await read('a,b\n1,2\n', {}, 'plain.csv.gz')).fault).toContain('damaged');
  });

  it('gives back any table that a CSV writer wrote', async () => {
    // Empty lines are no rows, so the first field is never empty; NUL and lone surrogates have no place in UTF-8 text.
    const cell = fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((text) => text.replaceAll(/[\0\ufeff]/g, ''));
    const row = fc.tuple(
      cell.map((text) => `x${text}`),
      cell,
      cell,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 20 }),
        fc.constantFrom(',', ';', '\t'),
        async (rows, delimiter) => {
          const text = stringify([['a', 'b', 'c'], ...rows], { delimiter, quoted: true });
          const found = await read(text, { delimiter });
          expect(found.fault).toBeUndefined();
          expect(values(found)).toEqual(rows);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('encodings', () => {
  const mixed = Buffer.concat([
    Buffer.from('a,b\n1,Zürich\n2,', 'utf8'),
    Buffer.from([0x43, 0x61, 0x66, 0xe9, 0x20, 0x80]), // windows-1252: Café €
    Buffer.from(' Łódź\n3,Ωmega\n', 'utf8'),
  ]);

  it('reads stray windows-1252 bytes in UTF-8 and counts their lines', async () => {
    const found = await read(mixed);
    expect(values(found)).toEqual([
      ['1', 'Zürich'],
      ['2', 'Café € Łódź'],
      ['3', 'Ωmega'],
    ]);
    expect(found.notes.damagedLines).toBe(1);
  });

  it('reads a declared encoding', async () => {
    const latin = Buffer.concat([
      Buffer.from('a,b\n1,Caf\u00e9', 'latin1'),
      Buffer.from([0x20, 0x80, 0x9f, 0x0a]),
    ]);
    const found = await read(latin, { encoding: 'windows-1252' });
    expect(values(found)).toEqual([['1', 'Café €Ÿ']]);
    expect(found.notes.damagedLines).toBe(0);
    const wide = Buffer.from('\ufeffa,b\n1,Łódź\n', 'utf16le');
    expect(values(await read(wide, { encoding: 'utf-16le' }))).toEqual([['1', 'Łódź']]);
  });

  it('never changes valid UTF-8, wherever the chunks are cut', async () => {
    const line = '😀é€'.repeat(40);
    const text = `a,b\n${`1,${line}\n`.repeat(3_000)}`;
    const found = await read(text);
    expect(new Set(found.rows.map((row) => row.values[1]))).toEqual(new Set([line]));
    expect(found.notes.damagedLines).toBe(0);
  });
});

describe('JSON lines', () => {
  it('takes keys as columns, a missing one as null, and marks lines that are no object', async () => {
    const found = await read('{"a":1.5,"b":"x"}\n[1]\n{"b":null,"c":{"d":1}}\nnot json\n', {}, 'file.jsonl');
    expect(found.header).toEqual(['a', 'b', 'c']);
    expect(found.rows[0]?.values).toEqual(['1.5', 'x']);
    expect(found.rows[2]?.values).toEqual([null, null, '{"d":1}']);
    expect(found.rows.map((row) => row.problem)).toEqual([
      undefined,
      'not a JSON object',
      undefined,
      'not a JSON object',
    ]);
    expect(found.rows.map((row) => row.line)).toEqual([1, 2, 3, 4]);
  });

  it('marks numbers that JSON has already rounded, and half characters', async () => {
    const found = await read('{"a":12345678901234567890}\n{"a":"\\ud800"}\n', {}, 'file.jsonl');
    expect(found.rows[0]?.problem).toContain('too large for JSON');
    expect(found.rows[1]?.problem).toContain('half of a character');
  });
});
