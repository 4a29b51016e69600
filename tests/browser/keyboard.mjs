// By Tab, Enter and Space alone: first the way past the header, then every task, with the focus in sight all along.
// Usage: node keyboard.mjs ADDRESS
import { kindsOfPages, launch, Verdict } from "./browser.mjs";

const base = process.argv[2];
const verdict = new Verdict("keyboard");
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });

// What has the focus, how it shows, and whether it is in view.
const focused = (page) =>
  page.evaluate(() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    // A place in the document that stays the same whatever is open.
    const all = [...document.querySelectorAll("*")];
    return {
      place: all.indexOf(one),
      name: `${one.tagName.toLowerCase()}${one.className?.baseVal === undefined && one.className ? "." + one.className : ""}`,
      text: one.textContent.trim().slice(0, 40),
      href: one.getAttribute("href"),
      isTask: one.matches("details.task > summary"),
      ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
      inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
  });

let opened = 0;
for (const url of await kindsOfPages(base)) {
  const where = new URL(url).pathname;
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "networkidle" });
  const most = (await page.locator("a, button, select, input, summary, [tabindex]").count()) + 20;
  const visited = new Set();
  for (let step = 0; step < Math.min(most, 400); step += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    // Out of the page at its end, or at its beginning again.
    if (at === null || visited.has(at.place)) {
      const [first] = visited;
      verdict.holds(at === null || (at.place === first && visited.size > 1), `${where}: ${at?.name} "${at?.text}" holds the focus`);
      break;
    }
    visited.add(at.place);
    if (step === 0) {
      const leads = at.href?.startsWith("#") && (await page.locator(at.href).count()) === 1;
      verdict.holds(leads, `${where}: the first thing is no way past the header but ${at.name}`);
    }
    verdict.holds(at.ring, `${where}: the focus on ${at.name} "${at.text}" does not show`);
    verdict.holds(at.inView, `${where}: ${at.name} "${at.text}" has the focus out of view`);
    if (at.isTask) {
      // Some stand open from the beginning.
      if (await page.evaluate(() => document.activeElement.parentElement.open)) await page.keyboard.press("Enter");
      await page.keyboard.press(opened % 2 === 0 ? "Enter" : "Space");
      const card = page.locator("details.task:focus-within .card").first();
      verdict.holds(await card.isVisible(), `${where}: ${at.text} does not open`);
      const scores = await page.locator("details.task:focus-within .card h3").allInnerTexts();
      verdict.holds(scores.length > 0 && scores.every((text) => text.trim() !== ""), `${where}: ${at.text} has no scores`);
      opened += 1;
      // Shut again, so that what is within it is not gone through once a task.
      await page.keyboard.press("Enter");
      verdict.holds(!(await card.isVisible()), `${where}: ${at.text} does not shut`);
    }
  }
  const tasks = await page.locator("details.task").count();
  const reached = await page.evaluate(
    (places) => [...document.querySelectorAll("details.task > summary")]
      .filter((one) => !places.includes([...document.querySelectorAll("*")].indexOf(one))).length,
    [...visited],
  );
  verdict.holds(reached === 0 || visited.size >= 400, `${where}: ${reached} of ${tasks} tasks are not reached`);
  await page.close();
}
verdict.holds(opened > 0, "no task was opened");
await browser.close();
verdict.end(`${opened} tasks opened`);
