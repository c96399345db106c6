import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { startGateway, type Gateway } from '../support/gateway';
import { listOf, listQuery } from '../support/listings';

/** Fields computed from others: shown only where all they are computed from is clear, in every store. */

const datasetOf = (name: string): DatasetDeclaration => declarations.datasets.get(name) as DatasetDeclaration;
const decision = datasetOf('Decision');
const employee = datasetOf('Employee');

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

type Rows = { id: string; [field: string]: unknown }[];

async function list(role: string, dataset: DatasetDeclaration, fields: string) {
  const answer = await gateway.ask({ role }, listQuery(dataset, `nodes { id ${fields} }`, 'first: 50'));
  return {
    answer,
    rows: answer.errors === undefined ? (listOf(dataset, answer.data).nodes as unknown as Rows) : [],
  };
}

test('the lake and the decision store give the quotient of what the row holds', async () => {
  const { rows } = await list('steward', decision, 'amount annualIncome amountToIncome');
  const computed = rows.filter((row) => row.amountToIncome !== null);
  expect(computed.length).toBeGreaterThan(0);
  for (const row of computed) {
    expect(row.amountToIncome).toBe(Number(row.amount) / Number(row.annualIncome));
    expect(Number(row.annualIncome)).toBeGreaterThan(0);
  }
  // Alone, without the fields it reads.
  const one = await gateway.ask(
    { role: 'steward' },
    'query One($id: ID!) { decision(id: $id) { amountToIncome } }',
    { id: computed[0]?.id },
  );
  expect(one.data).toEqual({ decision: { amountToIncome: computed[0]?.amountToIncome } });
});

test('the warehouse gives the age at hiring, birthdays counted', async () => {
  const { rows } = await list('steward', employee, 'birthDate hiredOn ageAtHiring');
  expect(rows.length).toBeGreaterThan(0);
  for (const { birthDate, hiredOn, ageAtHiring } of rows as Record<string, string>[]) {
    const years = Number(hiredOn?.slice(0, 4)) - Number(birthDate?.slice(0, 4));
    const before = Number(hiredOn?.slice(5).replace('-', '')) < Number(birthDate?.slice(5).replace('-', ''));
    expect(ageAtHiring).toBe(before ? years - 1 : years);
  }
});

test.each([
  ['support', 'amountToIncome', 'amounts in bands', decision],
  ['chatbot', 'amountToIncome', 'amounts in bands', decision],
  ['auditor', 'amountToIncome', 'no amounts', decision],
  ['auditor', 'ageAtHiring', 'no birth date', employee],
])('%s gets null for %s, seeing %s', async (role, field, _reason, dataset) => {
  const { rows, answer } = await list(role, dataset, field);
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.every((row) => row[field] === null)).toBe(true);
  expect(answer.extensions.masking).toEqual([{ path: expect.stringContaining(field), action: 'redact' }]);
});

test('nobody filters or orders by a derived field, since no store has it', async () => {
  for (const extra of ['where: { amountToIncome: { gt: 1 } }', 'orderBy: [AMOUNT_TO_INCOME_ASC]']) {
    const answer = await gateway.ask({ role: 'steward' }, listQuery(decision, 'nodes { id }', extra));
    expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  }
});
