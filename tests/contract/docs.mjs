// Looks at /docs as a person does, in the Chromium of CHROMIUM: node docs.mjs, from the folder of the npm packages.
// BASE_URL is the shop, TOKEN the access token of EMAIL; the pictures go to PICTURES.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');

const { BASE_URL, TOKEN, EMAIL, CHROMIUM, PICTURES } = process.env;
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const failures = [];

function check(holds, sentence) {
  if (!holds) failures.push(sentence);
}

/** Errors in the console, and requests to anywhere but the shop, which are not let out. */
async function watch(name, page) {
  page.on('console', (message) => check(message.type() !== 'error', `${name}: console: ${message.text()}`));
  page.on('pageerror', (error) => check(false, `${name}: ${error}`));
  await page.route('**/*', (route) => {
    const url = new URL(route.request().url());
    const ours = ['data:', 'blob:'].includes(url.protocol) || url.origin === new URL(BASE_URL).origin;
    check(ours, `${name}: a request to ${url.origin}`);
    return ours ? route.continue() : route.abort();
  });
}

async function open(browser, name) {
  const page = await browser.newPage({ viewport: SIZES[name], isMobile: name === 'phone', hasTouch: name === 'phone' });
  page.setDefaultTimeout(20_000);
  await watch(name, page);
  const answer = await page.goto(`${BASE_URL}/docs`);
  check(answer.status() === 200, `${name}: /docs answered ${answer.status()}`);
  await page.waitForSelector('.opblock-summary-path');
  return page;
}

/** Nothing is wider than the window, so nobody scrolls sideways. */
async function fits(name, page, where) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= SIZES[name].width, `${name}: ${where} is ${width} pixels wide`);
}

async function authorize(page) {
  await page.locator('.btn.authorize').first().click();
  const dialog = page.locator('.modal-ux');
  await dialog.locator('input').first().fill(TOKEN);
  await dialog.locator('button.authorize').first().click();
  await dialog.locator('button.btn-done, button.close-modal').first().click();
  await dialog.waitFor({ state: 'detached' });
}

/** GET /users/me by "Try it out": the answer that the page shows holds the caller's address. */
async function tryIt(name, page) {
  const operation = page.locator('.opblock-get', { has: page.locator('[data-path="/users/{id}"]') });
  await operation.locator('.opblock-summary-control').click();
  // The page may have it switched on already; then the button cancels.
  const switchOn = operation.locator('.try-out__btn:not(.cancel)');
  if (await switchOn.count()) await switchOn.click();
  await operation.locator('tr[data-param-name="id"] input').fill('me');
  await operation.locator('.execute').click();
  const answer = operation.locator('.live-responses-table');
  await answer.waitFor();
  const status = (await answer.locator('.response-col_status').nth(1).innerText()).trim();
  check(status.startsWith('200'), `${name}: GET /users/me shows ${status}`);
  const body = await answer.locator('.response-col_description').nth(1).innerText();
  check(body.includes(EMAIL), `${name}: the answer does not show the caller's own address`);
  return operation;
}

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run',
  ],
});
try {
  for (const name of Object.keys(SIZES)) {
    const page = await open(browser, name);
    await fits(name, page, 'the page');
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    await page.locator('.scheme-container').evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: join(PICTURES, `${name}-operations.png`) });
    await authorize(page);
    const operation = await tryIt(name, page);
    await fits(name, page, 'an open operation');
    await operation.locator('.live-responses-table').scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(PICTURES, `${name}-answer.png`) });
    await page.close();
  }
} finally {
  await browser.close();
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
