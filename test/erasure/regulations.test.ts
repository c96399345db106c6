import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDays, dayOf } from '../../src/calendar';
import {
  daysLeft,
  dueOn,
  extendedDueOn,
  isOverdue,
  isReminderDue,
  readRegulations,
  reminderDays,
  type Regulation,
} from '../../src/erasure/regulations';
import { BootError } from '../../src/errors';

const regulations = readRegulations('policy/regulations.yaml');
const law = (name: string): Regulation => {
  const found = regulations.get(name);
  if (found === undefined) throw new Error(`no regulation ${name}`);
  return found;
};

describe('the table of regulations', () => {
  it('names the law of each line', () => {
    expect([...regulations.keys()]).toEqual([
      'GDPR',
      'UK_GDPR',
      'CCPA',
      'VCDPA',
      'CPA',
      'LGPD',
      'PIPEDA',
      'AUSTRALIAN_PRIVACY_ACT',
    ]);
    for (const { source, extension } of regulations.values()) {
      expect(source).toMatch(/\d/);
      if (extension !== undefined) expect(extension.source).toMatch(/[A-Z].*\d/);
    }
  });

  it.each([
    ['GDPR', '2026-11-24', '2026-12-24', '2027-02-24'],
    // Months end on the last day they have, and an extension is counted from receipt: not 28 April.
    ['GDPR', '2027-01-31', '2027-02-28', '2027-04-30'],
    ['GDPR', '2028-01-30', '2028-02-29', '2028-04-30'],
    ['UK_GDPR', '2026-11-30', '2026-12-30', '2027-02-28'],
    ['CCPA', '2026-11-24', '2027-01-08', '2027-02-22'],
    ['VCDPA', '2026-11-24', '2027-01-08', '2027-02-22'],
    ['CPA', '2026-11-24', '2027-01-08', '2027-02-22'],
    ['PIPEDA', '2026-11-24', '2026-12-24', '2027-01-23'],
    ['LGPD', '2026-11-24', '2026-12-09', undefined],
    ['AUSTRALIAN_PRIVACY_ACT', '2026-11-24', '2026-12-24', undefined],
  ])('%s, received on %s: due on %s, extended to %s', (name, received, due, extended) => {
    expect(dueOn(law(name), received)).toBe(due);
    if (extended === undefined)
      expect(() => extendedDueOn(law(name), received)).toThrow(/knows no extension/);
    else expect(extendedDueOn(law(name), received)).toBe(extended);
  });

  it('reminds on its days, once each, and knows what is overdue', () => {
    const gdpr = law('GDPR');
    const request = { receivedOn: '2026-11-24', dueOn: '2026-12-24' };
    expect(reminderDays(gdpr, request.receivedOn, request.dueOn)).toEqual([
      '2026-12-10',
      '2026-12-17',
      '2026-12-23',
    ]);
    expect(isReminderDue(gdpr, request, '2026-12-09')).toBe(false);
    expect(isReminderDue(gdpr, request, '2026-12-10')).toBe(true);
    expect(isReminderDue(gdpr, { ...request, remindedOn: '2026-12-10' }, '2026-12-16')).toBe(false);
    // A day on which nobody ran is made up for.
    expect(isReminderDue(gdpr, { ...request, remindedOn: '2026-12-10' }, '2026-12-20')).toBe(true);
    expect([isOverdue(request, '2026-12-24'), isOverdue(request, '2026-12-25')]).toEqual([false, true]);
    expect([daysLeft(request, '2026-12-20'), daysLeft(request, '2026-12-26')]).toEqual([4, -2]);
  });

  it('never gives less than the law, nor a day that the calendar lacks', () => {
    const received = fc.integer({ min: 0, max: 40_000 }).map((days) => dayOf(days * 86_400_000));
    fc.assert(
      fc.property(received, fc.constantFrom(...regulations.keys()), (day, name) => {
        const regulation = law(name);
        const due = dueOn(regulation, day);
        expect(due > day && daysLeft({ dueOn: due }, day) >= 15).toBe(true);
        expect(dueOn(regulation, addDays(day, 1)) >= due).toBe(true);
        if (name === 'GDPR') {
          const next = new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 1));
          expect(due.slice(0, 7)).toBe(next.toISOString().slice(0, 7));
        }
        if (regulation.extension !== undefined) expect(extendedDueOn(regulation, day) > due).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a table that is wrong stops the boot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regulations-'));
  const file = join(folder, 'regulations.yaml');
  afterAll(() => rmSync(folder, { recursive: true }));
  const sound = 'regulations:\n  GDPR:\n    name: A law\n    source: Article 12\n    due: P1M\n';

  it.each([
    ['an unknown key', `${sound}    dues: P2M\n`, /^6: regulations\.GDPR\.dues: there is no such key here\./],
    ['no source', sound.replace('    source: Article 12\n', ''), /^3: regulations\.GDPR\.source: /],
    [
      'a period that is none',
      sound.replace('P1M', 'one month'),
      /^5: regulations\.GDPR\.due: must be a period/,
    ],
    [
      'months and days together',
      sound.replace('P1M', 'P1M3D'),
      /^5: regulations\.GDPR\.due: must be a period/,
    ],
    [
      'an extension without its source',
      `${sound}    extension: { by: P2M }\n`,
      /^6: regulations\.GDPR\.extension\.source: /,
    ],
    ['a name in small letters', sound.replace('GDPR', 'gdpr'), /^3: regulations\.gdpr: /],
    ['the same twice', `${sound}${sound.slice(13)}`, /^6: is no YAML \(DUPLICATE_KEY\)\.$/],
    ['nothing', 'regulations: {}\n', /^1: regulations: names none\.$/],
  ])('with %s', (_name, text, expected) => {
    writeFileSync(file, text);
    let findings: readonly string[] = [];
    try {
      readRegulations(file);
    } catch (error) {
      if (error instanceof BootError) findings = error.findings.map((one) => one.replace(`${file}:`, ''));
    }
    expect(findings).toEqual([expect.stringMatching(expected)]);
  });

  it('with no file', () => {
    expect(() => readRegulations(join(folder, 'none.yaml'))).toThrow(/can’t be read/);
  });
});
