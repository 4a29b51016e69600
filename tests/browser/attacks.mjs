// Texts that a page has to show as text: markup, what breaks out of attributes, what turns the direction of writing,
// what is no end of, and what a spreadsheet would run. Whatever of it runs sets window.__hit.
// Usage: node attacks.mjs        prints an occupation of one's own whose tasks they are, as TOML
import { pathToFileURL } from "node:url";

export const hostile = [
  "<script>window.__hit=1</script> in the open",
  "\"><img src=x onerror=\"window.__hit=2\"> out of an attribute",
  "'><svg onload='window.__hit=3'> out of the other",
  "</title></textarea></style></script><script>window.__hit=4</script> out of anything",
  "<a href=\"javascript:window.__hit=5\">a link</a> and https://elsewhere.example/ as words",
  "{{7*7}} ${7*7} <%= 7*7 %> templates, &lt;b&gt; &amp;amp; &#60;i&#62; escaped already",
  "\u202egnp.exe\u202c turned round, \u2066isolated\u2069, \u200bno width\u200b, \u0007 bell, \u001b[31m red",
  "=HYPERLINK(\"https://elsewhere.example/\",\"x\") for a spreadsheet",
  "]]><!-- --><![CDATA[ <!-- a comment that does not end",
  "Z\u0351\u036b\u0343a\u0363\u0368l\u035b\u0364g\u030do \u{1f468}\u200d\u{1f469}\u200d\u{1f467} \ufdfd wide",
  "x".repeat(3_000),
];

// For tasks alone: what the rubric lets no rationale be.
export const endless = "y".repeat(100_000);

const quoted = (text) => JSON.stringify(text).replace(/[\u007f-\u009f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`title = ${quoted("Hostile \"><script>window.__hit=6</script> Texts")}`);
  console.log(`slug = "hostile"\ndescription = ${quoted(hostile[1])}`);
  for (const [place, text] of [...hostile, endless].entries()) {
    console.log(`\n[[tasks]]\nid = "t${place}"\ntext = ${quoted(text)}`);
  }
}
