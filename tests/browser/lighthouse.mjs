// Lighthouse with its preset for phones, on the index and on an occupation.
// Usage: node lighthouse.mjs ADDRESS
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumFlags, chromiumPath, kindsOfPages, packageModule, Verdict } from "./browser.mjs";

const base = process.argv[2];
const least = 95;
const categories = ["performance", "accessibility", "best-practices", "seo"];
const { default: lighthouse } = await packageModule("lighthouse/core/index.js");
const { launch } = await packageModule("chrome-launcher/dist/index.js");
const verdict = new Verdict("lighthouse");
const folder = mkdtempSync(join(tmpdir(), "lighthouse-"));
const chrome = await launch({
  chromePath: chromiumPath,
  chromeFlags: ["--headless=new", ...chromiumFlags],
  userDataDir: folder,
});
try {
  const [index, occupation] = await kindsOfPages(base);
  for (const url of [index, occupation]) {
    const best = await bestOf(url);
    const where = new URL(url).pathname;
    console.log(`lighthouse: ${where} ${categories.map((name) => `${name} ${best[name]}`).join(", ")}, LCP ${best.lcp} s, CLS ${best.cls}`);
    for (const name of categories) verdict.holds(best[name] >= least, `${where}: ${name} ${best[name]}: ${best.lost[name]}`);
  }
} finally {
  await chrome.kill();
  rmSync(folder, { recursive: true, force: true });
}
verdict.end(`at least ${least}`);

// A machine that is busy with something else is slow once; a page that is slow is so every time.
async function bestOf(url) {
  let best = null;
  for (let round = 0; round < 3; round += 1) {
    const run = await lighthouse(url, { port: chrome.port, logLevel: "error", onlyCategories: categories });
    const figures = figuresOf(run.lhr);
    if (best === null || figures.performance > best.performance) best = figures;
    if (best.performance >= least) break;
  }
  return best;
}

function figuresOf(report) {
  const figures = { lost: {} };
  for (const name of categories) {
    const category = report.categories[name];
    figures[name] = Math.round(category.score * 100);
    const lost = category.auditRefs.filter((one) => one.weight > 0 && (report.audits[one.id].score ?? 1) < 0.9);
    figures.lost[name] = lost.map((one) => one.id).join(", ");
  }
  figures.lcp = (report.audits["largest-contentful-paint"].numericValue / 1000).toFixed(1);
  figures.cls = report.audits["cumulative-layout-shift"].numericValue.toFixed(2);
  return figures;
}
