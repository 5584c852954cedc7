#!/usr/bin/env python3
"""Writes test/Microsoft.ML.PLD.Tests/Fixtures/metrics/golden.json: what scikit-learn and SciPy answer.

The file in the repository comes from Python 3.11.2, scikit-learn 1.2.1, SciPy 1.10.1 and NumPy 1.24.2, those of Debian 12:
    apt-get install python3-sklearn python3-scipy
    python3 test/Reference/metrics.py

Numbers are multiples of 1/64, exact in single precision. NaN is null; so is the area of one class only, which scikit-learn 1.2 refuses,
and later versions answer with NaN.
"""
import json
import math
import pathlib
import random
import warnings

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef, roc_auc_score

warnings.simplefilter("ignore")
rng = random.Random(20200)


def number(value):
    return None if math.isnan(value) else float(value)


def classes(name, labels, predicted, positive=1):
    return {
        "name": name, "labels": labels, "predicted": predicted, "positive": positive,
        "accuracy": number(accuracy_score(labels, predicted)),
        # As two classes: the others count as one.
        "f1": number(f1_score([l == positive for l in labels], [p == positive for p in predicted], zero_division=0)),
        "macroF1": number(f1_score(labels, predicted, average="macro", zero_division=0)),
        "matthews": number(matthews_corrcoef(labels, predicted)),
    }


def correlation(name, x, y):
    a, b = np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)
    return {"name": name, "x": x, "y": y, "pearson": number(pearsonr(a, b)[0]), "spearman": number(spearmanr(a, b)[0])}


def area(name, labels, scores):
    one = len(set(labels)) < 2
    return {"name": name, "labels": labels, "scores": scores, "area": None if one else number(roc_auc_score(labels, scores))}


def draw(count, kinds):
    return [rng.randrange(kinds) for _ in range(count)]


def noisy(labels, kinds, error):
    return [rng.randrange(kinds) if rng.random() < error else label for label in labels]


def eighths(count, spread=64):
    return [rng.randrange(-spread, spread + 1) / 8 for _ in range(count)]


def fine(count):
    return [round(rng.gauss(0, 3) * 64) / 64 for _ in range(count)]


class_cases = [
    classes("one row, right", [1], [1]),
    classes("one row, wrong", [1], [0]),
    classes("one row, right, negative", [0], [0]),
    classes("all right", [0, 1, 1, 0, 1], [0, 1, 1, 0, 1]),
    classes("all wrong", [0, 1, 1, 0, 1], [1, 0, 0, 1, 0]),
    classes("no positive predicted", [0, 1, 1, 0, 1], [0, 0, 0, 0, 0]),
    classes("no positive label", [0, 0, 0, 0], [0, 1, 0, 1]),
    classes("neither", [0, 0, 0, 0], [0, 0, 0, 0]),
    classes("only positives", [1, 1, 1], [1, 1, 1]),
    classes("all predicted positive", [0, 1, 1, 0, 1], [1, 1, 1, 1, 1]),
    classes("a class is never predicted", [0, 1, 2, 2, 1, 0], [0, 1, 1, 1, 1, 0]),
    classes("a class is only predicted", [0, 1, 1, 0], [0, 1, 2, 2]),
    classes("no class in common", [0, 1, 0, 1], [2, 3, 3, 2]),
    classes("class numbers far apart", [-5, 1000000, 7, 7, -5], [-5, 7, 7, 7, 1000000], positive=7),
    classes("positive class 0", [0, 1, 0, 1, 1], [0, 0, 0, 1, 1], positive=0),
    classes("positive class that is not there", [0, 1, 0, 1, 1], [0, 0, 0, 1, 1], positive=9),
]
for kinds, count, error in [(2, 17, 0.3), (2, 50, 0.9), (2, 120, 0.2), (2, 200, 1), (3, 25, 0.3), (3, 60, 1), (3, 150, 0.5), (4, 80, 0.4), (7, 100, 0.5), (20, 200, 0.3)]:
    labels = draw(count, kinds)
    class_cases.append(classes(f"{count} rows of {kinds} classes, error {error}", labels, noisy(labels, kinds, error)))
