import { ID, Int } from 'type-graphql';
import { Column, Dataset } from '../columns';
import { SalesChannel } from '../enums';
import { DateTime, Decimal } from '../scalars';

@Dataset('SalesLine', {
  domain: 'erp',
  description: 'One line of an invoice. A cancellation is a line with a negative quantity.',
  engine: 'redshift',
  database: 'erp',
  table: 'sales_lines',
  tenant: 'company_id',
  key: 'id',
  time: 'soldAt',
  subject: 'customerId',
  erasure: {
    keys: { customerId: 'customer', customerEmail: 'email' },
    mentions: { salesRepresentative: 'employee' },
    rule: {
      action: 'pseudonymise',
      // Vouchers: eight years since 2025 (BEG IV, BGBl. 2024 I Nr. 323), counted from the end of the year (§ 257 (5)).
      ground: 'Accounting records: Handelsgesetzbuch § 257 (1) no. 4, (4) and (5), 8 years',
      keep: 'P8Y',
      from: 'soldAt',
      fromEndOfYear: true,
    },
  },
})
export class SalesLine {
  @Column(() => ID, {
    class: 'internal',
    column: 'line_id',
    nullable: false,
    description: 'Opaque id of the line.',
  })
  id: string;

  @Column(() => String, { class: 'internal', description: 'Number of the invoice.' })
  invoiceNumber?: string;

  @Column(() => DateTime, { class: 'internal', description: 'When it was sold.' })
  soldAt?: string;

  @Column(() => String, { class: 'public', description: 'Code of the product.' })
  productCode?: string;

  @Column(() => String, { class: 'public', description: 'Name of the product.' })
  productName?: string;

  @Column(() => Int, { class: 'internal', description: 'Number of pieces; negative when cancelled.' })
  quantity?: number;

  @Column(() => Decimal, {
    class: 'financial',
    scale: 4,
    band: 10,
    description: 'Price of one piece, in `currency`.',
  })
  unitPrice?: string;

  @Column(() => Decimal, {
    class: 'financial',
    scale: 4,
    band: 100,
    description: 'Quantity times unit price, in `currency`.',
  })
  netAmount?: string;

  @Column(() => String, { class: 'public', description: 'Currency of the amounts, as an ISO 4217 code.' })
  currency?: string;

  @Column(() => SalesChannel, { class: 'public', description: 'How the sale came in.' })
  channel?: keyof typeof SalesChannel;

  @Column(() => String, { class: 'public', description: 'Country of the customer.' })
  country?: string;

  @Column(() => ID, { class: 'identifier', description: 'Id of the customer; null when sold without one.' })
  customerId?: string;

  @Column(() => String, { class: 'identifier', description: 'Name of the customer.' })
  customerName?: string;

  @Column(() => String, { class: 'contact', description: 'E-mail address of the customer.' })
  customerEmail?: string;

  @Column(() => String, { class: 'location', description: 'City of the customer.' })
  city?: string;

  @Column(() => String, { class: 'identifier', description: 'Sales representative, as an employee number.' })
  salesRepresentative?: string;
}
