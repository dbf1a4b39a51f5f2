#!/usr/bin/env python3
"""Fits the two models of the scene kernel to labelled clips and writes model.rs.

  TRAINING_CLIPS=CLIPS TRAINING_OUT=INPUTS cargo test -p viralforge-core --lib scene::training -- --ignored
  train.py CLIPS INPUTS [--folds N] [--write]

CLIPS (one folder, or several separated by commas, with as many of INPUTS) holds NAME.json beside each clip: {"cuts": [frame, ...], "gradual": [[first, last], ...], "ignore": [[first, last],
...]}. Without --write it only tells how well models do on clips that they were not fitted to (cross-validation over
clips): decisions as `standard.rs` makes them, matched more plainly than a benchmark would. Needs numpy. Deterministic.
"""
import argparse, glob, json, os

import numpy as np

CUT, GRADUAL, SPANS = 23, 19, 5
# Sizes of the networks' hidden layers.
CUT_HIDDEN, GRADUAL_HIDDEN = 8, 16
# Networks that are fitted from different beginnings; their mean is less sure of what it has not seen.
NETWORKS = 3
# How often a clip of the first folder counts, which holds what people really upload.
FIRST_FOLDER = 3
SPAN_SECONDS = np.array([0.125, 0.25, 0.42, 0.68, 1.08])
# The thresholds at which as many are false as are missed in cross-validation become 0.5 through the bias.
CUT_AT, GRADUAL_AT = 0.4, 0.75


def load(clips, folder):
    data = {}
    for path in sorted(glob.glob(os.path.join(clips, "*.json"))):
        name = os.path.splitext(os.path.basename(path))[0]
        file = os.path.join(folder, name + ".inputs")
        if not os.path.exists(file):
            continue
        rows = np.fromfile(file, dtype="<f4").reshape(-1, 2 + CUT + SPANS * (GRADUAL + 2)).astype(float)
        spans = rows[:, 2 + CUT :].reshape(-1, SPANS, GRADUAL + 2)
        data[name] = {"t": rows[:, 0], "may_cut": rows[:, 1] > 0, "cut": rows[:, 2 : 2 + CUT], "gradual": spans[..., :GRADUAL], "extent": spans[..., GRADUAL:].astype(int), "truth": json.load(open(path))}
        label(data[name])
    return data


def label(d):
    """What is a cut and the middle of a gradual change, and where that is not clear enough to learn from."""
    truth, t = d["truth"], d["t"]
    n, step = len(t), float(np.median(np.diff(t)))
    d["is_cut"], d["cut_clear"] = np.zeros(n), np.ones(n, bool)
    for a, b in truth.get("ignore", []) + truth["gradual"]:
        d["cut_clear"][max(0, a - 2) : b + 3] = False
    for c in truth["cuts"]:
        near = np.arange(max(0, c - 1), min(n, c + 2))
        best = near[np.argmax(d["cut"][near, 0] + d["cut"][near, 4])]
        d["is_cut"][best] = 1
        d["cut_clear"][near] = False
        d["cut_clear"][best] = True
    d["is_gradual"], d["gradual_clear"] = np.zeros((n, SPANS)), np.ones((n, SPANS), bool)
    possible = d["extent"][..., 0] >= 0
    for j, span in enumerate(SPAN_SECONDS):
        for (a, b), reach in [(x, 0.7) for x in truth.get("ignore", [])] + [(x, 1.0) for x in truth["gradual"]]:
            k = int(span / step * reach)
            d["gradual_clear"][max(0, a - k) : b + k + 1, j] = False
    for a, b in truth["gradual"]:
        length = t[min(n - 1, b)] - t[a] + step
        near = np.abs(t - (t[a] + t[min(n - 1, b)]) / 2) <= max(step * 0.6, 0.15 * length)
        # The two shortest spans that hold the whole change.
        for j in ([j for j in range(SPANS) if 2 * SPAN_SECONDS[j] >= 0.9 * length] or [SPANS - 1])[:2]:
            d["is_gradual"][near, j] = 1
            d["gradual_clear"][near, j] = True
    d["gradual_clear"] &= possible


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def adam(params, gradients_of, count, batch, epochs, rng):
    """Makes `params` better in place; `gradients_of` tells how for the rows of a batch."""
    first, second, step = [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params], 0
    for epoch in range(epochs):
        order = rng.permutation(count)
        for k in range(0, count, batch):
            step += 1
            rate = 0.01 * (1 - epoch / epochs) + 1e-4
            for q, g in enumerate(gradients_of(order[k : k + batch])):
                first[q] = 0.9 * first[q] + 0.1 * g
                second[q] = 0.999 * second[q] + 0.001 * g * g
                params[q] = params[q] - rate * (first[q] / (1 - 0.9**step)) / (np.sqrt(second[q] / (1 - 0.999**step)) + 1e-8)


