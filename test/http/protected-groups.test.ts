import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoiseSalts } from '../../src/auth/noise';
import { declarations } from '../../src/schema/catalog';
import type { MetricsDeclaration } from '../../src/schema/declarations';
import { startGateway, type Gateway } from '../support/gateway';
import { leastSquares, LinearSystem, type Equation } from '../support/linear-system';

/**
 * Analytics over people, for a role that may see no group of fewer than five: what it is given, and what an attacker
 * makes of all that it is given.
 */

/** A fixed key, so that the same people stand in the copy in every run. */
const MASK_KEY = Buffer.alloc(64, 7);
const ROUND = 5;
const DIMENSIONS = ['jobRole', 'gender', 'education'] as const;
type DimensionName = (typeof DIMENSIONS)[number];
type Labels = Record<DimensionName, string>;

interface Person extends Labels {
  employeeNumber: string;
  department: string;
  monthlySalary: string;
}
interface Group extends Partial<Labels> {
  department?: string;
  age?: number;
  people: number | null;
  payroll?: string | null;
  averageSalary?: number | null;
  suppressed: boolean;
}

let folder: string;
let gateway: Gateway;
/** The same gateway with the noise left out, for what the attack finds then. */
let bare: Gateway;
/** And with counts rounded to a multiple of ROUND in its place. */
let rounding: Gateway;
let people: Person[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-groups-'));
  const policy = await readFile('policy/policy.yaml', 'utf8');
  const protectedBy = async (protection: string): Promise<string> => {
    const file = join(folder, `${protection.length}.yaml`);
    await writeFile(file, policy.replace('protection: noise', `protection: ${protection}`));
    return file;
  };
  const SLUICE_MASK_KEY = MASK_KEY.toString('base64');
  gateway = await startGateway({ SLUICE_MASK_KEY });
  bare = await startGateway({ SLUICE_MASK_KEY, SLUICE_POLICY_FILE: await protectedBy('none') });
  rounding = await startGateway({
    SLUICE_MASK_KEY,
    SLUICE_POLICY_FILE: await protectedBy(`none, round: ${ROUND}`),
  });
  const { data } = await gateway.ask(
    { role: 'steward' },
    '{ hr { employees(first: 1000) { nodes { employeeNumber department jobRole gender education monthlySalary } } } }',
  );
  people = data.hr.employees.nodes;
  expect(people.length).toBeGreaterThan(300);
});
afterAll(async () => {
  await gateway.close();
  await bare.close();
  await rounding.close();
  await rm(folder, { recursive: true, force: true });
});

const enumName = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

async function headcount(at: Gateway, groupBy: readonly string[], where: object = {}): Promise<Group[]> {
  const answer = await at.ask(
    { role: 'hr_analyst' },
    `query Groups($groupBy: [HeadcountDimension!], $where: EmployeeWhere) {
      hr { headcount(first: 1000, groupBy: $groupBy, where: $where) {
        rows { ${groupBy.join(' ')} people payroll averageSalary currency suppressed }
      } }
    }`,
    { groupBy: groupBy.map(enumName), where },
  );
  expect(answer.errors).toBeUndefined();
  return answer.data.hr.headcount.rows as Group[];
}

test.each(['ASC', 'DESC'])('rounded counts order groups as they are shown (%s)', async (direction) => {
  const { data, errors } = await rounding.ask(
    { role: 'hr_analyst' },
    `{ hr { headcount(first: 1000, groupBy: [JOB_ROLE, GENDER], orderBy: [PEOPLE_${direction}]) {
      rows { jobRole gender people suppressed }
    } } }`,
  );
  expect(errors).toBeUndefined();
  const rows = data.hr.headcount.rows as Group[];
  const label = ({ jobRole, gender }: Group): string => `${jobRole}\0${gender}`;
  const shown = rows.filter(({ suppressed }) => !suppressed);
  // Groups that are equal as they are shown follow their labels: their place tells nothing of the true count.
  const expected = [...shown].sort(
    (a, b) =>
      (Number(a.people) - Number(b.people)) * (direction === 'ASC' ? 1 : -1) ||
      (label(a) < label(b) ? -1 : 1),
  );
  expect(new Set(shown.map(({ people }) => people)).size).toBeLessThan(shown.length);
  expect(rows.map(label)).toEqual([
    ...expected.map(label),
    ...rows
      .filter(({ suppressed }) => suppressed)
      .map(label)
      .sort(),
  ]);
});

/** 24 bits of a person's hash, worked out here from its definition. */
const hashOf = (salt: string, person: string): number =>
  parseInt(
    createHash('sha256')
      .update(salt + person)
      .digest('hex')
      .slice(0, 6),
    16,
  );
