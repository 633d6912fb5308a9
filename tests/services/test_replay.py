"""Whatever people and machine do, in whatever order: a record's history leads to where its row stands."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from coding_app.choices import (
    AcceptBy,
    CannotCodeReason,
    RecordStatus,
    Role,
    RoundKind,
    RoundState,
    Selection,
    Side,
    Verb,
)
from coding_app.exceptions import TiebreakError
from coding_app.models import Code, Event, Record, Round, Study
from coding_app.routing import Settings
from coding_app.selectors import records as selected
from coding_app.selectors import reopening as gestures
from coding_app.selectors.reopening import By, Chosen
from coding_app.selectors.replay import Broken, State, rebuilt, standing
from coding_app.services import adjudicate, flags, members, reopening, review, rounds, route, same_text
from tests import drawn, factories, reopened

ROWS = (
    *factories.ROWS,
    ("009", "contractor", "plumbing & heating", "33"),
    ("010", "Contractor", "plumbing & heating", "44"),
    ("011", "lion tamer", "circus", "51"),
    ("012", "clown", "circus", "20"),
)
CODERS = ("anna", "ben", "carla")


class Walk:
    """One step after another, each what somebody might do; what is refused changes nothing."""

    def __init__(self, study: Study, seed: int) -> None:
        self.study = study
        self.dice = random.Random(seed)
        self.did: Counter[str] = Counter()
        self.coders = [drawn.coder(study, name) for name in CODERS]
        self.boss = study.members.get(username="supervisor")
        second = factories.make_user("second")
        members.add(study=study, member=second, role=Role.SUPERVISOR, user=study.created_by)
        self.judges = [self.boss, second]
        self.codes = list(Code.objects.filter(classification=study.classification, codable=True))
        self.steps: list[tuple[Callable[[], None], int]] = [
            (self.decide, 30), (self.undo, 6), (self.set_up, 4), (self.go_on, 3), (self.close, 2),
            (self.cancel, 1), (self.settle, 8), (self.send_back, 3), (self.judge_again, 3),
            (self.reopen, 4), (self.remove, 2), (self.restore, 2), (self.take_back, 3), (self.flag, 2),
            (self.together, 3), (self.route, 1), (self.code, 1), (self.bring_in, 1),
        ]  # fmt: skip

    def step(self) -> None:
        """Do something."""
        (act,) = self.dice.choices([act for act, _often in self.steps], [often for _act, often in self.steps])
        try:
            with transaction.atomic():
                act()
        except TiebreakError:
            return
        self.did[act.__name__] += 1

    def anybody(self) -> User:
        """Somebody who codes."""
        return self.dice.choice([*self.coders, self.boss])

    def some_round(self, *states: RoundState) -> Round | None:
        """A round in one of these states."""
        found = list(Round.objects.filter(study=self.study, state__in=states))
        return self.dice.choice(found) if found else None

    def decide(self) -> None:
        """Decide the next record, or say why it cannot be."""
        user = self.anybody()
        place = review.open_next(study=self.study, user=user)
        if place is None:
            return
        record = Record.objects.get(pk=place.record_id)
        given: dict[str, Any] = {"record": record, "user": user, "seen_version": record.version}
        if self.dice.random() < 0.2:
            review.cannot_code(reason=CannotCodeReason.VAGUE, place=place.pk, **given)
        else:
            review.decide(code=self.dice.choice(self.codes[:9:4]), place=place.pk, **given)

    def together(self) -> None:
        """Decide all records with the same text at once."""
        user = self.anybody()
        place = review.open_next(study=self.study, user=user)
        if place is None:
            return
        record = Record.objects.get(pk=place.record_id)
        keys = list(Record.objects.filter(text_key=record.text_key).values_list("pk", flat=True))
        same_text.decide_same_text(
            record=record,
            user=user,
            code=self.dice.choice(self.codes),
            seen_version=record.version,
            keys=keys,
            place=place.pk,
        )

    def undo(self) -> None:
        """Take one's latest decision back."""
        review.undo(study=self.study, user=self.anybody())

    def set_up(self) -> None:
        """Draw a round of any kind."""
        kind = self.dice.choice(list(RoundKind))
        fields: dict[str, Any] = {
            "kind": kind,
            "coders_per_record": 2 if kind == RoundKind.DOUBLE else 1,
            "blinded": kind == RoundKind.EVALUATION or self.dice.random() < 0.5,
            "gold_every": 3 if kind == RoundKind.GOLD else None,
            "settles": kind != RoundKind.GOLD and self.dice.random() < 0.8,
            "selection": Selection.RANDOM,
            "size": 4,
            "seed": self.dice.randrange(99),
        }
        if kind in {RoundKind.CALIBRATION, RoundKind.GOLD}:
            fields["coders_per_record"] = 0
        made = rounds.set_up(
            study=self.study, plan=drawn.plan(self.study, *CODERS[:2], **fields), user=self.boss
        )
        assert made.job is not None
        factories.do(made.job)

    def go_on(self) -> None:
        """List what an evaluation's coders and the machine see differently."""
        if found := self.some_round(RoundState.CODING):
            rounds.go_on(round_=found, user=self.boss)

    def close(self) -> None:
        """End a round."""
        if found := self.some_round(RoundState.CODING, RoundState.ADJUDICATION):
            rounds.close(round_=found, user=self.boss)
            self.give_back(found)

    def cancel(self) -> None:
        """Give a round up."""
        if found := self.some_round(RoundState.CODING, RoundState.ADJUDICATION):
            rounds.cancel(round_=found, user=self.boss)
            self.give_back(found)

    def give_back(self, ended: Round) -> None:
        """What a worker does with a round that has ended."""
        assert ended.ending is not None
        factories.do(ended.ending)

    def settle(self) -> None:
        """Adjudicate."""
        user = self.dice.choice([*self.judges, *self.coders])
        dispute = adjudicate.open_next(study=self.study, user=user)
        if dispute is None:
            return
        side = self.dice.choice([Side.FIRST, Side.OTHER, Side.OTHER])
        code = self.dice.choice(self.codes) if side == Side.OTHER else None
        adjudicate.settle(adjudication=dispute, user=user, side=side, code=code, reason="so it is")

    def send_back(self) -> None:
        """Ask the coders."""
        user = self.dice.choice(self.judges)
        dispute = adjudicate.open_next(study=self.study, user=user)
        if dispute is not None:
            adjudicate.send_back(adjudication=dispute, user=user, question="Really?")

    def judge_again(self) -> None:
        """Take back what one adjudicated."""
        adjudicate.undo(study=self.study, user=self.dice.choice(self.judges))

    def chosen(self) -> Chosen:
        """Records by any of the ways to name them."""
        some = self.dice.choice(list(Record.objects.filter(study=self.study).values_list("pk", flat=True)))
        return self.dice.choice(
            [
                Chosen(By.RECORD, str(some)),
                Chosen(By.RECORD, str(some)),
                Chosen(By.CODE, self.dice.choice("1234")),
                Chosen(By.DICTIONARY, str(self.study.dictionary_version_id)),
            ]
        )

    def reopen(self) -> None:
        """Send settled records back."""
        reopened.reopen(study=self.study, wanted=self.chosen(), user=self.boss)

    def remove(self) -> None:
        """Take records out."""
        reopened.remove(study=self.study, wanted=self.chosen(), user=self.boss)

    def restore(self) -> None:
        """Bring one back."""
        out = list(Record.objects.filter(study=self.study, status=RecordStatus.REMOVED))
        if out:
            reopening.restore(study=self.study, record=self.dice.choice(out), user=self.boss)

    def take_back(self) -> None:
        """Bring a whole gesture back."""
        if found := gestures.gestures(self.study):
            key = self.dice.choice(found).key
            reopened.take_back(study=self.study, gesture=key, user=self.boss)

    def flag(self) -> None:
        """Ask a supervisor."""
        record = self.dice.choice(list(Record.objects.filter(study=self.study)))
        flags.raise_flag(record=record, user=self.anybody(), note="?")

    def route(self) -> None:
        """Change what is accepted."""
        accept = self.dice.choice([AcceptBy.NOBODY, AcceptBy.DICTIONARY])
        made = route.save(study=self.study, user=self.boss, settings=Settings(accept_by=accept))
        job = self.study.jobs.filter(kind="route", state="queued").last()
        assert made is not None
        if job is not None:
            factories.do(job)

    def code(self) -> None:
        """Code what came in since."""
        factories.code(self.study)

    def bring_in(self) -> None:
        """Another file."""
        row = (f"x{self.did['bring_in']}", "truck driver", "fuel oil", "30")
        factories.bring_in(self.study, factories.csv_bytes([row]))


