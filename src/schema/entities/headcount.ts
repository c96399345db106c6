import { Float } from 'type-graphql';
import { Dimension, Measure, Metrics, MetricsRow } from '../metrics';
import { Decimal, SafeInt } from '../scalars';
import { Employee } from './employee';

@Metrics('Headcount', { from: () => Employee, description: 'People counted, by dimension.' })
export class Headcount extends MetricsRow {
  @Dimension({ description: 'Department.' })
  department?: string;

  @Dimension({ description: 'Role in the department.' })
  jobRole?: string;

  @Dimension({ description: 'Level of the job.' })
  jobLevel?: number;

  @Dimension({ description: 'Age in years.' })
  age?: number;

  @Dimension({ description: 'Gender, as recorded.' })
  gender?: string;

  @Dimension({ description: 'Highest education.' })
  education?: string;

  @Dimension({ description: 'Whether the people have left.' })
  left?: boolean;

  @Dimension({ description: 'Currency of the salaries.' })
  currency?: string;

  @Measure(() => SafeInt, { count: true }, { description: 'Number of people, those who left included.' })
  people?: number;

  @Measure(
    () => SafeInt,
    { count: true, where: { field: 'left', in: [false] } },
    { description: 'Number of people employed now.' },
  )
  headcount?: number;

  @Measure(
    () => SafeInt,
    { count: true, where: { field: 'left', in: [true] } },
    { description: 'Number of people who left.' },
  )
  leavers?: number;

  @Measure(
    () => Float,
    { ratio: ['leavers', 'people'] },
    { description: 'People who left divided by all people.' },
  )
  attritionRate?: number;

  @Measure(() => Float, { average: 'age' }, { description: 'Mean age in years.' })
  averageAge?: number;

  @Measure(
    () => Float,
    { average: 'monthlySalary' },
    { description: 'Mean salary a month, in `currency`.', currency: 'currency' },
  )
  averageSalary?: number;

  @Measure(
    () => Decimal,
    { sum: 'monthlySalary' },
    { description: 'Salaries a month, added up.', currency: 'currency' },
  )
  payroll?: string;
}
