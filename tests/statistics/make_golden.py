"""Writes golden.jsonl: random rating tables and what well-known Python packages say about them.

Every undefined value is null. The README tells how to run this and how to compare with the result.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import itertools
import json
import math
import pathlib
import warnings
from fractions import Fraction

import krippendorff
import numpy as np
import pandas as pd
import pingouin
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from sklearn import metrics
from statsmodels.stats import inter_rater

warnings.filterwarnings("ignore")

TARGET = pathlib.Path(__file__).resolve().parent / "golden.jsonl"
NAN = math.nan

# (low, high, step)
SCALES = {
    "hundred": (0, 100, 1),
    "tens": (0, 100, 10),
    "five": (1, 5, 1),
    "three": (0, 2, 1),
    "seven": (1, 7, 1),
    "signed": (-3, 3, 1),
    "yesno": (0, 1, 1),
    "halfstep": (0, 10, 0.5),
}

# (recipe, how many tables)
PLAN = [
    ("correlated", 54),
    ("correlated_missing", 50),
    ("independent", 20),
    ("independent_missing", 20),
    ("ties", 12),
    ("constant_rater", 12),
    ("all_constant_equal", 6),
    ("all_constant_different", 4),
    ("single_item", 8),
    ("two_items", 6),
    ("lonely_ratings", 8),
    ("only_lonely_ratings", 3),
    ("two_raters", 10),
    ("two_raters_missing", 6),
    ("rater_with_nothing", 7),
    ("no_ratings", 1),
    ("perfect_agreement", 4),
    ("constant_difference", 5),
    ("opposed", 4),
    ("two_islands", 5),
    ("halves", 7),
    ("thirds", 8),
]


# ---------------------------------------------------------------- making the tables


def on_scale(values, scale):
    low, high, step = scale
    steps = np.rint((np.clip(values, low, high) - low) / step)
    return low + steps * step


def uniform(rng, n, k, scale):
    low, high, step = scale
    return low + float(step) * rng.integers(0, round((high - low) / step) + 1, size=(n, k))


def correlated(rng, n, k, scale, snap=True):
    """Every rater sees the item's worth through a bias, a stretch and some noise."""
    low, high, _ = scale
    width = high - low
    worth = rng.normal(low + 0.55 * width, 0.22 * width, size=(n, 1))
    bias = rng.normal(0, 0.1 * width, size=(1, k))
    stretch = rng.uniform(0.6, 1.3, size=(1, k))
    noise = rng.normal(0, 1, size=(n, k)) * rng.uniform(0.03, 0.2, size=(1, k)) * width
    middle = low + width / 2
    values = middle + (worth - middle) * stretch + bias + noise
    return on_scale(values, scale) if snap else np.clip(values, low, high)


def punch(rng, values, share=None):
    if share is None:
        share = rng.uniform(0.05, 0.4)
    values = values.copy()
    values[rng.random(values.shape) < share] = NAN
    return values


def item_count(rng, low=3):
    pick = rng.random()
    if pick < 0.62:
        return int(rng.integers(low, 13))
    if pick < 0.94:
        return int(rng.integers(13, 31))
    return int(rng.integers(31, 61))


def rater_count(rng):
    return int(rng.choice([2, 3, 4, 5, 6], p=[0.3, 0.36, 0.17, 0.1, 0.07]))


def any_scale(rng):
    name = rng.choice(list(SCALES), p=[0.3, 0.14, 0.2, 0.1, 0.08, 0.06, 0.05, 0.07])
    return SCALES[str(name)]


