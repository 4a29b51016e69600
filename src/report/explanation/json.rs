//! The same as one JSON document, `score-tasks/explanation/1`: every term, every digit, every key.
//!
//! Tasks come last, a line each, so that they need not be held in this form.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::chain::HASHED;
use crate::domain::explanation::{Explanation, Ingredient, Link, OtherWeight, Target, Term, Variant, Way};
use crate::domain::scored::Origin;
use crate::domain::{Bands, Instant, Level, ModelScore, RunInfo, Sample};
use crate::report::ReportError;

const SCHEMA: &str = "score-tasks/explanation/1";

/// Of one task where that is the target, and then with the texts of the answers; else of all.
pub fn explanation_json(
    run: &RunInfo,
    bands: &Bands,
    of: &Explanation,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let mut head = serde_json::to_vec(&head(run, bands, of))?;
    // The object stays open for the tasks.
    head.pop();
    // And the schema stands in front.
    writeln!(out, "{{\"schema\":\"{SCHEMA}\",")?;
    out.write_all(head.get(1..).unwrap_or_default())?;
    out.write_all(b",\n\"tasks\":[")?;
    let is_one = of.target.is_some();
    let tasks = of.tasks.iter().enumerate().filter(|(at, _)| !is_one || *at == of.followed);
    for (written, (at, term)) in tasks.enumerate() {
        out.write_all(if written == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &task(run, at, term, is_one))?;
    }
    Ok(out.write_all(b"]}\n")?)
}

fn head(run: &RunInfo, bands: &Bands, of: &Explanation) -> Value {
    let occupation = &of.occupation;
    let target = of.target.as_ref().and_then(|_| of.tasks.get(of.followed));
    let names: Vec<&str> = (0..=bands.cuts().len()).map(|place| bands.name(place)).collect();
    let (from, to) = (of.fit.from, of.fit.to);
    json!({
        "target": {
            "code": occupation.occupation.code, "title": occupation.occupation.title,
            "task": target.map(|term| &term.scored.task.id),
        },
        "rubric": {
            "id": run.rubric.id, "version": run.rubric.version, "sha256": run.rubric.sha256.to_string(),
        },
        "catalog": {
            "name": run.catalogue.name, "sha256": run.catalogue.sha256.to_string(),
            "attribution": run.catalogue.attribution,
        },
        "samples": run.samples,
        "since": (from != Instant::BEGINNING).then(|| from.to_string()),
        "as_of": (to != Instant::END).then(|| to.to_string()),
        "bands": {"cuts": bands.cuts(), "names": names},
        "occupation": {
            "score": occupation.score,
            "low": occupation.spread.map(|spread| spread.low),
            "high": occupation.spread.map(|spread| spread.high),
            "band": occupation.band, "band_span": occupation.band_span,
            "coverage": occupation.coverage, "tasks": occupation.tasks,
            "weights": occupation.weighting.name(), "weights_formula": of.formula, "combine": run.combine.name(),
            "imputed_weights": occupation.imputed, "sum_of_weights": of.weight,
            "sum_of_model_weights": of.combined.weight, "sum_of_model_products": of.combined.product,
        },
        "models": models(run, of),
        "otherwise": match &of.target {
            None => otherwise(run, &of.variants),
            Some(target) => otherwise_of_task(target),
        },
        "hashed": HASHED.iter().map(|(name, fields)| ((*name).to_owned(), json!(fields)))
            .collect::<Map<String, Value>>(),
    })
}

fn models(run: &RunInfo, of: &Explanation) -> Vec<Value> {
    let models = run.models.iter().zip(&of.models).zip(&of.occupation.models);
    models
        .map(|((model, of), mean)| {
            json!({
                "id": &*model.id, "provider": model.provider, "model": model.model, "weight": model.weight,
                "score": mean.score, "coverage": mean.coverage, "rated": of.rated,
                "sum_of_weights": of.sums.weight, "sum_of_products": of.sums.product,
            })
        })
        .collect()
}

fn otherwise(run: &RunInfo, variants: &[Variant]) -> Value {
    let all = variants.iter().map(|of| {
        let (by, name) = match of.way {
            Way::Weights(weighting) => ("weights", Some(weighting.name().to_owned())),
            Way::Model(model) => ("model", run.models.get(model).map(|model| model.id.to_string())),
            Way::Combined(how) => (how.name(), None),
        };
        json!({
            "by": by, "name": name, "score": of.score,
            "low": of.spread.map(|spread| spread.low), "high": of.spread.map(|spread| spread.high),
            "band": of.band, "coverage": of.coverage, "imputed_weights": of.imputed,
        })
    });
    Value::Array(all.collect())
}

