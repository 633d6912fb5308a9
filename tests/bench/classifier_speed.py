"""How much faster the classifier scores and trains than the plain way, on an encoder of DistilKoBERT's shape.

`python -m tests.bench.classifier_speed [training] [scoring] [agreement] [memory] [paper_scale]`: all of them,
or those named; `--rounds` and the sizes are options.

Every figure is a ratio within one run. The two ways take turns, ours before and after each plain one, in
several rounds; what is printed is the median of the rounds, the least and the greatest, and how busy the
machine was. On a busy machine the threads of the plain way wait for one another, which flatters ours: with
`--threads 1` both have one, and the ratio of processor time is what others on the machine change least.

Texts are real: industry, title and summary of Korean job descriptions, joined as a survey's template would.
Weights are random where only time is measured, and trained where answers are compared.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
from functools import partial

import numpy as np
import torch
from transformers.utils import logging

from classifier import training
from classifier.engine import Floats, silent
from classifier.inference import Scorer
from tests.bench.korean_encoder import (
    PAD_ID,
    RECORDS,
    SEED,
    TOKENIZER,
    cost,
    cutter,
    encoder,
    load,
    numbers,
    pipeline,
    ratio,
    read_texts,
    take_turns,
    train_plainly,
)

RATE = 2e-4  # random weights want more than the paper's
PAPER = {"texts": 69_766, "classes": 142, "epochs": 8}
CPU = torch.device("cpu")


def measure_training(given: argparse.Namespace) -> None:
    """One epoch by the plain Trainer and by ours, on the same texts."""
    texts, codes = read_texts()
    targets, classes = numbers(codes)
    ids, targets = cutter()(texts[: given.train]), targets[: given.train]

    def ours() -> None:
        recipe = training.Recipe(learning_rate=RATE, epochs=1)
        own = training.Trainer(encoder(classes), recipe, seed=SEED, fingerprint="", device=CPU)
        own.run(ids, targets, PAD_ID, silent)

    def plain() -> None:
        train_plainly(encoder(classes), ids, targets.tolist(), RATE, 1)

    plains, owns = take_turns(plain, ours, given.rounds)
    ratio(f"training, {given.train} texts, 1 epoch", plains, owns, aim=" (aim: at least 3)")


def measure_scoring(given: argparse.Namespace) -> None:
    """All texts by ours, a sample of them in their given order by the pipeline, whose time is scaled up."""
    texts = read_texts()[0][: given.texts]
    lengths = [len(row) for row in cutter()(texts)]
    quarters = ", ".join(f"{value:.0f}" for value in np.percentile(lengths, [5, 50, 95, 100]))
    model = encoder(PAPER["classes"]).eval()
    cut = cutter()
    scorer = Scorer(model, cut, device=CPU)
    ready = cost(lambda: Scorer(model, cut, device=CPU)(texts[:1])).clock
    draw = random.Random(SEED)
    distinct = texts[: round(0.7 * len(texts))]
    repeated = distinct + draw.choices(distinct, k=len(texts) - len(distinct))
    draw.shuffle(repeated)
    print(
        f"scoring, {len(texts)} texts, {scorer.precision}; tokens at 5, 50, 95, 100 %: {quarters}; "
        f"ready after {ready:.2f} s"
    )
    scale = len(texts) / given.sample
    for rows, kind in ((texts, ""), (repeated, ", 30 % of the texts repeated")):
        for size, aim in ((1, 6), (32, 5)):
            pipe = pipeline(model, size)
            pipe(rows[:size])
            plains, owns = take_turns(
                partial(pipe, rows[: given.sample]), partial(scorer, rows), given.rounds
            )
            aimed = aim if not kind else round(aim / 0.7, 1)
            ratio(
                f"scoring against rows in batches of {size}{kind}",
                plains,
                owns,
                scale=scale,
                aim=f" (aim: at least {aimed})",
            )


def measure_agreement(given: argparse.Namespace) -> None:
    """The precisions against float32, with weights trained here, on texts that they have not seen."""
    texts, codes = read_texts()
    targets, classes = numbers([code[:2] for code in codes])
    unseen = slice(len(texts) - given.texts, None)
    known = slice(0, min(given.learn, len(texts) - given.texts))
    model = encoder(classes)
    recipe = training.Recipe(learning_rate=RATE, epochs=given.epochs, warm_up=0.1, decays=True)
    own = training.Trainer(model, recipe, seed=SEED, fingerprint="", device=CPU)
    taken = cost(lambda: own.run(cutter()(texts[known]), targets[known], PAD_ID, silent)).clock
    exact = shares(Scorer(model, cutter(), precision="float32", device=CPU)(texts[unseen]))
    right = (exact.argmax(1) == targets[unseen]).mean()
    print(
        f"agreement: trained on {len(texts[known])} texts, {classes} classes, {given.epochs} epochs, "
        f"seed {SEED}, in {taken:.0f} s; of {given.texts} unseen texts {right:.1%} right, first probability "
        f"{exact.max(1).mean():.2f} in the mean"
    )
    for precision in ("bfloat16", "int8"):
        scorer = Scorer(model, cutter(), precision=precision, device=CPU)
        fast = shares(scorer(texts[unseen]))
        agree = (exact.argmax(1) == fast.argmax(1)).mean()
        moved = abs(exact - fast)
        aim = " (aim: at least 99 %)" if precision == "bfloat16" else " (only where asked for)"
        print(
            f"{precision} against float32: first code the same for {agree:.2%}{aim}, probabilities moved by "
            f"{moved.mean():.5f} in the mean, at most {moved.max():.3f}",
            flush=True,
        )


def shares(scores: Floats) -> Floats:
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True), dtype=np.float32)


def measure_memory(given: argparse.Namespace) -> None:
    """The greatest memory of a process that scores 2,000 texts, and of one that scores `many`."""
    for count in (2_000, given.many):
        command = [sys.executable, "-m", "tests.bench.classifier_speed", "peak", "--many", str(count)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="", flush=True)


def measure_peak(given: argparse.Namespace) -> None:
    """The greatest memory of this process, before and after it scores that many distinct short texts."""
    model = encoder(PAPER["classes"])
    scorer = Scorer(model, cutter(), device=CPU)
    del model
    words = sorted({word for text in read_texts()[0] for word in text.split()})
    draw = random.Random(SEED)
    texts = [f"{number} {' '.join(draw.choices(words, k=3))}" for number in range(given.many)]
    before = peak()
    taken = cost(lambda: scorer(texts)).clock
    held = 4 * given.many * PAPER["classes"] / 2**20
    print(
        f"memory: {before:.0f} MiB with the model and {given.many} texts, at most {peak():.0f} MiB while "
        f"they are scored, of which {held:.0f} MiB are the scores; {taken:.0f} s; {load()}"
    )


def peak() -> float:
    """The greatest memory of this process up to now, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_paper_scale(given: argparse.Namespace) -> None:
    """The paper's training: whole where a graphics processor is at hand, otherwise estimated from a slice."""
    device = training.pick_device()
    real, _ = read_texts()
    draw = random.Random(SEED)
    words = [text.split() for text in real]

    def generated() -> str:
        """The first half of one text and the second of another: as long as real ones, and none twice."""
        first, second = draw.choice(words), draw.choice(words)
        return " ".join(first[: len(first) // 2] + second[len(second) // 2 :])

    whole = device.type != "cpu"
    count = PAPER["texts"] if whole else given.train
    epochs = PAPER["epochs"] if whole else 1
    texts = [generated() for _ in range(count)]
    targets = np.array([draw.randrange(PAPER["classes"]) for _ in texts])
    recipe = training.Recipe(learning_rate=2e-5, epochs=epochs)
    own = training.Trainer(encoder(PAPER["classes"]), recipe, seed=SEED, fingerprint="", device=device)
    taken = cost(lambda: own.run(cutter()(texts), targets, PAD_ID, silent)).clock
    told = f"{PAPER['texts']} generated texts, {PAPER['classes']} classes, {PAPER['epochs']} epochs"
    if whole:
        print(f"the paper's scale ({told}): {taken / 60:.1f} minutes on {torch.cuda.get_device_name(device)}")
        return
    hours = taken / count * PAPER["texts"] * PAPER["epochs"] / 3600
    print(
        f"the paper's scale ({told}): no graphics processor here; estimated from one epoch of {count} texts "
        f"({taken:.0f} s), it would take {hours:.1f} hours; {load()}",
        flush=True,
    )


PARTS = {
    "training": measure_training,
    "scoring": measure_scoring,
    "agreement": measure_agreement,
    "memory": measure_memory,
    "paper_scale": measure_paper_scale,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, "peak", []], metavar="part")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of both ways (as many as torch chooses)")
    parser.add_argument("--texts", type=int, default=2000, help="texts scored")
    parser.add_argument("--sample", type=int, default=300, help="texts that the plain pipelines score")
    parser.add_argument("--train", type=int, default=640, help="texts trained on for a time")
    parser.add_argument("--learn", type=int, default=3000, help="texts trained on for the agreement")
    parser.add_argument("--epochs", type=int, default=5, help="epochs trained for the agreement")
    parser.add_argument("--many", type=int, default=200_000, help="texts scored for the memory")
    given = parser.parse_args()
    if not RECORDS.is_file() or not TOKENIZER.is_dir():
        print(f"not measured: {RECORDS} or {TOKENIZER} is absent")
        return 0
    logging.set_verbosity_error()
    if given.threads:
        torch.set_num_threads(given.threads)
    if given.parts == ["peak"]:
        measure_peak(given)
        return 0
    bfloat16 = training.has_bfloat16(CPU)
    print(
        f"{torch.get_num_threads()} threads; the processor {'has' if bfloat16 else 'has no'} bfloat16; "
        f"seed {SEED}; {load()}",
        flush=True,
    )
    for part in given.parts or PARTS:
        PARTS[part](given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
