import {
  buildClientSchema,
  getIntrospectionQuery,
  isObjectType,
  printSchema,
  type IntrospectionQuery,
} from 'graphql';
import { loadPolicy } from '../../src/auth/policy';
import { declarations } from '../../src/schema/catalog';
import { startGateway, type Gateway } from '../support/gateway';

const policy = loadPolicy('policy/policy.yaml', declarations);
const roles = [...policy.roles.keys()];
const RANGE = '{ from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

async function schemaOf(role: string): Promise<ReturnType<typeof buildClientSchema>> {
  const { data } = await gateway.ask({ role }, getIntrospectionQuery());
  return buildClientSchema(data as IntrospectionQuery);
}

test.each(roles)('introspection shows %s just the fields the policy does not hide', async (name) => {
  const schema = await schemaOf(name);
  const role = policy.roles.get(name);
  for (const dataset of declarations.datasets.values()) {
    const type = schema.getType(dataset.name);
    const seen = isObjectType(type) ? Object.keys(type.getFields()) : [];
    const allowed = [...dataset.columns.keys(), ...dataset.derived.keys()].filter(
      (field) => role?.action(dataset, field) !== 'hide',
    );
    const lists = [...dataset.embedded.keys()].filter((field) => seen.includes(field));
    expect([...seen].sort()).toEqual(role?.lists(dataset) === true ? [...allowed, ...lists].sort() : []);
  }
});

test('a hidden field is not in the text of a schema, and is not suggested', async () => {
  const hidden = [...policy.roles.values()].flatMap((role) =>
    [...declarations.datasets.values()]
      .filter((dataset) => role.lists(dataset))
      .flatMap((dataset) =>
        [...dataset.columns.keys()]
          .filter((field) => role.action(dataset, field) === 'hide')
          .map((field) => ({ role: role.name, dataset: dataset.name, field })),
      ),
  );
  expect(hidden.length).toBeGreaterThan(0);
  for (const { role, dataset, field } of hidden) {
    const text = printSchema(await schemaOf(role));
    const own = new RegExp(`^type ${dataset} \\{[\\s\\S]*?^\\}`, 'm').exec(text)?.[0] ?? '';
    expect(own).not.toMatch(new RegExp(`\\b${field}\\b`));
    const misspelt = field.slice(0, -1);
    const list = {
      Decision: 'decisions(range: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" })',
    };
    const places: Record<string, string> = {
      Decision: `{ ${list.Decision} { nodes { id ${misspelt} } } }`,
      Reading: `{ readings(range: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }) { nodes { id ${misspelt} } } }`,
      Employee: `{ hr { employees { nodes { id ${misspelt} } } } }`,
      SalesLine: `{ erp { salesLines { nodes { id ${misspelt} } } } }`,
    };
    const { errors } = await gateway.ask({ role }, places[dataset] ?? '');
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    // The misspelt name itself is quoted; the real one must not be.
    expect(errors?.map(({ message }) => message).join(' ')).not.toMatch(new RegExp(`"${field}"`));
  }
});

test('a role without a domain does not know its types', async () => {
  const schema = await schemaOf('support');
  expect(schema.getType('Employee')).toBeUndefined();
  expect(schema.getQueryType()?.getFields().hr).toBeUndefined();
  const { errors } = await gateway.ask({ role: 'support' }, '{ hr { employees { nodes { id } } } }');
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test.each([
  ['a field', '{ nothing }'],
  ['a field that only others see', '{ hr { headcount { rows { people } } } }'],
  ['an argument', '{ viewer(nothing: 1) { role } }'],
  ['a type', 'query($nothing: Nothing) { viewer { role } }'],
  ['a field of a filter', `{ decisions(range: ${RANGE}, where: { nothing: { eq: 1 } }) { totalCount } }`],
  ['a value', `{ decisions(range: ${RANGE}, orderBy: [NOTHING]) { totalCount } }`],
])('%s that is not in the schema: whose schema it is, is said', async (_name, query) => {
  const { errors } = await gateway.ask({ role: 'support' }, query);
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect(errors?.[0]?.message).toMatch(
    / The schema is that of the acting role: another role may have more\.$/,
  );
});

test.each(roles)('the schema of %s says what it is', async (name) => {
  const { data } = await gateway.ask({ role: name }, '{ __schema { description } }');
  expect(data.__schema.description).toMatch(/what the acting role may ask for/);
});
