import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { multiply, readDecimal, writeDecimal } from '../import/decimals';
import type { LoadRow } from '../import/transform';
import { EMPLOYEES, employeeNumber } from './employees';
import type { Random } from './random';
import { loadRow } from './rows';

const LINES = 8_000;
const CUSTOMERS = 300;
const PRODUCTS = 120;
const FIRST_DAY = Date.UTC(2025, 9, 1);
const MINUTES = 365 * 24 * 60;

const PLACES = [
  { country: 'Germany', city: 'Hamburg' },
  { country: 'France', city: 'Lyon' },
  { country: 'Netherlands', city: 'Rotterdam' },
  { country: 'Sweden', city: 'Gothenburg' },
  { country: 'Spain', city: 'Valencia' },
] as const;
const TRADES = ['Bakery', 'Bicycles', 'Furniture', 'Tools', 'Toys', 'Garden'] as const;
const GOODS = ['Lantern', 'Mug', 'Clock', 'Basket', 'Candle', 'Tray', 'Vase', 'Lamp'] as const;
const COLOURS = ['white', 'red', 'green', 'blue', 'black'] as const;
const CHANNELS = ['ONLINE', 'STORE', 'PARTNER', 'FIELD'] as const;

/** A year of invoice lines of one tenant: some sold without a customer, some cancelled. */
export function* sampleSalesLines(dataset: DatasetDeclaration, random: Random): Generator<LoadRow> {
  const customers = Array.from({ length: CUSTOMERS }, (_none, index) => ({
    id: `customer-${index + 1}`,
    name: `Fictive ${random.one(TRADES)} ${index + 1}`,
    email: `orders-${index + 1}@example.com`,
    ...random.one(PLACES),
  }));
  const products = Array.from({ length: PRODUCTS }, (_none, index) => ({
    code: `P-${String(index + 1).padStart(3, '0')}`,
    name: `${random.one(GOODS)}, ${random.one(COLOURS)}`,
    price: `${random.whole(1, 90)}.${String(random.whole(0, 99)).padStart(2, '0')}00`,
  }));
  let line = 0;
  for (let invoice = 1; line < LINES; invoice += 1) {
    const known = random.chance(0.95);
    const buyer = customers[random.whole(0, CUSTOMERS - 1)];
    const place = known && buyer !== undefined ? buyer : random.one(PLACES);
    const channel = random.one(CHANNELS);
    const soldAt = new Date(FIRST_DAY + random.whole(0, MINUTES - 1) * 60_000).toISOString();
    const sign = random.chance(0.02) ? -1 : 1;
    for (let lines = random.whole(1, 5); lines > 0 && line < LINES; lines -= 1) {
      line += 1;
      const product = products[random.whole(0, PRODUCTS - 1)];
      const quantity = sign * random.whole(1, 24);
      yield loadRow(dataset, {
        id: `line-${line}`,
        invoiceNumber: `${sign < 0 ? 'C' : ''}${10_000 + invoice}`,
        soldAt,
        productCode: product?.code ?? null,
        productName: product?.name ?? null,
        quantity,
        unitPrice: product?.price ?? null,
        netAmount: times(quantity, product?.price ?? '0.0000'),
        currency: 'EUR',
        channel,
        country: place.country,
        city: place.city,
        customerId: known ? (buyer?.id ?? null) : null,
        customerName: known ? (buyer?.name ?? null) : null,
        customerEmail: known ? (buyer?.email ?? null) : null,
        salesRepresentative: channel === 'FIELD' ? employeeNumber(random.whole(1, EMPLOYEES / 5) * 5) : null,
      });
    }
  }
}

function times(quantity: number, price: string): string {
  const exact = readDecimal(price);
  return exact === undefined ? price : writeDecimal(multiply({ units: BigInt(quantity), scale: 0 }, exact));
}
