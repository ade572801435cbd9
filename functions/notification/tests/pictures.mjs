// Draws mails as a telephone shows them, in the Chromium of CHROMIUM: node pictures.mjs, from the folder of the npm packages.
// MAILS is a JSON file of [{ name, language, html }]; a sheet per language goes to SHEETS.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');

const { MAILS, SHEETS, CHROMIUM } = process.env;
const WIDTH = 390;
const COLUMNS = 6;
const mails = JSON.parse(readFileSync(MAILS, 'utf8'));
const failures = [];

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
});
try {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 600 }, isMobile: true, hasTouch: true });
  // A mail loads nothing: whoever reads it is not watched.
  await page.route('**/*', (route) => {
    failures.push(`a request to ${route.request().url()}`);
    return route.abort();
  });
  const drawn = {};
  for (const { name, language, html } of mails) {
    await page.setContent(html);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > WIDTH) failures.push(`${name} in ${language} is ${wide} pixels wide`);
    const small = await page.evaluate(() => [...document.querySelectorAll('p, td, a, span')]
      .filter((element) => element.innerText.trim() && parseFloat(getComputedStyle(element).fontSize) < 13).length);
    if (small > 0) failures.push(`${name} in ${language} has letters smaller than 13 pixels`);
    const buttons = await page.locator('a[style*="inline-block"]').all();
    for (const button of buttons) {
      const box = await button.boundingBox();
      if (box.height < 44) failures.push(`${name} in ${language}: a button of ${box.height} pixels is hard to hit`);
    }
    const picture = await page.screenshot({ fullPage: true });
    (drawn[language] ??= []).push({ name, picture: picture.toString('base64') });
  }
  await page.unroute('**/*');
  for (const [language, pictures] of Object.entries(drawn)) {
    const sheet = await browser.newPage({ viewport: { width: COLUMNS * 220, height: 800 } });
    const columns = Array.from({ length: COLUMNS }, () => []);
    pictures.forEach((one, at) => columns[at % COLUMNS].push(one));
    const cell = ({ name, picture }) => `<figure><figcaption>${name}</figcaption><img src="data:image/png;base64,${picture}"></figure>`;
    await sheet.setContent(`<style>body{margin:8px;display:flex;gap:8px;font:13px sans-serif;background:#d1d5db}
      div{flex:1}figure{margin:0 0 12px}img{width:100%}</style>${columns.map((column) => `<div>${column.map(cell).join('')}</div>`).join('')}`);
    await sheet.waitForFunction(() => [...document.images].every((image) => image.complete));
    await sheet.screenshot({ path: join(SHEETS, `mails-${language}.png`), fullPage: true });
    await sheet.close();
  }
} finally {
  await browser.close();
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
