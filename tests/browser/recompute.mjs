// The headline of an occupation out of the numbers that its own page shows, as a reader would redo it by hand.
// Usage: node recompute.mjs ADDRESS [SEED]
import { dice, launch, occupationsOf, Verdict } from "./browser.mjs";

const [base, seed = "1"] = process.argv.slice(2);
const verdict = new Verdict("recompute");
const all = await occupationsOf(base);
const roll = dice(Number(seed));
const chosen = all.map((path) => [roll(), path]).sort(([a], [b]) => a - b).slice(0, 10).map(([, path]) => path);

const browser = await launch();
const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
let tasks = 0;
for (const path of chosen) {
  await page.goto(new URL(path, base).href);
  const shown = await page.evaluate(() => {
    const number = (text) => {
      const found = text.replace(/\u2212/g, "-").match(/-?\d+(?:\.\d+)?/);
      return found ? Number(found[0]) : null;
    };
    const table = document.querySelector(".alltasks table");
    const header = [...table.tHead.rows].at(-1).cells;
    const names = [...header].map((cell) => cell.textContent.trim());
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    return {
      headline: number(document.querySelector(".big b").textContent),
      mean: table.tFoot.querySelector("b").textContent,
      names,
      rows: rows.map((row) => [...row.cells].map((cell) => number(cell.textContent))),
      plotted: [...document.querySelectorAll("details.task > summary .score")].map((score) => number(score.textContent)),
    };
  });
  // Which columns are which is said by their headers.
  const at = (pattern) => shown.names.findIndex((name) => pattern.test(name));
  const [weight, combined] = [at(/weight/i), at(/combined|score|exposure/i)];
  if (!verdict.holds(weight >= 0 && combined >= 0, `${path}: no columns of weight and score in ${shown.names}`)) continue;
  const others = /\b(task|weight|combined|score|exposure|spread|range|sd|type|from|to|low|high|lowest|highest|gaps?|agreement)\b/i;
  const models = shown.names.flatMap((name, place) => (place > 0 && place !== combined && !others.test(name) ? [place] : []));
  verdict.holds(models.length > 0, `${path}: no columns of models in ${shown.names}`);
  let [sum, weights] = [0, 0];
  for (const [place, row] of shown.rows.entries()) {
    const scores = models.map((column) => row[column]).filter((score) => score !== null);
    if (row[combined] === null || scores.length === 0) continue;
    tasks += 1;
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    // Each shown number is rounded, the combined one and those that it is made of.
    verdict.holds(Math.abs(mean - row[combined]) <= slack(row[combined]) + slack(scores[0]),
      `${path} row ${place + 1}: ${scores} make ${mean.toFixed(2)}, shown is ${row[combined]}`);
    sum += row[weight] * row[combined];
    weights += row[weight];
  }
  // The rows that open say the same as the table does, whatever order they stand in.
  const inOrder = (numbers) => numbers.filter((one) => one !== null).sort((a, b) => a - b);
  const [plotted, listed] = [inOrder(shown.plotted), inOrder(shown.rows.map((row) => row[combined]))];
  const isSame = plotted.length === listed.length && plotted.every((one, place) => Math.abs(one - listed[place]) <= 0.5 + slack(listed[place]));
  verdict.holds(isSame, `${path}: the rows show ${plotted}, the table ${listed}`);
  const headline = sum / weights;
  const mean = Number(shown.mean.match(/-?\d+(?:\.\d+)?/)?.[0]);
  // Weights are rounded to a tenth of a percent, which is what a reader's sum may be off by.
  verdict.holds(Math.abs(headline - mean) <= 0.4, `${path}: the rows make ${headline.toFixed(2)}, the table's foot says ${mean}`);
  verdict.holds(Math.abs(mean - shown.headline) <= 0.5 + slack(mean),
    `${path}: the foot says ${mean}, the headline ${shown.headline}`);
}
await browser.close();
verdict.end(`${chosen.length} occupations, ${tasks} tasks, seed ${seed}`);

// Half of the last digit that is shown, and a little for what is not.
function slack(number) {
  return 0.5 / 10 ** (String(number).split(".")[1]?.length ?? 0) + 0.05;
}
