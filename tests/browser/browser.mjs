// The browser, the pages of a site, and how a check ends: what all the checks share.
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Packages lie in a cache; by hand they may as well be installed beside these files.
const modules = process.env.BROWSER_MODULES ?? fileURLToPath(new URL("node_modules", import.meta.url));
const require = createRequire(join(modules, "here.js"));

export const chromiumPath = process.env.BROWSER_CHROMIUM ?? "/usr/bin/chromium";
export const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const packageFile = (name) => require.resolve(name);
export const packageModule = (name) => import(pathToFileURL(join(modules, name)).href);

export async function launch() {
  const { chromium } = require("playwright-core");
  return chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
}

// Every kind of page, one of each; the first occupation that the index names stands for all.
export async function kindsOfPages(base) {
  const occupations = await occupationsOf(base);
  const kinds = ["", occupations[0], "compare/", "method/", "drift/", "data/", "404.html"];
  return kinds.map((path) => new URL(path, base).href);
}

// Paths of the occupations' pages, in the order of the index.
export async function occupationsOf(base) {
  const index = await (await fetch(base)).text();
  const found = [...index.matchAll(/href="((?:\.\/)?o\/[^"#?]+\/)"/g)].map((match) => match[1]);
  if (found.length === 0) throw new Error(`${base} names no occupation`);
  return [...new Set(found)];
}

// A page that notes whatever it should not do: messages, errors, dialogs, requests that leave the site.
export async function watched(context, base) {
  const page = await context.newPage();
  const seen = [];
  const origin = new URL(base).origin;
  page.on("console", (message) => seen.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => seen.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && new URL(url).origin !== origin) seen.push(`leaves the site: ${url}`);
  });
  page.on("requestfailed", (request) => {
    // What a page no longer needs because it is left is broken off: that is no failure of the site.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") seen.push(`failed: ${request.url()}`);
  });
  return { page, seen };
}

// How far the content goes beyond the window to the right.
export const overflow = (page) =>
  page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);

// Numbers that are the same every time, by mulberry32.
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Collects what does not hold, and says at the end how it went.
export class Verdict {
  constructor(name) {
    this.name = name;
    this.wrong = [];
    this.looks = 0;
  }

  holds(condition, what) {
    this.looks += 1;
    if (!condition) this.wrong.push(what);
    return Boolean(condition);
  }

  // Ends the process: what went wrong first, the summary last.
  end(figures = "") {
    for (const what of this.wrong.slice(0, 30)) console.log(`${this.name}: ${what}`);
    if (this.wrong.length > 30) console.log(`${this.name}: and ${this.wrong.length - 30} more`);
    const outcome = this.wrong.length === 0 ? "ok" : `${this.wrong.length} wrong`;
    console.log(`${this.name}: ${outcome}, ${this.looks} looks${figures && `, ${figures}`}`);
    process.exit(this.wrong.length === 0 ? 0 : 1);
  }
}
