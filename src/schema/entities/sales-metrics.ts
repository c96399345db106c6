import { Float } from 'type-graphql';
import { Dimension, Measure, Metrics, MetricsRow } from '../metrics';
import { Decimal, SafeInt } from '../scalars';
import { SalesLine } from './sales-line';

@Metrics('SalesMetrics', { from: () => SalesLine, description: 'Sales added up, by period and dimension.' })
export class SalesMetrics extends MetricsRow {
  @Dimension({ description: 'Country of the customers.' })
  country?: string;

  @Dimension({ description: 'How the sales came in.' })
  channel?: string;

  @Dimension({ description: 'Code of the product.' })
  productCode?: string;

  @Dimension({ description: 'Id of the customer.' })
  customerId?: string;

  @Dimension({ description: 'Sales representative.' })
  salesRepresentative?: string;

  @Dimension({ description: 'Currency of the amounts.' })
  currency?: string;

  @Measure(
    () => Decimal,
    { sum: 'netAmount' },
    { description: 'Net amounts added up, in `currency`.', currency: 'currency' },
  )
  revenue?: string;

  @Measure(() => SafeInt, { count: true }, { description: 'Number of invoice lines.' })
  lines?: number;

  @Measure(
    () => SafeInt,
    { countDistinct: 'invoiceNumber' },
    { description: 'Number of different invoices.' },
  )
  invoices?: number;

  @Measure(() => SafeInt, { countDistinct: 'customerId' }, { description: 'Number of different customers.' })
  customers?: number;

  @Measure(() => SafeInt, { sum: 'quantity' }, { description: 'Pieces sold, cancellations taken off.' })
  pieces?: number;

  @Measure(() => Float, { ratio: ['revenue', 'invoices'] }, { description: 'Revenue divided by invoices.' })
  averageInvoice?: number;
}
