"""scikit-learn's forest on one CSV of changes, for bench/prediction: the first 80 % by date trains, the rest tests.

Usage: python scikit_learn.py FILE.csv[.gz]
Prints one JSON object. Needs numpy and scikit-learn (figures in docs/prediction.md: numpy 2.4.6, scikit-learn 1.9.1).
"""

import csv
import gzip
import json
import sys
import time

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

NOT_FEATURES = {"commit_id", "project", "date", "bug"}


def read(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", newline="") as lines:
        rows = list(csv.DictReader(lines))
    rows.sort(key=lambda row: float(row["date"]))
    names = [name for name in rows[0] if name not in NOT_FEATURES]
    values = np.array([[float(row[name] or 0) for name in names] for row in rows])
    labels = np.array([int(float(row["bug"])) for row in rows])
    return names, np.sign(values) * np.log1p(np.abs(values)), labels


def calibration_error(labels, scores, bins=10):
    which = np.minimum((scores * bins).astype(int), bins - 1)
    return sum(
        abs(labels[which == b].mean() - scores[which == b].mean()) * (which == b).mean()
        for b in range(bins)
        if (which == b).any()
    )


def main(path):
    names, values, labels = read(path)
    cut = int(len(labels) * 0.8)
    forest = RandomForestClassifier(n_estimators=300, min_samples_leaf=5, random_state=0, n_jobs=1)
    started = time.perf_counter()
    forest.fit(values[:cut], labels[:cut])
    seconds = time.perf_counter() - started
    scores = forest.predict_proba(values[cut:])[:, 1]
    tested = labels[cut:]
    print(
        json.dumps(
            {
                "auc": roc_auc_score(tested, scores),
                "prAuc": average_precision_score(tested, scores),
                "brier": brier_score_loss(tested, scores),
                "ece": calibration_error(tested, scores),
                "linesAddedAuc": roc_auc_score(tested, values[cut:, names.index("la")]) if "la" in names else None,
                "seconds": seconds,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
