"""How a refusal is said: whole sentences with their values in place, in whatever language."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.contracts.vocabulary import IncidentState
from shared.errors import Conflict, FieldError, Forbidden, IllegalMove, Invalid, NotFound, StaleVersion
from shared.web.pages.languages import Language
from shared.web.pages.route import sentence

KIT = Path(__file__).parents[3] / "shared" / "web" / "pages" / "locale"
BULGARIAN = Language("bg", [KIT], ZoneInfo("Europe/Sofia"))


@pytest.mark.parametrize(
    ("error", "english", "bulgarian"),
    [
        (StaleVersion(7), "it is at version 7 now", "сега е версия 7"),
        (Forbidden("This is for: %(roles)s.", roles=["Operator", "Crew"]), "for: Operator, Crew.", "Оператор, "),
        (Conflict("This is %(state)s.", state=IncidentState.CLOSED), "This is closed.", "This is приключен"),
        (
            Invalid([FieldError("age", "a number"), FieldError("sex", "f or m")]),
            "age, sex.",
            "приемат: age, sex.",
        ),
        (NotFound("room"), "There is no such room", "Няма такава страница"),
        (IllegalMove("job", "cleared", "on_scene"), "cleared cannot become on_scene", "не може да стане"),
        (Conflict("100 % sure."), "100 % sure.", "100 % sure."),
    ],
)
def test_values_stand_in_the_sentence_of_every_language(error: Conflict, english: str, bulgarian: str) -> None:
    assert english in error.detail
    assert bulgarian in sentence(BULGARIAN, error, error.detail)
