import type { DatasetDeclaration } from '../../../src/schema/declarations';
import type { LoadRow } from '../import/transform';
import { person } from './people';
import type { Random } from './random';
import { loadRow, type Fields } from './rows';

const DECISIONS = 2_000;
/** Decisions of one applicant repeat: about two each. */
const APPLICANTS = 1_000;
const FIRST_DAY = Date.UTC(2025, 9, 1);
const DAYS = 365;

const PRODUCTS = ['MORTGAGE', 'CONSUMER_LOAN', 'INVOICE', 'CARD'] as const;
const PURPOSES = ['home', 'car', 'furniture', 'studies', 'repairs', 'travel'] as const;
const REGIONS = ['Hamburg', 'Bavaria', 'Saxony', 'Berlin', 'Hesse'] as const;
const JOBS = [
  'baker, night shift',
  'Teacher (maths)',
  'self employed',
  'nurse',
  'truck driver',
  'Dr. med.',
] as const;
const GRADES = ['A', 'B', 'C', 'D', 'E'] as const;

/** A year of decisions of one tenant, each with the checks it is made of. */
export function* sampleDecisions(dataset: DatasetDeclaration, random: Random): Generator<LoadRow> {
  const applicants = Array.from({ length: APPLICANTS }, (_none, index) => ({
    ...person(random, index + 1),
    id: `applicant-${index + 1}`,
    birthDate: new Date(Date.UTC(random.whole(1950, 2005), random.whole(0, 11), random.whole(1, 28)))
      .toISOString()
      .slice(0, 10),
    region: random.one(REGIONS),
    jobTitle: random.one(JOBS),
    income: random.whole(18, 140) * 1_000,
  }));
  for (let number = 1; number <= DECISIONS; number += 1) {
    const applicant = applicants[random.whole(0, APPLICANTS - 1)] ?? applicants[0];
    if (applicant === undefined) return;
    const product = random.one(PRODUCTS);
    const amount = product === 'MORTGAGE' ? random.whole(60, 600) * 1_000 : random.whole(1, 400) * 50;
    const debtToIncome = random.number(0.02, 0.75, 4);
    const grade = GRADES[Math.min(Math.floor(debtToIncome * 6), GRADES.length - 1)] ?? 'E';
    const decided = FIRST_DAY + random.whole(0, DAYS * 24 * 60 - 1) * 60_000;
    const outcome = random.chance(0.05) ? 'REFERRED' : random.chance(debtToIncome) ? 'DENIED' : 'APPROVED';
    const fields: Fields = {
      id: `decision-${String(number).padStart(5, '0')}`,
      decidedAt: new Date(decided).toISOString(),
      product,
      outcome,
      market: random.chance(0.8) ? 'DE' : 'AT',
      purpose: product === 'MORTGAGE' ? 'home' : random.one(PURPOSES),
      amount: `${amount}.0000`,
      currency: 'EUR',
      applicantId: applicant.id,
      applicantName: applicant.name,
      applicantEmail: applicant.email,
      applicantPhone: applicant.phone,
      birthDate: applicant.birthDate,
      region: applicant.region,
      annualIncome: `${applicant.income}.0000`,
      jobTitle: applicant.jobTitle,
      riskGrade: grade,
      interestRate: outcome === 'APPROVED' ? random.number(1.5, 14, 2) : null,
      debtToIncome,
      single: random.chance(0.4),
      selfEmployed: applicant.jobTitle === 'self employed',
    };
    yield loadRow(dataset, fields, { transactions: checks(random, product, debtToIncome, decided) });
  }
}

function checks(random: Random, product: string, debtToIncome: number, decided: number): Fields[] {
  const found: Fields[] = [
    { kind: 'IDENTITY', name: 'document_check', finding: random.chance(0.97) ? 'passed' : 'unclear' },
    { kind: 'CREDIT_BUREAU', name: 'bureau_score', value: random.whole(280, 850) },
    {
      kind: 'CREDIT_BUREAU',
      name: 'late_payments_2_years',
      value: random.chance(0.7) ? 0 : random.whole(1, 6),
    },
    { kind: 'AFFORDABILITY', name: 'debt_to_income', value: debtToIncome },
    { kind: 'EMPLOYMENT', name: 'years_employed', value: random.whole(0, 30) },
  ];
  if (product === 'MORTGAGE') {
    found.push({ kind: 'COLLATERAL', name: 'loan_to_value', value: random.number(0.3, 1.1, 3) });
    found.push({
      kind: 'INSURANCE',
      name: 'mortgage_insurance',
      finding: random.chance(0.9) ? 'granted' : 'denied',
    });
  }
  return found.map((check, index) => ({
    id: String(index + 1),
    ...check,
    performedAt: new Date(decided - (found.length - index) * 1_000).toISOString(),
  }));
}
