// Pictures of the pages, for people to look at: whole pages, and what is seen of index and occupation before scrolling, which
// is what README.md shows.
// Usage: node shots.mjs ADDRESS FOLDER
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { kindsOfPages, launch } from "./browser.mjs";

const [base, folder] = process.argv.slice(2);
// What is longer than this comes out blank.
const tallest = 15_000;
const ways = {
  light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  mobile: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

mkdirSync(folder, { recursive: true });
const browser = await launch();
const [index, occupation, compare, method] = await kindsOfPages(base);
let count = 0;
for (const [way, options] of Object.entries(ways)) {
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  for (const [name, url] of Object.entries({ index, occupation, compare, method })) {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "networkidle" });
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const clip = { x: 0, y: 0, width: options.viewport.width, height: Math.min(height, tallest) };
    await page.screenshot({ path: join(folder, `${name}-${way}.png`), fullPage: true, clip });
    count += 1;
    if (way === "light" && (name === "index" || name === "occupation")) {
      await page.screenshot({ path: join(folder, `${name}-top.png`) });
      count += 1;
    }
    await page.close();
  }
  await context.close();
}
await browser.close();
console.log(`shots: ${count} in ${folder}`);
