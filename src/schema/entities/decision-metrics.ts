import { Float } from 'type-graphql';
import { Dimension, Measure, Metrics, MetricsRow } from '../metrics';
import { Decimal, SafeInt } from '../scalars';
import { Decision } from './decision';

@Metrics('DecisionMetrics', {
  from: () => Decision,
  description: 'Decisions counted and summed, by period and dimension.',
})
export class DecisionMetrics extends MetricsRow {
  @Dimension({ description: 'What was decided about.' })
  product?: string;

  @Dimension({ description: 'How the decisions ended.' })
  outcome?: string;

  @Dimension({ description: 'Market, as a country code.' })
  market?: string;

  @Dimension({ description: 'What the money is for.' })
  purpose?: string;

  @Dimension({ description: 'State or region of the applicants.' })
  region?: string;

  @Dimension({ description: 'Risk grade.' })
  riskGrade?: string;

  @Dimension({ description: 'Yearly income of the applicants, in `currency`.' })
  annualIncome?: string;

  @Dimension({ description: 'Birth date of the applicants.' })
  birthDate?: string;

  @Dimension({ description: 'Currency of the amounts.' })
  currency?: string;

  @Measure(() => SafeInt, { count: true }, { description: 'Number of decisions.' })
  decisions?: number;

  @Measure(
    () => SafeInt,
    { count: true, where: { field: 'outcome', in: ['DENIED'] } },
    { description: 'Number of refusals.' },
  )
  denied?: number;

  @Measure(() => Float, { ratio: ['denied', 'decisions'] }, { description: 'Refusals divided by decisions.' })
  denialRate?: number;

  @Measure(
    () => Decimal,
    { sum: 'amount' },
    { description: 'Amounts asked for, added up, in `currency`.', currency: 'currency' },
  )
  amount?: string;

  @Measure(() => Float, { average: 'debtToIncome' }, { description: 'Mean of debt to income.' })
  averageDebtToIncome?: number;
}
