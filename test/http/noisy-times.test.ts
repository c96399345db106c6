import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import type { FieldRow } from '../support/engines';
import type { Answer } from '../support/gateway';
import { startOwnGateway, type OwnGateway } from '../support/own-gateway';
import { writePolicy } from '../support/policy-files';

/** The time of rows, for a role that sees figures through noise: by the month, and no way around that. */

const datasetOf = (name: string): DatasetDeclaration => declarations.datasets.get(name) as DatasetDeclaration;
/** So many people that the noisy copy has some of each month. */
const PEOPLE = 24;
const MONTHS = ['2026-03', '2026-04'];
const SOLD = MONTHS.flatMap((month) =>
  Array.from({ length: PEOPLE }, (_none, at): FieldRow => {
    const day = String(at + 1).padStart(2, '0');
    return { id: `${month} ${at}`, soldAt: `${month}-${day}T08:00:00.000Z`, customerId: `customer ${at}` };
  }),
);

const CLEAR = 'classes: { public: clear, internal: clear }';
const noisy = `access: aggregates, groups: { minimum: 2, protection: noise }, ${CLEAR}`;
const POLICY = `roles:
  figures: { description: Figures., domains: { erp: { ${noisy} }, decisions: { ${noisy} }, telemetry: { ${noisy} } } }
  exact: { description: Rows., domains: { erp: { ${CLEAR} } } }
`;

let own: OwnGateway;
beforeAll(async () => {
  own = await startOwnGateway({
    SLUICE_POLICY_FILE: writePolicy(POLICY),
    SLUICE_MASK_KEY: Buffer.alloc(64, 7).toString('base64'),
  });
  await own.engines.fill(datasetOf('SalesLine'), { aurora: SOLD });
});
afterAll(() => own.close());

const sales = (role: string, args: string): Promise<Answer> =>
  own.gateway.ask(
    { role },
    `{ erp { salesMetrics(${args}) { rows { ${args.includes('grain') ? 'period ' : ''}lines } } } }`,
  );
const range = (from: string, to: string): string => `range: { from: "${from}", to: "${to}" }`;
const MARCH = '2026-03-01T00:00:00Z';
const MAY = '2026-05-01T00:00:00Z';
const ALL = range(MARCH, MAY);
const APRIL_THIRD = '2026-04-03T00:00:00Z';

const FINER: [string, string][] = [
  ['the start', range(APRIL_THIRD, MAY)],
  ['the end', range(MARCH, APRIL_THIRD)],
  ['both', range('2026-04-02T00:00:00Z', APRIL_THIRD)],
  ['the first of a month, by the hour', range('2026-04-01T01:00:00Z', MAY)],
  ['the first of a month, by the millisecond', range('2026-04-01T00:00:00.001Z', MAY)],
  ['the first of a month elsewhere', range('2026-04-01T00:00:00+02:00', MAY)],
  ...['MINUTE', 'HOUR', 'DAY', 'WEEK'].map((grain): [string, string] => [
    `${grain} of the range`,
    `${ALL}, grain: ${grain}`,
  ]),
  ['a grain without a range', 'grain: DAY'],
];

test.each(FINER)(
  '%s finer than a month is refused, and the refusal says what is allowed',
  async (_name, args) => {
    const { errors } = await sales('figures', args);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN_COLUMN_USE']);
    expect(errors?.[0]?.message).toContain('begins and ends with the first moment of a month in UTC');
    expect(errors?.[0]?.message).toContain('MONTH, QUARTER, YEAR');
  },
);

test.each(FINER)('%s is no matter for a role that sees rows', async (_name, args) => {
  expect((await sales('exact', args)).errors).toBeUndefined();
});

test.each([
  ['months', `${ALL}, grain: MONTH`, 2],
  [
    'months that end with one of UTC, as another zone says it',
    range('2026-03-01T00:00:00.000Z', '2026-05-01T02:00:00+02:00'),
    1,
  ],
  ['quarters', `${ALL}, grain: QUARTER`, 2],
  ['a year', `${ALL}, grain: YEAR`, 1],
  ['months of all time', 'grain: MONTH', 2],
  ['no range at all', '', 1],
])('%s are given', async (_name, args, groups) => {
  const { data, errors } =
    args === ''
      ? await own.gateway.ask({ role: 'figures' }, '{ erp { salesMetrics { rows { lines } } } }')
      : await sales('figures', args);
  expect(errors).toBeUndefined();
  const { rows } = (data as { erp: { salesMetrics: { rows: { lines: number }[] } } }).erp.salesMetrics;
  expect(rows).toHaveLength(groups);
  expect(rows.every(({ lines }) => lines > 0)).toBe(true);
});

test.each([
  ['decisionMetrics', 'decisions'],
  ['readingSeries', 'readings'],
])('%s is held to months too', async (field, measure) => {
  for (const args of [range(APRIL_THIRD, MAY), range(MARCH, APRIL_THIRD), `${ALL}, grain: DAY`]) {
    const { errors } = await own.gateway.ask(
      { role: 'figures' },
      `{ ${field}(${args}) { rows { ${measure} } } }`,
    );
    expect([args, errors?.[0]?.extensions.code]).toEqual([args, 'FORBIDDEN_COLUMN_USE']);
  }
});
