//! How to read the files, how to check them, and the way from a rating to its answer.

use maud::{Markup, html};

use crate::site::Site;
use crate::site::data::Listed;
use crate::site::pages::parts::{block, sent};
use crate::site::words::quoted;

/// Runs in the folder of the tables.
const DUCKDB: &str = "\
-- Occupations whose models are farthest apart
SELECT o.occupation_title, o.score_0_100,
       max(m.score_0_100) - min(m.score_0_100) AS points_apart
FROM 'occupations.csv' AS o
JOIN 'occupation_models.csv' AS m USING (occupation_code)
GROUP BY ALL
ORDER BY points_apart DESC
LIMIT 10;";

const PANDAS: &str = "\
import pandas as pd

# Codes are text: 11-1011.00 must not lose its zeros.
text = {\"occupation_code\": str, \"task_id\": str}
ratings = pd.read_csv(\"ratings.csv\", dtype=text)
tasks = pd.read_csv(\"tasks.csv\", dtype=text)

# One model's score of every occupation, made again by hand
means = (ratings.groupby([\"occupation_code\", \"task_id\", \"model\"])[\"score_0_100\"]
         .mean().dropna().reset_index()
         .merge(tasks[[\"occupation_code\", \"task_id\", \"weight_share\"]]))
means[\"part\"] = means[\"score_0_100\"] * means[\"weight_share\"]
sums = means.groupby([\"occupation_code\", \"model\"])[[\"part\", \"weight_share\"]].sum()
print(sums[\"part\"] / sums[\"weight_share\"])";

const CSV: &str = "\
import csv

with open(\"occupations.csv\", encoding=\"utf-8\", newline=\"\") as file:
    for row in csv.DictReader(file):
        if row[\"score_status\"] == \"scored\":
            print(row[\"occupation_code\"], row[\"occupation_title\"], float(row[\"score_0_100\"]))";

pub fn section(site: &Site, listed: &[Listed]) -> Markup {
    html! {
        section aria-labelledby="h-read" {
            div.shead { h2 #h-read { "Read, check, trace" } }
            div.two {
                div.panel {
                    h3 { "With DuckDB" }
                    (block("Example for DuckDB", DUCKDB))
                    h3 { "With Python’s own csv" }
                    (block("Example for Python's csv module", CSV))
                    h3 { "With pandas" }
                    (block("Example for pandas", PANDAS))
                }
                div.panel {
                    @if let Some(base) = &site.settings.base_url {
                        h3 { "From the command line" }
                        (sent("Example for curl", &fetch(site, base)))
                    }
                    h3 { "Check a file" }
                    p { "Its SHA-256 has to be the one in the table above." }
                    (sent("Checking a file's hash", &check(listed)))
                    h3 { "From a rating to its answer" }
                    p { "Every row of ratings.csv has the key of its question. With the publisher’s store of answers the program shows the whole way from a score to the answers behind it, or writes them all down word for word; each line of an export can be checked by its own hash." }
                    (sent("Tracing a rating", &trace(site)))
                }
            }
        }
    }
}

fn fetch(site: &Site, base: &str) -> String {
    let code = site.entries.first().map(|entry| crate::site::address::json(&entry.scored.occupation.code));
    let json =
        code.map_or_else(String::new, |path| format!("\ncurl -s \"{base}{path}\" | jq .occupation.score"));
    format!("curl -O \"{base}data/occupations.csv\"{json}")
}

fn check(listed: &[Listed]) -> String {
    let Some(file) = listed.iter().find(|file| file.path.ends_with(".csv")) else {
        return "sha256sum FILE".to_owned();
    };
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    format!("echo \"{}  {name}\" | sha256sum --check\n# Windows: Get-FileHash {name}", file.sha256)
}

fn trace(site: &Site) -> String {
    let code = site.entries.first().map_or("CODE", |entry| entry.scored.occupation.code.as_str());
    format!("score-tasks explain {}\nscore-tasks cache export --output answers.jsonl", quoted(code))
}
