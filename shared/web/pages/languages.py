"""The languages that pages speak: gettext catalogues, read as their translators write them (``.po``)."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale, dates, numbers, units
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fastapi import Request

SOURCE = "en"
"""The language that the sentences in templates and code are written in."""
LANGUAGES: dict[str, tuple[str, str]] = {
    "bg": ("bg", "Български"),
    "en": ("en_GB", "English"),
    "sr": ("sr_Latn", "Srpski"),
    "sq": ("sq", "Shqip"),
}
"""Code, as in ``lang=`` and in accounts → Babel's locale, and the language's own name."""
_SIZES = (("digital-gigabyte", 1e9), ("digital-megabyte", 1e6), ("digital-kilobyte", 1e3))
_NOTICED_SECONDS = 0.000_05

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


class Language:
    """One language: its sentences, dates and numbers."""

    def __init__(self, code: str, folders: Iterable[Path], zone: tzinfo) -> None:
        locale, self.name = LANGUAGES[code]
        self.code = code
        self.tag = "sr-Latn" if code == "sr" else code
        self.locale = Locale.parse(locale)
        self._zone = zone
        self.catalogue = NullTranslations()
        for folder in folders:
            path = folder / f"{code}.po"
            if code != SOURCE and path.exists():
                # A copy shares its sentences with what was read; its fallbacks are its own.
                self.catalogue.add_fallback(copy(_read(path)))

    def gettext(self, sentence: str) -> str:
        """Return a sentence in this language; one that no catalogue has stays English."""
        return self.catalogue.gettext(sentence) if sentence else ""

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return the form of a sentence that fits a count."""
        return self.catalogue.ngettext(one, many, count)

    def moment(self, at: datetime | str | None) -> str:
        """Return a day and time of day."""
        return "" if at is None else dates.format_datetime(self._here(at), "d MMM y, HH:mm", locale=self.locale)

    def time(self, at: datetime | str | None) -> str:
        """Return a time of day, to the second: who was when is asked later."""
        return "" if at is None else dates.format_datetime(self._here(at), "HH:mm:ss", locale=self.locale)

    def day(self, at: datetime | str | None) -> str:
        """Return a day."""
        return "" if at is None else dates.format_datetime(self._here(at), "d MMM y", locale=self.locale)

    def number(self, value: float) -> str:
        """Return a number."""
        return numbers.format_decimal(value, locale=self.locale)

    def size(self, count: float) -> str:
        """Return how much room so many bytes take."""
        name, value = next(
            (unit, count / bytes_) for unit, bytes_ in _SIZES if count >= bytes_ or unit == _SIZES[-1][0]
        )
        return units.format_unit(round(value, 1), name, length="short", locale=self.locale)

    def distance(self, kilometres: float) -> str:
        """Return how far it is, to a hundred metres: nobody drives along a great circle."""
        return units.format_unit(round(kilometres, 1), "length-kilometer", length="short", locale=self.locale)

    def offset(self, seconds: float) -> str:
        """Return how far a clock is ahead (+) or behind (−)."""
        sign = "+" if seconds >= _NOTICED_SECONDS else "−" if seconds <= -_NOTICED_SECONDS else ""
        return sign + self.moments(abs(seconds))

    def moments(self, seconds: float) -> str:
        """Return a short time: milliseconds below a second."""
        value, name = (seconds, "duration-second") if seconds >= 1 else (seconds * 1000, "duration-millisecond")
        return units.format_unit(round(value, 1), name, length="short", locale=self.locale)

    def span(self, seconds: float) -> str:
        """Return how long something takes or took."""
        return dates.format_timedelta(timedelta(seconds=seconds), threshold=1.2, locale=self.locale)

    def named(self, names: Mapping[str, str], code: str = "") -> str:
        """Return a name that is kept in several languages: in this one, else in English, else as there is one."""
        return names.get(self.code) or names.get(SOURCE) or next(iter(names.values()), code)

    def short_day(self, day: date) -> str:
        """Return a day without its year, as it stands below a chart."""
        return dates.format_skeleton("MMMd", day, locale=self.locale)

    def hour(self, hour: int) -> str:
        """Return the hour of a day, as it stands below a chart."""
        return dates.format_time(time(hour), "HH:mm", locale=self.locale)

    def duration(self, seconds: float) -> str:
        """Return how long something took, short: in the largest unit that it fills."""
        unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), _UNITS[-1])
        value = seconds / size
        digits = 2 if value < 0.1 else 1 if value < 10 else 0  # noqa: PLR2004  # two figures say enough
        return units.format_unit(round(value, digits), f"duration-{unit}", length="short", locale=self.locale)

    def _here(self, at: datetime | str) -> datetime:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(self._zone)


def chosen(request: Request) -> str:
    """Return the language of a request: the account's, kept in a cookie at sign-in, then the browser's."""
    kept = request.cookies.get("zakrila_language", "")
    if kept in LANGUAGES:
        return kept
    for wish in request.headers.get("accept-language", "").split(","):
        code = wish.partition(";")[0].strip().lower().partition("-")[0]
        if code in LANGUAGES:
            return code
    return SOURCE


@functools.cache
def _read(path: Path) -> GNUTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