const salts = new NoiseSalts(MASK_KEY).of(
  'aurora',
  declarations.metrics.get('Headcount') as MetricsDeclaration,
  ['payroll'],
);
function weightOf({ employeeNumber }: Person): number {
  const hash = hashOf(salts.weight, employeeNumber);
  return hash < 2 ** 22 ? 0 : hash >= 3 * 2 ** 22 ? 2 : 1;
}
function salaryInCopy({ employeeNumber, monthlySalary }: Person): number {
  const hash = hashOf(salts.factors.monthlySalary ?? '', employeeNumber);
  const half = 2 ** 23;
  const factor = hash < half ? 0.85 + (0.1 * hash) / half : 1.05 + (0.1 * (hash - half)) / half;
  return Number(monthlySalary) * Number(factor.toFixed(6));
}
const total = (rows: readonly Person[], of: (person: Person) => number): number =>
  rows.reduce((sum, person) => sum + of(person), 0);

test('every figure is that of the noisy copy, and says so', async () => {
  for (const group of await headcount(gateway, ['department'])) {
    const members = people.filter(({ department }) => department === group.department);
    expect(group.people).toBe(total(members, weightOf));
    expect(Number(group.payroll)).toBeCloseTo(
      total(members, (person) => weightOf(person) * salaryInCopy(person)),
      3,
    );
  }
  const answer = await gateway.ask(
    { role: 'hr_analyst' },
    '{ hr { headcount(groupBy: [DEPARTMENT]) { rows { department people } } } }',
  );
  expect(answer.extensions.masking).toEqual([{ path: 'hr.headcount.rows.people', action: 'noise' }]);
});

test('the copy is near the data: people, and pay by head', async () => {
  const [group] = await headcount(gateway, []);
  expect(Math.abs(Number(group?.people) / people.length - 1)).toBeLessThan(0.15);
  const mean = total(people, ({ monthlySalary }) => Number(monthlySalary)) / people.length;
  expect(Math.abs(Number(group?.payroll) / Number(group?.people) / mean - 1)).toBeLessThan(0.05);
});

test('a group is shown only with five people in the copy, so with five in truth', async () => {
  const groups = await headcount(gateway, DIMENSIONS);
  const membersOf = (group: Group): Person[] =>
    people.filter((person) => DIMENSIONS.every((dimension) => person[dimension] === group[dimension]));
  expect(groups.filter(({ suppressed }) => suppressed).length).toBeGreaterThan(20);
  const shown = groups.filter(({ suppressed }) => !suppressed);
  expect(shown.length).toBeGreaterThan(0);
  for (const group of shown) {
    expect(membersOf(group).filter((person) => weightOf(person) > 0).length).toBeGreaterThanOrEqual(5);
  }
  for (const group of groups.filter(({ suppressed }) => suppressed)) {
    expect([group.people, group.payroll]).toEqual([null, null]);
  }
});

