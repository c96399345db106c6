import type { DatasetDeclaration } from '../../../src/schema/declarations';
import type { LoadRow } from '../import/transform';
import { opaqueId } from './ids';
import { person } from './people';
import type { Random } from './random';
import { loadRow } from './rows';

/** People of each tenant. */
export const EMPLOYEES = 400;

const DEPARTMENTS = [
  { department: 'Sales', roles: ['Sales Representative', 'Account Manager'] },
  { department: 'Research & Development', roles: ['Engineer', 'Scientist'] },
  { department: 'Operations', roles: ['Technician', 'Dispatcher'] },
  { department: 'Human Resources', roles: ['Recruiter', 'People Partner'] },
  { department: 'Finance', roles: ['Accountant', 'Controller'] },
] as const;
const NOTES = [
  'Wants to lead a team next year.',
  'Asked to work four days a week.',
  'Strong with customers, late with reports.',
  'Back from parental leave in spring.',
] as const;
const LEVELS = ['LOW', 'MEDIUM', 'HIGH', 'VERY_HIGH'] as const;
const TODAY = Date.UTC(2026, 8, 30);
const YEAR_MS = 365.25 * 86_400_000;

/** Number of the employee as other datasets name it. Every fifth works in Sales. */
export function employeeNumber(index: number): string {
  return `E-${String(index).padStart(4, '0')}`;
}

/** The people of one tenant, about one in eight of whom has left. */
export function* sampleEmployees(dataset: DatasetDeclaration, random: Random): Generator<LoadRow> {
  for (let index = 1; index <= EMPLOYEES; index += 1) {
    const { department, roles } = DEPARTMENTS[index % DEPARTMENTS.length] ?? DEPARTMENTS[0];
    const someone = person(random, index);
    const jobLevel = random.whole(1, 5);
    const age = random.whole(20, 66);
    const years = random.number(0, Math.min(age - 18, 25), 1);
    yield loadRow(dataset, {
      id: opaqueId('employee', index),
      employeeNumber: employeeNumber(index),
      fullName: someone.name,
      email: someone.email,
      phone: someone.phone,
      department,
      jobRole: random.one(roles),
      jobLevel,
      hiredOn: new Date(TODAY - years * YEAR_MS).toISOString().slice(0, 10),
      left: random.chance(0.125),
      yearsAtCompany: years,
      overtime: random.chance(0.3),
      age,
      birthDate: new Date(TODAY - (age + random.next() * 0.99) * YEAR_MS).toISOString().slice(0, 10),
      gender: random.one(['Female', 'Male', 'Diverse']),
      maritalStatus: random.one(['Single', 'Married', 'Divorced']),
      education: random.one(['Vocational', 'Bachelor', 'Master', 'Doctor']),
      city: random.one(['Hamburg', 'Rotterdam', 'Gothenburg', 'Antwerp']),
      distanceFromHome: random.number(0.5, 60, 1),
      monthlySalary: `${2_000 + jobLevel * 900 + random.whole(0, 80) * 10}.0000`,
      currency: 'EUR',
      lastRaise: random.whole(0, 12),
      performanceRating: random.one(['Below expectations', 'Meets expectations', 'Outstanding']),
      jobInvolvement: random.one(LEVELS),
      jobSatisfaction: random.one(LEVELS),
      managerNotes: random.chance(0.4) ? random.one(NOTES) : null,
    });
  }
}
