// What the picker puts together is what the site's own page of the same occupations says: columns, legend, measures,
// notes. Ids stand once, links are whole, nothing has a style of its own.
// Usage: node compare.mjs ADDRESS
import { launch, occupationsOf, Verdict, watched } from "./browser.mjs";

const base = process.argv[2];
const verdict = new Verdict("compare");
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });

const shown = (page, root) =>
  page.evaluate((root) => {
    const text = (one) => one.textContent.replace(/\s+/g, " ").trim();
    const within = (name) => [...document.querySelectorAll(`${root} ${name}`)];
    return {
      sides: within(".side").map(text),
      legend: within(".legend li").map(text),
      rows: within("table tr").map((row) => [...row.cells].map(text).join(" | ")),
      notes: within(".notes li").map(text).sort(),
    };
  }, root);

const ids = (await occupationsOf(base)).map((path) => path.split("/").filter(Boolean).pop());
for (const id of [ids[0], ids[Math.floor(ids.length / 2)], ids[ids.length - 1]]) {
  const { page, seen } = await watched(context, base);
  await page.goto(new URL(`compare/${id}/`, base).href);
  const expected = await shown(page, "main");
  const codes = await page.evaluate(() => [...document.querySelectorAll(".side > h3 > a")].map((link) => link.href.split("/").filter(Boolean).pop()));
  // All of that page, and two of them.
  for (const some of [codes, codes.slice(0, 2)]) {
    await page.goto(new URL(`compare/?o=${some.join(",")}`, base).href);
    await page.waitForFunction(() => /^(Showing|These)/.test(document.getElementById("compare-live").textContent));
    const found = await shown(page, "#compared");
    const where = some.join(",");
    verdict.holds(found.sides.join() === expected.sides.slice(0, some.length).join(), `${where}: other columns`);
    verdict.holds(found.legend.join() === expected.legend.join(), `${where}: another legend`);
    if (some.length === codes.length) {
      verdict.holds(found.rows.join("\n") === expected.rows.join("\n"), `${where}: other measures: ${found.rows.join("; ")}`);
      verdict.holds(found.notes.join() === expected.notes.join(), `${where}: other notes: ${found.notes.join("; ")}`);
    } else {
      verdict.holds(found.rows.some((row) => /^Models that put the first higher \| \d of \d$/.test(row)), `${where}: not told which is higher`);
    }
    const faults = await page.evaluate(() => {
      const all = [...document.querySelectorAll("[id]")].map((one) => one.id);
      const labels = [...document.querySelectorAll("#compared [aria-labelledby]")].flatMap((one) => one.getAttribute("aria-labelledby").split(/\s+/));
      const links = [...document.querySelectorAll("#compared a")].map((link) => link.getAttribute("href"));
      return [
        ...all.filter((id, place) => all.indexOf(id) !== place).map((id) => `${id} stands twice`),
        ...labels.filter((id) => !document.getElementById(id)).map((id) => `${id} is not there`),
        ...links.filter((link) => !link.startsWith(location.origin)).map((link) => `${link} is not whole`),
        ...[...document.querySelectorAll("#compared [style]")].map((one) => `${one.localName} has a style`),
      ];
    });
    verdict.holds(faults.length === 0, `${where}: ${faults.join("; ")}`);
  }
  verdict.holds(seen.length === 0, `${id}: ${seen.join("; ")}`);
  await page.close();
}
await browser.close();
verdict.end();
