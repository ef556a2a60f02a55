"""What people send: moves of a job, stations and units. Every field has limits; an unknown one is refused."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.facts import Latitude, Longitude
from shared.contracts.jurisdiction import MunicipalityCode, Names, Phone, Slug, UnitCode
from shared.contracts.vocabulary import UnitState


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(_Form):
    """A move that says all by its name."""


class Because(_Form):
    """Why: a code. Free text never travels."""

    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class ToUnit(_Form):
    unit: Annotated[str, Field(min_length=1, max_length=40)]
    """Code or id."""


class _Positioned(_Form):
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together")
        return self


class NewUnit(_Positioned):
    code: UnitCode
    station: Slug
    state: UnitState = UnitState.AVAILABLE


class UnitPatch(_Positioned):
    state: UnitState | None = None


class NewStation(_Form):
    code: Slug
    name: Names
    municipality: MunicipalityCode
    latitude: Latitude
    longitude: Longitude
    covers: Annotated[tuple[MunicipalityCode, ...], Field(max_length=500)] = ()
    directorate: Slug
    phone: Phone | None = None
