"""How far a training is: steps of the whole, the stage in words, the loss."""

import math
import time
from collections.abc import Iterable, Sequence
from typing import Final

from django.utils.translation import gettext_noop

from classifier import Progress
from coding_app.bases import BASELINE
from coding_app.choices import LabelSource
from coding_app.models import Training
from coding_app.services import jobs

TOTAL: Final = 1000
"""Steps of a whole training, whatever it consists of."""
POINTS: Final = 300
"""Losses that are kept at most."""
EVERY: Final = 1.0  # seconds between two notes

STAGES: Final = {
    "reading": (gettext_noop("Reading the records"), 1),
    "training": (gettext_noop("Training"), 60),
    "baseline": (gettext_noop("Training the baseline"), 8),
    "judging": (gettext_noop("Judging on the records kept back"), 3),
    "variants": (gettext_noop("Training the paper's variants"), 120),
    "report": (gettext_noop("Writing the report"), 2),
    "suspects": (gettext_noop("Looking for codes in doubt"), 15),
    "keeping": (gettext_noop("Keeping the model"), 1),
}
"""What a training goes through, in order: in words, and how long it takes compared with the others."""


class Losses:
    """The loss over the course of a training, at :data:`POINTS` places at most: the mean around each."""

    def __init__(self, points: Iterable[Sequence[float]]) -> None:
        # Of an attempt that was killed; what comes now takes their place.
        self._means = {round(share * POINTS): (loss, 0) for share, loss in points}

    def add(self, share: float, loss: float) -> None:
        """The loss where this share of the training is done; what is no number is passed over."""
        if not math.isfinite(loss):
            return
        place = min(math.ceil(share * POINTS), POINTS)
        mean, count = self._means.get(place, (0.0, 0))
        self._means[place] = ((mean * count + loss) / (count + 1), count + 1)

    def points(self) -> list[list[float]]:
        """``[share done, loss]``, in order."""
        return [[place / POINTS, round(mean, 5)] for place, (mean, _) in sorted(self._means.items())]


class Steps:
    """Notes the progress of a training, and stops it when it is to be stopped or was taken over.

    Called by the classifier library as often as it likes; the database hears of it once a second.
    """

    def __init__(self, claim: jobs.Claim, training: Training) -> None:
        self._claim = claim
        self._training = training
        left_out = _left_out(training)
        self._weights = {name: weight for name, (_, weight) in STAGES.items() if name not in left_out}
        self._stage = ""
        self._noted = 0.0
        self._epochs: int | None = None
        self._losses = Losses(training.losses)

    def begin(self, stage: str) -> None:
        """The next stage of :data:`STAGES` begins."""
        self._claim.check()
        self._stage = stage
        self._note(0.0)

    def __call__(self, progress: Progress) -> None:
        """How far the stage is.

        Raises:
            Cancelled, ClaimLost: from ``jobs``.
        """
        share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
        if self._stage == "training" and progress.loss is not None:
            self._losses.add(share, progress.loss)
        if time.monotonic() - self._noted < EVERY:
            return
        self._claim.check()
        self._note(share)

    def end(self) -> None:
        """All is done; called in the transaction that writes what came of it."""
        self._claim.advance(done=TOTAL, total=TOTAL)
        Training.objects.filter(pk=self._training.pk).update(stage="", losses=self._losses.points())

    def _note(self, share: float) -> None:
        names = list(self._weights)
        before = sum(self._weights[name] for name in names[: names.index(self._stage)])
        done = (before + share * self._weights[self._stage]) / sum(self._weights.values())
        self._claim.advance(done=int(TOTAL * done), total=TOTAL, lasting=self._is_lasting(share))
        Training.objects.filter(pk=self._training.pk).update(
            stage=STAGES[self._stage][0], losses=self._losses.points()
        )
        self._noted = time.monotonic()

    def _is_lasting(self, share: float) -> bool:
        """Whether another epoch is kept since the last note, so that no later attempt does it again."""
        if self._stage != "training" or self._training.base == BASELINE:
            return False
        epochs = int(share * self._training.epochs)
        self._epochs, before = epochs, self._epochs
        return before is not None and epochs > before


def _left_out(training: Training) -> set[str]:
    """The stages that this training does not go through."""
    there = {
        "baseline": training.base != BASELINE,
        "variants": training.with_variants,
        "report": training.test_size > 0,
        "suspects": training.labels != LabelSource.FILE,
    }
    return {name for name, is_there in there.items() if not is_there}