def fit_cut(data, ridge=1e-3, epochs=200, seed=0):
    """A logistic regression with a small network beside it."""
    pick = lambda key: np.concatenate([d[key][d["may_cut"] & d["cut_clear"]] for d in data])
    x, y = pick("cut"), pick("is_cut")
    mean, spread = x.mean(0), x.std(0) + 1e-6
    z = (x - mean) / spread
    rng = np.random.RandomState(seed)
    params = [rng.randn(CUT, CUT_HIDDEN) / np.sqrt(CUT), np.zeros(CUT_HIDDEN), rng.randn(CUT_HIDDEN) / np.sqrt(CUT_HIDDEN), np.array(-1.0), np.zeros(CUT)]

    def gradients(i):
        hidden = np.tanh(z[i] @ params[0] + params[1])
        error = (sigmoid(hidden @ params[2] + params[3] + z[i] @ params[4]) - y[i]) / len(i)
        back = np.outer(error, params[2]) * (1 - hidden * hidden)
        return [z[i].T @ back + ridge * params[0], back.sum(0), hidden.T @ error + ridge * params[2], error.sum(), z[i].T @ error + ridge * params[4]]

    adam(params, gradients, len(y), 1024, epochs, rng)
    weights, direct = params[0] / spread[:, None], params[4] / spread
    return weights.T, params[1] - mean @ weights, params[2], float(params[3] - mean @ direct), direct


def fit_gradual(data, ridge=1e-4, epochs=60, seed=0):
    """A network with one hidden layer. Positives count threefold: they are rare."""
    which = np.eye(SPANS)[:, : SPANS - 1]
    pick = lambda d, x: x[d["gradual_clear"]]
    x = np.concatenate([pick(d, np.concatenate([d["gradual"], np.broadcast_to(which, (len(d["t"]), SPANS, SPANS - 1))], -1)) for d in data])
    y = np.concatenate([pick(d, d["is_gradual"]) for d in data])
    mean, spread = x.mean(0), x.std(0) + 1e-6
    z = (x - mean) / spread
    rng = np.random.RandomState(seed)
    params = [rng.randn(z.shape[1], GRADUAL_HIDDEN) / np.sqrt(z.shape[1]), np.zeros(GRADUAL_HIDDEN), rng.randn(GRADUAL_HIDDEN) / np.sqrt(GRADUAL_HIDDEN), np.array(-3.0)]

    def gradients(i):
        hidden = np.tanh(z[i] @ params[0] + params[1])
        error = (sigmoid(hidden @ params[2] + params[3]) - y[i]) * np.where(y[i] > 0, 3.0, 1.0) / len(i)
        back = np.outer(error, params[2]) * (1 - hidden * hidden)
        return [z[i].T @ back + ridge * params[0], back.sum(0), hidden.T @ error + ridge * params[2], error.sum()]

    adam(params, gradients, len(y), 2048, epochs, rng)
    weights = params[0] / spread[:, None]
    bias = params[1] - mean @ weights
    per_span = np.array([bias + (weights[GRADUAL + j] if j < SPANS - 1 else 0) for j in range(SPANS)])
    return weights[:GRADUAL].T, per_span, params[2], float(params[3])


def fit(data):
    """The models with their parts by name."""
    cuts = [fit_cut(data, seed=seed) for seed in range(NETWORKS)]
    graduals = [fit_gradual(data, seed=seed) for seed in range(NETWORKS)]
    shift = lambda at: np.log(at / (1 - at))
    return {
        "cut_hidden": np.concatenate([n[0] for n in cuts]),
        "cut_hidden_bias": np.concatenate([n[1] for n in cuts]),
        "cut_out": np.concatenate([n[2] for n in cuts]) / NETWORKS,
        "cut_bias": float(np.mean([n[3] for n in cuts])) - shift(CUT_AT),
        "cut_direct": np.mean([n[4] for n in cuts], 0),
        "gradual_hidden": np.concatenate([n[0] for n in graduals]),
        "gradual_hidden_bias": np.concatenate([n[1] for n in graduals], 1),
        "gradual_out": np.concatenate([n[2] for n in graduals]) / NETWORKS,
        "gradual_bias": float(np.mean([n[3] for n in graduals])) - shift(GRADUAL_AT),
    }


def decide(d, model, threshold=0.5):
    """The rules of standard.rs."""
    m, t = model, d["t"]
    hidden = np.tanh(d["cut"] @ m["cut_hidden"].T + m["cut_hidden_bias"])
    cut = sigmoid(hidden @ m["cut_out"] + d["cut"] @ m["cut_direct"] + m["cut_bias"]) * d["may_cut"]
    cut[0] = 0
    hidden = np.tanh(np.einsum("nsg,hg->nsh", d["gradual"], m["gradual_hidden"]) + m["gradual_hidden_bias"])
    gradual = sigmoid(hidden @ m["gradual_out"] + m["gradual_bias"]) * (d["extent"][..., 0] >= 0)
    best = gradual.argmax(1)
    p = gradual.max(1)
    taken = []
    for f in sorted(np.where(p >= threshold)[0], key=lambda f: (-p[f], f)):
        a, b = (int(x) for x in d["extent"][f, best[f]])
        start, end = t[a], t[b + 1] if b + 1 < len(t) else np.inf
        if not any((start < y + 0.2 and x < end + 0.2) or abs(t[f] - middle) <= reach for _, x, y, middle, reach in taken):
            taken.append(((a, b), start, end, t[f], 0.6 * SPAN_SECONDS[best[f]]))
    taken = [x[0] for x in taken]
    sure = np.where(cut > 0.95)[0]
    taken = [(a, b) for a, b in taken if b > a and (b + 1 >= len(t) or t[b + 1] - t[a] > 0.1) and not ((sure >= a - 1) & (sure <= b + 1)).any()]
    cuts = [int(c) for c in np.where(cut >= threshold)[0] if not any(a - 2 <= c <= b + 2 for a, b in taken)]
    return {"cuts": cuts, "gradual": [list(g) for g in taken]}


