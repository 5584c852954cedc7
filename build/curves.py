#!/usr/bin/python3
"""Draws the loss curves of training logs, as ConsoleProgress writes them to a file.

    build/curves.py OUTPUT.svg [TOKENS_PER_STEP:]LOG.txt[=NAME] ...

Needs python3-matplotlib. Thin: the training loss as logged; thick: its mean over 30 lines; dots: validation.
"""
import re
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "curves"  # the same picture for the same logs
import matplotlib.pyplot as plt

LINE = re.compile(r"Pre-training ([\d,]+)/[\d,]+ .*?: loss ([\d.]+)(?:.*validation loss ([\d.]+))?")
WINDOW = 30


def read(path):
    steps, losses, validations = [], [], []
    for line in open(path, encoding="utf-8"):
        if match := LINE.match(line):
            step = int(match[1].replace(",", ""))
            steps.append(step)
            losses.append(float(match[2]))
            if match[3]:
                validations.append((step, float(match[3])))
    return steps, losses, validations


def main(output, logs):
    figure, axes = plt.subplots(figsize=(8, 4.5))
    for number, log in enumerate(logs):
        log, _, name = log.partition("=")
        per_step, _, path = log.rpartition(":")
        scale = float(per_step) / 1e6 if per_step else 1
        steps, losses, validations = read(path)
        color = f"C{number}"
        x = [step * scale for step in steps]
        axes.plot(x, losses, color=color, alpha=0.2, linewidth=0.7)
        means = [sum(losses[max(0, i - WINDOW + 1):i + 1]) / len(losses[max(0, i - WINDOW + 1):i + 1]) for i in range(len(losses))]
        axes.plot(x, means, color=color, linewidth=1.8, label=name or path)
        axes.plot([step * scale for step, _ in validations], [loss for _, loss in validations], ".", color=color)
    axes.set_xlabel("million tokens" if ":" in logs[0].partition("=")[0] else "steps")
    axes.set_ylabel("loss, nats a masked token")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(output, metadata={"Date": None})


main(sys.argv[1], sys.argv[2:])
