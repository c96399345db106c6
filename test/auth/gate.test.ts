import { resolve } from 'node:path';
import type { Condition } from '../../src/datasources/plans';
import { SluiceError } from '../../src/errors';
import {
  logged,
  sink,
  code,
  compare,
  decisions,
  gate,
  policy,
  range,
  refusal,
  reset,
  sales,
  stores,
} from './gate-fixture';

beforeEach(reset);

describe('scope', () => {
  it('gives every plan its tenant and total order', async () => {
    await gate('steward').rows(decisions({ orderBy: [{ field: 'decidedAt', direction: 'desc' }] }));
    expect(stores.last.scope).toEqual({ tenant: 'acme', rows: [] });
    expect(stores.last.plan.orderBy).toEqual([
      { field: 'decidedAt', direction: 'desc' },
      { field: 'id', direction: 'asc' },
    ]);
    await gate('steward', {}, 'globex').count({ kind: 'count', dataset: 'Decision', range });
    expect(stores.last.scope.tenant).toBe('globex');
    await gate('steward', {}, 'globex').metrics(sales());
    expect(stores.last.scope.tenant).toBe('globex');
    await gate('steward', {}, 'globex').lookup({
      kind: 'lookup',
      dataset: 'Decision',
      ids: ['1'],
      fields: ['id'],
    });
    expect(stores.last.scope.tenant).toBe('globex');
  });

  it('fills row rules from claims, and refuses without them', async () => {
    await gate('sales_rep', { markets: ['DE', 'SE'] }).metrics(sales());
    expect(stores.last.scope.rows).toEqual([
      { kind: 'compare', field: 'country', op: 'in', value: ['DE', 'SE'] },
    ]);
    for (const claims of [{}, { markets: [] }, { markets: [''] }]) {
      const [refused, message] = await refusal(gate('sales_rep', claims).metrics(sales()));
      expect(refused).toBe('FORBIDDEN');
      expect(message).toContain('`markets`');
    }
    expect(stores.reached).toHaveLength(1);
  });

  it('refuses a dataset that the role does not read as one that does not exist', async () => {
    const other = await refusal(gate('support').rows(decisions({ dataset: 'Employee' })));
    const none = await refusal(gate('support').rows(decisions({ dataset: 'Nothing' })));
    expect(other[0]).toBe('FORBIDDEN');
    expect(none).toEqual([other[0], other[1].replace('Employee', 'Nothing')]);
  });
});

describe('selection', () => {
  it('masks what the role sees masked', async () => {
    stores.rowsByField = [
      {
        id: 'd1',
        decidedAt: '2018-01-02T00:00:00.000Z',
        outcome: 'DENIED',
        applicantEmail: 'jane@example.com',
        amount: '12345.6000',
        applicantName: null,
      },
    ];
    const page = await gate('support').rows(
      decisions({ fields: ['id', 'outcome', 'applicantEmail', 'amount', 'birthDate', 'applicantName'] }),
    );
    expect(page.rows).toEqual([
      {
        id: 'd1',
        outcome: 'DENIED',
        applicantEmail: 'j•••@example.com',
        amount: '10000.0000',
        birthDate: null,
        applicantName: null,
      },
    ]);
    expect(page.hasNextPage).toBe(false);
  });

  it('does not read a redacted column at all', async () => {
    await gate('support').rows(decisions({ fields: ['id', 'birthDate', 'jobTitle', 'outcome'] }));
    // Whom the rows are about is read for the audit, asked for or not.
    expect(stores.last.fields).toEqual(['id', 'outcome', 'applicantId']);
    expect(stores.last.plan.fields).toEqual(['id', 'outcome', 'applicantId']);
    await gate('auditor').lookup({
      kind: 'lookup',
      dataset: 'Decision',
      ids: ['d1'],
      fields: ['birthDate', 'outcome', 'transactions.value', 'transactions.name'],
    });
    expect(stores.last.plan.fields).toEqual(['id', 'outcome', 'applicantId', 'transactions.name']);
  });

  it('refuses a hidden field as one that does not exist', async () => {
    const hidden = await refusal(gate('chatbot').rows(decisions({ fields: ['id', 'applicantEmail'] })));
    const none = await refusal(gate('chatbot').rows(decisions({ fields: ['id', 'nothing'] })));
    expect(hidden[0]).toBe('FORBIDDEN_COLUMN_USE');
    expect(none).toEqual([hidden[0], hidden[1].replace('applicantEmail', 'nothing')]);
    expect(stores.reached).toHaveLength(0);
  });

  it('gives rows that have the asked fields only, even when more is read for the order', async () => {
    stores.rowsByField = [{ id: 'd1', outcome: 'DENIED', decidedAt: '2018-01-02T00:00:00.000Z' }];
    const page = await gate('steward').rows(
      decisions({ fields: ['outcome'], orderBy: [{ field: 'decidedAt', direction: 'asc' }] }),
    );
    expect(page.rows).toEqual([{ outcome: 'DENIED' }]);
  });
});

