"""What a profile says: how one agency's call log becomes incidents. `example.yaml` explains every field."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from shared import documents
from shared.contracts.jurisdiction import (
    JurisdictionCode,
    Label,
    Language,
    Latitude,
    Longitude,
    Mobility,
    MunicipalityCode,
    Part,
    Sentence,
    Sex,
    Slug,
    TimeZone,
    Truth,
    form,
)

_FOLDER: Final = Path(__file__).parent

Word = Literal["yes", "no", "unknown"]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Weight = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Question = Annotated[str, form(r"[1-9]|10|11", "the number of a LAP question, from 1 to 11")]
Children = Annotated[str, form(r"[0-9]|1[0-2]", "a number of children from 0 to 12")]
Pets = Annotated[str, form(r"[0-5]", "a number of pets from 0 to 5")]


def _weighty(lot: dict[str, int]) -> dict[str, int]:
    if not any(lot.values()):
        raise PydanticCustomError("lot", "has no weight above 0")
    return lot


Drawable: Final = AfterValidator(_weighty)


class BadProfile(documents.BadDocument):
    """A file that is no profile: which line, which field, why."""


class Columns(Part):
    """The header's names of the columns. Those not named here are not read."""

    id: Label
    time: Label
    area: Label
    place: Label | None = None
    latitude: Label | None = None
    longitude: Label | None = None
    nature: Label | None = None


class Time(Part):
    """How a time is written (`strptime`), and where, unless the format itself says so (`%z`)."""

    format: Label
    zone: TimeZone

    @model_validator(mode="after")
    def _gives_a_moment(self) -> Self:
        sample = datetime(2026, 11, 23, 21, 45, tzinfo=UTC)
        try:
            again = datetime.strptime(sample.strftime(self.format), self.format).replace(tzinfo=UTC)
        except ValueError as error:
            raise PydanticCustomError("format", "format: {why}", {"why": str(error)}) from None
        if again != sample:
            raise PydanticCustomError("format", "format: a time so written has no year, month, day, hour or minute")
        return self

    def moment(self, text: str) -> datetime:
        """The instant in UTC. Raises `ValueError` for a text of another form."""
        written = datetime.strptime(text, self.format)  # noqa: DTZ007 - the zone follows
        return (written if written.tzinfo else written.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)


class Bounds(Part):
    """Degrees. A position outside is taken for a mistake: the row is placed by its area alone."""

    south: Latitude
    north: Latitude
    west: Longitude
    east: Longitude

    def hold(self, latitude: float, longitude: float) -> bool:
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


class Hint(Part):
    """What a call's nature tells. All hints with a word that stands in the nature are followed, in order."""

    words: Annotated[tuple[Label, ...], Field(min_length=1, max_length=40)]
    armed: Word | None = None
    present: Word | None = None
    injured: Word | None = None
    protection_order: Word | None = None
    medical: Truth | None = None
    answers: Annotated[dict[Question, Literal["yes", "no"]], Field(max_length=11)] = Field(default_factory=dict)
    """Answers to the eleven LAP questions, by number."""

    def speaks_of(self, nature: str) -> bool:
        return any(word.casefold() in nature.casefold() for word in self.words)

    def said(self, *facts: str) -> dict[str, object]:
        """Those of the named facts that this hint gives."""
        return self.model_dump(include=set(facts), exclude_none=True)


class Family(Part):
    """Who the families are, drawn by lot, for a log does not say. Each field maps values to weights."""

    seed: Annotated[int, Field(strict=True, ge=0, le=2**31)]
    adult: Annotated[dict[Sex, Weight], Drawable]
    children: Annotated[dict[Children, Weight], Drawable]
    oldest_child: Annotated[int, Field(strict=True, ge=0, le=17)]
    """Ages are drawn evenly from 0 to this."""
    boys: Share
    language: Annotated[dict[Language, Weight], Drawable, Field(max_length=20)]
    mobility: Annotated[dict[Mobility, Weight], Drawable]
    pets: Annotated[dict[Pets, Weight], Drawable]


class Needs(Part):
    police: Truth
    shelter: Truth
    centre: Truth
    medical: Truth = False


class Profile(Part):
    """How one agency's call log becomes incidents."""

    describes: Sentence
    jurisdiction: JurisdictionCode
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    columns: Columns
    time: Time
    areas: Annotated[dict[Label, MunicipalityCode], Field(min_length=1, max_length=2_000)]
    """What the area column says → the municipality. A row of any other area cannot be read."""
    bounds: Bounds | None = None
    external_ref: Slug
    """What stands before the row's id in `external_ref`."""
    channel: Literal["emergency_112", "helpline", "chat", "police_desk", "walk_in", "outreach"]
    call: Literal["live", "ended", "dropped", "silent", "unknown"] = "unknown"
    decision_shelter: Literal["accepts", "refuses", "undecided"] = "undecided"
    needs: Needs
    hints: Annotated[tuple[Hint, ...], Field(max_length=200)] = ()
    family: Family | None = None


def names() -> tuple[str, ...]:
    """The built-in profiles, as `replay --profile NAME` takes them."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def named(name: str) -> Profile:
    """A built-in profile. Raises `KeyError` for any other name."""
    if name not in names():
        raise KeyError(name)
    return load(_FOLDER / f"{name}.yaml")


def load(path: Path) -> Profile:
    """The profile written in a file. Raises `BadProfile`."""
    return documents.read(path, Profile, refusal=BadProfile)
