"""Many at the same moment: coders of a round, adjudicators, tabs of one coder, draws beside coding runs."""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from coding_app.choices import RoundKind, Side
from coding_app.exceptions import Conflict, TiebreakError
from coding_app.models import Adjudication, Code, Decision, Event, QueueItem, Record, Round, Study
from coding_app.services import adjudicate, review, rounds, same_text, suggest, work
from tests import factories
from tests.faults.waiting import QUICK, STEPS, done, wait_until
from tests.rounds import boss, coder, drawn, ended, plan
from tests.workers import WorkerProcess


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    made = factories.make_study(tmp_path)
    rows = [(f"{n:03}", "zookeeper", "", "30") for n in range(24)]
    factories.bring_in(made, factories.csv_bytes(rows))
    factories.code(made)
    return made


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all at the same moment; what each gave, or the domain error it ended with."""
    ready = threading.Barrier(len(acts))
    found: list[object] = [None] * len(acts)
    faults: list[BaseException] = []

    def go(at: int) -> None:
        try:
            ready.wait(30)
            found[at] = acts[at]()
        except TiebreakError as error:
            found[at] = error
        except BaseException as error:
            faults.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not faults
    return found


def code_all(study: Study, user: User, texts: tuple[str, ...]) -> int:
    """Whatever this coder is served, to the end; how many."""
    codes = [Code.objects.get(code=text) for text in texts]
    n = 0
    while (item := review.open_next(study=study, user=user)) is not None:
        record = Record.objects.select_related("study").get(pk=item.record_id)
        review.decide(
            record=record, user=user, code=codes[record.pk % len(codes)], seen_version=record.version
        )
        n += 1
    return n


def test_every_record_is_settled_once_however_close_its_coders_are(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, "anna ben carl dora")
    users = [coder(study, name) for name in ("anna", "ben", "carl", "dora")]
    # Two say always the same, two say something else of every second record.
    said = [("510",), ("510",), ("510", "470"), ("510", "470")]
    counts = at_once(
        *[
            lambda user=user, texts=texts: code_all(study, user, texts)
            for user, texts in zip(users, said, strict=True)
        ]
    )
    assert sum(counts) == 48  # type: ignore[arg-type]
    assert Decision.objects.filter(undone_at=None).count() == 48
    assert not QueueItem.objects.filter(round_record__round=made, state="open").exists()
    states = Counter(made.records.values_list("state", flat=True))
    assert set(states) <= {"agreed", "disputed"}
    assert states.total() == 24
    assert Adjudication.objects.filter(state="open").count() == states["disputed"]
    assert Event.objects.filter(verb="record_agreed").count() == states["agreed"]
    assert Record.objects.filter(status="decided").count() == states["agreed"]


def test_two_coders_deciding_one_record_at_once_settle_it(study: Study) -> None:
    for at in range(5):
        made = drawn(study, RoundKind.DOUBLE, population={"text": f"{at:03}"}, name=f"one {at}")
        record = made.records.select_related("record__study").get().record

        def decide(name: str, record: Record = record) -> Decision:
            mine = Record.objects.select_related("study").get(pk=record.pk)
            return review.decide(
                record=mine,
                user=coder(study, name),
                code=Code.objects.get(code="510"),
                seen_version=mine.version,
            )

        at_once(lambda: decide("anna"), lambda: decide("ben"))
        record.refresh_from_db()
        assert record.status == "decided"


def test_two_tabs_of_one_coder_are_served_one_record(study: Study) -> None:
    anna = coder(study, "anna")
    found = at_once(*[lambda: review.open_next(study=study, user=anna)] * 4)
    assert len({one.pk for one in found if isinstance(one, QueueItem)}) == 1
    assert QueueItem.objects.filter(holder=anna).count() == 1


def test_adjudicators_at_once_never_meet(study: Study) -> None:
    drawn(study, RoundKind.DOUBLE)
    code_all(study, coder(study, "anna"), ("510",))
    code_all(study, coder(study, "ben"), ("470",))
    served: list[int] = []

    def work_through(user: User) -> None:
        while (held := adjudicate.open_next(study=study, user=user)) is not None:
            served.append(held.pk)
            adjudicate.settle(adjudication=held, user=user, side=Side.FIRST)

    judges = [boss(study), study.members.get(username="supervisor")]
    at_once(*[lambda user=user: work_through(user) for user in judges])
    assert sorted(served) == sorted(set(served))
    assert len(served) == 24
    assert Record.objects.filter(route="adjudicated", final_code__code="510").count() == 24


def test_an_undo_and_an_adjudication_at_once_end_in_one_of_the_two(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population={"text": "000"})
    code_all(study, coder(study, "anna"), ("510",))
    code_all(study, coder(study, "ben"), ("470",))
    opened = Adjudication.objects.get()
    at_once(
        lambda: review.undo(study=study, user=coder(study, "ben")),
        lambda: adjudicate.settle(adjudication=opened, user=boss(study), side=Side.FIRST),
    )
    opened.refresh_from_db()
    record = made.records.select_related("record").get().record
    assert (opened.state, record.status) in {("settled", "decided"), ("withdrawn", "waiting")}


def test_of_two_who_decide_the_same_text_at_once_each_record_is_decided_once(study: Study) -> None:
    keys = list(Record.objects.order_by("pk").values_list("pk", flat=True))

    def together(name: str, at: int) -> list[Decision]:
        mine = Record.objects.select_related("study").get(pk=keys[at])
        return same_text.decide_same_text(
            record=mine,
            user=coder(study, name),
            code=Code.objects.get(code="510"),
            seen_version=mine.version,
            keys=keys,
        )

    for name in ("anna", "ben"):
        coder(study, name)
    found = at_once(lambda: together("anna", 0), lambda: together("ben", -1))
    assert any(isinstance(one, list) for one in found)
    assert all(isinstance(one, list | Conflict) for one in found)
    assert Decision.objects.filter(undone_at=None).count() == 24


def test_a_round_closed_while_it_is_coded_loses_no_record(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE)
    anna, ben = coder(study, "anna"), coder(study, "ben")
    at_once(
        lambda: code_all(study, anna, ("510",)),
        lambda: code_all(study, ben, ("510",)),
        lambda: ended(made),
    )
    code_all(study, anna, ("510",))
    assert Record.objects.filter(status="decided").count() == 24
    assert not QueueItem.objects.filter(state="open").exists()
    assert set(made.records.values_list("state", flat=True)) <= {"agreed", "withdrawn"}


def test_an_undo_and_the_end_of_the_round_at_once_leave_no_record_in_it(study: Study) -> None:
    made = drawn(study, RoundKind.DOUBLE, population={"text": "000"})
    code_all(study, coder(study, "anna"), ("510",))
    code_all(study, coder(study, "ben"), ("510",))
    assert set(made.records.values_list("state", flat=True)) == {"agreed"}
    at_once(lambda: review.undo(study=study, user=coder(study, "ben")), lambda: ended(made))
    record = made.records.select_related("record").get()
    assert (record.state, record.record.status) in {("agreed", "decided"), ("withdrawn", "waiting")}
    own = QueueItem.objects.filter(state="open", record=record.record, round_record=None)
    assert own.count() == (record.state == "withdrawn")


def test_two_draws_and_a_coding_run_at_once_share_no_record(study: Study) -> None:
    study.child_age = 3
    study.save(update_fields=["child_age"])
    made = [
        rounds.set_up(
            study=study, plan=plan(study, RoundKind.REVIEW, "anna", name=f"no {n}"), user=boss(study)
        )
        for n in range(2)
    ]
    coding = suggest.start(study=study, user=None)
    keys = [one.job_id for one in made] + [coding.pk]
    at_once(*[lambda key=key: work.run_job(job_id=key, worker=f"w{key}") for key in keys])
    for one in made:
        one.refresh_from_db()
    # The later one may have found nothing left.
    assert sum(one.drawn for one in made) == 24
    places = QueueItem.objects.filter(state="open")
    assert places.filter(round_record__isnull=True).count() == 0
    assert places.count() == 24


def test_a_draw_survives_its_worker(study: Study, start_worker: Callable[..., WorkerProcess]) -> None:
    rows = [(f"more-{n:04}", "zookeeper", "", "30") for n in range(3000)]
    factories.bring_in(study, factories.csv_bytes(rows), "more.csv")
    made = rounds.set_up(study=study, plan=plan(study, RoundKind.DOUBLE, "anna ben carl"), user=boss(study))
    first = start_worker(settings=QUICK | STEPS)
    assert made.job is not None
    wait_until(lambda: Round.objects.get(pk=made.pk).drawn >= 300)
    first.kill()
    assert made.records.count() < 3024, "it was killed in the middle"
    start_worker(settings=QUICK)
    done(made.job)
    made.refresh_from_db()
    assert (made.state, made.drawn) == ("coding", 3024)
    assert made.records.count() == 3024
    assert QueueItem.objects.filter(round_record__round=made).count() == 6048
    assert Event.objects.filter(verb="record_drawn").count() == 3024
    loads = Counter(QueueItem.objects.values_list("assigned__username", flat=True))
    assert max(loads[name] for name in ("anna", "ben", "carl")) == 2016
