import { declarations } from '../../src/schema/catalog';
import { startOwnGateway, type OwnGateway } from '../support/own-gateway';

/** What a point read costs depends on nothing but what the role sees. */

const WIDE = {
  jobTitle: 'x'.repeat(50_000),
  applicantId: 'y'.repeat(50_000),
  applicantName: 'n'.repeat(50_000),
  applicantEmail: `${'e'.repeat(50_000)}@mail.example`,
};

let own: OwnGateway;
beforeAll(async () => {
  own = await startOwnGateway();
  const dataset = declarations.datasets.get('Decision');
  if (dataset === undefined) throw new Error('There are no decisions.');
  await own.engines.fillPoints(dataset, { aurora: [{ id: 'narrow' }, { id: 'wide', ...WIDE }] });
});
afterAll(() => own.close());

test('what a look-up costs says nothing of fields that the role does not see in the clear', async () => {
  const costOf = async (role: string, id: string, fields: string): Promise<number | undefined> => {
    const { data, errors, extensions } = await own.gateway.ask(
      { role },
      `{ decision(id: "${id}") { ${fields} } }`,
    );
    expect([errors, data.decision.id]).toEqual([undefined, id]);
    return extensions.cost?.engineCalls[0]?.costUsd;
  };
  // Hidden, blanked, shown in part and shown as a token.
  for (const [role, fields] of [
    ['risk_analyst', 'id outcome'],
    ['support', 'id outcome jobTitle'],
    ['support', 'id applicantEmail'],
    ['risk_analyst', 'id applicantId applicantName'],
  ] as const) {
    const narrow = await costOf(role, 'narrow', fields);
    expect(narrow).toBeGreaterThan(0);
    expect([role, await costOf(role, 'wide', fields)]).toEqual([role, narrow]);
  }
  const [narrow = 0, wide] = [
    await costOf('steward', 'narrow', 'id jobTitle'),
    await costOf('steward', 'wide', 'id jobTitle'),
  ];
  expect(wide).toBeGreaterThan(10 * narrow);
});