describe('columns that are not clear', () => {
  const filters: [string, string, Condition][] = [
    ['support', 'a partial one', compare('applicantEmail', 'eq', 'jane@example.com')],
    ['support', 'a band', compare('amount', 'gt', '10')],
    ['support', 'a redacted one', compare('birthDate', 'isNull', true)],
    ['risk_analyst', 'a coarse one', compare('birthDate', 'gt', '1980-01-01')],
    ['risk_analyst', 'a pseudonym by part', compare('applicantName', 'contains', 'Jane')],
    ['risk_analyst', 'a pseudonym by absence', compare('applicantName', 'isNull', true)],
    ['risk_analyst', 'a pseudonym by difference', compare('applicantId', 'ne', 'p_x')],
    ['risk_analyst', 'a pseudonym negated', { kind: 'not', condition: compare('applicantId', 'eq', 'p_x') }],
    ['chatbot', 'a hidden one', compare('applicantEmail', 'eq', 'jane@example.com')],
    ['steward', 'one that does not exist', compare('nothing', 'eq', 'x')],
  ];
  it.each(filters)('as %s cannot be filtered by: %s', async (role, _what, condition) => {
    const where: Condition = { kind: 'or', conditions: [compare('outcome', 'eq', 'DENIED'), condition] };
    expect(await code(gate(role).rows(decisions({ where })))).toBe('FORBIDDEN_COLUMN_USE');
    expect(await code(gate(role).count({ kind: 'count', dataset: 'Decision', range, where }))).toBe(
      'FORBIDDEN_COLUMN_USE',
    );
    expect(stores.reached).toHaveLength(0);
  });

  it('name the field and say what to do', async () => {
    const [, message] = await refusal(
      gate('support').rows(decisions({ where: compare('amount', 'gt', '10') })),
    );
    expect(message).toMatch(
      /`amount` only masked, so it cannot filter by it\. Leave it out, or act in a role/,
    );
  });

  it('cannot order, group or be measured', async () => {
    const by = (field: string) => [{ field, direction: 'asc' as const }];
    expect(await code(gate('support').rows(decisions({ orderBy: by('amount') })))).toBe(
      'FORBIDDEN_COLUMN_USE',
    );
    expect(await code(gate('risk_analyst').rows(decisions({ orderBy: by('applicantId') })))).toBe(
      'FORBIDDEN_COLUMN_USE',
    );
    expect(
      await code(gate('auditor').metrics(sales({ measures: ['revenue'], dimensions: ['currency'] }))),
    ).toBe('FORBIDDEN_COLUMN_USE');
    expect(
      await code(gate('auditor').metrics(sales({ measures: ['averageInvoice'], dimensions: ['currency'] }))),
    ).toBe('FORBIDDEN_COLUMN_USE');
    expect(await code(gate('auditor').metrics(sales({ orderBy: by('revenue') })))).toBe(
      'FORBIDDEN_COLUMN_USE',
    );
    const metrics = sales({ metrics: 'DecisionMetrics', measures: ['decisions'], range });
    expect(await code(gate('chatbot').metrics({ ...metrics, dimensions: ['region'] }))).toBe(
      'FORBIDDEN_COLUMN_USE',
    );
    const grouped = sales({ dimensions: ['customerId'], orderBy: by('customerId') });
    expect(await code(gate('sales_analyst').metrics(grouped))).toBe('FORBIDDEN_COLUMN_USE');
    expect(stores.reached).toHaveLength(0);
  });
});

