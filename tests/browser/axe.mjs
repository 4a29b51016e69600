// Every kind of page in every kind of window: accessibility by axe, silence, nothing from elsewhere, nothing cut off.
// Usage: node axe.mjs ADDRESS
import { readFileSync } from "node:fs";
import { kindsOfPages, launch, overflow, packageFile, Verdict, watched } from "./browser.mjs";

const base = process.argv[2];
const axe = readFileSync(packageFile("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const windows = {
  desktop: { viewport: { width: 1280, height: 900 } },
  mobile: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  narrow: { viewport: { width: 320, height: 640 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
};

const verdict = new Verdict("axe");
const browser = await launch();
const pages = await kindsOfPages(base);
for (const [name, options] of Object.entries(windows)) {
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  for (const url of pages) {
    const where = `${new URL(url).pathname} ${name}`;
    const { page, seen } = await watched(context, base);
    const response = await page.goto(url, { waitUntil: "networkidle" });
    verdict.holds(response.status() === 200, `${where}: status ${response.status()}`);
    const beyond = await overflow(page);
    verdict.holds(beyond <= 0, `${where}: ${beyond} px beyond the window`);
    // Closed, they hide most of the page from axe.
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    verdict.holds((await overflow(page)) <= 0, `${where}: beyond the window with everything open`);
    // The policy of the page lets no script in; what the browser itself evaluates is none of the page's.
    await page.evaluate(axe);
    const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), rules);
    for (const one of found.violations) {
      const places = one.nodes.slice(0, 2).map((node) => node.target.join(" ")).join(", ");
      verdict.holds(false, `${where}: ${one.id} (${one.nodes.length}): ${one.help}: ${places}`);
    }
    verdict.holds(found.passes.length > 10, `${where}: axe looked at next to nothing`);
    verdict.holds(seen.length === 0, `${where}: ${seen.join("; ")}`);
    await page.close();
  }
  await context.close();
}

// Colours that the reader's system forces upon the page.
const context = await browser.newContext({ forcedColors: "active" });
for (const url of pages) {
  const { page, seen } = await watched(context, base);
  await page.goto(url, { waitUntil: "networkidle" });
  const heading = page.locator("h1");
  verdict.holds((await heading.count()) === 1 && (await heading.isVisible()), `${url}: no heading in forced colours`);
  verdict.holds((await page.screenshot()).length > 5_000, `${url}: next to nothing is drawn in forced colours`);
  verdict.holds(seen.length === 0, `${url} forced colours: ${seen.join("; ")}`);
  await page.close();
}
await browser.close();
verdict.end(`${pages.length} pages in ${Object.keys(windows).length + 1} ways`);
