"""What people send. Every field has limits; an unknown one is refused."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.contracts.jurisdiction import MunicipalityCode, Names, Phone, Slug, form

Address = Annotated[
    str,
    Field(max_length=254),
    form(
        r"[a-z0-9]([a-z0-9._+-]{0,62}[a-z0-9])?@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}",
        "the e-mail address of an account, in small letters",
    ),
]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(_Form):
    """A move that says all by its name."""


class Because(_Form):
    """Why: a code. Free text never travels."""

    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


class RotaEntry(_Form):
    order: Annotated[int, Field(strict=True, ge=1, le=99)]
    person: Address | None
    """Null: nobody has this step; it is skipped."""
    minutes: Annotated[int, Field(strict=True, ge=1, le=240)] | None = None
    """Null: as long as is usual in the jurisdiction."""


def _each_order_once(entries: tuple[RotaEntry, ...]) -> tuple[RotaEntry, ...]:
    if len({entry.order for entry in entries}) < len(entries):
        raise PydanticCustomError("repeated", "each order may stand once in a rota")
    return entries


RotaEntries = Annotated[tuple[RotaEntry, ...], Field(max_length=99), AfterValidator(_each_order_once)]


class NewRota(_Form):
    entries: RotaEntries


Served = Annotated[tuple[MunicipalityCode, ...], Field(min_length=1, max_length=500)]
"""Most its own first."""


class NewCentre(_Form):
    code: Slug
    name: Names
    serves: Served
    phone: Phone | None = None
    rota: RotaEntries = ()


class CentreChange(_Form):
    """What is left out stays as it is."""

    name: Names | None = None
    serves: Served | None = None
    phone: Phone | None = None
    """Given as null: it has none."""

    @property
    def said(self) -> dict[str, Any]:
        """Return what is to be changed, and to what."""
        names = self.model_fields_set - {name for name in ("name", "serves") if getattr(self, name) is None}
        return self.model_dump(mode="json", include=names)
