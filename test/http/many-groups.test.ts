import { startGateway, type Answer, type Gateway } from '../support/gateway';
import { writePolicy } from '../support/policy-files';

/** An answer of more groups than are read: whether small ones would show in what is left cannot be decided then. */

const policy = (groups: string): string => `roles:
  analyst:
    description: Studies devices in groups.
    domains:
      telemetry:
        access: aggregates
        ${groups}
        classes: { public: clear, internal: clear, identifier: clear, location: clear }
`;
const SEPTEMBER = 'range: { from: "2026-09-01T00:00:00Z", to: "2026-10-01T00:00:00Z" }';
/** 500 steps of four sites: 1,000 groups are read at most. */
const HOURS = `{ readingSeries(${SEPTEMBER}, grain: HOUR, groupBy: [SITE], first: 10) { rows { period site readings suppressed } hasMore } }`;
/** Under noise times are no finer than months. */
const MONTHS = HOURS.replace('HOUR', 'MONTH').replace('[SITE]', '[DEVICE_ID, SITE, METRIC]');
const FEWER = HOURS.replace('groupBy: [SITE], ', '').replace('site ', '');

async function askUnder(groups: string, query: string): Promise<Answer> {
  const gateway: Gateway = await startGateway({ SLUICE_POLICY_FILE: writePolicy(policy(groups)) });
  try {
    return await gateway.ask({ role: 'analyst' }, query);
  } finally {
    await gateway.close();
  }
}

test('a bare minimum over more groups than are read is refused, and says what to do', async () => {
  const { data, errors } = await askUnder('groups: { minimum: 3, protection: none }', HOURS);
  expect(data?.readingSeries ?? null).toBeNull();
  expect(errors?.map(({ extensions, message }) => [extensions.code, message])).toEqual([
    [
      'QUERY_TOO_COMPLEX',
      'More than 1000 groups cannot be kept from giving small ones away. Filter, or group by less.',
    ],
  ]);
});

test.each([
  ['fewer groups', 'groups: { minimum: 3, protection: none }', FEWER],
  ['noise, which protects each group by itself', 'groups: { minimum: 3, protection: noise }', MONTHS],
  ['no minimum', '', HOURS],
])('%s: a page of them is given', async (_name, groups, query) => {
  const { data, errors } = await askUnder(groups, query);
  expect(errors).toBeUndefined();
  expect(data.readingSeries.rows).toHaveLength(10);
  expect(data.readingSeries.hasMore).toBe(true);
});
