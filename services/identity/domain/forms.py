"""What people send. Every field has limits; an unknown one is refused; passwords do not show when printed."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from shared.contracts.jurisdiction import Label, Language, Truth, UnitCode
from shared.contracts.vocabulary import Role
from shared.security.tokens import Grant

_MAILBOX = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _lower(text: object) -> object:
    return text.strip().lower() if isinstance(text, str) else text


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text):
        raise ValueError("an e-mail address, such as operator@demo.example")
    return text


Email = Annotated[str, BeforeValidator(_lower), Field(max_length=254), AfterValidator(_mailbox)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1024)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class HeldRole(_Form):
    role: Role
    organisation: Annotated[str, Field(min_length=1, max_length=40)]
    """Checked against those that are known (``roles.refusals``)."""
    unit: UnitCode | None = None

    @property
    def grant(self) -> Grant:
        """The role as tokens say it."""
        return Grant(self.role, self.organisation, self.unit)


Roles = Annotated[tuple[HeldRole, ...], Field(min_length=1, max_length=64)]


class NewAccount(_Form):
    email: Email
    name: Label
    password: Password
    roles: Roles
    language: Language | None = None


class AccountPatch(_Form):
    """JSON Merge Patch: what is left out stays."""

    name: Label | None = None
    roles: Roles | None = None
    disabled: Truth | None = None
    password: Password | None = None
    language: Language | None = None
    otp: Literal[False] | None = None
    """``false`` takes the one-time codes of somebody who lost the telephone away."""

    @model_validator(mode="after")
    def _only_language_can_go(self) -> Self:
        gone = sorted(field for field in self.model_fields_set - {"language"} if getattr(self, field) is None)
        if gone:
            raise ValueError(f"{', '.join(gone)} cannot be null; leave out what stays as it is")
        return self


class Search(_Form):
    """What accounts are looked for by; sent in a body, for a name in an address would be kept by browsers."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)]


class OwnPatch(_Form):
    """What one may change of one's own account without being asked anything."""

    language: Language


class SignIn(_Form):
    email: Annotated[str, Field(max_length=254)]
    password: Password
    otp: Code | None = None


class Refresh(_Form):
    refresh: Annotated[SecretStr, Field(max_length=200)]


class Confirmation(_Form):
    otp: Code


class NewPassword(_Form):
    present: Password
    new: Password
