"""A coder of gold records with feedback is told in private, at once, where the known code is another one."""

from collections.abc import Callable

import pytest
from django.test import Client

from coding_app.choices import RoundKind
from coding_app.models import Decision, Study
from tests import drawn, factories
from tests.pages.test_queue import address, fields, open_page

HTMX = {"HX-Request": "true"}
HEADER = ("id", "occupation", "industry", "age", "reference")


@pytest.mark.parametrize(
    ("feedback", "said", "told"), [(True, "716", True), (True, "715", False), (False, "716", False)]
)
def test_the_known_code_is_told_where_it_differs(
    empty_study: Study, sign_in: Callable[[str], Client], feedback: bool, said: str, told: bool
) -> None:
    rows = [("g1", "truck driver", "", "40", "715"), ("g2", "truck driver", "", "41", "715")]
    factories.bring_in(empty_study, factories.csv_bytes(rows, HEADER))
    factories.code(empty_study)
    drawn.draw(
        empty_study,
        "coder",
        kind=RoundKind.GOLD,
        gold_every=2,
        feedback=feedback,
        blinded=False,
        settles=False,
    )
    client = sign_in("coder")
    page = open_page(client, empty_study)
    sent = {**fields(page), "choice": f"c{said}"}
    text = client.post(address(empty_study, "decide/"), sent, headers=HTMX).content.decode()
    assert Decision.objects.get().code is not None
    assert ("the right code is known: 715 Driver. You said 716." in text) is told
