import { JANUARY, compare, count, metrics, rows } from './plans';

/** The exact text and parameters of each shape; the engine suites run the same shapes. */
describe('statements', () => {
  test('a page of the lake, latest first', () => {
    const statement = rows(
      'Reading',
      {
        range: JANUARY,
        where: compare('metric', 'eq', "it's"),
        orderBy: [{ field: 'recordedAt', direction: 'desc' }],
      },
      ['id', 'value'],
    );
    expect(statement.sql).toBe(
      '/* sluice: Reading rows */ select "t"."reading_id" as "id", "t"."value" as "value" from "telemetry"."readings" as "t" where ("t"."operator_id" = \'acme\' and "t"."dt" between \'2014-01-01\' and \'2014-01-31\' and "t"."recorded_at" >= TIMESTAMP \'2014-01-01 00:00:00.000\' and "t"."recorded_at" < TIMESTAMP \'2014-02-01 00:00:00.000\' and "t"."metric" = \'it\'\'s\') order by "t"."recorded_at" desc nulls last, "t"."reading_id" asc nulls last limit 11',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual([]);
    expect(statement.columns).toEqual(['id', 'float']);
  });

  test('the next page in mixed order, after a missing value', () => {
    const statement = rows('Reading', {
      range: JANUARY,
      orderBy: [
        { field: 'value', direction: 'desc' },
        { field: 'site', direction: 'asc' },
      ],
      position: [1.5, null, 'r-9'],
    });
    expect(statement.sql).toBe(
      '/* sluice: Reading rows */ select "t"."reading_id" as "id" from "telemetry"."readings" as "t" where ("t"."operator_id" = \'acme\' and "t"."dt" between \'2014-01-01\' and \'2014-01-31\' and "t"."recorded_at" >= TIMESTAMP \'2014-01-01 00:00:00.000\' and "t"."recorded_at" < TIMESTAMP \'2014-02-01 00:00:00.000\' and (("t"."value" < DOUBLE \'1.5\' or "t"."value" is null) or ("t"."value" = DOUBLE \'1.5\' and "t"."site" is null and "t"."reading_id" > \'r-9\'))) order by "t"."value" desc nulls last, "t"."site" asc nulls last, "t"."reading_id" asc nulls last limit 11',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual([]);
    expect(statement.columns).toEqual(['id']);
  });

  test('a range that ends inside a day', () => {
    const statement = count('Reading', {
      range: { from: '2014-01-31T12:00:00.000Z', to: '2014-02-01T00:00:00.001Z' },
    });
    expect(statement.sql).toBe(
      '/* sluice: Reading count */ select count(*) as "total" from "telemetry"."readings" as "t" where ("t"."operator_id" = \'acme\' and "t"."dt" between \'2014-01-31\' and \'2014-02-01\' and "t"."recorded_at" >= TIMESTAMP \'2014-01-31 12:00:00.000\' and "t"."recorded_at" < TIMESTAMP \'2014-02-01 00:00:00.001\')',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual([]);
    expect(statement.columns).toEqual(['integer']);
  });

  test('the next page of the warehouse, an empty text in a list', () => {
    const statement = rows('Employee', {
      where: compare('department', 'in', ['Sales', '']),
      orderBy: [{ field: 'monthlySalary', direction: 'asc' }],
      position: ['19.9900', 'e-1'],
    });
    expect(statement.sql).toBe(
      '/* sluice: Employee rows */ select "t"."employee_id" as "id" from "hr"."employees" as "t" where ("t"."company_id" = CAST(:p1 AS varchar(65535)) and "t"."department" in (CAST(:p2 AS varchar(65535)), REPLACE(CAST(:p3 AS varchar(65535)), \'x\', \'\')) and (("t"."monthly_salary" > CAST(:p4 AS decimal(38,4)) or "t"."monthly_salary" is null) or ("t"."monthly_salary" = CAST(:p5 AS decimal(38,4)) and "t"."employee_id" > CAST(:p6 AS varchar(65535))))) order by "t"."monthly_salary" asc nulls last, "t"."employee_id" asc nulls last limit 11',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual([
      'acme',
      'Sales',
      'x',
      '19.9900',
      '19.9900',
      'e-1',
    ]);
    expect(statement.columns).toEqual(['id']);
  });

  test('a row rule and a negated condition', () => {
    const statement = count('Employee', {
      scope: { tenant: 'acme', rows: [compare('department', 'in', ['Sales'])] },
      where: {
        kind: 'not',
        condition: {
          kind: 'and',
          conditions: [compare('age', 'gte', 50), compare('city', 'startsWith', 'B')],
        },
      },
    });
    expect(statement.sql).toBe(
      '/* sluice: Employee count */ select count(*) as "total" from "hr"."employees" as "t" where ("t"."company_id" = CAST(:p1 AS varchar(65535)) and "t"."department" in (CAST(:p2 AS varchar(65535))) and (("t"."age" < CAST(:p3 AS bigint) or "t"."age" is null) or (strpos("t"."city", CAST(:p4 AS varchar(65535))) <> 1 or "t"."city" is null)))',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual(['acme', 'Sales', '50', 'B']);
    expect(statement.columns).toEqual(['integer']);
  });

  test('ne holds for missing values, booleans are written out', () => {
    const statement = count('Employee', {
      where: {
        kind: 'or',
        conditions: [
          compare('department', 'ne', 'Sales'),
          compare('left', 'eq', true),
          compare('id', 'ne', 'e-1'),
        ],
      },
    });
    expect(statement.sql).toBe(
      '/* sluice: Employee count */ select count(*) as "total" from "hr"."employees" as "t" where ("t"."company_id" = CAST(:p1 AS varchar(65535)) and (("t"."department" <> CAST(:p2 AS varchar(65535)) or "t"."department" is null) or "t"."has_left" = true or "t"."employee_id" <> CAST(:p3 AS varchar(65535))))',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual(['acme', 'Sales', 'e-1']);
    expect(statement.columns).toEqual(['integer']);
  });

  test('an empty list and empty conditions', () => {
    const statement = count('Employee', {
      where: {
        kind: 'and',
        conditions: [
          { kind: 'or', conditions: [] },
          compare('city', 'in', []),
          { kind: 'not', condition: compare('city', 'in', []) },
          { kind: 'and', conditions: [] },
        ],
      },
    });
    expect(statement.sql).toBe(
      '/* sluice: Employee count */ select count(*) as "total" from "hr"."employees" as "t" where ("t"."company_id" = CAST(:p1 AS varchar(65535)) and (1 = 0 and 1 = 0 and 1 = 1 and 1 = 1))',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual(['acme']);
    expect(statement.columns).toEqual(['integer']);
  });

  test('measures by month and dimension, with privacy units', () => {
    const statement = metrics('SalesMetrics', {
      grain: 'MONTH',
      dimensions: ['currency'],
      measures: ['revenue', 'lines', 'invoices', 'pieces'],
      range: JANUARY,
      privacyUnit: 'customerId',
      orderBy: [{ field: 'revenue', direction: 'desc' }],
    });
    expect(statement.sql).toBe(
      '/* sluice: SalesLine metrics SalesMetrics */ select date_trunc(\'month\', "t"."sold_at") as "period", "t"."currency" as "currency", sum("t"."net_amount") as "revenue", count(*) as "lines", count(distinct "t"."invoice_number") as "invoices", cast(sum("t"."quantity") as bigint) as "pieces", count(distinct "t"."customer_id") as "privacy_units" from "erp"."sales_lines" as "t" where ("t"."company_id" = CAST(:p1 AS varchar(65535)) and "t"."sold_at" >= CAST(:p2 AS timestamp) and "t"."sold_at" < CAST(:p3 AS timestamp)) group by date_trunc(\'month\', "t"."sold_at"), "t"."currency" order by "revenue" desc nulls last, "period" asc nulls last, "currency" asc nulls last limit 101',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual([
      'acme',
      '2014-01-01 00:00:00.000',
      '2014-02-01 00:00:00.000',
    ]);
    expect(statement.columns).toEqual([
      'datetime',
      'string',
      'decimal',
      'integer',
      'integer',
      'integer',
      'integer',
    ]);
  });

  test('whose a group or a count is when it is of one person', () => {
    const groups = metrics('Headcount', {
      dimensions: ['currency'],
      measures: ['people'],
      soleSubject: 'employeeNumber',
    });
    expect(groups.sql).toBe(
      '/* sluice: Employee metrics Headcount */ select "t"."currency" as "currency", count(*) as "people", case when min("t"."employee_number") = max("t"."employee_number") then min("t"."employee_number") end as "sole_subject" from "hr"."employees" as "t" where "t"."company_id" = CAST(:p1 AS varchar(65535)) group by "t"."currency" order by "currency" asc nulls last limit 101',
    );
    expect(groups.columns).toEqual(['string', 'integer', 'id']);
    const counted = count('Employee', { soleSubject: 'employeeNumber' });
    expect(counted.sql).toBe(
      '/* sluice: Employee count */ select count(*) as "total", case when min("t"."employee_number") = max("t"."employee_number") then min("t"."employee_number") end as "sole_subject" from "hr"."employees" as "t" where "t"."company_id" = CAST(:p1 AS varchar(65535))',
    );
    expect(counted.columns).toEqual(['integer', 'id']);
  });

  test('groups by their band, and by the month of a day', () => {
    const statement = metrics('DecisionMetrics', {
      dimensions: ['annualIncome', 'birthDate'],
      measures: ['decisions'],
      range: JANUARY,
      orderBy: [{ field: 'annualIncome', direction: 'desc' }],
      steps: { annualIncome: 'band', birthDate: 'coarse' },
    });
    expect(statement.sql).toBe(
      '/* sluice: Decision metrics DecisionMetrics */ select cast("t"."annual_income" - mod(mod("t"."annual_income", 10000) + 10000, 10000) as decimal(38, 4)) as "annualIncome", cast(date_trunc(\'month\', "t"."birth_date") as date) as "birthDate", count(*) as "decisions" from "decisions"."decisions" as "t" where ("t"."tenant_id" = \'acme\' and "t"."decided_at" >= TIMESTAMP \'2014-01-01 00:00:00.000\' and "t"."decided_at" < TIMESTAMP \'2014-02-01 00:00:00.000\') group by cast("t"."annual_income" - mod(mod("t"."annual_income", 10000) + 10000, 10000) as decimal(38, 4)), cast(date_trunc(\'month\', "t"."birth_date") as date) order by "annualIncome" desc nulls last, "birthDate" asc nulls last limit 101',
    );
  });

  test('a noisy copy', () => {
    const statement = metrics('Headcount', {
      dimensions: ['currency'],
      measures: ['people', 'leavers', 'averageSalary', 'payroll'],
      privacyUnit: 'employeeNumber',
      noise: { unit: 'employeeNumber', weight: 'w', factors: { monthlySalary: 'f' } },
    });
    expect(statement.sql).toBe(
      '/* sluice: Employee metrics Headcount */ select "t"."currency" as "currency", cast(coalesce(sum("t"."noisy_weight"), 0) as bigint) as "people", cast(coalesce(sum(case when "t"."has_left" in (true) then "t"."noisy_weight" else 0 end), 0) as bigint) as "leavers", sum(cast("t"."noisy_monthly_salary" as double precision) * "t"."noisy_weight") / sum(case when "t"."noisy_monthly_salary" is not null then "t"."noisy_weight" end) as "averagesalary", cast(sum("t"."noisy_monthly_salary" * "t"."noisy_weight") as decimal(38, 4)) as "payroll", count(distinct "t"."employee_number") as "privacy_units" from (select "t"."employee_number" as "employee_number", "t"."currency" as "currency", "t"."has_left" as "has_left", cast("t"."monthly_salary" as decimal(19, 4)) * cast(case when "t"."employee_number" is null then 1e0 when strtol(substring(sha2(CAST(:p1 AS varchar(65535)) || "t"."employee_number", 256), 1, 6), 16) < 8388608 then 8.5e-1 + (strtol(substring(sha2(CAST(:p2 AS varchar(65535)) || "t"."employee_number", 256), 1, 6), 16) - 0) * 1.1920928955078126e-8 else 1.05e+0 + (strtol(substring(sha2(CAST(:p3 AS varchar(65535)) || "t"."employee_number", 256), 1, 6), 16) - 8388608) * 1.1920928955078126e-8 end as decimal(7, 6)) as "noisy_monthly_salary", case when "t"."employee_number" is null then 1 when strtol(substring(sha2(CAST(:p4 AS varchar(65535)) || "t"."employee_number", 256), 1, 6), 16) < 4194304 then 0 when strtol(substring(sha2(CAST(:p5 AS varchar(65535)) || "t"."employee_number", 256), 1, 6), 16) >= 12582912 then 2 else 1 end as "noisy_weight" from "hr"."employees" as "t" where "t"."company_id" = CAST(:p6 AS varchar(65535))) as "t" where "t"."noisy_weight" > 0 group by "t"."currency" order by "currency" asc nulls last limit 101',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual(['f', 'f', 'f', 'w', 'w', 'acme']);
  });

  test('means of whole numbers and decimals', () => {
    const statement = metrics('Headcount', { measures: ['headcount', 'averageAge', 'averageSalary'] });
    expect(statement.sql).toBe(
      '/* sluice: Employee metrics Headcount */ select count(case when "t"."has_left" in (false) then 1 end) as "headcount", avg(cast("t"."age" as double precision)) as "averageage", avg(cast("t"."monthly_salary" as double precision)) as "averagesalary" from "hr"."employees" as "t" where "t"."company_id" = CAST(:p1 AS varchar(65535)) limit 101',
    );
    expect(statement.parameters.map((one) => one.value)).toEqual(['acme']);
    expect(statement.columns).toEqual(['integer', 'float', 'float']);
  });
});
