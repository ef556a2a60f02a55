"""What is inside a sealed part, by receiver. The fields of ``facts`` are cut down by ``need_to_know`` before sealing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.contracts.facts import Child, Facts, Part, SceneFacts


class ForDispatch(Part):
    """An incident, for the crew that goes there."""

    facts: Facts


class ForShelterBeds(Part):
    """An incident, for choosing a room."""

    facts: Facts


class ForNotify(Part):
    """An incident, for the centre that takes it on, and for child protection."""

    municipality: str
    """Finds the centre. Not part of the packet."""
    region: str
    people: Annotated[int, Field(ge=0)]
    """Head-count: she, other adults and children with her."""
    languages: list[str] = []
    consented: bool = False
    packet: Facts = Facts()
    """What her consent lets the centre know; empty without it."""
    children: list[Child] = []
    """For the child-protection notice alone, whoever consented to what."""


class FromScene(Part):
    """A job, for intake: everything the crew has reported so far."""

    scene: SceneFacts
