// Whether the page of an occupation has all that its readers come for, each thing from data where there is data, and with the
// name of its author where a model wrote it. Usage: node elements.mjs ADDRESS CODE
import { launch, Verdict } from "./browser.mjs";

const [base, code] = process.argv.slice(2);
const verdict = new Verdict("elements");
const browser = await launch();
const page = await (await browser.newContext()).newPage();
await page.goto(new URL(`o/${code}/`, base).href);
for (const one of await page.locator("details").all()) await one.evaluate((details) => { details.open = true; });
const has = async (what, selector, pattern = /\S/) => {
  const texts = await page.locator(selector).allInnerTexts();
  verdict.holds(texts.some((text) => pattern.test(text)), `${code}: no ${what} (${selector} ${pattern})`);
};
const figure = (name, pattern) => has(name, `.facts > div:has(dt:text-is("${name}"))`, pattern);
const panel = (name, pattern) => has(name, `.panel:has(h3:text-is("${name}"))`, pattern);

await has("score", ".big b", /^\d+(\.\d)?$/);
await has("band", ".hero .band");
await has("sentence that says which way the score points", ".say", /today’s AI could handle \d+% of this work alone/);
await has("models by name", ".legend", /mock-a[^]*mock-b[^]*mock-c/);
await figure("Augmentation", /\d+[^]*its own rubric/);
await figure("Model agreement", /α 0?\.?\d/);
await figure("Projected demand", /[+−]\d+\.\d%[^]*2024–34/);
await figure("Median pay", /\$[\d,]+[^]*May 2024[^]*% a year since May 2023, nominal/);
await figure("US employment", /[\d,]{5,}[^]*2024/);
await has("share of each task", "#tasks .tt small", /weight \d+\.\d%/);
await has("rationale", "#tasks .repr", /“.+”/);
await has("reason why it is shown", "#tasks .why", /nearest to the combined score/);
await has("scores of each model", "#tasks .card h3", /mock-b[^]*\d+/);
await has("way back to the answer", "#tasks .prov a", /answer [0-9a-f]{12}/);
await panel("Core skills", /Programming[^]*\d+/);
await panel("Technology tools", /Python/);
await panel("Published figures", /Median annual pay[^]*Projected change/);
await panel("How far it could be off", /Standard error/i);
await panel("How far the models agree", /Krippendorff/);
await has("history", ".panel h3", /runs, same rubric/);
for (const heading of ["Pressure points", "Tools driving change", "What holds value"]) {
  await has(heading, `.prose div:has(> h3:text-is("${heading}")) li`, /\[[TF]\d+/);
}
await has("overview", ".prose .lead", /\[/);
await has("author and date of what a model wrote", ".prose .byline", /Written by a model, mock-a,.*\d{4}/);
await has("questions of its own", ".faq summary", /Does \d+ mean/);
await has("questions that a model answered, labelled", ".byline + .faqs .faq summary");
await has("receipt", ".receipt dl", /run[^]*rubric[^]*sha256[^]*models[^]*record/);
await has("way to cite", ".receipt", /Cite[^]*Run \d/);
// What is of a wider code says so.
await page.goto(new URL("o/15-1299.90/", base).href);
await has("whose figures these are", ".panel .byline", /The figures are for 15-1299 .* one of \d+ parts/);
// Every citation leads somewhere on the page.
await page.goto(new URL(`o/${code}/`, base).href);
const dead = await page.locator(".cite a").evaluateAll((links) =>
  links.map((link) => link.getAttribute("href").slice(1)).filter((id) => !document.getElementById(id)));
verdict.holds(dead.length === 0, `citations that lead nowhere: ${dead}`);
await browser.close();
verdict.end(`the page of ${code}`);
