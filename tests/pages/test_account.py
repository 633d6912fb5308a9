"""Signing in, the password, the language, and pages of faults."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from coding_app.models import Study
from tests import factories


def test_a_user_signs_in_sees_the_studies_and_signs_out(empty_study: Study) -> None:
    client = Client()
    response = client.post("/login/", {"username": "coder", "password": "secret"}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert empty_study.name in response.content.decode()
    assert client.post("/logout/").status_code == 302
    assert client.get("/").status_code == 302


def test_a_wrong_password_is_said_on_the_form(empty_study: Study) -> None:
    response = Client().post("/login/", {"username": "coder", "password": "wrong"})
    assert "Please enter a correct username and password" in response.content.decode()


def test_the_login_page_mentions_the_demo_only_where_one_is_loaded(empty_study: Study) -> None:
    hint = "A demo study is loaded here"
    assert hint not in Client().get("/login/").content.decode()
    Study.objects.update(is_demo=True)
    assert hint in Client().get("/login/").content.decode()


def test_a_user_changes_the_password(empty_study: Study, sign_in: Callable[[str], Client]) -> None:
    client = sign_in("coder")
    new = "correct horse battery"
    fields = {"old_password": "secret", "new_password1": new, "new_password2": new}
    response = client.post("/password/", fields, follow=True)
    assert "Your password is changed." in response.content.decode()
    assert User.objects.get(username="coder").check_password(new)


def test_the_language_switch_stays_on_the_page(empty_study: Study, sign_in: Callable[[str], Client]) -> None:
    client = sign_in("coder")
    target = f"/studies/{empty_study.slug}/"
    response = client.post("/language/", {"language": "ko", "next": target}, follow=True)
    assert response.redirect_chain == [(target, 302)]
    assert '<html lang="ko">' in response.content.decode()


def test_somebody_without_a_study_is_told_what_to_do(db: None, sign_in: Callable[[str], Client]) -> None:
    assert "Ask the manager of a study to add you" in sign_in("newcomer").get("/").content.decode()
    maker = factories.make_user("maker", may_create=True)
    page = sign_in(maker.username).get("/").content.decode()
    assert 'href="/new-study/"' in page


def test_not_found_looks_like_the_other_pages(db: None) -> None:
    response = Client().get("/nowhere/")
    assert response.status_code == 404
    assert 'class="brand"' in response.content.decode()


def test_a_fault_in_the_program_has_a_page_that_needs_nothing(
    empty_study: Study, sign_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(study: Study) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("coding_app.views.dashboard.progress", broken)
    client = sign_in("coder")
    client.raise_request_exception = False
    response = client.get(f"/studies/{empty_study.slug}/")
    assert response.status_code == 500
    assert "A fault in the program" in response.content.decode()


def test_a_form_without_its_token_is_refused_in_the_same_look(empty_study: Study) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/login/", {"username": "coder", "password": "secret"})
    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()
