"""What a page says in a language: from the catalogues of its own house, and of no other."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.web.pages.languages import Language

ZONE = ZoneInfo("Europe/Sofia")


def _catalogue(folder: Path, sentence: str, said: str) -> Path:
    folder.mkdir()
    (folder / "bg.po").write_text(
        f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "{sentence}"\nmsgstr "{said}"\n'
    )
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Write a kit's catalogue and a service's, with a sentence each."""
    kit = _catalogue(tmp_path / "kit", "Sign in", "Вход")
    return kit, _catalogue(tmp_path / "service", "Rooms", "Стаи")


def test_a_sentence_is_found_in_whichever_catalogue_has_it(folders: tuple[Path, Path]) -> None:
    language = Language("bg", folders, ZONE)
    assert [language.gettext("Sign in"), language.gettext("Rooms"), language.gettext("Nowhere")] == [
        "Вход",
        "Стаи",
        "Nowhere",
    ]


def test_two_houses_that_share_a_catalogue_do_not_hear_each_others_sentences(folders: tuple[Path, Path]) -> None:
    kit, service = folders
    for _ in range(3):  # a catalogue read once is used by every house made later in the same process
        assert Language("bg", (kit, service), ZONE).gettext("Rooms") == "Стаи"
        assert Language("bg", (kit,), ZONE).gettext("Rooms") == "Rooms"
