import { readdirSync } from 'node:fs';
import { evaluator, type Surroundings } from '../../local/src/import/evaluate';
import { expression } from '../../local/src/import/expressions';
import { Lookup } from '../../local/src/import/lookups';
import { MappingError, parseMapping, readMapping } from '../../local/src/import/mapping';

const GOOD = `tenant: acme
files:
  - file: sales.csv
    dataset: SalesLine
    key: { prefix: s-, from: row }
    set: { currency: EUR }
    columns:
      quantity: Quantity
      netAmount: { multiply: [Quantity, Price] }
`;

/** Findings of a mapping made from the good one by a replacement. */
function findings(from: string, to: string): readonly string[] {
  const text = GOOD.replace(from, to);
  expect(text).not.toBe(GOOD);
  try {
    parseMapping(text, 'm.yaml');
  } catch (error) {
    if (error instanceof MappingError) return error.findings;
    throw error;
  }
  return [];
}

describe('mapping files', () => {
  it('accepts a good one', () => {
    expect(parseMapping(GOOD, 'm.yaml').files[0]?.columns.quantity).toEqual({ from: 'Quantity' });
  });

  it.each([
    ['dataset: SalesLine', 'dataset: Sales', 'm.yaml:4: files.0.dataset: there is no dataset Sales'],
    [
      'quantity: Quantity',
      'amount: Quantity',
      'm.yaml:8: files.0.columns.amount: SalesLine has no field amount; fields are invoiceNumber, soldAt, ',
    ],
    ['quantity: Quantity', 'id: Quantity', 'm.yaml:8: files.0.columns.id: is made by the import itself'],
    [
      'quantity: Quantity',
      'currency: Quantity',
      'm.yaml:8: files.0.columns.currency: is already given under set',
    ],
    [
      'multiply: [Quantity, Price]',
      'multiply: [Quantity]',
      'm.yaml:9: files.0.columns.netAmount.multiply: needs two',
    ],
    [
      'multiply: [Quantity, Price]',
      'power: [Quantity, 2]',
      'm.yaml:9: files.0.columns.netAmount: must name exactly',
    ],
    ['multiply: [Quantity, Price]', 'lookup: x, by: Quantity, take: p', 'there is no lookup named x'],
    ['quantity: Quantity', 'soldAt: { from: Sold, time: DD/MM }', '"DD/MM" is no time format'],
    ['currency: EUR', 'channel: WEB', 'm.yaml:6: files.0.set.channel: channel: not one of ONLINE'],
    ['from: row', 'from: line', 'm.yaml:5: files.0.key.from'],
    ['tenant: acme', 'tennant: acme', 'Unrecognized key'],
    ['    set:', '    encoding: utf-9\n    set:', 'm.yaml:6: files.0.encoding: is no known encoding'],
    ['set: { currency', 'set: [ currency', 'm.yaml:'],
  ])('says where and what is wrong: %s → %s', (from, to, message) => {
    expect(findings(from, to).join('\n')).toContain(message);
  });

  it('wants every field that is never null', () => {
    const found = findings('dataset: SalesLine', 'dataset: Reading');
    expect(found.join('\n')).toContain('recordedAt is missing; Reading needs it in every row');
  });

  it('reports all faults at once', () => {
    expect(findings('quantity: Quantity', 'a: A\n      b: B').length).toBe(2);
  });

  it('holds for every mapping of the project', () => {
    const files = readdirSync('local/mappings').filter((name) => name.endsWith('.yaml'));
    expect(files.length).toBeGreaterThanOrEqual(8);
    for (const file of files) expect(readMapping(`local/mappings/${file}`).tenant).toBeDefined();
  });
});

describe('expressions', () => {
  const prices = new Lookup(['price', 'group'], ['']);
  prices.rows.set('mug', ['2.50', 'g1']);
  const groups = new Lookup(['name'], ['NULL']);
  groups.rows.set('g1', ['Kitchen']);
  groups.rows.set('g2', ['NULL']);
  const around: Surroundings = {
    header: ['what', 'pieces', 'note'],
    nulls: ['', 'NULL'],
    lookups: new Map([
      ['prices', prices],
      ['groups', groups],
    ]),
  };
  const valueOf = (input: unknown, ...row: (string | null)[]) =>
    evaluator(expression.parse(input), 'field', around)(row, 7);

  it('reads columns, with the texts that mean no value', () => {
    expect(valueOf('pieces', 'mug', '3')).toBe('3');
    expect(valueOf('note', 'mug', '3', 'NULL')).toBeNull();
    expect(valueOf({ from: 'note', nulls: ['-'] }, 'mug', '3', 'NULL')).toBe('NULL');
    expect(valueOf({ from: 'note', nulls: ['-'] }, 'mug', '3', '-')).toBeNull();
    expect(valueOf({ from: 'pieces', type: 'integer' }, 'mug', '17850.0')).toBe('17850');
    expect(() => valueOf({ from: 'pieces', type: 'integer' }, 'mug', '1.5')).toThrow(
      'field: not a whole number',
    );
    expect(() => valueOf('colour', 'mug')).toThrow(
      'there is no column "colour"; the file has what, pieces, note',
    );
  });

  it('computes exactly, and null from null', () => {
    expect(
      valueOf({ multiply: ['pieces', { lookup: 'prices', by: 'what', take: 'price' }] }, 'mug', '-3'),
    ).toBe('-7.5');
    expect(valueOf({ add: ['pieces', 0.2] }, 'mug', '0.1')).toBe('0.3');
    expect(valueOf({ subtract: ['pieces', 1, 1] }, 'mug', '3')).toBe('1');
    expect(valueOf({ divide: ['pieces', 100] }, 'mug', '18.01')).toBe('0.1801');
    expect(valueOf({ multiply: ['pieces', 2] }, 'mug', '')).toBeNull();
    expect(() => valueOf({ divide: [1, 'pieces'] }, 'mug', '0')).toThrow('field: division by zero');
    expect(() => valueOf({ add: [1, 'pieces'] }, 'mug', 'x')).toThrow('field: not a number');
  });

  it('puts texts together, falls back, maps and numbers rows', () => {
    expect(valueOf({ concat: ['what', 'note', 'pieces'], separator: ' ' }, 'mug', '3', '')).toBe('mug 3');
    expect(valueOf({ coalesce: ['note', { constant: 'none' }] }, 'mug', '3', '')).toBe('none');
    expect(valueOf({ map: 'what', values: { mug: 'MUG' } }, 'mug')).toBe('MUG');
    expect(valueOf({ map: 'what', values: { mug: 'MUG' }, otherwise: 'OTHER' }, 'cup')).toBe('OTHER');
    expect(() => valueOf({ from: 'what', values: { mug: 'MUG' } }, 'cup')).toThrow(
      'a value the mapping does not know',
    );
    expect(valueOf({ concat: [{ constant: 'r' }, { row: true }] }, 'mug')).toBe('r7');
  });

  it('follows lookups through lookups and rejects a key that is not there', () => {
    const group = { lookup: 'prices', by: 'what', take: 'group' };
    expect(valueOf({ lookup: 'groups', by: group, take: 'name' }, 'mug')).toBe('Kitchen');
    expect(valueOf({ lookup: 'groups', by: { constant: 'g2' }, take: 'name' }, 'mug')).toBeNull();
    expect(valueOf(group, '')).toBeNull();
    expect(() => valueOf(group, 'cup')).toThrow('field: no row of prices has this key');
  });
});
