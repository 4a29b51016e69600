// A model server on this machine that says what no decent model would. Speaks chat completions.
// Usage: node answers.mjs        prints its address and stays until stdin ends
import { createServer } from "node:http";
import { hostile } from "./attacks.mjs";

let count = 0;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const asked = JSON.parse(body || "{}");
    const rationale = hostile[count % hostile.length];
    const answer = { score: (count * 17) % 101, rationale };
    count += 1;
    const text = JSON.stringify({
      id: `x${count}`,
      object: "chat.completion",
      created: 1_750_000_000,
      model: asked.model ?? "hostile",
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: JSON.stringify(answer) } }],
      usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
    });
    response.writeHead(200, { "content-type": "application/json" }).end(text);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/v1`));
process.stdin.resume().on("end", () => process.exit(0));
