import { Float, ID, Int } from 'type-graphql';
import { Column, Dataset, Derived } from '../columns';
import { RatingLevel } from '../enums';
import { CalendarDate, Decimal } from '../scalars';

/** Birthdays from one day to another, both as `YYYY-MM-DD`. */
function wholeYears(from: string, to: string): number {
  const birthdayPassed = to.slice(5) >= from.slice(5);
  return Number(to.slice(0, 4)) - Number(from.slice(0, 4)) - (birthdayPassed ? 0 : 1);
}

@Dataset('Employee', {
  domain: 'hr',
  description: 'A person employed now or in the past.',
  engine: 'redshift',
  database: 'hr',
  table: 'employees',
  tenant: 'company_id',
  key: 'id',
  subject: 'employeeNumber',
  erasure: {
    keys: { employeeNumber: 'employee', email: 'email', phone: 'phone' },
    rule: { action: 'delete' },
  },
})
export class Employee {
  @Column(() => ID, {
    class: 'internal',
    column: 'employee_id',
    nullable: false,
    description: 'Opaque id of the record.',
  })
  id: string;

  @Column(() => ID, { class: 'identifier', description: 'Number of the employee in the company.' })
  employeeNumber?: string;

  @Column(() => String, { class: 'identifier', description: 'Full name.' })
  fullName?: string;

  @Column(() => String, { class: 'contact', description: 'E-mail address.' })
  email?: string;

  @Column(() => String, { class: 'contact', description: 'Telephone number.' })
  phone?: string;

  @Column(() => String, { class: 'internal', description: 'Department.' })
  department?: string;

  @Column(() => String, { class: 'internal', description: 'Role in the department.' })
  jobRole?: string;

  @Column(() => Int, { class: 'internal', description: 'Level of the job, 1 is the lowest.' })
  jobLevel?: number;

  @Column(() => CalendarDate, { class: 'internal', description: 'First day of employment.' })
  hiredOn?: string;

  @Column(() => Boolean, {
    class: 'internal',
    column: 'has_left',
    description: 'Whether the person has left the company.',
  })
  left?: boolean;

  @Column(() => Float, { class: 'internal', unit: 'years', description: 'Time in the company.' })
  yearsAtCompany?: number;

  @Column(() => Boolean, { class: 'internal', description: 'Whether the person works overtime.' })
  overtime?: boolean;

  @Column(() => Int, { class: 'demographic', band: 10, unit: 'years', description: 'Age.' })
  age?: number;

  @Column(() => CalendarDate, { class: 'demographic', description: 'Birth date.' })
  birthDate?: string;

  @Derived(() => Int, {
    reads: ['birthDate', 'hiredOn'],
    unit: 'years',
    description: 'Age on the first day of employment.',
    compute: (birthDate, hiredOn) => wholeYears(String(birthDate), String(hiredOn)),
  })
  ageAtHiring?: number;

  @Column(() => String, { class: 'demographic', description: 'Gender, as recorded.' })
  gender?: string;

  @Column(() => String, { class: 'demographic', description: 'Marital status, as recorded.' })
  maritalStatus?: string;

  @Column(() => String, { class: 'demographic', description: 'Highest education.' })
  education?: string;

  @Column(() => String, { class: 'location', description: 'City where the person lives.' })
  city?: string;

  @Column(() => Float, { class: 'location', coarse: 10, unit: 'km', description: 'Way from home to work.' })
  distanceFromHome?: number;

  @Column(() => Decimal, {
    class: 'compensation',
    scale: 4,
    band: 1000,
    description: 'Salary a month, in `currency`.',
  })
  monthlySalary?: string;

  @Column(() => String, { class: 'public', description: 'Currency of the salary, as an ISO 4217 code.' })
  currency?: string;

  @Column(() => Int, { class: 'compensation', band: 5, unit: '%', description: 'Last raise.' })
  lastRaise?: number;

  @Column(() => String, { class: 'performance', description: 'Last performance rating, as recorded.' })
  performanceRating?: string;

  @Column(() => RatingLevel, { class: 'performance', description: 'How involved the person is in the job.' })
  jobInvolvement?: keyof typeof RatingLevel;

  @Column(() => RatingLevel, { class: 'performance', description: 'How content the person is with the job.' })
  jobSatisfaction?: keyof typeof RatingLevel;

  @Column(() => String, { class: 'free_text', description: 'Notes of the manager.' })
  managerNotes?: string;
}