rare = [1 if rng.random() < 0.05 else 0 for _ in range(180)]
class_cases.append(classes("a rare class", rare, noisy(rare, 2, 0.1)))

ramp = [float(i) for i in range(10)]
correlation_cases = [
    correlation("two rows, up", [1.0, 2.0], [3.0, 5.0]),
    correlation("two rows, down", [1.0, 2.0], [5.0, 3.0]),
    correlation("a line", ramp, [2 * value + 1 for value in ramp]),
    correlation("a falling line", ramp, [-0.5 * value for value in ramp]),
    correlation("squares", ramp, [value * value for value in ramp]),
    correlation("x is constant", [3.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    correlation("y is constant", [1.0, 2.0, 3.0, 4.0], [0.0] * 4),
    correlation("both are constant", [1.0] * 3, [2.0] * 3),
    correlation("a constant that is no whole number", [0.109375] * 7, ramp[:7]),
    correlation("no correlation", [-1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, -1.0]),
    correlation("ties in x", [1.0, 1.0, 2.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0]),
    correlation("ties in both", [1.0, 1.0, 2.0, 2.0, 3.0, 3.0], [1.0, 2.0, 2.0, 2.0, 5.0, 5.0]),
    correlation("zeros of both signs are equal", [0.0, -0.0, 1.0, 2.0], [1.0, 2.0, 3.0, 0.0]),
    correlation("far from 0", [100000.0, 100001.0, 100003.0, 100002.0], [1.0, 2.0, 3.0, 5.0]),
    correlation("an outlier", [1.0, 2.0, 3.0, 4.0, 1000000.0], [5.0, 4.0, 3.0, 2.0, 1.0]),
    correlation("very different scales", [0.015625, 0.03125, 0.046875], [1048576.0, 3145728.0, 2097152.0]),
]
for count, slope in [(7, 0), (30, 0), (60, 1), (100, -2), (150, 0.25), (200, 0.5)]:
    x = fine(count)
    correlation_cases.append(correlation(f"{count} rows, slope {slope}", x, [round((slope * value + rng.gauss(0, 2)) * 64) / 64 for value in x]))
for count, spread in [(12, 2), (50, 4), (120, 8), (200, 1)]:
    x = eighths(count, spread)
    correlation_cases.append(correlation(f"{count} rows, many ties ({2 * spread + 1} values)", x, [value + rng.randrange(-spread, spread + 1) / 8 for value in x]))
gold = [round(rng.randrange(0, 26) / 5 * 64) / 64 for _ in range(100)]
correlation_cases.append(correlation("scores of 0 to 5", gold, [min(5.0, max(0.0, round((value + rng.gauss(0, 0.7)) * 64) / 64)) for value in gold]))

area_cases = [
    area("two rows, right", [0, 1], [0.25, 0.75]),
    area("two rows, wrong", [0, 1], [0.75, 0.25]),
    area("two rows, equal scores", [0, 1], [0.5, 0.5]),
    area("only positives", [1, 1, 1], [0.25, 0.5, 0.75]),
    area("only negatives", [0, 0], [0.25, 0.5]),
    area("all scores equal", [0, 1, 1, 0, 1], [1.5] * 5),
    area("one tie", [0, 1, 1, 0], [0.125, 0.5, 0.75, 0.5]),
    area("negative scores", [0, 1, 0, 1, 1], [-3.0, -1.0, -2.0, 0.5, -2.5]),
]
for count, spread in [(20, 64), (60, 4), (120, 2), (200, 640), (200, 1)]:
    labels = draw(count, 2)
    area_cases.append(area(f"{count} rows, scores of {2 * spread + 1} values", labels, [score + label / 2 for score, label in zip(eighths(count, spread), labels)]))

path = pathlib.Path(__file__).parent.parent / "Microsoft.ML.PLD.Tests" / "Fixtures" / "metrics" / "golden.json"
path.parent.mkdir(parents=True, exist_ok=True)
groups = {"classes": class_cases, "correlations": correlation_cases, "areas": area_cases}
text = ",\n".join(f'"{group}": [\n' + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]" for group, cases in groups.items())
path.write_text("{\n" + text + "\n}\n")
print(f"{sum(map(len, groups.values()))} cases, {path.stat().st_size} bytes: {path}")
