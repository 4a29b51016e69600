// A site of hostile tasks and rationales: they stand there as text, run nothing, and break no layout.
// Usage: node hostile.mjs ADDRESS
import { kindsOfPages, launch, overflow, Verdict, watched } from "./browser.mjs";

const base = process.argv[2];
const verdict = new Verdict("hostile");
const browser = await launch();
const pages = await kindsOfPages(base);

for (const viewport of [{ width: 390, height: 844 }, { width: 1280, height: 900 }]) {
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  for (const url of pages) {
    const where = `${new URL(url).pathname} at ${viewport.width} px`;
    const { page, seen } = await watched(context, base);
    await page.goto(url, { waitUntil: "networkidle" });
    verdict.holds((await overflow(page)) <= 0, `${where}: beyond the window`);
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    verdict.holds((await overflow(page)) <= 0, `${where}: beyond the window with everything open`);
    const state = await page.evaluate(() => ({
      hit: window.__hit ?? null,
      scripts: [...document.scripts].filter((one) => !one.src && one.type !== "application/ld+json").length,
      listeners: [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((a) => a.name.startsWith("on"))).length,
      odd: [...document.links].map((one) => one.href).filter((href) => /^javascript:|elsewhere\.example/i.test(href)),
      images: document.querySelectorAll('main img[src="x"]').length,
      controls: /[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f]/u.test(document.documentElement.textContent),
    }));
    verdict.holds(state.hit === null, `${where}: ran what hit ${state.hit}`);
    verdict.holds(state.scripts + state.listeners + state.images === 0, `${where}: markup came through: ${JSON.stringify(state)}`);
    verdict.holds(state.odd.length === 0, `${where}: links ${state.odd.slice(0, 2)}`);
    verdict.holds(!state.controls, `${where}: controls came through`);
    verdict.holds(seen.length === 0, `${where}: ${seen.slice(0, 3).join("; ")}`);
    await page.close();
  }
  await context.close();
}

// As text, word for word.
const context = await browser.newContext({ javaScriptEnabled: false });
const page = await context.newPage();
await page.goto(pages[1]);
const text = await page.locator("main").evaluate((main) => main.textContent);
for (const part of [
  "<script>window.__hit=1</script> in the open",
  "\"><img src=x onerror=\"window.__hit=2\"> out of an attribute",
  "</title></textarea></style></script><script>window.__hit=4</script>",
  "<a href=\"javascript:window.__hit=5\">a link</a>",
  "{{7*7}} ${7*7} <%= 7*7 %>",
  "&lt;b&gt; &amp;amp; &#60;i&#62;",
  "=HYPERLINK(\"https://elsewhere.example/\",\"x\")",
]) {
  verdict.holds(text.includes(part), `is not shown as it was said: ${part}`);
}

// What a spreadsheet would run stands in no cell of the data files.
await page.goto(pages[5]);
const tables = await page.locator("a[href$='.csv']").evaluateAll((all) => all.map((one) => one.href));
verdict.holds(tables.length > 0, "the page of data names no table");
for (const table of tables) {
  const csv = await (await fetch(table)).text();
  verdict.holds(!/(^|,)"?[=+@]/m.test(csv), `${table}: a cell that a spreadsheet would run`);
}
await browser.close();
verdict.end(`${pages.length} pages, ${tables.length} tables`);
