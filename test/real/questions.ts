/** Questions with known answers about the public files, and the mapping that loads each. Tenants keep the files apart. */

export interface Question {
  title: string;
  tenant: string;
  query: string;
  /** What the answer's data must be, exactly, floats rounded to eight digits after the point. */
  expected: unknown;
}

const ALL_TIME = 'range: { from: "1990-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z" }';

export const QUESTIONS: readonly Question[] = [
  {
    title: '541,909 sales lines with revenue 9,747,747.934',
    tenant: 'retailer',
    query: '{ erp { salesMetrics { rows { currency lines revenue } } } }',
    expected: {
      erp: { salesMetrics: { rows: [{ currency: 'GBP', lines: 541909, revenue: '9747747.9340' }] } },
    },
  },
  {
    title: 'November 2011: revenue 1,461,756.250 from 3,462 invoices',
    tenant: 'retailer',
    query:
      '{ erp { salesMetrics(grain: MONTH, range: { from: "2011-11-01T00:00:00Z", to: "2011-12-01T00:00:00Z" }) { rows { period currency revenue invoices } } } }',
    expected: {
      erp: {
        salesMetrics: {
          rows: [
            { period: '2011-11-01T00:00:00.000Z', currency: 'GBP', revenue: '1461756.2500', invoices: 3462 },
          ],
        },
      },
    },
  },
  {
    title: 'United Kingdom: revenue 8,187,806.364',
    tenant: 'retailer',
    query:
      '{ erp { salesMetrics(groupBy: [COUNTRY], where: { country: { eq: "United Kingdom" } }) { rows { country currency revenue } } } }',
    expected: {
      erp: {
        salesMetrics: { rows: [{ country: 'United Kingdom', currency: 'GBP', revenue: '8187806.3640' }] },
      },
    },
  },
  {
    title: '135,080 lines without customer, 10,624 with negative quantity',
    tenant: 'retailer',
    query: `{ erp {
      anonymous: salesLines(where: { customerId: { isNull: true } }) { totalCount }
      cancelled: salesLines(where: { quantity: { lt: 0 } }) { totalCount }
    } }`,
    expected: { erp: { anonymous: { totalCount: 135080 }, cancelled: { totalCount: 10624 } } },
  },
  {
    title: '2,380 HMDA decisions, 285 denied',
    tenant: 'boston',
    query: `{ decisionMetrics(${ALL_TIME}) { rows { decisions denied } } }`,
    expected: { decisionMetrics: { rows: [{ decisions: 2380, denied: 285 }] } },
  },
  {
    title: 'loans by month: 3,395, 2,988 and 3,617',
    tenant: 'lender',
    query: `{ decisionMetrics(${ALL_TIME}, grain: MONTH) { rows { period decisions } } }`,
    expected: {
      decisionMetrics: {
        rows: [
          { period: '2018-01-01T00:00:00.000Z', decisions: 3395 },
          { period: '2018-02-01T00:00:00.000Z', decisions: 2988 },
          { period: '2018-03-01T00:00:00.000Z', decisions: 3617 },
        ],
      },
    },
  },
  {
    title: '1,470 employees, 446 in Sales of whom 92 left',
    tenant: 'employer',
    query: `{ hr {
      employees { totalCount }
      headcount(where: { department: { eq: "Sales" } }) { rows { people leavers } }
    } }`,
    expected: {
      hr: { employees: { totalCount: 1470 }, headcount: { rows: [{ people: 446, leavers: 92 }] } },
    },
  },
  {
    title: '22,695 machine readings, January 2014 mean 84.66723911',
    tenant: 'plant',
    query: `{
      all: readings(${ALL_TIME}, where: { deviceId: { eq: "machine" } }) { totalCount }
      january: readingSeries(
        range: { from: "2014-01-01T00:00:00Z", to: "2014-02-01T00:00:00Z" }
        grain: MONTH
        where: { deviceId: { eq: "machine" } }
      ) { rows { period mean } }
    }`,
    expected: {
      all: { totalCount: 22695 },
      january: { rows: [{ period: '2014-01-01T00:00:00.000Z', mean: 84.66723911 }] },
    },
  },
  {
    title: 'the last fix of device 005',
    tenant: 'geolife',
    query: `{ readings(${ALL_TIME}, where: { deviceId: { eq: "005" } }, orderBy: [RECORDED_AT_DESC], first: 1) {
      nodes { recordedAt latitude longitude }
    } }`,
    expected: {
      readings: {
        nodes: [{ recordedAt: '2009-03-19T05:46:37.000Z', latitude: 39.999978, longitude: 116.32746 }],
      },
    },
  },
];

/** The same data asked in other roles: masked or refused as the policy says. */
export interface MaskedQuestion {
  title: string;
  role: string;
  tenant: string;
  query: string;
  expected?: unknown;
  /** Code of the one error, when the question is refused. */
  code?: string;
  masking?: { path: string; action: string }[];
}

export const MASKED_QUESTIONS: readonly MaskedQuestion[] = [
  {
    title: 'a sales analyst adds up revenue, and sees customers as pseudonyms',
    role: 'sales_analyst',
    tenant: 'retailer',
    query: `{ erp {
      salesMetrics { rows { currency lines revenue } }
      salesLines(first: 1) { nodes { productCode customerId } }
    } }`,
    expected: {
      erp: {
        salesMetrics: { rows: [{ currency: 'GBP', lines: 541909, revenue: '9747747.9340' }] },
        salesLines: {
          nodes: [{ productCode: expect.any(String), customerId: expect.stringMatching(/^p_/) }],
        },
      },
    },
    masking: [{ path: 'erp.salesLines.nodes.customerId', action: 'pseudonym' }],
  },
  {
    title: 'a sales representative sees the lines of their markets alone, and none without the claim',
    role: 'sales_rep',
    tenant: 'retailer',
    query: '{ erp { salesLines { totalCount } } }',
    // The sample claims of the tests are Germany and France.
    expected: { erp: { salesLines: { totalCount: 18052 } } },
  },
  {
    title: 'a telemetry analyst sees positions coarsened, and cannot sort by them',
    role: 'telemetry_analyst',
    tenant: 'geolife',
    query: `{ readings(${ALL_TIME}, orderBy: [LATITUDE_ASC], first: 1) { nodes { latitude } } }`,
    code: 'FORBIDDEN_COLUMN_USE',
    masking: [],
  },
  {
    title: 'support staff do not know that there are employees',
    role: 'support',
    tenant: 'employer',
    query: '{ hr { employees { totalCount } } }',
    code: 'BAD_USER_INPUT',
    masking: [],
  },
  {
    title: 'an HR partner counts leavers, but may not average pay',
    role: 'hr_partner',
    tenant: 'employer',
    query: '{ hr { headcount(where: { department: { eq: "Sales" } }) { rows { people leavers } } } }',
    expected: { hr: { headcount: { rows: [{ people: 446, leavers: 92 }] } } },
  },
];