fn otherwise_of_task(target: &Target) -> Value {
    let mut all: Vec<Value> = target.weights.iter().map(other_weight).collect();
    all.push(json!({"by": "median", "name": null, "score": target.median}));
    Value::Array(all)
}

fn other_weight(of: &OtherWeight) -> Value {
    json!({
        "by": "weights", "name": of.weighting.name(), "made_of": of.made_of.iter().map(ingredient).collect::<Vec<_>>(),
        "w": of.weight, "sum_of_weights": of.all,
        "weight": (of.all > 0.0).then(|| of.weight / of.all),
    })
}

fn task(run: &RunInfo, at: usize, term: &Term, with_text: bool) -> Value {
    let scored = &term.scored;
    let models =
        scored.models.iter().zip(&term.links).map(|(of, links)| model(run, term, of, links, with_text));
    json!({
        "number": at + 1, "id": scored.task.id, "text": scored.task.text, "type": scored.task.kind.name(),
        "w": term.weight, "imputed": term.imputed, "weight": scored.weight,
        "made_of": term.made_of.iter().map(ingredient).collect::<Vec<_>>(),
        "score": scored.score, "low": scored.spread.map(|spread| spread.low),
        "high": scored.spread.map(|spread| spread.high), "sd": scored.sd,
        "models": models.collect::<Vec<_>>(),
    })
}

fn ingredient(of: &Ingredient) -> Value {
    match of {
        Ingredient::Type(kind) => json!({"of": "type", "value": kind.name(), "imputed": false}),
        Ingredient::Importance(part) => json!({"of": "IM", "value": part.value, "imputed": part.imputed}),
        Ingredient::Relevance(part, kind) => {
            json!({"of": "RT", "value": part.value, "imputed": part.imputed, "type": kind.name()})
        }
        Ingredient::TimesAYear(part, percentages) => {
            json!({"of": "times a year", "value": part.value, "imputed": part.imputed, "FT": percentages})
        }
        Ingredient::Given(part) => json!({"of": "given", "value": part.value, "imputed": part.imputed}),
    }
}

fn model(run: &RunInfo, term: &Term, of: &ModelScore, links: &[Option<Link>], with_text: bool) -> Value {
    let samples = of.samples.iter().zip(links);
    json!({
        "model": run.models.get(of.model).map(|model| &*model.id),
        "score": of.score, "sd": of.sd, "product": of.score.map(|score| term.weight * score),
        "samples": samples.map(|(one, link)| sample(term, one, link.as_ref(), with_text)).collect::<Vec<_>>(),
    })
}

fn sample(term: &Term, of: &Sample, link: Option<&Link>, with_text: bool) -> Value {
    let rating = of.outcome.as_ref().ok();
    let gap = of.outcome.as_ref().err();
    let mut value = json!({
        "sample": of.number,
        "score": rating.map(|rating| rating.score.value()),
        "level": rating.map(|rating| match &rating.level {
            Level::Number(number) => json!(number),
            Level::Label(label) => json!(&**label),
        }),
        "gap": gap.map(|gap| gap.reason.name()),
        "detail": gap.map(|gap| &gap.detail),
    });
    let more = match (link, &of.origin) {
        (Some(link), _) => linked(link, with_text),
        (None, Origin::Label { column }) => {
            json!({"column": &**column, "cell": term.scored.task.column(column)})
        }
        (None, _) => Value::Null,
    };
    if let (Some(value), Value::Object(mut more)) = (value.as_object_mut(), more) {
        value.append(&mut more);
    }
    value
}

fn linked(link: &Link, with_text: bool) -> Value {
    let mut value = json!({
        "context": link.context.to_string(), "key": link.question.to_string(), "attempt": link.attempt,
    });
    let Some(answer) = &link.answer else { return value };
    let usage = answer.usage;
    let mut more = json!({
        "digest": link.digest.map(|digest| digest.to_string()),
        "at": answer.at.to_string(), "finish": answer.finish.name(), "served": answer.served,
        "tokens_in": usage.input, "tokens_out": usage.output, "tokens_cache_read": usage.cache_read,
        "tokens_cache_write": usage.cache_write, "tokens_reasoning": usage.reasoning,
        "cost_usd": answer.cost_nano_usd.map(|nano| nano as f64 / 1e9), "price_from": &*answer.priced,
        "latency_ms": answer.latency_ms, "request_id": answer.request_id,
    });
    if let (Some(value), Some(more)) = (value.as_object_mut(), more.as_object_mut()) {
        if with_text {
            more.insert("text".to_owned(), json!(answer.text));
        }
        value.append(more);
    }
    value
}
