import type { DatasetDeclaration, ErasureRule } from '../../../src/schema/declarations';
import { dataset } from './people';

/** The declared datasets under rules that retain fields: with periods of rows and without, of rows that stay and that go. */
export const RETAINING: Readonly<Record<string, ErasureRule>> = {
  Decision: {
    action: 'pseudonymise',
    ground: 'Records of credit decisions: ECOA Regulation B, 12 CFR 1002.12(b), 25 months',
    keep: 'P25M',
    from: 'decidedAt',
    retained: [
      { fields: ['region', 'single'], ground: 'Fair lending law', keep: 'P1Y', from: 'decidedAt' },
      { fields: ['applicantName'], ground: 'Law of names', keep: 'P2Y', from: 'decidedAt' },
    ],
  },
  SalesLine: {
    action: 'pseudonymise',
    ground: 'Figures of the company',
    retained: [
      {
        fields: ['customerName', 'city'],
        ground: 'Invoices: Umsatzsteuergesetz § 14b (1) with § 14 (4) no. 1, 8 years',
        keep: 'P8Y',
        from: 'soldAt',
        fromEndOfYear: true,
      },
    ],
  },
  Employee: {
    action: 'delete',
    retained: [
      { fields: ['monthlySalary', 'currency'], ground: 'Payroll law', keep: 'P6Y', from: 'hiredOn' },
    ],
  },
  Reading: {
    action: 'delete',
    retained: [
      {
        fields: ['metric', 'value', 'unit'],
        ground: 'Driving times: Regulation (EC) No 561/2006, Article 10 (5), 12 months',
        keep: 'P1Y',
        from: 'recordedAt',
      },
    ],
  },
};

/** A declared dataset under another rule, that of `RETAINING` unless given. */
export function withRetained(name: string, rule = RETAINING[name]): DatasetDeclaration {
  const declared = dataset(name);
  if (declared.erasure === undefined || rule === undefined) throw new Error(`${name} is not erased.`);
  return { ...declared, columns: dated(declared, rule), erasure: { ...declared.erasure, rule } };
}

/** Columns of a dataset, with the times that are never missing where fields are retained. */
function dated({ columns }: DatasetDeclaration, rule: ErasureRule): DatasetDeclaration['columns'] {
  const times = rule.action === 'retain' ? [] : (rule.retained ?? []).map(({ from }) => from);
  const known = [...columns.values()].filter(({ field }) => times.includes(field));
  return new Map([...columns, ...known.map((time) => [time.field, { ...time, nullable: false }] as const)]);
}

/**
 * Puts declared datasets of this process under other rules, for everything that reads the declarations.
 *
 * @returns puts them back as they were
 */
export function declare(rules: Readonly<Record<string, ErasureRule>>): () => void {
  const before = Object.keys(rules).map((name) => {
    const { columns, erasure } = dataset(name);
    return { name, columns, rule: erasure?.rule };
  });
  for (const [name, rule] of Object.entries(rules)) {
    Object.assign(dataset(name), { columns: dated(dataset(name), rule) });
    Object.assign(dataset(name).erasure ?? {}, { rule });
  }
  return () => {
    for (const { name, columns, rule } of before) {
      Object.assign(dataset(name), { columns });
      Object.assign(dataset(name).erasure ?? {}, { rule });
    }
  };
}
