import type { Fields } from '../../../local/src/sample/rows';
import type { SubjectKey } from '../../../src/erasure/model';
import { dataset, LATELY, LONG_AGO } from './people';

/** A few rows about one person in every dataset. */

/** A row of a dataset with everything that must be there. */
export function rowOf(name: string, id: string, at: string, fields: Fields): Fields {
  const declared = dataset(name);
  const whole: Record<string, unknown> = { [declared.key]: id };
  for (const column of declared.columns.values())
    if (!column.nullable && column.field !== declared.key) whole[column.field] = at;
  const { rule } = declared.erasure ?? {};
  if (rule !== undefined && 'from' in rule && rule.from !== undefined) whole[rule.from] = at;
  return { ...whole, ...fields } as Fields;
}

/** Rows of one person, whose keys end with the mark: `annX`, `KX`, `EX`, `devX`. */
export function personRows(mark: string): Record<string, Fields[]> {
  const email = `ann${mark}@example.com`;
  const ann = { applicantId: `ann${mark}`, applicantEmail: email, applicantPhone: `+49${mark}` };
  return {
    Decision: [
      rowOf('Decision', `d-1${mark}`, LATELY, { ...ann, applicantName: 'Ann' }),
      rowOf('Decision', `d-2${mark}`, LONG_AGO, { applicantId: `ann${mark}` }),
    ],
    SalesLine: [
      rowOf('SalesLine', `s-1${mark}`, LATELY, { customerId: `K${mark}`, customerEmail: email }),
      rowOf('SalesLine', `s-2${mark}`, LONG_AGO, { customerId: `K${mark}` }),
      rowOf('SalesLine', `s-3${mark}`, LATELY, {
        customerId: `other${mark}`,
        salesRepresentative: `E${mark}`,
      }),
    ],
    Employee: [rowOf('Employee', `e-1${mark}`, LATELY, { employeeNumber: `E${mark}`, phone: `+49${mark}` })],
    Reading: [rowOf('Reading', `r-1${mark}`, LATELY, { deviceId: `dev${mark}` })],
  };
}

/** What somebody knows who asks for that person: all other keys are linked to these. */
export function keysOf(mark: string): SubjectKey[] {
  return [
    { kind: 'customer', key: `ann${mark}` },
    { kind: 'device', key: `dev${mark}` },
  ];
}

/** Rows of several people, table by table. */
export function together(all: readonly Record<string, Fields[]>[]): Record<string, Fields[]> {
  return Object.fromEntries(
    Object.keys(all[0] ?? {}).map((name) => [name, all.flatMap((one) => one[name] ?? [])]),
  );
}
