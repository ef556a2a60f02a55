"""What people send: moves of a placement, rooms and shelters. Every field has limits; an unknown one is refused."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts import jurisdiction
from shared.contracts.facts import Name
from shared.contracts.vocabulary import MeetingPointKind, RoomState

PrintedLine = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(_Form):
    """A move that says all by its name."""


class Because(_Form):
    """Why: a code. Free text never travels."""

    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class TypedPoint(_Form):
    """A meeting point in the words of the staff. At the door the text only adds to the address, for instance a bell."""

    kind: MeetingPointKind
    text: PrintedLine | None = None

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if self.kind is not MeetingPointKind.DOOR and self.text is None:
            raise ValueError("text says where; only at the door is it the shelter's address")
        return self


class Confirmation(_Form):
    meeting_point: jurisdiction.Slug | TypedPoint
    """The code of one of the shelter's meeting points, or a kind and a text."""
    keep: bool = False
    """Whether a meeting point in the staff's own words is offered to them again."""


class RoomPatch(_Form):
    state: RoomState


class NewRoom(jurisdiction.Room):
    state: RoomState = RoomState.FREE


class NewShelter(jurisdiction.Shelter):
    meeting_points: Annotated[tuple[jurisdiction.MeetingPoint, ...], Field(max_length=20)] = ()
    rooms: Annotated[tuple[jurisdiction.Room, ...], Field(max_length=200)] = ()


class TypedAddress(_Form):
    address: PrintedLine


class Kin(_Form):
    """Names of whoever is close to the shelter's staff and residents: kept as keyed hashes, never shown again."""

    names: Annotated[tuple[Name, ...], Field(max_length=500)]