def compare(study: Study) -> None:
    """Every record's history against its row."""
    history: dict[int | None, list[Event]] = {}
    for event in Event.objects.filter(study=study, record__isnull=False).order_by("pk"):
        history.setdefault(event.record_id, []).append(event)
    for record in Record.objects.filter(study=study).select_related("final_code"):
        told = history[record.pk]
        assert rebuilt(told) == standing(record), [
            (one.verb, one.before, one.after, one.data) for one in told
        ]


@pytest.fixture
def study(db: None, tmp_path: Path, settings: Any) -> Study:
    """Twelve records, coded."""
    settings.MEDIA_ROOT = tmp_path / "media"
    made = factories.make_study(tmp_path)
    factories.bring_in(made, factories.csv_bytes(ROWS))
    factories.code(made)
    return made


@pytest.mark.parametrize("seed", range(3))
def test_the_history_of_a_record_rebuilds_its_state(study: Study, seed: int) -> None:
    walk = Walk(study, seed)
    compare(study)
    for _ in range(80):
        walk.step()
        compare(study)
    assert walk.did["decide"] > 5, walk.did


def test_the_walks_do_all_there_is_to_do(study: Study) -> None:
    """Otherwise the test above would say nothing of what was never done."""
    walk = Walk(study, 99)
    for _ in range(300):
        walk.step()
    compare(study)
    verbs = set(Event.objects.filter(study=study, record__isnull=False).values_list("verb", flat=True))
    assert verbs >= {
        Verb.RECORD_IMPORTED, Verb.RECORD_CODED, Verb.RECORD_DECIDED, Verb.DECISION_UNDONE,
        Verb.RECORD_DRAWN, Verb.RECORD_AGREED, Verb.RECORD_DISPUTED, Verb.RECORD_ADJUDICATED,
        Verb.RECORD_WITHDRAWN, Verb.RECORD_REOPENED, Verb.RECORD_REMOVED, Verb.RECORD_RESTORED,
        Verb.RECORD_ROUTED, Verb.ADJUDICATION_RETURNED, Verb.RECORD_FLAGGED,
    }  # fmt: skip


def test_a_history_with_an_event_missing_is_found_out(study: Study) -> None:
    record = factories.record(study, "003")
    history = list(selected.history(record))
    assert rebuilt(history) == standing(record) != State()
    with pytest.raises(Broken):
        rebuilt(history[1:])


def test_where_a_record_stood_at_any_time_can_be_told(study: Study) -> None:
    record = factories.record(study, "003")
    coder = study.members.get(username="coder")
    before = standing(record)
    review.decide(record=record, user=coder, code=Code.objects.get(code="510"), seen_version=record.version)
    history = list(selected.history(record))
    assert rebuilt(history).code == "510"
    assert rebuilt(history[:-1]) == before
