import fc from 'fast-check';
import { isCardNumber, isIban, isPhone } from '../../src/policy-tool/suggest/shapes';
import { suggestClass } from '../../src/policy-tool/suggest/suggest';
import type { DataClass } from '../../src/schema/vocabulary';

const digits = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((list) => list.join(''));

/** Luhn's check digit, written down a second time: from the right, each second digit doubled and its digits added. */
function withLuhn(body: string): string {
  const sum = [...body].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return body + String((10 - (sum % 10)) % 10);
}

/** A German IBAN around a bank code and an account. */
function germanIban(account: string): string {
  // D is 13, E is 14 (ISO 13616-1).
  const check = 98n - (BigInt(`${account}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${account}`;
}

it('knows a card number by its check digit, and no number with one digit changed', () => {
  fc.assert(
    fc.property(
      digits(15),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 1, max: 9 }),
      (body, at, by) => {
        const card = withLuhn(body);
        expect(isCardNumber(card)).toBe(true);
        expect(isCardNumber(card.replace(/(.{4})(?=.)/g, '$1 '))).toBe(true);
        const changed = [...card];
        changed[at] = String((Number(changed[at]) + by) % 10);
        expect(isCardNumber(changed.join(''))).toBe(false);
      },
    ),
  );
});

it('knows an IBAN by its check digits, and none with one digit changed', () => {
  fc.assert(
    fc.property(
      digits(18),
      fc.integer({ min: 2, max: 21 }),
      fc.integer({ min: 1, max: 9 }),
      (account, at, by) => {
        const iban = germanIban(account);
        expect(isIban(iban)).toBe(true);
        expect(isIban(iban.replace(/(.{4})(?=.)/g, '$1 '))).toBe(true);
        const changed = [...iban];
        changed[at] = String((Number(changed[at]) + by) % 10);
        expect(isIban(changed.join(''))).toBe(false);
      },
    ),
  );
});

it('takes numbers as they are written in many countries for telephone numbers, and no date, amount or address', () => {
  for (const text of ['+49 30 901820', '+1 202-555-0143', '(0)30 901820', '0151/23456789', '202-555-0143'])
    expect([text, isPhone(text)]).toEqual([text, true]);
  for (const text of ['2024-01-31', '1234567', '12.50', '10.0.0.1', '+1', '0', '123-45'])
    expect([text, isPhone(text)]).toEqual([text, false]);
});

it.each<[string, DataClass | undefined]>([
  ['applicantEmail', 'contact'],
  ['customer_e-mail', 'contact'],
  ['EMAIL', 'contact'],
  ['mobilePhone', 'contact'],
  ['iban', 'identifier'],
  ['cardNumber', 'identifier'],
  ['client_ip', 'identifier'],
  ['latitude', 'location'],
  ['dateOfBirth', 'demographic'],
  ['DOB', 'demographic'],
  ['employee_first_name', 'identifier'],
  ['customerId', 'identifier'],
  ['monthlySalary', 'compensation'],
  ['managerNotes', 'free_text'],
  // Words that only look like the above.
  ['description', undefined],
  ['productName', undefined],
  ['flatRate', undefined],
  ['cellar', undefined],
  ['tinned', undefined],
  ['id', undefined],
])('reads the name %s as %s', (name, expected) => {
  expect(suggestClass(name)?.class).toBe(expected);
});

it('reads values whatever the column is called, and trusts them more than the name', () => {
  const mails = ['ann@example.com', 'bo@example.org', 'cy@example.net', null, ''];
  expect(suggestClass('productCode', mails)).toMatchObject({ class: 'contact', by: 'shape', warn: true });
  expect(suggestClass('email', mails)).toMatchObject({ by: 'name and shape' });
  expect(suggestClass('customerName', mails)).toMatchObject({ kind: 'email', by: 'shape' });
  expect(suggestClass('note_1', ['10.0.0.1', '10.0.0.2', '2001:db8::1'])).toMatchObject({ kind: 'ip' });
  expect(suggestClass('x', ['52.5200, 13.4050', '48.8566, 2.3522', 'POINT (4.8952 52.3702)'])).toMatchObject({
    kind: 'coordinates',
  });
  expect(suggestClass('x', ['Ann Smith', 'Bo van Dyk', 'Cy Øberg'])).toMatchObject({
    kind: 'personName',
    warn: false,
  });
  // Too few, too mixed, or the same few again and again.
  expect(suggestClass('x', ['ann@example.com', 'bo@example.org'])).toBeUndefined();
  expect(suggestClass('x', ['ann@example.com', 'b', 'c', 'd'])).toBeUndefined();
  expect(
    suggestClass(
      'x',
      Array.from({ length: 20 }, (_, index) => ['Red Chair', 'Blue Lamp'][index % 2]),
    ),
  ).toBeUndefined();
});

it('never throws on a value, and gives none of it back', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress(), fc.ipV6(), fc.double(), fc.anything()),
        { minLength: 3 },
      ),
      (values) => {
        const suggested = JSON.stringify(suggestClass('x', values) ?? '');
        for (const value of values) {
          if (typeof value === 'string' && value.length > 12) expect(suggested).not.toContain(value);
        }
      },
    ),
  );
});
