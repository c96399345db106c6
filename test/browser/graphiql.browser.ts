/** GraphiQL in Chromium, served by the real gateway. CHROMIUM: the browser's path, /usr/bin/chromium unless set. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startGateway, type Gateway } from '../support/gateway';

const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const present = existsSync(chromiumPath);
if (!present)
  process.stderr.write(
    `Skipped: no browser at ${chromiumPath} (CHROMIUM says where, or apt-get install chromium).\n`,
  );
const it = present ? test : test.skip;

/** The default role first; their schemas differ. */
const roles = ['support', 'sales_analyst'];
let gateway: Gateway | undefined;
let origin = '';
let page_ = '';
let secret = '';

interface Watched {
  page: Page;
  /** Addresses of all requests, whoever made them. */
  requests: string[];
  /** Type and field names of each schema that the page has read, in order. */
  schemas: string[];
  /** What the content security policy stopped, and errors of scripts. */
  complaints: string[];
  /** Bodies of operations that are not introspection. */
  operations: string[];
}

let browser: Browser | undefined;
beforeAll(async () => {
  if (!present) return;
  gateway = await startGateway();
  origin = new URL(gateway.url).origin;
  page_ = `${origin}/graphiql/`;
  secret = await gateway.token({ role: 'support', roles });
  browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await gateway?.close();
});

async function open(hash: string): Promise<Watched> {
  if (browser === undefined) throw new Error('There is no browser.');
  const context = await browser.newContext({ viewport: { width: 1400, height: 860 } });
  const page = await context.newPage();
  const watched: Watched = { page, requests: [], schemas: [], complaints: [], operations: [] };
  context.on('request', (request) => {
    watched.requests.push(request.url());
    const body = request.postData() ?? '';
    if (request.url().endsWith('/graphql') && !body.includes('IntrospectionQuery'))
      watched.operations.push(body);
  });
  page.on('response', async (response) => {
    if (!(response.request().postData() ?? '').includes('IntrospectionQuery')) return;
    watched.schemas.push(await response.text().catch(() => ''));
  });
  page.on('pageerror', (error) => watched.complaints.push(error.message));
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) watched.complaints.push(message.text());
  });
  await page.goto(`${page_}${hash}`);
  return watched;
}

async function openWithToken(): Promise<Watched> {
  const watched = await open(`#token=${secret}`);
  await watched.page.waitForSelector('.graphiql-query-editor .monaco-editor');
  await schemasRead(watched, 1);
  return watched;
}

/** Waits until the page has read so many schemas. */
async function schemasRead({ page, schemas }: Watched, number: number): Promise<void> {
  while (schemas.length < number) await page.waitForTimeout(50);
}

async function runQuery({ page }: Watched): Promise<void> {
  await page.click('button[aria-label^="Execute"]');
  await page.waitForSelector('details.sluice-strip');
}

it('says how to get a token when there is none, and takes a pasted one', async () => {
  const watched = await open('');
  const { page } = watched;
  await page.getByText('npm run token').waitFor();
  await page.getByLabel('Paste a token').fill('not a token');
  await page.getByRole('button', { name: 'Use this token' }).click();
  await page.getByText('This is not a token').waitFor();
  expect(watched.operations).toEqual([]);
  await page.getByLabel('Paste a token').fill(secret);
  await page.getByRole('button', { name: 'Use this token' }).click();
  await page.waitForSelector('.graphiql-query-editor');
  await page.context().close();
});

it('takes the token out of the address and keeps it in session storage only', async () => {
  const watched = await openWithToken();
  const { page, requests } = watched;
  await runQuery(watched);
  expect(page.url()).toBe(page_);
  const read = (expression: string): Promise<string> => page.evaluate(expression);
  expect(await read('JSON.stringify({ ...localStorage })')).not.toContain(secret);
  expect(await read('document.cookie')).toBe('');
  expect(await read('JSON.stringify({ ...history.state })')).not.toContain(secret);
  const holders = await page.evaluate<string[]>(
    `Object.entries(sessionStorage).filter(([, value]) => value.includes(${JSON.stringify(secret)})).map(([key]) => key)`,
  );
  expect(holders).toEqual(['sluice.session']);
  expect(requests.filter((url) => url.includes(secret.slice(0, 40)) && !url.includes('#'))).toEqual([]);

  await page.reload();
  await page.waitForSelector('.graphiql-query-editor .monaco-editor');
  expect(await page.locator('#acting-role').inputValue()).toBe(`0 ${roles[0]}`);
  await page.context().close();
});

it('reads the schema of another role when the role is switched, and runs nothing by itself', async () => {
  const watched = await openWithToken();
  await watched.page.waitForTimeout(500);
  const before = watched.schemas.length;
  await watched.page.selectOption('#acting-role', `0 ${roles[1]}`);
  await schemasRead(watched, before + 1);
  expect(watched.schemas[before]).toContain('__schema');
  expect(watched.schemas[before]).not.toBe(watched.schemas[0]);
  expect(watched.operations).toEqual([]);

  await runQuery(watched);
  expect(watched.operations).toHaveLength(1);
  expect(await watched.page.locator('.sluice-as').textContent()).toContain(roles[1]);
  expect(await watched.page.locator('.graphiql-response').innerText()).toContain(roles[1]);
  await watched.page.context().close();
});

it('asks no other host, and the content security policy stops nothing that the page needs', async () => {
  const watched = await openWithToken();
  const { page } = watched;
  const header = (await page.request.get(page_)).headers()['content-security-policy'] ?? '';
  expect(header).toContain("default-src 'self'");
  expect(header).not.toContain('unsafe-eval');
  await runQuery(watched);
  await page.click('details.sluice-strip summary');
  // The keyboard's way to completion and formatting, so that the workers and the formatter load too.
  await page.click('.graphiql-query-editor .view-lines');
  await page.keyboard.press('Control+Space');
  await page.click('button[aria-label^="Prettify"]');
  await page.waitForLoadState('networkidle');
  const strangers = watched.requests.filter(
    (url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'),
  );
  expect(strangers).toEqual([]);
  expect(watched.complaints).toEqual([]);
  await page.context().close();
});

it('says plainly that the gateway does not accept a token', async () => {
  const [head = '', , signature = ''] = secret.split('.');
  const claims = Buffer.from(JSON.stringify({ sub: 'x', tenant: 'y', role: 'z' })).toString('base64url');
  const { page } = await open(`#token=${head}.${claims}.${signature}`);
  await page.getByRole('alert').filter({ hasText: 'did not accept this token' }).waitFor();
  await page.context().close();
});