describe('pseudonyms', () => {
  const row = { id: 'd1', applicantId: 'A-42', outcome: 'DENIED', decidedAt: range.from };

  it('are turned back for equality, in the same tenant only', async () => {
    stores.rowsByField = [row];
    const token = (await gate('risk_analyst').rows(decisions({ fields: ['applicantId'] }))).rows[0]
      ?.applicantId as string;
    expect(token).toMatch(/^p_/);
    await gate('risk_analyst').rows(decisions({ where: compare('applicantId', 'in', [token]) }));
    // However long the value is, it counts for the length of a statement as any token does.
    const counted = 2 * token.length;
    expect(stores.last.plan.where).toEqual({
      ...compare('applicantId', 'in', ['A-42']),
      room: counted - 'A-42'.length,
    });

    for (const [role, tenant, value] of [
      ['risk_analyst', 'globex', token],
      ['risk_analyst', 'acme', `${token.slice(0, -2)}AA`],
      ['risk_analyst', 'acme', 'A-42'],
    ] as const) {
      await gate(role, {}, tenant).rows(decisions({ where: compare('applicantId', 'eq', value) }));
      const reached = stores.last.plan.where as { op: string; value: string; room: number };
      expect(reached.op).toBe('eq');
      expect(reached.room + reached.value.length).toBe(counted);
      expect(['A-42', value]).not.toContain(reached.value);
      expect(reached.value.length).toBeGreaterThan(40);
    }
  });

  it('group, in an order that tells nothing', async () => {
    stores.groups = Array.from({ length: 30 }, (_, index) => [`C-${String(index).padStart(2, '0')}`, 1]);
    const { rows, hasMore } = await gate('sales_analyst').metrics(
      sales({ dimensions: ['customerId'], first: 20 }),
    );
    const shown = rows.map((each) => each.customerId as string);
    expect(stores.last.plan.first).toBe(1000);
    expect(shown).toHaveLength(20);
    expect(hasMore).toBe(true);
    expect(shown).toEqual([...shown].sort());
    expect(shown.every((token) => token.startsWith('p_'))).toBe(true);
  });
});

describe('pages', () => {
  it('go on from a cursor of the same plan, tenant and role alone', async () => {
    stores.rowsByField = ['d1', 'd2', 'd3'].map((id) => ({
      id,
      outcome: 'DENIED',
      decidedAt: `2018-01-0${id[1]}T00:00:00.000Z`,
    }));
    const plan = decisions({ first: 2, orderBy: [{ field: 'decidedAt', direction: 'asc' }] });
    const page = await gate('support').rows(plan);
    expect(page.rows).toHaveLength(2);
    expect(page.hasNextPage).toBe(true);
    const after = page.cursor(1);
    expect(Buffer.from(after, 'base64url').toString('latin1')).not.toContain('2018-01-02');
    await gate('support').rows({ ...plan, after, first: 5, fields: ['product'] });
    expect(stores.last.position).toEqual(['2018-01-02T00:00:00.000Z', 'd2']);
    const before = stores.reached.length;
    expect(await code(gate('steward').rows({ ...plan, after }))).toBe('BAD_CURSOR');
    expect(await code(gate('support', {}, 'globex').rows({ ...plan, after }))).toBe('BAD_CURSOR');
    expect(
      await code(gate('support').rows({ ...plan, after, where: compare('outcome', 'eq', 'DENIED') })),
    ).toBe('BAD_CURSOR');
    expect(await code(gate('support').rows({ ...plan, after, orderBy: [] }))).toBe('BAD_CURSOR');
    expect(await code(gate('support').rows({ ...plan, after: 'nonsense' }))).toBe('BAD_CURSOR');
    expect(stores.reached).toHaveLength(before);
  });
});

