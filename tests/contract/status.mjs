// Looks at /status as an operator does, in the Chromium of CHROMIUM: node status.mjs, from the folder of the npm packages.
// BASE_URL is the shop; STAFF and CUSTOMER are addresses of accounts with the password PASSWORD; the pictures go to PICTURES.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');

const { BASE_URL, STAFF, CUSTOMER, PASSWORD, QUEUES, CHROMIUM, PICTURES } = process.env;
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const SERVICES = ['api-gateway', 'user', 'product', 'order', 'notification'];
const failures = [];

function check(holds, sentence) {
  if (!holds) failures.push(sentence);
}

/** Errors in the console but for answers that are meant to be refusals, and requests to anywhere but the shop. */
async function watch(name, page) {
  const refused = /status of (401|403|503)|net::ERR_/;
  page.on('console', (message) => {
    check(message.type() !== 'error' || refused.test(message.text()), `${name}: console: ${message.text()}`);
  });
  page.on('pageerror', (error) => check(false, `${name}: ${error}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    check(url.protocol === 'data:' || url.origin === new URL(BASE_URL).origin, `${name}: a request to ${url.origin}`);
    check(!url.search, `${name}: something is in the address: ${url.pathname}`);
  });
}

async function open(browser, name, scheme = 'light') {
  const phone = name === 'phone';
  const context = await browser.newContext({
    viewport: SIZES[name], isMobile: phone, hasTouch: phone, colorScheme: scheme, deviceScaleFactor: phone ? 2 : 1,
    locale: 'en-GB', timezoneId: 'Europe/Berlin',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await watch(name, page);
  const answer = await page.goto(`${BASE_URL}/status`);
  check(answer.status() === 200, `${name}: /status answered ${answer.status()}`);
  return page;
}

async function signIn(page, email, password) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

const message = (page, text) => page.locator('#message', { hasText: text }).waitFor();
const live = (page) => page.locator('#clock', { hasText: /^live, \d\d:\d\d:\d\d$/ }).waitFor();

/** Nothing is wider than the window, so nobody scrolls sideways. */
async function fits(name, page, where) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= SIZES[name].width, `${name}: ${where} is ${width} pixels wide`);
}

const heads = (page, id) => page.locator(`#${id} tbody th`).allInnerTexts();

/** What a cell says, by the head of its row and of its column. */
async function cell(page, id, row, column) {
  const columns = await page.locator(`#${id} thead th`).allTextContents();
  const line = page.locator(`#${id} tbody tr`, { has: page.locator('th', { hasText: new RegExp(`^${row}$`) }) });
  return (await line.locator('th, td').nth(columns.indexOf(column)).textContent()).trim();
}

/** The wrong password, somebody who is not staff, a token that is none. */
async function refused(page) {
  await signIn(page, STAFF, 'not this one at all');
  await message(page, 'There is no account with this address and password.');
  await signIn(page, CUSTOMER, PASSWORD);
  await message(page, 'for staff only');
  check(await page.locator('#shop').isHidden(), 'a customer sees the shop');
  check(await page.locator('#entrance').isVisible(), 'after a refusal nobody can sign in');
  await page.getByText('With an access token').click();
  await page.getByLabel('Access token').fill('nonsense');
  await page.getByRole('button', { name: 'Use it' }).click();
  await message(page, 'The session has ended');
}

async function shown(name, page) {
  const services = await heads(page, 'services');
  check(String(services) === String(SERVICES), `${name}: the services are ${services}`);
  const queues = await heads(page, 'queues');
  check(String(queues) === QUEUES, `${name}: the queues are ${queues}`);
  for (const service of SERVICES) {
    const state = await cell(page, 'services', service, 'State');
    check(state === 'serves', `${name}: ${service} is shown as ${state}`);
  }
  const dead = await cell(page, 'queues', 'order-events', 'Dead, waiting');
  check(dead === '1', `${name}: the dead letter is shown as ${dead}`);
  const attention = await page.locator('#attention').innerText();
  check(attention.includes('order-events has 1 dead letter.'), `${name}: nobody is told of the dead letter`);
  const bars = await page.locator('#latency figure').count();
  check(bars === SERVICES.length, `${name}: there are ${bars} histograms`);
  const stored = await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
  check(stored === 0, `${name}: something is stored in the browser`);
}

/** Requests of somebody else show without anybody's doing, in both windows. */
async function changes(name, page) {
  const read = async () => Number((await cell(page, 'services', 'order', 'Requests')).replaceAll(',', ''));
  const before = await read();
  for (let at = 0; at < 7; at += 1) {
    const answer = await fetch(`${BASE_URL}/shipping-methods`);
    check(answer.status === 200, `/shipping-methods answered ${answer.status}`);
    await answer.text();
  }
  const deadline = Date.now() + 15_000;
  while (await read() < before + 7 && Date.now() < deadline) await page.waitForTimeout(200);
  const after = await read();
  check(after >= before + 7, `${name}: after seven requests to the order service there are ${after} and not ${before + 7}`);
  await page.getByLabel('all the time').check();
  check(await read() >= after, `${name}: all the time has fewer requests than the last minute`);
  await page.getByLabel('the last minute').check();
}

/** While nothing is answered it says so and shows how old the rest is; then it goes on by itself. */
async function away(name, page) {
  const answer = (route) => route.abort();
  await page.route('**/status', answer);
  await message(page, 'The gateway does not answer.');
  check(await page.locator('#shop.stale').isVisible(), `${name}: old figures look like new ones`);
  await page.unroute('**/status', answer);
  await page.route('**/status', (route) => route.fulfill({ status: 503, body: '{}' }), { times: 1 });
  await message(page, 'The gateway answers with 503.');
  await live(page);
  check(await page.locator('#message').innerText() === '', `${name}: it complains although all is well`);
}

/** The session ends elsewhere. */
async function ended(name, page) {
  const { access_token: token } = await (await fetch(`${BASE_URL}/auth/login`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: STAFF, password: PASSWORD }),
  })).json();
  const over = await fetch(`${BASE_URL}/auth/logout-all`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  check(over.status === 204, `/auth/logout-all answered ${over.status}`);
  await message(page, 'The session has ended. Sign in again.');
  check(await page.locator('#shop').isHidden(), `${name}: the shop is shown to nobody in particular`);
  check(await page.locator('#queues tbody tr').count() === 0, `${name}: what was shown is still in the page`);
}

/** A token is renewed before it is over: its life is shortened on the way to the page. */
async function renewed(browser) {
  const page = await open(browser, 'desktop');
  await page.route('**/auth/login', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...await answer.json(), expires_in: 61 } });
  });
  const refresh = page.waitForResponse('**/auth/refresh');
  await signIn(page, STAFF, PASSWORD);
  check((await refresh).status() === 200, 'the token is not renewed');
  await live(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await message(page, 'Signed out.');
  await page.context().close();
}

