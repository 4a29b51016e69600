// Without JavaScript nothing is missing: all text, every model's score of every task, and links that lead somewhere.
// Usage: node noscript.mjs ADDRESS
import { kindsOfPages, launch, Verdict } from "./browser.mjs";

const base = process.argv[2];
const origin = new URL(base).origin;
const verdict = new Verdict("noscript");
const browser = await launch();
const [plain, scripted] = await Promise.all([
  browser.newContext({ javaScriptEnabled: false }),
  browser.newContext({ javaScriptEnabled: true }),
]);

// Controls are the script's own and hidden where it does not run: the rest of the words is compared.
const words = (text) => text.replace(/\s+/g, " ").trim();
const textOf = async (page) => {
  return words(await page.locator("main").evaluate((main) => {
    const copy = main.cloneNode(true);
    copy.querySelectorAll("label, select, input, button, #count, [aria-live]").forEach((one) => one.remove());
    return copy.textContent;
  }));
};

const targets = new Map();
for (const url of await kindsOfPages(base)) {
  const where = new URL(url).pathname;
  const [without, withScript] = [await plain.newPage(), await scripted.newPage()];
  await without.goto(url);
  await withScript.goto(url, { waitUntil: "networkidle" });
  const texts = [await textOf(without), await textOf(withScript)];
  verdict.holds(texts[0].length > 20, `${where}: next to no text`);
  const missing = new Set(texts[1].split(" ").filter((word) => !texts[0].includes(word)));
  verdict.holds(missing.size === 0, `${where}: only with JavaScript: ${[...missing].slice(0, 8).join(" ").slice(0, 200)}`);
  for (const href of await without.locator("a[href]").evaluateAll((all) => all.map((one) => new URL(one.getAttribute("href"), document.baseURI).href))) {
    if (href.startsWith(origin)) targets.set(href.split("#")[0], where);
  }
  await without.close();
  await withScript.close();
}

// Tasks open by themselves, and there stands what each model said.
const [, occupation] = await kindsOfPages(base);
const page = await plain.newPage();
await page.goto(occupation);
const tasks = await page.locator("details.task").all();
verdict.holds(tasks.length > 0, "no tasks");
const columns = await page.locator("details.alltasks table thead th, .alltasks table thead th").count();
verdict.holds(columns > 2, "the table of all numbers has no columns of models");
for (const [place, task] of tasks.entries()) {
  if (!(await task.evaluate((one) => one.open))) await task.locator("summary").first().click();
  const cards = await task.locator(".card").all();
  verdict.holds(cards.length > 0, `task ${place}: no model`);
  for (const card of cards) {
    const [name, score] = [await card.locator("h3").first().innerText(), await card.locator("h3 b, b").first().innerText()];
    verdict.holds(/\p{L}/u.test(name) && score.trim() !== "", `task ${place}: a model without name or score: ${name}`);
    verdict.holds(await card.isVisible(), `task ${place}: ${name} is not shown`);
  }
}

for (const [target, where] of targets) {
  const status = (await fetch(target)).status;
  verdict.holds(status === 200, `${where}: ${target} gives ${status}`);
}
await browser.close();
verdict.end(`${tasks.length} tasks, ${targets.size} links`);