def make_values(recipe, turn, rng):
    """The scale, the matrix (items x raters, NaN = missing) and whether values lie on levels."""
    scale, n, k = any_scale(rng), item_count(rng), rater_count(rng)
    low, high, step = scale
    if recipe == "correlated":
        if turn < 2:
            n, k, scale = (60, 3, SCALES["hundred"]) if turn == 0 else (24, 6, SCALES["five"])
        return scale, correlated(rng, n, k, scale), True
    if recipe == "correlated_missing":
        return scale, punch(rng, correlated(rng, n, k, scale)), True
    if recipe == "independent":
        return scale, uniform(rng, n, k, scale), True
    if recipe == "independent_missing":
        return scale, punch(rng, uniform(rng, n, k, scale)), True
    if recipe == "ties":
        scale = SCALES[["hundred", "tens", "five", "halfstep"][turn % 4]]
        low, high, step = scale
        few = uniform(rng, 1, 3, scale)[0]
        values = rng.choice(few, size=(n, k), p=[0.7, 0.2, 0.1])
        return scale, punch(rng, values) if turn % 3 == 2 else values, True
    if recipe == "constant_rater":
        values = correlated(rng, n, k, scale)
        values[:, turn % k] = uniform(rng, 1, 1, scale)[0, 0]
        return scale, punch(rng, values) if turn % 2 else values, True
    if recipe == "all_constant_equal":
        values = np.full((1 if turn == 5 else n, k), float(uniform(rng, 1, 1, scale)[0, 0]))
        return scale, punch(rng, values) if turn % 3 == 1 else values, True
    if recipe == "all_constant_different":
        scale = SCALES["hundred"]
        return scale, np.tile(10.0 + 7 * rng.permutation(12)[:k], (n, 1)), True
    if recipe == "single_item":
        values = uniform(rng, 1, k, scale)
        if turn % 4 == 2:
            values[0, 0] = NAN
        if turn == 7:
            values[0, 1:] = NAN
        return scale, values, True
    if recipe == "two_items":
        values = correlated(rng, 2, 2 if turn < 3 else k, scale)
        return scale, values, True
    if recipe == "lonely_ratings":
        values = correlated(rng, n, k, scale)
        for row in values[: max(1, n // 2)]:
            keep = rng.integers(0, k)
            row[np.arange(k) != keep] = NAN
        return scale, values[rng.permutation(n)], True
    if recipe == "only_lonely_ratings":
        values = correlated(rng, n, k, scale)
        for row in values:
            keep = rng.integers(0, k)
            row[np.arange(k) != keep] = NAN
        return scale, values, True
    if recipe == "two_raters":
        return scale, correlated(rng, n, 2, scale), True
    if recipe == "two_raters_missing":
        return scale, punch(rng, correlated(rng, n, 2, scale)), True
    if recipe == "rater_with_nothing":
        values = correlated(rng, n, k, scale)
        if turn % 2:
            values = punch(rng, values, 0.2)
        values[:, turn % k] = NAN
        return scale, values, True
    if recipe == "no_ratings":
        return scale, np.full((4, 3), NAN), True
    if recipe == "perfect_agreement":
        return scale, np.repeat(uniform(rng, n, 1, scale), k, axis=1), True
    if recipe == "constant_difference":
        scale = SCALES["hundred"]
        shift = np.concatenate([[0], rng.integers(-15, 16, size=k - 1)])
        values = rng.integers(20, 81, size=(n, 1)) + shift[None, :]
        return scale, values.astype(float), True
    if recipe == "opposed":
        values = correlated(rng, n, k, scale)
        values[:, 1] = low + high - values[:, 0]
        return scale, values, True
    if recipe == "two_islands":
        n, k = max(n, 6), max(k, 4)
        values = correlated(rng, n, k, scale)
        values[: n // 2, :2] = NAN
        values[n // 2 :, 2:] = NAN
        return scale, punch(rng, values, 0.1) if turn == 4 else values, True
    if recipe == "halves":
        scale = SCALES[["hundred", "five", "seven"][turn % 3]]
        values = np.rint(2 * correlated(rng, n, k, scale, snap=False)) / 2
        return scale, punch(rng, values) if turn % 2 else values, False
    if recipe == "thirds":
        # Half of them on 1..5 with steps of 0.5, which no difference of thirds can equal; the
        # others small, see steady().
        scale = (1, 5, 0.5) if turn % 2 else SCALES["hundred"]
        n = n if turn % 2 else int(rng.integers(4, 12))
        values = np.rint(3 * correlated(rng, n, k, scale, snap=False)) / 3
        return scale, punch(rng, values) if turn % 4 >= 2 else values, False
    raise ValueError(recipe)


def steady(values, scale):
    """False if rounding alone decides whether two values are one step apart."""
    apart = np.abs(values[:, :, None] - values[:, None, :]).ravel()
    apart = apart[~np.isnan(apart)]
    return bool(np.all((np.abs(apart - scale[2]) > 1e-6) | (apart == scale[2])))


# ---------------------------------------------------------------- helpers


def constant(values):
    return len(values) == 0 or np.ptp(values) == 0


def codes(values, domain):
    """Places in `domain`, since scikit-learn takes no fractions for classes."""
    places = np.searchsorted(domain, values)
    assert np.array_equal(np.asarray(domain)[places], values)
    return places


def grid(scale):
    low, high, step = scale
    return low + float(step) * np.arange(round((high - low) / step) + 1)


def connected(seen):
    """Whether the graph of the items and raters that have ratings hangs together."""
    items, raters = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if len(items) == 0:
        return False
    reached, fresh = set(), {int(raters[0])}
    while fresh:
        reached |= fresh
        rows = seen[:, sorted(reached)].any(axis=1)
        fresh = set(np.flatnonzero(seen[rows].any(axis=0)).tolist()) - reached
    return len(reached) == len(raters)


# ---------------------------------------------------------------- pairs


PAIR_FIELDS = (
    "exact within_one kappa kappa_quadratic pearson spearman kendall mae rmse bias loa_low loa_high "
    "slope intercept top_jaccard"
).split()


def top_set(values):
    k = -(-len(values) // 10)
    edge = sorted(values, reverse=True)[k - 1]
    return {i for i, value in enumerate(values) if value >= edge}


def pair(values, a, b, scale, on_levels):
    both = ~np.isnan(values[:, a]) & ~np.isnan(values[:, b])
    x, y = values[both, a], values[both, b]
    n = len(x)
    out = dict.fromkeys(PAIR_FIELDS)
    out |= {"a": a, "b": b, "n": n}
    if n == 0:
        return out
    out["exact"] = np.mean(x == y)
    out["within_one"] = np.mean(np.abs(x - y) <= scale[2])
    domain = np.unique(np.concatenate([x, y]))
    if len(domain) > 1:
        out["kappa"] = metrics.cohen_kappa_score(codes(x, domain), codes(y, domain))
        if on_levels:
            levels = grid(scale)
            out["kappa_quadratic"] = metrics.cohen_kappa_score(
                codes(x, levels), codes(y, levels), labels=np.arange(len(levels)), weights="quadratic"
            )
    out["mae"] = metrics.mean_absolute_error(x, y)
    out["rmse"] = metrics.root_mean_squared_error(x, y)
    difference = y - x
    out["bias"] = np.mean(difference)
    one, two = top_set(x), top_set(y)
    out["top_jaccard"] = len(one & two) / len(one | two)
    if n < 2:
        return out
    spread = 0.0 if constant(difference) else np.std(difference, ddof=1)
    out["loa_low"] = out["bias"] - 1.96 * spread
    out["loa_high"] = out["bias"] + 1.96 * spread
    if not constant(x):
        line = stats.linregress(x, y)
        out["slope"], out["intercept"] = line.slope, line.intercept
        if not constant(y):
            out["pearson"] = stats.pearsonr(x, y).statistic
            out["spearman"] = stats.spearmanr(x, y).statistic
            out["kendall"] = stats.kendalltau(x, y, variant="b").statistic
    return out


# ---------------------------------------------------------------- all raters together


def exact_mean_squares(rows):
    """The two-way analysis of variance in fractions, to tell a true zero from a rounding."""
    n, k = rows.shape
    table = [[Fraction(float(v)) for v in row] for row in rows]
    grand = sum(map(sum, table)) / (n * k)
    row_means = [sum(row) / k for row in table]
    column_means = [sum(row[j] for row in table) / n for j in range(k)]
    by_rows = k * sum((m - grand) ** 2 for m in row_means) / (n - 1)
    by_columns = n * sum((m - grand) ** 2 for m in column_means) / (k - 1)
    rest = sum(
        (table[i][j] - row_means[i] - column_means[j] + grand) ** 2 for i in range(n) for j in range(k)
    ) / ((n - 1) * (k - 1))
    return by_rows, by_columns, rest


def mean_squares(rows):
    n, k = rows.shape
    grand, r, c = rows.mean(), rows.mean(axis=1, keepdims=True), rows.mean(axis=0, keepdims=True)
    return (
        k * np.sum((r - grand) ** 2) / (n - 1),
        n * np.sum((c - grand) ** 2) / (k - 1),
        np.sum((rows - r - c + grand) ** 2) / ((n - 1) * (k - 1)),
    )


def icc_parts(ms, n, k):
    """Numerator and denominator of ICC(A,1), ICC(A,k) and ICC(C,1)."""
    rows, columns, rest = ms
    return {
        "icc21": (rows - rest, rows + (k - 1) * rest + k * (columns - rest) / n),
        "icc2k": (rows - rest, rows + (columns - rest) / n),
        "icc31": (rows - rest, rows + (k - 1) * rest),
    }


def long_form(rows):
    n, k = rows.shape
    return pd.DataFrame(
        {"item": np.repeat(np.arange(n), k), "rater": np.tile(np.arange(k), n), "value": rows.ravel()}
    )


def variance(rows, with_anova_lm):
    n, k = rows.shape
    out = dict.fromkeys("ms_rows ms_columns ms_error icc21 icc2k icc31".split())
    if n < 2:
        return out
    exact = exact_mean_squares(rows)
    plain = mean_squares(rows)
    # The fractions are of the stored binary values: thirds are never exact, so a sum of squares
    # that is neither zero nor plainly above zero would be a matter of rounding.
    total = sum(exact)
    assert all(e == 0 or e > total * Fraction(1, 10**9) for e in exact)
    plain = tuple(0.0 if e == 0 else p for e, p in zip(exact, plain))
    out["ms_rows"], out["ms_columns"], out["ms_error"] = plain
    if with_anova_lm and total != 0:
        fit = smf.ols("value ~ C(item) + C(rater)", long_form(rows)).fit()
        lm = sm.stats.anova_lm(fit)
        lm = (lm["sum_sq"] / lm["df"]).loc[["C(item)", "C(rater)", "Residual"]]
        assert np.allclose(lm, plain, rtol=1e-9, atol=1e-9 * float(total)), (list(lm), plain)
    if total == 0:
        return out
    parts = icc_parts(exact, n, k)
    if n * k >= 5:
        icc = pingouin.intraclass_corr(
            long_form(rows), targets="item", raters="rater", ratings="value"
        ).set_index("Type")["ICC"]
        found = {"icc21": icc["ICC(A,1)"], "icc2k": icc["ICC(A,k)"], "icc31": icc["ICC(C,1)"]}
    else:
        # pingouin asks for five values; its formulas, then.
        found = {name: (t / u if u else NAN) for name, (t, u) in icc_parts(plain, n, k).items()}
    for name, (top, bottom) in parts.items():
        if bottom == 0:
            continue
        assert abs(bottom) > total * Fraction(1, 10**9)
        truth = float(top / bottom)
        assert abs(found[name] - truth) <= 1e-12 * max(1.0, abs(truth)), (name, found[name], truth)
        out[name] = 0.0 if top == 0 else found[name]
    return out


def together(values, with_anova_lm):
    n, k = values.shape
    seen = ~np.isnan(values)
    whole = values[seen.all(axis=1)]
    out = {"n_complete": len(whole), "fleiss": None, "exact_all": None}
    out |= dict.fromkeys(["alpha_nominal", "alpha_ordinal", "alpha_interval"])
    out |= variance(whole, with_anova_lm)
    if len(whole):
        out["exact_all"] = np.mean(np.ptp(whole, axis=1) == 0)
        domain = np.unique(whole)
        if len(domain) > 1:
            counts, _ = inter_rater.aggregate_raters(codes(whole, domain), n_cat=len(domain))
            out["fleiss"] = inter_rater.fleiss_kappa(counts)
    pairable = values[seen.sum(axis=1) >= 2]
    if len(np.unique(pairable[~np.isnan(pairable)])) > 1:
        for level in ("nominal", "ordinal", "interval"):
            out["alpha_" + level] = krippendorff.alpha(
                reliability_data=values.T.astype(float), level_of_measurement=level
            )
    return out


# ---------------------------------------------------------------- one rater


def column(values, j):
    x = values[~np.isnan(values[:, j]), j]
    n = len(x)
    out = {"rater": j, "n": n, "mean": None, "sd": None, "median": None, "trimmed_mean": None}
    out |= {"z": [None] * n, "percentile": []}
    if n == 0:
        return out
    assert int(0.2 * n) == n // 5
    out["mean"], out["median"] = np.mean(x), np.median(x)
    out["trimmed_mean"] = stats.trim_mean(x, 0.2)
    out["percentile"] = list(stats.percentileofscore(x, x, kind="mean"))
    if n >= 2:
        out["sd"] = 0.0 if constant(x) else np.std(x, ddof=1)
        if not constant(x):
            out["z"] = list(stats.zscore(x, ddof=1))
    return out


# ---------------------------------------------------------------- items and raters fitted


def two_way(values, with_ols):
    seen = ~np.isnan(values)
    if not connected(seen):
        return {"item": None, "rater": None}
    items, raters = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    rows, columns = np.nonzero(seen)
    y = values[rows, columns]
    # One column per item (its mu + item effect), then one per rater but the last, whose effect is
    # minus the sum of the others.
    design = np.zeros((len(y), len(items) + len(raters) - 1))
    design[np.arange(len(y)), np.searchsorted(items, rows)] = 1
    place = np.searchsorted(raters, columns)
    for j in range(len(raters) - 1):
        design[place == j, len(items) + j] = 1
        design[place == len(raters) - 1, len(items) + j] = -1
    found, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    assert rank == design.shape[1]
    if with_ols:
        other = sm.OLS(y, design).fit().params
        assert np.allclose(found, other, rtol=1e-9, atol=1e-9)
    item, rater = [None] * values.shape[0], [None] * values.shape[1]
    for place, i in enumerate(items):
        item[i] = found[place]
    effects = list(found[len(items) :])
    for j, effect in zip(raters, effects + [-math.fsum(effects)]):
        rater[j] = effect
    return {"item": item, "rater": rater}


# ---------------------------------------------------------------- writing


def clean(value):
    """Plain JSON values; what is not finite becomes null and minus zero becomes zero."""
    if isinstance(value, dict):
        return {key: clean(v) for key, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [clean(v) for v in value]
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    value = float(value)
    return value + 0.0 if math.isfinite(value) else None


def short(value):
    """A rating or a level: whole numbers without a fraction."""
    return None if math.isnan(value) else int(value) if value == int(value) else float(value)


def tables():
    number = 0
    for recipe, count in PLAN:
        for turn in range(count):
            rng = np.random.default_rng(1000 + number)
            while True:
                scale, values, on_levels = make_values(recipe, turn, rng)
                values = np.asarray(values, dtype=float)
                if steady(values, scale):
                    break
            few = number % 7 == 0
            k = values.shape[1]
            yield {
                "kind": "table",
                "name": f"{number:03d}-{recipe}",
                "levels": [short(v) for v in scale],
                "ratings": [[short(v) for v in row] for row in values],
                "pairs": [
                    pair(values, a, b, scale, on_levels) for a, b in itertools.combinations(range(k), 2)
                ],
                "all": together(values, few),
                "columns": [column(values, j) for j in range(k)],
                "two_way": two_way(values, few),
            }
            number += 1


def distributions():
    x = np.arange(-80, 81) / 10
    yield {"kind": "normal", "x": x, "cdf": stats.norm.cdf(x)}
    for df in (1, 2, 3, 5, 10, 30, 100, 1000):
        for p in (0.005, 0.025, 0.05, 0.5, 0.9, 0.975, 0.995):
            yield {"kind": "t_quantile", "p": p, "df": df, "q": stats.t.ppf(p, df)}


def gold():
    for number in range(40):
        rng = np.random.default_rng(9000 + number)
        n = 1 if number == 0 else int(rng.integers(2, 61))
        pool = np.sort(rng.choice(np.arange(-3, 12), size=int(rng.integers(2, 9)), replace=False))
        truth = rng.choice(pool, size=n)
        rater = np.where(rng.random(n) < rng.uniform(0.3, 0.95), truth, rng.choice(pool, size=n))
        if number % 8 == 2:
            truth = np.full(n, pool[0])
        if number % 8 == 3:
            rater = np.full(n, pool[-1])
        if number % 8 == 4:
            rater = rng.choice(pool + 20, size=n)
        if number % 8 == 5:
            rater = truth
        labels = np.unique(np.concatenate([truth, rater]))
        yield {
            "kind": "gold",
            "name": f"gold-{number:02d}",
            "labels": labels,
            "truth": truth,
            "rater": rater,
            "confusion": metrics.confusion_matrix(truth, rater, labels=labels),
        }


def main():
    with TARGET.open("w", encoding="utf-8", newline="\n") as out:
        for record in itertools.chain(tables(), distributions(), gold()):
            line = json.dumps(clean(record), sort_keys=True, allow_nan=False, separators=(",", ":"))
            out.write(line + "\n")


if __name__ == "__main__":
    assert sum(count for _, count in PLAN) == 260
    main()