describe('bounds', () => {
  const wide = { from: '2018-01-01T00:00:00.000Z', to: '2018-01-01T00:00:00.000Z' };
  const comparisons = Array.from({ length: 201 }, () => compare('outcome', 'eq', 'DENIED'));
  const deep = comparisons
    .slice(0, 30)
    .reduce<Condition>((inner) => ({ kind: 'not', condition: inner }), compare('outcome', 'eq', 'x'));
  it.each([
    ['no rows', decisions({ first: 0 })],
    ['too many rows', decisions({ first: 100_000 })],
    ['half a row', decisions({ first: 1.5 })],
    ['an empty range', decisions({ range: wide })],
    ['a backward range', decisions({ range: { from: range.to, to: range.from } })],
    ['a year out of reach', decisions({ range: { from: '0001-01-01T00:00:00.000Z', to: range.to } })],
    ['no moment', decisions({ range: { from: 'yesterday', to: range.to } })],
    ['too many comparisons', decisions({ where: { kind: 'or', conditions: comparisons } })],
    ['too deep a filter', decisions({ where: deep })],
    ['too long a list', decisions({ where: compare('outcome', 'in', Array.from({ length: 1001 }, String)) })],
    ['too long a text', decisions({ where: compare('purpose', 'eq', '€'.repeat(6000)) })],
    ['a NUL', decisions({ where: compare('purpose', 'eq', 'a\0b') })],
    ['half a surrogate pair', decisions({ where: compare('purpose', 'eq', 'a\ud800b') })],
    ['a filter inside a list', decisions({ where: compare('transactions.name', 'eq', 'x') })],
  ])('refuse %s', async (_name, plan) => {
    expect(await code(gate('steward').rows(plan))).toBe('BAD_USER_INPUT');
    expect(stores.reached).toHaveLength(0);
  });

  it('ask for a range where the dataset needs one', async () => {
    const { range: _none, ...plan } = decisions();
    expect(await code(gate('steward').rows(plan))).toBe('BAD_USER_INPUT');
    expect(await code(gate('steward').count({ kind: 'count', dataset: 'Decision' }))).toBe('BAD_USER_INPUT');
  });

  it('keep to the limits of the role', async () => {
    expect(await code(gate('chatbot').rows(decisions({ first: 51 })))).toBe('BAD_USER_INPUT');
    await gate('chatbot').rows(decisions({ first: 50 }));
  });

  it('take a quote, a percent sign and an emoji as they are', async () => {
    const where = compare('purpose', 'contains', `'; -- % _ \\ 🙂`);
    await gate('steward').rows(decisions({ where }));
    expect(stores.last.plan.where).toEqual(where);
  });
});

describe('lookups', () => {
  beforeEach(() => {
    stores.rowsByField = [
      {
        id: 'd1',
        outcome: 'DENIED',
        applicantId: 'A-42',
        transactions: [
          ['payment_to_income', 0.4],
          ['history', null],
        ],
      },
    ];
  });

  it('give rows in the order of the ids, null where there is none', async () => {
    const opened = gate('risk_analyst');
    const rows = await opened.lookup({
      kind: 'lookup',
      dataset: 'Decision',
      ids: ['none', 'd1', 'a\0b', '', 'd1'],
      fields: ['outcome', 'transactions.name', 'transactions.value'],
    });
    const row = {
      outcome: 'DENIED',
      transactions: [
        { name: 'payment_to_income', value: 0.4 },
        { name: 'history', value: null },
      ],
    };
    expect(rows).toEqual([null, row, null, null, row]);
    expect(stores.last.plan.ids).toEqual(['none', 'd1']);
    expect(opened.calls.map(({ statementId }) => statementId)).toEqual(['dynamodb-1']);
  });

  it('keep the length of a list of which all is redacted', async () => {
    stores.rowsByField = [{ id: 'd1', transactions: [['1'], ['2']] }];
    const rows = await gate('auditor').lookup({
      kind: 'lookup',
      dataset: 'Decision',
      ids: ['d1'],
      fields: ['transactions.value'],
    });
    expect(stores.last.plan.fields).toEqual(['id', 'applicantId', 'transactions.id']);
    expect(rows).toEqual([{ transactions: [{ value: null }, { value: null }] }]);
  });
});

