"""What is inside a sealed part, by receiver. ``need_to_know`` cuts down the facts before they are sealed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.facts import Child, Facts, Part, SceneFacts


class Position(Part):
    """Where to go: as exact as the caller could say."""

    latitude: float
    longitude: float
    by: Literal["coordinates", "settlement", "municipality"]


class ForDispatch(Part):
    """An incident, for the crew that goes there."""

    facts: Facts
    municipality: str
    position: Position


class ForShelterBeds(Part):
    """An incident, for choosing a room."""

    facts: Facts
    municipality: str
    position: Position


class ForNotify(Part):
    """An incident, for the centre that takes it on, and for child protection."""

    municipality: str
    """Finds the centre. Not part of the packet."""
    region: str
    people: Annotated[int, Field(ge=0)]
    """Head-count: she, other adults and children with her."""
    languages: tuple[str, ...] = ()
    consented: bool = False
    packet: Facts = Facts()
    """What her consent lets the centre know; empty without it."""
    children: tuple[Child, ...] = ()
    """For the child-protection notice alone, whoever consented to what."""


class FromScene(Part):
    """A job, for intake: everything the crew has reported so far."""

    scene: SceneFacts
