// A browser that a test drives: one JSON command a line on standard input, one JSON answer a line on standard output.
import { createRequire } from "node:module";
import readline from "node:readline";

const [, , modules, chromiumPath] = process.argv;
const require = createRequire(`${modules}/`);
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const contexts = new Map();
const pages = [];

/** Resolves when no panel waits for its first answer, and pictures are drawn. */
const settled = (page) => page.waitForFunction(() => document.querySelector("main h1") && !document.querySelector("main [aria-busy=true]"), null, { timeout: 20000 });

/** In the page: notes when the last panel got its first answer and the browser has painted it. */
function noteWhenComplete() {
  new MutationObserver(() => {
    if (!document.querySelector("main .panel") || document.querySelector("main [aria-busy=true]")) return;
    requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.completeAt = performance.now(); }));
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["aria-busy"] });
}

const commands = {
  async open({ width = 1240, height = 900, scheme = "light", share }) {
    // Pages with the same `share` share their storage and workers, as tabs of one browser do.
    const key = share ?? Symbol("alone");
    if (!contexts.has(key)) contexts.set(key, await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce" }));
    const page = await contexts.get(key).newPage();
    await page.addInitScript(noteWhenComplete);
    const log = [];
    page.on("console", (message) => log.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => log.push(`error: ${error.message}`));
    pages.push({ page, log });
    return pages.length - 1;
  },
  async go({ page, url, settle = true }) {
    await page.goto(url);
    if (settle) await settled(page);
  },
  reload: async ({ page }) => void (await page.reload()),
  settle: ({ page }) => settled(page).then(() => null),
  text: ({ page }) => page.evaluate(() => document.body.innerText),
  // Waits until the page shows the text; gives how many milliseconds that took.
  async await({ page, text, ms = 15000 }) {
    const begun = performance.now();
    await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), text, { timeout: ms });
    return performance.now() - begun;
  },
  fill: ({ page, selector, text }) => page.fill(selector, text),
  click: ({ page, selector }) => page.click(selector),
  press: ({ page, key }) => page.keyboard.press(key),
  focus: ({ page, selector }) => page.focus(selector),
  count: ({ page, selector }) => page.locator(selector).count(),
  content: ({ page, selector }) => page.locator(selector).first().innerText(),
  async axe({ page }) {
    // By the debugger, which the content security policy does not bind.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    return violations.map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`);
  },
  log: ({ log }) => log.splice(0),
  isWide: ({ page }) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
  url: ({ page }) => page.url(),
  // First contentful paint, and when all panels were painted, in milliseconds since the navigation began.
  timing: ({ page }) => page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null, globalThis.completeAt ?? null]),
  shot: async ({ page, path }) => void (await page.screenshot({ path, fullPage: true })),
  close: async ({ page }) => void (await page.close()),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  try {
    const where = pages[asked.page] ?? {};
    const answer = await commands[asked.do]({ ...asked, ...where });
    console.log(JSON.stringify({ answer: answer ?? null }));
  } catch (failure) {
    console.log(JSON.stringify({ error: String(failure.message ?? failure).slice(0, 2000) }));
  }
}
await browser.close();