describe('the boundary', () => {
  it('lets nothing of a fault out', async () => {
    const failure = new Error('10.0.0.7 refused jane@example.com\n    at jane (/jane/secret.ts:1:1)', {
      cause: new TypeError('secret of jane'),
    });
    stores.failure = Object.assign(failure, {
      code: 'ECONNREFUSED',
      statementId: 'jane@example.com',
      secret: 'jane',
    });
    // As an error that a line of this code threw.
    const place = 'auth/gate.ts:1:1';
    failure.stack += `\n    at RequestGate.rows (${resolve('src/auth/gate.ts')}:1:1)`;
    expect(await refusal(gate('steward').rows(decisions()))).toEqual([
      'INTERNAL',
      'A fault in the gateway. Operators find the cause in the log by the request id.',
    ]);
    const fault = logged().find((line) => line.event === 'gate_fault');
    expect(fault).toMatchObject({
      request: 'r1',
      call: 'rows',
      fault: {
        name: 'Error',
        code: 'ECONNREFUSED',
        at: expect.arrayContaining([place]),
        cause: { name: 'TypeError' },
      },
    });
    expect(JSON.stringify(logged())).not.toMatch(/10\.0\.0\.7|jane|secret/);
  });

  it('lets the errors of the stores through', async () => {
    stores.failure = new SluiceError('ENGINE_UNAVAILABLE');
    expect(await code(gate('steward').rows(decisions()))).toBe('ENGINE_UNAVAILABLE');
  });

  it('refuses rows of another width than was asked for', async () => {
    stores.groups = [['EUR']];
    expect(await code(gate('steward').metrics(sales({ dimensions: ['currency'] })))).toBe('INTERNAL');
  });
});

describe('the audit line', () => {
  it('says who saw what of whom, without values', async () => {
    stores.rowsByField = [1, 2, 2].map((n) => ({
      id: `d${n}`,
      applicantId: `A-${n}`,
      applicantEmail: 'jane@example.com',
    }));
    await gate('support').rows(
      decisions({
        fields: ['applicantId', 'applicantEmail', 'birthDate'],
        where: compare('purpose', 'eq', 'secret house'),
      }),
    );
    expect(sink.records).toEqual([
      expect.objectContaining({
        tenant: 'acme',
        record_id: 'r1.0',
        request_id: 'r1',
        operation: 'Ask',
        reader: expect.stringMatching(/^a_/) as string,
        acting_role: 'support',
        policy_version: policy.version,
        break_glass: false,
        call_kind: 'ROWS',
        dataset: 'Decision',
        fields: 'applicantId:clear applicantEmail:partial birthDate:redact',
        filters: 'purpose',
        clear_classes: 'identifier',
        masked_classes: 'contact demographic',
        row_count: 3,
        statements: 'athena-1',
        subjects: expect.stringMatching(/^a_[\w-]{10}a_[\w-]{10}$/) as string,
        subject_count: 2,
        outcome: 'OK',
      }),
    ]);
    expect(sink.lines.join('')).not.toMatch(/jane|"A-1"|secret|someone/);
  });

  it('is written for refusals too', async () => {
    await code(gate('support').rows(decisions({ where: compare('amount', 'gt', '7778889991234.5') })));
    expect(sink.records).toEqual([
      expect.objectContaining({ outcome: 'FORBIDDEN_COLUMN_USE', dataset: 'Decision', filters: 'amount' }),
    ]);
    expect(sink.lines.join('')).not.toContain('7778889991234');
  });
});