def matched(found, truth):
    """(right, false, missed) of cuts and of graduals."""
    ignore = truth.get("ignore", [])
    counted = lambda a, b: not any(a <= y + 1 and b >= x - 1 for x, y in ignore)
    cuts = [min(truth["cuts"], key=lambda t: abs(t - c), default=-9) for c in found["cuts"]]
    right = {t for c, t in zip(found["cuts"], cuts) if abs(c - t) <= 1}
    touches = lambda g, c: g[0] - 2 <= c <= g[1] + 2
    false = sum(abs(c - t) > 1 and counted(c, c) and not any(touches(g, c) for g in truth["gradual"]) for c, t in zip(found["cuts"], cuts))
    hit = {j for j, g in enumerate(truth["gradual"]) if any(x <= g[1] + 2 and y >= g[0] - 2 for x, y in found["gradual"])}
    wrong = sum(counted(x, y) and not any(x <= g[1] + 2 and y >= g[0] - 2 for g in truth["gradual"]) for x, y in found["gradual"])
    return np.array([len(right), false, len(truth["cuts"]) - len(right)]), np.array([len(hit), wrong, len(truth["gradual"]) - len(hit)])


def f1(counts):
    return 2 * counts[0] / max(1, 2 * counts[0] + counts[1] + counts[2])


def cross_validate(data, folds):
    names = list(np.random.RandomState(0).permutation(list(data)))
    found = {}
    for k in range(folds):
        held_out = names[k::folds]
        model = fit([data[n] for n in data if n not in held_out])
        found.update({n: decide(data[n], model) for n in held_out})
    return found


def rust(values):
    values = np.asarray(values)
    if values.ndim == 0:
        return f"{float(values):.5}" if "." in f"{float(values):.5}" else f"{float(values):.5}.0"
    return "[" + ", ".join(rust(v) for v in values) + "]"


def write(model):
    rows = lambda matrix: "[\n" + "".join(f"    {rust(row)},\n" for row in matrix) + "]"
    m = model
    text = f"""//! Weights of the two models, fitted by `train.py` to labelled clips; see there. Do not edit by hand.

use super::evidence::{{CUT_INPUTS, GRADUAL_INPUTS}};
use super::features::SPANS_MS;

const CUT_HIDDEN: usize = {len(m["cut_out"])};
const GRADUAL_HIDDEN: usize = {len(m["gradual_out"])};

pub(super) const CUT_HIDDEN_WEIGHTS: [[f32; CUT_INPUTS]; CUT_HIDDEN] = {rows(m["cut_hidden"])};
pub(super) const CUT_HIDDEN_BIAS: [f32; CUT_HIDDEN] = {rust(m["cut_hidden_bias"])};
pub(super) const CUT_OUT_WEIGHTS: [f32; CUT_HIDDEN] = {rust(m["cut_out"])};
pub(super) const CUT_DIRECT_WEIGHTS: [f32; CUT_INPUTS] = {rust(m["cut_direct"])};
pub(super) const CUT_OUT_BIAS: f32 = {rust(m["cut_bias"])};
pub(super) const GRADUAL_HIDDEN_WEIGHTS: [[f32; GRADUAL_INPUTS]; GRADUAL_HIDDEN] = {rows(m["gradual_hidden"])};
pub(super) const GRADUAL_HIDDEN_BIAS: [[f32; GRADUAL_HIDDEN]; SPANS_MS.len()] = {rows(m["gradual_hidden_bias"])};
pub(super) const GRADUAL_OUT_WEIGHTS: [f32; GRADUAL_HIDDEN] = {rust(m["gradual_out"])};
pub(super) const GRADUAL_OUT_BIAS: f32 = {rust(m["gradual_bias"])};
"""
    open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.rs"), "w").write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips")
    parser.add_argument("inputs")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    folders = [load(clips, inputs) for clips, inputs in zip(a.clips.split(","), a.inputs.split(","))]
    data = {name: clip for folder in folders for name, clip in folder.items()}
    if a.write:
        write(fit(list(folders[0].values()) * (FIRST_FOLDER - 1) + list(data.values())))
        return
    found = cross_validate(data, a.folds)
    hard, gradual = sum(np.array(matched(found[n], data[n]["truth"])) for n in data)
    print(f"unseen clips: hard F1 {f1(hard):.3f} {hard.tolist()}, gradual F1 {f1(gradual):.3f} {gradual.tolist()}")


if __name__ == "__main__":
    main()
