//! Facts and commentary as JSON, with the source and the vintage of every figure.

use serde_json::{Value, json};

use crate::domain::commentary::Remark;
use crate::domain::facts::{Figure, Outlook, Pay, PayGrowth, ToolStanding, Wage, Whose};
use crate::domain::{Commentary, Facts};

/// What no source has is `null` or an empty list.
pub(super) fn facts(of: &Facts) -> Value {
    json!({
        "job_zone": of.job_zone.as_ref().map(|zone| json!({
            "zone": zone.zone, "name": &*zone.name, "education": &*zone.education,
        })),
        "skills": of.skills.iter().map(|skill| json!({
            "name": &*skill.name, "importance_0_100": skill.importance,
        })).collect::<Vec<_>>(),
        "tools": of.tools.iter().map(|tool| json!({
            "name": &*tool.name, "standing": standing(tool.standing),
        })).collect::<Vec<_>>(),
        "related": of.related,
        "pay": of.pay.as_ref().map(pay),
        "pay_growth": of.pay_growth.as_ref().map(pay_growth),
        "outlook": of.outlook.as_ref().map(outlook),
        "sector": of.sector.as_ref().map(|sector| json!({
            "sector": sector.sector, "name": sector.name, "direction": sector.direction,
            "source": sector.source, "points": sector.points,
        })),
    })
}

fn standing(standing: ToolStanding) -> &'static str {
    match standing {
        ToolStanding::InDemand => "in_demand",
        ToolStanding::Hot => "hot",
        ToolStanding::Used => "used",
    }
}

fn figure(of: &Figure) -> Value {
    let whose = match &of.whose {
        Whose::Its => json!({ "kind": "own" }),
        Whose::Part { code, title, parts } => {
            json!({ "kind": "part", "code": &**code, "title": &**title, "parts": parts })
        }
        Whose::Merged { code, title } => json!({ "kind": "merged", "code": &**code, "title": &**title }),
    };
    json!({ "source": &*of.source, "vintage": &*of.vintage, "whose": whose })
}

/// Top-coded wages are bounds and no figures.
fn wage(wage: Wage) -> Value {
    match wage {
        Wage::Exactly(usd) => json!({ "usd": usd, "status": "exact" }),
        Wage::AtLeast(usd) => json!({ "usd": usd, "status": "at_least" }),
    }
}

fn pay(of: &Pay) -> Value {
    json!({
        "figure": figure(&of.figure),
        "median": of.median.map(wage),
        "percentile_10": of.low.map(wage),
        "percentile_90": of.high.map(wage),
        "employment_jobs": of.employment,
    })
}

fn pay_growth(of: &PayGrowth) -> Value {
    json!({
        "figure": figure(&of.figure),
        "since": &*of.since,
        "percent_a_year": of.percent_a_year,
        "note": "nominal; the source's vintages are no time series",
    })
}

fn outlook(of: &Outlook) -> Value {
    json!({
        "figure": figure(&of.figure),
        "employment_jobs": of.employment,
        "projected_jobs": of.projected,
        "change_percent": of.change_percent,
        "words": &*of.words,
        "openings_jobs_per_year": of.openings,
        "education": &*of.education,
    })
}

/// Written by a model, and so with its name and time.
pub(super) fn commentary(of: &Commentary) -> Value {
    json!({
        "author": of.author,
        "model": of.model,
        "provider": of.provider,
        "written_at": of.at.to_string(),
        "question_sha256": of.key.to_string(),
        "overview": remarks(&of.overview),
        "pressure": remarks(&of.pressure),
        "holds": remarks(&of.holds),
        "tools": remarks(&of.tools),
        "questions": of.questions.iter().map(|asked| json!({
            "question": asked.question, "answer": remark(&asked.answer),
        })).collect::<Vec<_>>(),
    })
}

fn remarks(of: &[Remark]) -> Vec<Value> {
    of.iter().map(remark).collect()
}

fn remark(of: &Remark) -> Value {
    json!({ "text": of.text, "cites": of.cites })
}