/** A second factor is asked for when the account has one. */
async function secondFactor(browser) {
  const page = await open(browser, 'desktop');
  const sent = [];
  await page.route('**/auth/login', async (route) => {
    const body = route.request().postDataJSON();
    sent.push(body);
    if (body.otp) await route.continue();
    else await route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"code": "otp_required"}' });
  });
  await signIn(page, STAFF, PASSWORD);
  await message(page, 'enter its one-time code');
  await page.getByLabel('One-time code').fill('123456');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await live(page);
  check(sent.length === 2 && sent[1].otp === '123456', 'the one-time code is not sent');
  await page.context().close();
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
    await fits(name, page, 'the sign-in');
    await page.screenshot({ path: join(PICTURES, `status-${name}-sign-in.png`) });
    if (name === 'desktop') await refused(page);
    await signIn(page, STAFF, PASSWORD);
    await live(page);
    await shown(name, page);
    await fits(name, page, 'the shop');
    await changes(name, page);
    await page.screenshot({ path: join(PICTURES, `status-${name}.png`), fullPage: true });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: join(PICTURES, `status-${name}-dark.png`), fullPage: true });
    if (name === 'desktop') await away(name, page);
    await ended(name, page);
    await page.context().close();
  }
  await renewed(browser);
  await secondFactor(browser);
} finally {
  await browser.close();
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
