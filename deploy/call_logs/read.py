"""Reads a call log by a profile: incidents in the order of their calls, and a report of rows left out."""

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from deploy.call_logs.profile import Columns, Family, Profile

MOST_ROWS: Final = 1_000_000
LONGEST_ID: Final = 64
LONGEST_TEXT: Final = 300

Body = dict[str, object]
Position = tuple[float, float]
ValueT = TypeVar("ValueT")


class BadLog(Exception):
    """A file that is no log of its profile. The sentence names the file, the line and the reason."""


class Refused(NamedTuple):
    """A row that was left out. The header is on line 1."""

    line: int
    reason: str


class Record(NamedTuple):
    """A row's values by the header's names, and the line it begins on."""

    line: int
    values: Mapping[str, str]


class Row(NamedTuple):
    """What the log itself says of one call."""

    at: datetime
    line: int
    id: str
    municipality: str
    place: str
    position: Position | None
    nature: str


class Call(NamedTuple):
    """One incident to raise: what to post to `/intake/api/incidents`, how many seconds after the first."""

    line: int
    offset: float
    body: Body


@dataclass(frozen=True)
class CallLog:
    """A log's calls in the order of their times, made into bodies only as they are asked for."""

    profile: Profile
    rows: tuple[Row, ...]
    refused: tuple[Refused, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Call]:
        for row in self.rows:
            offset = (row.at - self.rows[0].at).total_seconds()
            yield Call(line=row.line, offset=offset, body=_body(row, self.profile))


def read(path: Path, profile: Profile) -> CallLog:
    """The whole log. Rows that cannot be read are left out and reported. Raises `BadLog`."""
    rows: dict[str, Row] = {}
    refused: list[Refused] = []
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            for record in _records(stream, profile, path):
                row = record if isinstance(record, Refused) else _row(record, profile)
                if isinstance(row, Row) and row.id in rows:
                    row = Refused(row.line, f"its id is already on line {rows[row.id].line}")
                if isinstance(row, Refused):
                    refused.append(row)
                elif len(rows) == MOST_ROWS:
                    raise BadLog(f"{path}:{row.line}: more than {MOST_ROWS} calls: split the log")
                else:
                    rows[row.id] = row
    except OSError as error:
        raise BadLog(f"{path}: cannot be read: {error.strerror}") from None
    return CallLog(profile, tuple(sorted(rows.values())), tuple(refused))


def _records(stream: Iterator[str], profile: Profile, path: Path) -> Iterator[Record | Refused]:
    reader = csv.reader(stream, delimiter=profile.delimiter, strict=True)
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if not header:
                raise BadLog(f"{path}:{line}: is not CSV: {error}") from None
            yield Refused(line, f"is not CSV: {error}")
            continue
        if not header:
            header = _header([name.strip() for name in values], profile.columns, path)
        elif len(values) == len(header):
            yield Record(line, dict(zip(header, (value.strip() for value in values), strict=True)))
        elif values:
            yield Refused(line, f"has {len(values)} values, the header {len(header)}")
    if not header:
        raise BadLog(f"{path}:1: is empty")


def _header(names: list[str], columns: Columns, path: Path) -> list[str]:
    wanted = {name for name in columns.model_dump().values() if name is not None}
    if missing := sorted(wanted.difference(names)):
        raise BadLog(f"{path}:1: has no column {', '.join(missing)}; its columns are {', '.join(names)[:500]}")
    if twice := sorted(name for name in wanted if names.count(name) > 1):
        raise BadLog(f"{path}:1: has more than one column {', '.join(twice)}")
    return names


def _row(record: Record, profile: Profile) -> Row | Refused:
    """The row, or why it cannot be read. No value is quoted back: places and natures may be personal."""
    columns, (line, values) = profile.columns, record
    texts = (columns.id, columns.time, columns.area, columns.place, columns.nature)
    if any("\N{REPLACEMENT CHARACTER}" in values[column] for column in texts if column is not None):
        return Refused(line, "is not UTF-8 text")
    identity = values[columns.id]
    if not identity or len(identity) > LONGEST_ID or not identity.isprintable():
        return Refused(line, f"{columns.id} must be 1 to {LONGEST_ID} printed characters")
    try:
        at = profile.time.moment(values[columns.time])
    except (ValueError, OverflowError):
        return Refused(line, f"{columns.time} is not a time of the form {profile.time.format}")
    municipality = profile.areas.get(values[columns.area])
    if municipality is None:
        return Refused(line, f"{columns.area} is none of the profile's areas")
    return Row(
        at=at,
        line=line,
        id=identity,
        municipality=municipality,
        place=_text(values, columns.place),
        position=_position(values, profile),
        nature=_text(values, columns.nature),
    )


def _text(values: Mapping[str, str], column: str | None) -> str:
    if column is None:
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in values[column]).split())[
        :LONGEST_TEXT
    ]


def _position(values: Mapping[str, str], profile: Profile) -> Position | None:
    """None when the row has none that a call of this log can have: its area then says where it was."""
    columns = profile.columns
    if columns.latitude is None or columns.longitude is None:
        return None
    try:
        latitude, longitude = float(values[columns.latitude]), float(values[columns.longitude])
    except ValueError:
        return None
    on_earth = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0)  # noqa: PLR2004  # degrees
    inside = profile.bounds is None or profile.bounds.hold(latitude, longitude)
    return (latitude, longitude) if on_earth and inside else None


def _body(row: Row, profile: Profile) -> Body:
    location: Body = {"municipality": row.municipality}
    if row.place:
        location["address"] = row.place
    if row.position is not None:
        location["latitude"], location["longitude"] = row.position
    victim = _family(profile.family, row.id) | {"decision_shelter": profile.decision_shelter}
    perpetrator: Body = {"municipality": row.municipality}
    needs: Body = profile.needs.model_dump()
    body: Body = {
        "channel": profile.channel,
        "external_ref": f"{profile.external_ref}-{row.id}",
        "mode": "actual",
        "call": profile.call,
        "location": location,
        "victim": victim,
        "perpetrators": [perpetrator],
        "needs": needs,
    }
    if row.nature:
        body["narrative"] = row.nature
    answers: dict[str, str] = {}
    for hint in profile.hints:
        if hint.speaks_of(row.nature):
            perpetrator |= hint.said("armed", "present")
            victim |= hint.said("injured")
            body |= hint.said("protection_order")
            needs |= hint.said("medical")
            answers |= hint.answers
    if answers:
        body["risk"] = {"instrument": "lap", "answers": answers}
    return body


def _family(family: Family | None, identity: str) -> Body:
    """The same row gives the same family, whatever is before it in the log."""
    if family is None:
        return {"adults": [{"sex": "f"}]}
    lot = random.Random(f"{family.seed}:{identity}")  # noqa: S311 - variety that can be repeated, not a secret
    children = [
        {
            "age": lot.randint(0, family.oldest_child),
            "sex": "m" if lot.random() < family.boys else "f",
            "where": "with_victim",
        }
        for _ in range(int(_drawn(lot, family.children)))
    ]
    return {
        "adults": [{"sex": _drawn(lot, family.adult)}],
        "children": children,
        "languages": [_drawn(lot, family.language)],
        "mobility": _drawn(lot, family.mobility),
        "pets": int(_drawn(lot, family.pets)),
    }


def _drawn(lot: random.Random, weights: Mapping[ValueT, int]) -> ValueT:
    return lot.choices(tuple(weights), tuple(weights.values()))[0]
