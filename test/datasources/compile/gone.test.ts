import type { Gone } from '../../../src/auth/scope';
import { declare, RETAINING } from '../../erasure/support/retained';
import { count } from './plans';

/** People who are treated as gone, in the text of statements: hashes, never a key. */

const keys = (field: string, ...hashes: string[]) => ({ field, salt: 'c0ffee', hashes: new Set(hashes) });
const RANGE = { from: '2014-01-01T00:00:00.000Z', to: '2014-02-01T00:00:00.000Z' };

test('the lake: by subject, and by another key where there is no subject', () => {
  const gone: Gone = {
    subject: 'applicantId',
    keys: [
      keys('applicantId', '00112233445566aa', 'ff112233445566aa'),
      keys('applicantEmail', 'aa112233445566aa'),
    ],
    mentions: [],
  };
  const { sql } = count('Decision', { range: RANGE, scope: { tenant: 'acme', rows: [], gone } });
  expect(sql).toContain(
    ` and ("t"."applicant_id" is null or not lower(substr(to_hex(sha256(to_utf8(concat('c0ffee', "t"."applicant_id")))), 1, 16)) in ('00112233445566aa', 'ff112233445566aa'))` +
      ` and ("t"."applicant_id" is not null or "t"."applicant_email" is null or not lower(substr(to_hex(sha256(to_utf8(concat('c0ffee', "t"."applicant_email")))), 1, 16)) in ('aa112233445566aa'))`,
  );
});

test('the warehouse: a field that names them in passing is missing wherever it is read', () => {
  const gone: Gone = {
    subject: 'customerId',
    keys: [],
    mentions: [keys('salesRepresentative', '00112233445566aa')],
  };
  const { sql, parameters } = count('SalesLine', { scope: { tenant: 'acme', rows: [], gone } });
  expect(sql).toContain(
    `case when ("t"."sales_representative" is not null and lower(substring(sha2(CAST(:p1 AS varchar(65535)) || "t"."sales_representative", 256), 1, 16)) in ('00112233445566aa')) then null else "t"."sales_representative" end as "sales_representative"`,
  );
  expect(sql).toContain(
    `from "erp"."sales_lines" as "t") as "t" where "t"."company_id" = CAST(:p2 AS varchar(65535))`,
  );
  expect(parameters.map(({ value }) => value)).toEqual(['c0ffee', 'acme']);
});

test('4,000 keys fit into a statement of either engine', () => {
  const many = Array.from({ length: 4_000 }, (_none, index) => index.toString(16).padStart(16, '0'));
  for (const [name, field] of [
    ['Employee', 'employeeNumber'],
    ['SalesLine', 'customerId'],
    ['Reading', 'deviceId'],
  ] as const) {
    const gone: Gone = { subject: field, keys: [keys(field, ...many)], mentions: [] };
    const range = name === 'Reading' ? { range: RANGE } : {};
    expect(count(name, { ...range, scope: { tenant: 'acme', rows: [], gone } }).sql.length).toBeGreaterThan(
      70_000,
    );
  }
});

describe('rows that lost their person and keep fields for a law', () => {
  let putBack: () => void;
  beforeAll(() => {
    putBack = declare(RETAINING);
  });
  afterAll(() => putBack());

  test('are left out for as long as they have any of them', () => {
    const scope = { tenant: 'acme', rows: [] };
    expect(count('Decision', { range: RANGE, scope }).sql).toContain(
      ` and ("t"."applicant_id" is null or not (substring("t"."applicant_id", 1, 2) = 'a_' and length("t"."applicant_id") = 24)` +
        ` or ("t"."region" is null and "t"."single" is null and ("t"."applicant_name" is null or "t"."applicant_name" = "t"."applicant_id")))`,
    );
    expect(count('SalesLine', { scope }).sql).toContain(
      ` and ("t"."customer_id" is null or not (substring("t"."customer_id", 1, 2) = 'a_' and length("t"."customer_id") = 24) or (("t"."customer_name" is null or`,
    );
  });

  test('are left out at all where they are there for these fields alone', () => {
    const scope = { tenant: 'acme', rows: [] };
    expect(count('Reading', { range: RANGE, scope }).sql).toMatch(
      / and \("t"\."device_id" is null or not \(substring\("t"\."device_id", 1, 2\) = 'a_' and length\("t"\."device_id"\) = 24\)\)/,
    );
  });
});