test('the role gets no rows, and its schema knows of none', async () => {
  for (const query of ['{ hr { employees { nodes { id } } } }', '{ __type(name: "Employee") { name } }']) {
    const answer = await gateway.ask({ role: 'hr_analyst' }, query);
    expect(JSON.stringify(answer.data ?? {})).not.toContain('"name":"Employee"');
    expect(JSON.stringify(answer.data ?? {})).not.toContain('"id":');
  }
  const listed = await gateway.ask({ role: 'hr_analyst' }, '{ hr { employees { totalCount } } }');
  expect([listed.status, listed.errors?.[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
});

test('no filter or group finds an exact amount or day by halving', async () => {
  const refused = [
    '(where: { monthlySalary: { gt: "5000" } })',
    '(where: { not: { monthlySalary: { lte: "5000" } } })',
    '(where: { or: [{ department: { eq: "Sales" } }, { monthlySalary: { in: ["5000.0000"] } }] })',
    '(where: { lastRaise: { gte: 3 } })',
    '(where: { birthDate: { lt: "1980-01-01" } })',
    // One day and one rating, less the others: whether the one who came that day has it.
    '(where: { and: [{ hiredOn: { eq: "2015-03-02" } }, { performanceRating: { eq: "Low" } }] })',
    '(where: { yearsAtCompany: { eq: 3.5 } })',
  ];
  for (const args of refused) {
    const { errors } = await gateway.ask(
      { role: 'hr_analyst' },
      `{ hr { headcount${args} { rows { people } } } }`,
    );
    expect([args, errors?.[0]?.extensions.code]).toEqual([args, 'FORBIDDEN_COLUMN_USE']);
  }
  // Attributes and levels shape groups as before, and so do bands.
  for (const args of [
    '(where: { jobLevel: { gt: 2 } })',
    '(where: { gender: { ne: "Female" } })',
    '(groupBy: [AGE])',
    '(groupBy: [JOB_LEVEL])',
  ]) {
    const { errors } = await gateway.ask(
      { role: 'hr_analyst' },
      `{ hr { headcount${args} { rows { people } } } }`,
    );
    expect([args, errors]).toEqual([args, undefined]);
  }
});

const countShown = ({ people }: Group): number => Number(people);

/** Asks for every table that can be asked for over the dimensions and solves for the single cells. */
async function attack(at: Gateway, countOf: (group: Group) => number = countShown) {
  const labels = Object.fromEntries(
    DIMENSIONS.map((dimension) => [
      dimension,
      [...new Set(people.map((person) => person[dimension]))].sort(),
    ]),
  ) as Record<DimensionName, string[]>;
  const cells: Labels[] = labels.jobRole.flatMap((jobRole) =>
    labels.gender.flatMap((gender) => labels.education.map((education) => ({ jobRole, gender, education }))),
  );
  const counts = new LinearSystem(cells.length);
  const amounts = new LinearSystem(cells.length);
  const shown: Equation[] = [];
  let asked = 0;

  async function ask(groupBy: readonly DimensionName[], where: object, holds: (cell: Labels) => boolean) {
    asked += 1;
    for (const group of await headcount(at, groupBy, where)) {
      if (group.suppressed) continue;
      const members = cells.flatMap((cell, index) =>
        holds(cell) && groupBy.every((dimension) => cell[dimension] === group[dimension]) ? [index] : [],
      );
      counts.add(members, countOf(group));
      shown.push({ members, value: countShown(group) });
      amounts.add(members, Number(group.payroll));
    }
  }

  await ask(DIMENSIONS, {}, () => true);
  await ask([], {}, () => true);
  for (const dimension of DIMENSIONS) {
    const others = DIMENSIONS.filter((other) => other !== dimension);
    for (const groupBy of [others, ...others.map((other) => [other]), [dimension], []]) {
      await ask(groupBy, {}, () => true);
    }
    const values = labels[dimension];
    const pairs = values.flatMap((one, at) => values.slice(at + 1).map((other) => [one, other]));
    for (const chosen of [...values.map((value) => [value]), ...pairs]) {
      await ask(others, { [dimension]: { in: chosen } }, (cell) => chosen.includes(cell[dimension]));
      if (chosen.length > 1) continue;
      await ask(
        others,
        { not: { [dimension]: { in: chosen } } },
        (cell) => !chosen.includes(cell[dimension]),
      );
    }
  }
  const membersOf = (cell: Labels): Person[] =>
    people.filter((person) => DIMENSIONS.every((dimension) => person[dimension] === cell[dimension]));
  const fitted = leastSquares(shown, cells.length);
  const protectedCells = cells.map(membersOf).map((members, index) => ({
    members,
    fit: fitted[index] ?? NaN,
    count: counts.solved().get(index),
    amount: amounts.solved().get(index),
  }));
  return { asked, cells: protectedCells.filter(({ members }) => members.length > 0 && members.length < 5) };
}

const payrollOf = (members: readonly Person[]): number =>
  total(members, ({ monthlySalary }) => Number(monthlySalary));

test('an attacker who asks everything and solves the equations finds the copy, not the people', async () => {
  const { asked, cells } = await attack(gateway);
  expect(asked).toBeGreaterThan(80);
  const solved = cells.filter(({ count, amount }) => count !== undefined && amount !== undefined);
  // The attack must work, or it proves nothing: suppression alone does not keep small groups from it.
  expect(solved.length).toBeGreaterThan(10);
  for (const { members, count, amount } of solved) {
    expect(count).toBeCloseTo(total(members, weightOf), 3);
    expect(amount).toBeCloseTo(
      total(members, (person) => weightOf(person) * salaryInCopy(person)),
      1,
    );
    // One person's pay: not there, or off by five percent at least.
    if (members.length === 1)
      expect(Math.abs(Number(amount) / payrollOf(members) - 1)).toBeGreaterThan(0.0499);
  }
  // No better than guessing that a person stands once, which half of them do.
  const right = solved.filter(({ members, count }) => Math.round(Number(count)) === members.length).length;
  expect(right / solved.length).toBeLessThan(0.5);
  const exact = solved.filter(({ members, amount }) => Math.abs(Number(amount) - payrollOf(members)) < 0.01);
  expect(exact).toEqual([]);
});

test('without the noise the same attack finds small groups, to the person and the cent', async () => {
  const { cells } = await attack(bare);
  const solved = cells.filter(({ count, amount }) => count !== undefined && amount !== undefined);
  expect(solved.length).toBeGreaterThan(10);
  for (const { members, count, amount } of solved) {
    expect(count).toBeCloseTo(members.length, 3);
    expect(amount).toBeCloseTo(payrollOf(members), 1);
  }
});

test('rounding in its place hides nothing: pay to the cent, counts to the person', async () => {
  const groups = await headcount(rounding, ['jobRole']);
  for (const { people } of groups) expect(Number(people ?? 0) % ROUND).toBe(0);
  expect(groups.map(countShown)).not.toEqual((await headcount(bare, ['jobRole'])).map(countShown));

  // Only counts are rounded, and a sum divided by its mean is the count.
  const { cells } = await attack(rounding, ({ payroll, averageSalary }) =>
    Math.round(Number(payroll) / Number(averageSalary)),
  );
  expect(cells.length).toBeGreaterThan(50);
  for (const { members, count, amount } of cells) {
    expect(count).toBeCloseTo(members.length, 3);
    expect(amount).toBeCloseTo(payrollOf(members), 1);
  }
  // Rounded counts alone: what fits all tables best is right for three small groups of four.
  const right = cells.filter(({ members, fit }) => Math.round(fit) === members.length);
  expect(right.length / cells.length).toBeGreaterThan(0.6);
});
