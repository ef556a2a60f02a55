"""One table from domain errors to what a client is told; nothing else knows HTTP."""

from __future__ import annotations

import inspect

import pytest

from shared import errors
from shared.contracts import problems

TOLD = {
    errors.NotSignedIn("x"): (401, "not-signed-in"),
    errors.Forbidden("x"): (403, "forbidden"),
    errors.NotFound("job"): (404, "not-found"),
    errors.IllegalMove("job", "cleared", "en_route"): (409, "illegal-move"),
    errors.Conflict("x"): (409, "conflict"),
    errors.RequestInProgress("x"): (409, "request-in-progress"),
    errors.StaleVersion(4): (412, "stale-version"),
    errors.Invalid.field("a.b", "x"): (422, "invalid"),
    errors.KeyReused("x"): (422, "key-reused"),
    errors.TooMany("x", 0.2): (429, "too-many"),
    errors.Unavailable("x"): (503, "unavailable"),
}


@pytest.mark.parametrize("error", TOLD, ids=lambda error: type(error).__name__)
def test_every_error_has_a_stable_type_a_status_and_a_sentence(error: Exception) -> None:
    status, name = TOLD[error]
    document = problems.of(error)
    assert (document["status"], document["type"]) == (status, f"urn:zakrila:problem:{name}")
    assert document["title"]
    assert document["detail"]


def test_no_domain_error_is_shown_as_a_fault() -> None:
    shown = {type(error) for error in TOLD}
    classes = {each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, errors.DomainError)}
    assert classes - {errors.DomainError} <= shown


def test_a_more_special_error_is_shown_as_its_nearest_parent() -> None:
    class RoomAlreadyHeld(errors.Conflict):
        """Known to no table."""

    assert problems.of(RoomAlreadyHeld("The room is held."))["type"].endswith(":conflict")


@pytest.mark.parametrize("error", [RuntimeError("Мария"), errors.Unstorable("Мария"), errors.Poison("Мария")])
def test_what_is_no_refusal_is_never_described(error: Exception) -> None:
    document = problems.of(error)
    assert document["status"] == 500
    assert "Мария" not in str(document)


def test_what_a_program_needs_besides_is_there() -> None:
    move = problems.of(errors.IllegalMove("job", "cleared", "en_route", "Raise it anew."))
    assert (move["from"], move["to"]) == ("cleared", "en_route")
    assert move["detail"] == "A job that is cleared cannot become en_route. Raise it anew."
    assert problems.of(errors.StaleVersion(4))["version"] == 4
    assert problems.of(errors.Invalid.field("a.b", "x"))["errors"] == [{"field": "a.b", "message": "x"}]


def test_who_must_wait_is_told_how_long_in_whole_seconds() -> None:
    assert problems.headers_of(errors.TooMany("x", 0.2)) == {"Retry-After": "1"}
    assert problems.headers_of(errors.Unavailable("x", 7)) == {"Retry-After": "7"}
    assert problems.headers_of(errors.NotSignedIn("x")) == {"WWW-Authenticate": "Bearer"}
    assert problems.headers_of(errors.Conflict("x")) == {}
