// Files with facts in the form in which O*NET and BLS publish them, for the occupations of the demo catalogue. All figures
// are made up. Usage: node facts.mjs FOLDER
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const OCCUPATIONS = {
  "13-2011.00": "Accountants and Auditors",
  "15-1252.00": "Software Developers",
  "15-1299.90": "AI/ML Engineers",
  "15-1299.08": "Computer Systems Engineers/Architects",
  "23-1011.00": "Lawyers",
  "25-2021.00": "Elementary School Teachers, Except Special Education",
  "27-3042.00": "Technical Writers",
  "29-1141.00": "Registered Nurses",
  "35-1011.00": "Chefs and Head Cooks",
  "41-4012.00": "Sales Representatives",
  "43-4051.00": "Customer Service Representatives",
  "47-2111.00": "Electricians",
  "53-3032.00": "Heavy and Tractor-Trailer Truck Drivers",
};
const SKILLS = ["Reading Comprehension", "Critical Thinking", "Speaking", "Writing", "Programming", "Monitoring", "Coordination",
  "Complex Problem Solving", "Time Management", "Negotiation"];
const TOOLS = [["Python", "Y", "Y"], ["Git", "Y", "Y"], ["Spreadsheet software", "Y", "N"], ["Atlassian JIRA", "N", "N"],
  ["SQL", "Y", "Y"], ["Diagramming software", "N", "N"]];
const codes = Object.keys(OCCUPATIONS);
const six = (code) => code.slice(0, 7);
const pairs = codes.map((code) => [six(code), code === "15-1299.90" ? "Computer Occupations, All Other" : OCCUPATIONS[code]]);
const statistics = [...new Map(pairs)];
const tabbed = (rows) => rows.map((row) => row.join("\t") + "\r\n").join("");
const quoted = (cell) => (/[",]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell));
const comma = (rows) => rows.map((row) => row.map(quoted).join(",") + "\n").join("");
// Different from place to place, and the same every time.
const vary = (place, from, to) => from + ((place * 37) % 19) / 18 * (to - from);

mkdirSync(join(folder, "onet"), { recursive: true });
const write = (name, text) => writeFileSync(join(folder, name), text);
write("onet/Occupation Data.txt", tabbed([["O*NET-SOC Code", "Title", "Description"],
  ...codes.map((code) => [code, OCCUPATIONS[code], "Made up for a test."])]));
write("onet/Skills.txt", tabbed([
  ["O*NET-SOC Code", "Element ID", "Element Name", "Scale ID", "Data Value", "N", "Standard Error", "Lower CI Bound",
    "Upper CI Bound", "Recommend Suppress", "Not Relevant", "Date", "Domain Source"],
  ...codes.flatMap((code, row) => SKILLS.map((skill, place) =>
    [code, `2.A.1.${place}`, skill, "IM", vary(row * 7 + place, 1.6, 4.6).toFixed(2), 8, 0.2, 1, 5, "N", "N", "08/2025", "Analyst"])),
]));
write("onet/Technology Skills.txt", tabbed([
  ["O*NET-SOC Code", "Example", "Commodity Code", "Commodity Title", "Hot Technology", "In Demand"],
  ...codes.flatMap((code) => TOOLS.map(([tool, hot, wanted], place) => [code, tool, 43230000 + place, "Made up", hot, wanted])),
]));
write("onet/Job Zones.txt", tabbed([["O*NET-SOC Code", "Job Zone", "Date", "Domain Source"],
  ...codes.map((code, place) => [code, 1 + (place % 5), "08/2025", "Analyst"])]));
write("onet/Job Zone Reference.txt", tabbed([
  ["Job Zone", "Name", "Experience", "Education", "Job Training", "Examples", "SVP Range"],
  ...[1, 2, 3, 4, 5].map((zone) => [zone, `Job Zone ${zone}: A step of preparation`, "Some", "Some education", "Some", "Many", "(1)"]),
]));
write("onet/Related Occupations.txt", tabbed([["O*NET-SOC Code", "Related O*NET-SOC Code", "Relatedness Tier", "Index"],
  ...codes.flatMap((code, place) => [1, 2].map((step) =>
    [code, codes[(place + step) % codes.length], "Primary-Short", step]))]));
for (const [year, factor] of [[2023, 0.96], [2024, 1]]) {
  write(`national_M${year}_dl.csv`, comma([
    ["OCC_CODE", "OCC_TITLE", "O_GROUP", "TOT_EMP", "A_PCT10", "A_MEDIAN", "A_PCT90"],
    ...statistics.map(([code, title], place) => {
      const median = Math.round(vary(place, 38000, 190000) * factor / 10) * 10;
      return [code, title, "detailed", Math.round(vary(place + 3, 20000, 2000000) / 10) * 10, Math.round(median * 0.6), median,
        place % 4 === 1 ? ">=239,200" : Math.round(median * 1.7)];
    }),
  ]));
}
write("projections.csv", comma([
  ["Occupation Title", "Occupation Code", "Employment 2024", "Employment 2034", "Employment Change, 2024-2034",
    "Employment Percent Change, 2024-2034", "Occupational Openings, 2024-2034 Annual Average", "Median Annual Wage 2024",
    "Typical Entry-Level Education"],
  ...statistics.map(([code, title], place) => {
    const [jobs, percent] = [vary(place + 3, 21, 2100), vary(place + 5, -9, 17)];
    const thousands = (number) => number.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    return [`${title} * An alternative`, `="${code}"`, thousands(jobs), thousands(jobs * (1 + percent / 100)),
      thousands(jobs * percent / 100), percent.toFixed(1), thousands(jobs / 12), "100,000", "Bachelor's degree"];
  }),
]));
write("sector.csv", comma([["sector", "date", "value", "source"], ...[2022, 2023, 2024, 2025].flatMap((year) =>
  [1, 4, 7, 10].map((month, place) => ["Software", `${year}-${String(month).padStart(2, "0")}-01`,
    vary(year + place, 70, 130).toFixed(1), "Made up for a test"]))]));
write("map.csv", comma([["occupation", "sector"], ["15", "Software"]]));
