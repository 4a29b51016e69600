//! What an explanation prints, read as somebody with a pocket calculator reads it: nothing else is known.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

/// Half of the last decimal of a score.
const SCORE: f64 = 0.000_05;
/// The same of a weight that was reckoned.
const WEIGHT: f64 = 0.000_000_5;

/// What was printed, after all of it was made again.
#[derive(Debug)]
pub struct Checked {
    pub models: Vec<Model>,
    pub tasks: Vec<Term>,
    /// `None` where nothing has a score.
    pub score: Option<f64>,
    pub headline: String,
    /// Name, score, low, high and band of each other way.
    pub variants: Vec<(String, Option<f64>, String)>,
}

#[derive(Debug)]
pub struct Model {
    pub name: String,
    pub weight: f64,
    pub score: Option<f64>,
    pub coverage: f64,
}

#[derive(Debug)]
pub struct Term {
    pub id: String,
    pub weight: f64,
    pub made_of: String,
    /// By model.
    pub scores: Vec<Option<f64>>,
    pub samples: Vec<Option<String>>,
}

/// Columns stand at least two blanks apart.
pub fn cells(line: &str) -> Vec<String> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
}

/// The lines below the one that begins like this, down to the next empty one.
fn block<'a>(text: &'a str, first: &str) -> (&'a str, Vec<&'a str>) {
    let mut lines = text.lines().skip_while(|line| !line.trim_start().starts_with(first));
    let head = lines.next().unwrap_or_else(|| panic!("no line begins with `{first}`:\n{text}"));
    (head, lines.take_while(|line| !line.is_empty()).collect())
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

fn maybe(text: &str) -> Option<f64> {
    (text != "-").then(|| number(text))
}

/// Within what the printed figures that it was reckoned from leave open.
fn close(what: &str, printed: f64, reckoned: f64, open: f64) {
    let apart = (printed - reckoned).abs();
    // The last part is for numbers that are large.
    let allowed = open + 1e-12 * printed.abs();
    assert!(apart <= allowed, "{what}: {printed} is printed, {reckoned} is reckoned, {open} left open");
}

/// Makes everything again that an explanation of an occupation prints.
pub fn check(text: &str) -> Checked {
    let (header, rows) = block(text, "#  task");
    let header = cells(header);
    let sums = sum_rows(text);
    let names: Vec<String> = sums.iter().map(|row| row[0].clone()).collect();
    let with_samples = header.iter().any(|name| name == "samples");
    let tasks: Vec<Term> = rows.iter().map(|row| term(&cells(row), names.len(), with_samples)).collect();
    let weights: Vec<f64> = sums.iter().map(|row| number(&row[1])).collect();
    for (task, row) in tasks.iter().zip(&rows) {
        weigh(text, task);
        let shown = cells(row);
        let score = 4 + names.len() * if with_samples { 3 } else { 2 };
        mean(&format!("score of task {}", task.id), maybe(&shown[score]), &task.scores, &weights);
    }
    let models: Vec<Model> = sums.iter().enumerate().map(|(at, row)| model(text, at, row, &tasks)).collect();
    let score = combined(text, &models);
    let (_, rounded) = block(text, "Rounded, as `score` shows it:");
    let headline = rounded[0].to_owned();
    if let Some(score) = score {
        assert!(headline.contains(&format!("   {score:.0}   ")), "{headline}: {score}");
    }
    let (_, variants) = block(text, "the same answers by");
    let variants = variants
        .iter()
        .map(|line| cells(line))
        .map(|row| (row[0].clone(), maybe(&row[1]), row.get(4).cloned().unwrap_or_default()));
    Checked { models, tasks, score, headline, variants: variants.collect() }
}

/// A line per model; the columns are `model`, `v`, `rated`, `sum of w`, `sum of w*x`, `S` and `coverage`.
fn sum_rows(text: &str) -> Vec<Vec<String>> {
    let head = |line: &&str| cells(line).ends_with(&["S".to_owned(), "coverage".to_owned()]);
    let mut lines = text.lines().skip_while(|line| !head(line));
    lines.next().unwrap();
    lines.take_while(|line| !line.is_empty()).map(cells).collect()
}

fn term(row: &[String], models: usize, with_samples: bool) -> Term {
    let step = if with_samples { 3 } else { 2 };
    let weight = number(&row[2]);
    let mut term =
        Term { id: row[1].clone(), weight, made_of: row[3].clone(), scores: Vec::new(), samples: Vec::new() };
    for model in 0..models {
        let at = 4 + model * step;
        let x = maybe(&row[at]);
        let samples = with_samples.then(|| row[at + 1].clone());
        if let Some(samples) = &samples {
            sampled(&term.id, x, samples);
        }
        let product = maybe(&row[at + step - 1]);
        assert_eq!(product.is_some(), x.is_some(), "{row:?}");
        if let (Some(x), Some(product)) = (x, product) {
            let open = SCORE + weight * SCORE + x * WEIGHT;
            close(&format!("w*x of task {}", term.id), product, weight * x, open);
        }
        term.scores.push(x);
        term.samples.push(samples);
    }
    term
}

/// x is the mean of the samples that are numbers.
fn sampled(id: &str, x: Option<f64>, samples: &str) {
    // On other scales than 0 to 100: `E2=50`.
    let score = |sample: &str| sample.rsplit('=').next().unwrap().parse::<f64>().ok();
    let scores: Vec<f64> = samples.split(", ").filter_map(score).collect();
    assert_eq!(x.is_some(), !scores.is_empty(), "task {id}: {samples}");
    if let Some(x) = x {
        close(&format!("x of task {id}"), x, scores.iter().sum::<f64>() / scores.len() as f64, 2.0 * SCORE);
    }
}

/// A weight follows from what it is made of, by the formula that is printed.
fn weigh(text: &str, task: &Term) {
    let (formula, _) = block(text, "weights  ");
    let (name, formula) =
        formula.trim_start().strip_prefix("weights").unwrap().trim().split_once(": ").unwrap();
    let part = |name: &str| {
        let start = task.made_of.find(&format!("{name}=")).unwrap() + name.len() + 1;
        let rest = task.made_of.get(start..).unwrap();
        number(rest.split([' ', ',', ')']).next().unwrap())
    };
    let (weight, open) = match name {
        "equal" => (1.0, 0.0),
        "core" => (if task.made_of == "core" { 2.0 } else { 1.0 }, 0.0),
        "importance" => (part("IM"), 0.0),
        "given" => (part("given"), 0.0),
        "importance_relevance" => (part("IM") * part("RT") / 100.0, WEIGHT),
        "time" => {
            times(formula, task, part("times"));
            (part("times") * part("RT") / 100.0, 2.0 * WEIGHT)
        }
        other => panic!("{other}"),
    };
    close(&format!("w of task {}", task.id), task.weight, weight, open);
}

/// Times a year are a mean by FT of the numbers in the formula.
fn times(formula: &str, task: &Term, printed: f64) {
    let numbers = formula.split_once("mean of ").unwrap().1.split_once(", weighted").unwrap().0;
    let Some((_, percentages)) = task.made_of.split_once("FT=") else {
        assert!(task.made_of.contains("times=104 (imputed)"), "{}", task.made_of);
        return;
    };
    let percentages = percentages.split_once(')').unwrap().0;
    let (mut sum, mut all) = (0.0, 0.0);
    for (times, percent) in numbers.split(", ").zip(percentages.split(' ')) {
        sum += number(times) * number(percent);
        all += number(percent);
    }
    close(&format!("times a year of task {}", task.id), printed, sum / all, WEIGHT);
}

/// One model's sums, their quotient and its coverage.
fn model(text: &str, at: usize, row: &[String], tasks: &[Term]) -> Model {
    let what = |part: &str| format!("{part} of {}", row[0]);
    let rated: Vec<(f64, f64)> =
        tasks.iter().filter_map(|task| Some((task.weight, task.scores[at]?))).collect();
    assert_eq!(row[2], rated.len().to_string(), "{}", what("rated"));
    let (weights, products) = (number(&row[3]), number(&row[4]));
    let reckoned: f64 = rated.iter().map(|(weight, _)| weight).sum();
    let count = rated.len() as f64;
    close(&what("sum of w"), weights, reckoned, SCORE + count * WEIGHT);
    let open = SCORE + rated.iter().map(|(weight, x)| weight * SCORE + x * WEIGHT).sum::<f64>();
    close(&what("sum of w*x"), products, rated.iter().map(|(weight, x)| weight * x).sum(), open);
    let score = maybe(&row[5]);
    assert_eq!(score.is_some(), weights > 0.0, "{}", what("S"));
    if let Some(score) = score {
        close(&what("S"), score, products / weights, SCORE + (SCORE + score * SCORE) / weights);
    }
    let all: f64 = tasks.iter().map(|task| task.weight).sum();
    let head = text.lines().filter(|line| line.starts_with("  model  ")).nth(at).unwrap();
    assert!(head.ends_with(&format!(", v = {}", row[1])), "{head}: {row:?}");
    let coverage = number(&row[6]);
    close(&what("coverage"), coverage, weights / all, SCORE + (SCORE + count * WEIGHT) / all);
    let told = text.split_once("coverage = sum of w / ").unwrap().1.split_once(',').unwrap().0;
    close("sum of all w", number(told), all, SCORE + tasks.len() as f64 * WEIGHT);
    Model { name: row[0].clone(), weight: number(&row[1]), score, coverage }
}

fn mean(what: &str, printed: Option<f64>, scores: &[Option<f64>], weights: &[f64]) -> Option<f64> {
    let rated: Vec<(f64, f64)> =
        scores.iter().zip(weights).filter_map(|(score, weight)| Some((*weight, (*score)?))).collect();
    assert_eq!(printed.is_some(), !rated.is_empty(), "{what}");
    let all: f64 = rated.iter().map(|(weight, _)| weight).sum();
    let sum: f64 = rated.iter().map(|(weight, score)| weight * score).sum();
    if let Some(printed) = printed {
        close(what, printed, sum / all, 2.0 * SCORE);
    }
    printed
}

/// S and coverage, as they follow from those of the models; the line shows the same figures.
fn combined(text: &str, models: &[Model]) -> Option<f64> {
    let scores: Vec<Option<f64>> = models.iter().map(|model| model.score).collect();
    let weights: Vec<f64> = models.iter().map(|model| model.weight).collect();
    let line = text.lines().find_map(|line| line.strip_prefix("  S = ("));
    let printed = line.map(|line| number(line.rsplit(" = ").next().unwrap()));
    let score = mean("S", printed, &scores, &weights);
    if let Some(line) = line {
        let terms: Vec<String> =
            models.iter().filter_map(|model| Some(format!("{} x {}", model.weight, model.score?))).collect();
        assert!(line.starts_with(&terms.join(" + ")), "{line}: {terms:?}");
    }
    let line = text.lines().find_map(|line| line.strip_prefix("  coverage = (")).unwrap();
    let coverages: f64 = models.iter().map(|model| model.coverage).sum();
    let printed = number(line.rsplit(" = ").next().unwrap());
    close("coverage", printed, coverages / models.len() as f64, 2.0 * SCORE);
    score
}
