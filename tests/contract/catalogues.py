"""The sentences that people are shown, and their translations.

``python -m tests.contract.catalogues`` brings the catalogues (``locale/LANGUAGE.po``) up to what pages and code say,
keeping what is translated.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from services.intake.domain.instruments import INSTRUMENTS
from shared.contracts.vocabulary import Service
from shared.telemetry.steps import english_texts
from shared.web.pages.languages import LANGUAGES, SOURCE
from tests.support.stack import ROOT

# Whoever refuses something with a constant sentence says it to a person.
_REFUSALS = ("Conflict", "Forbidden", "NotSignedIn", "Unavailable", "TooMany", "KeyReused", "RequestInProgress")
_KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, **dict.fromkeys(_REFUSALS)}
_METHODS = [("**/migrations/**", "ignore"), ("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"}}
_HEADERS = tuple(
    f'"{name}'
    for name in ("Project-Id", "Report", "POT-Creation", "PO-Revision", "Last-Tr", "Language-Team", "Generated-By")
)
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
HOUSES = {
    "shared": (ROOT / "shared", ROOT / "shared" / "web" / "pages" / "locale"),
    **{each.value: (ROOT / "services" / each.value, ROOT / "services" / each.value / "locale") for each in Service},
}
"""Where sentences are said, and where their translations are kept."""
TRANSLATED = tuple(code for code in LANGUAGES if code != SOURCE)


def said(house: str) -> Catalog:
    """Return every sentence of a house, in the order of its files."""
    folder, _locale = HOUSES[house]
    catalogue = Catalog(charset="utf-8")
    found = extract_from_dir(str(folder), _METHODS, _OPTIONS, keywords=_KEYWORDS)
    for _file, _line, sentence, _comments, _context in sorted(found, key=lambda each: (each[0], each[1])):
        catalogue.add(sentence)
    for sentence in _data(house):
        catalogue.add(sentence)
    return catalogue


def _data(house: str) -> Iterator[str]:
    """Return the sentences that stand in data, not in calls."""
    if house == "shared":
        yield from english_texts()
    if house == Service.INTAKE:
        for instrument in INSTRUMENTS.values():
            yield from (question.text[SOURCE] for question in instrument.questions)


def kept(house: str, language: str) -> Catalog:
    """Return the translations of a house's sentences."""
    path = HOUSES[house][1] / f"{language}.po"
    if not path.exists():
        return Catalog(locale=LANGUAGES[language][0], charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGES[language][0])


def wrong(house: str, language: str) -> list[str]:
    """Say what a catalogue lacks, guesses or holds in vain."""
    translated = kept(house, language)
    sentences = said(house)
    found = [f"not translated: {each.id!r}" for each in sentences if each.id and not _translation(translated, each)]
    found += [f"only guessed (fuzzy): {each.id!r}" for each in translated if each.id and each.fuzzy]
    found += [f"said nowhere: {each.id!r}" for each in translated if each.id and each.id not in sentences]
    found += [f"in another script: {each.id!r}" for each in translated if each.id and _script_differs(each, language)]
    found += [f"other placeholders: {each.id!r}" for each in translated if each.id and _differs(each)]
    return [f"{house}/{language}: {each}" for each in found]


def update(house: str) -> None:
    """Bring a house's catalogues up to its sentences."""
    _folder, locale = HOUSES[house]
    if not any(each.id for each in said(house)):
        return
    locale.mkdir(exist_ok=True)
    for language in TRANSLATED:
        catalogue = kept(house, language)
        catalogue.update(
            said(house), no_fuzzy_matching=True
        )  # it takes over the very messages: of each language its own
        catalogue.obsolete.clear()
        catalogue.fuzzy = False
        catalogue.header_comment = "# Zakrila"
        written = io.BytesIO()
        write_po(written, catalogue, no_location=True, ignore_obsolete=True, width=0)
        # Names and dates of translators stand in the history of the repository, which does not go stale.
        lines = [line for line in written.getvalue().decode().splitlines(True) if not line.startswith(_HEADERS)]
        (locale / f"{language}.po").write_text("".join(lines), encoding="utf-8")


def _translation(catalogue: Catalog, sentence: Message) -> bool:
    message = catalogue.get(sentence.id)
    if message is None:
        return False
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _script_differs(message: Message, language: str) -> bool:
    """Say whether a translation that is written in Latin letters holds Cyrillic ones (a name in brackets aside)."""
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return language != "bg" and any(_CYRILLIC.search(string or "") for string in strings)


def _differs(message: Message) -> bool:
    sentences = message.id if isinstance(message.id, tuple | list) else (message.id,)
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    allowed = {placeholder for sentence in sentences for placeholder in _PLACEHOLDER.findall(sentence)}
    return any(set(_PLACEHOLDER.findall(string)) - allowed for string in strings if string)


if __name__ == "__main__":
    for name in HOUSES:
        update(name)
        for code in TRANSLATED:
            left = wrong(name, code)
            print(f"{name}/{code}: {len(left)} to do")  # noqa: T201  # a tool for translators
