"""``PUT PREFIX/api/jurisdictions/{code}``: how each service is given its section of a jurisdiction.

The whole document was checked before by whoever sends it. With ``?check=true`` a service only says whether it could
take its section, so that a load can be asked of all before it is done at any: that is the load itself, in a transaction
that leaves no trace. With ``?preview=true`` it says what it would change and what stands in its way; nothing is written
for that, so nobody who waits to write waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, select

from shared.contracts.jurisdiction import Part
from shared.contracts.vocabulary import Role
from shared.errors import DomainError, Invalid
from shared.loading import Loaded, Plan, Preview
from shared.security.tokens import Account
from shared.storage import kernel
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.access import allow
from shared.web.reading import Read
from shared.web.replies import Reply
from shared.web.strict import LargeRoute
from shared.web.writing import Write

SectionT = TypeVar("SectionT", bound=Part)

SETTERS = (Role.ADMIN,)
_LOAD = "jurisdiction.load"
_FIRST = select(kernel.audit.c.entity).where(kernel.audit.c.action == _LOAD).order_by(kernel.audit.c.seq).limit(1)


def first_loaded(connection: Connection) -> str | None:
    """Return the deployment's first jurisdiction (see ``Jurisdiction.addressed``), as the audit trail has it."""
    first: str | None = connection.execute(_FIRST).scalar()
    return first


@dataclass(frozen=True)
class Jurisdictions(Generic[SectionT]):
    """How one service takes jurisdictions in."""

    section_model: type[SectionT]
    """What this service may have of a jurisdiction."""
    plan: Callable[[Transaction, SectionT], Plan]
    """Thinks a load through, and writes nothing yet."""
    listed: Callable[[Connection], Sequence[Mapping[str, Any]]]
    """What is loaded: ``code``, ``name`` and whatever else is public."""

    def known(self, connection: Connection) -> list[dict[str, Any]]:
        """Return what is loaded, and which of it was the deployment's first."""
        first = first_loaded(connection)
        return [{**item, "first": item["code"] == first} for item in self.listed(connection)]

    def loading(self, section: SectionT, who: Account) -> Callable[[Transaction], Reply]:
        """Return the use case that loads a section."""

        def use_case(tx: Transaction) -> Reply:
            loaded = self.plan(tx, section).carry_out()
            note(tx, who, _LOAD, section.code)  # type: ignore[attr-defined]  # every section has one
            return Reply(loaded.counts())

        return use_case

    def previewing(self, section: SectionT) -> Callable[[Transaction], Preview]:
        """Return the use case that says what loading a section would change; it writes nothing."""
        return lambda tx: self.plan(tx, section).preview


class _OnlyTried(DomainError):
    """Carries the result out of a transaction that must leave no trace."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__("only tried")
        self.loaded = loaded


def jurisdiction_routes(jurisdictions: Jurisdictions[Any]) -> APIRouter:
    """Return the routes by which a service is given jurisdictions."""
    router = APIRouter(route_class=LargeRoute)

    async def put(
        code: str,
        body: Any,
        who: Annotated[Account, allow(*SETTERS)],
        write: Write,
        check: Annotated[bool, Query(description="only say whether it could be loaded")] = False,
        preview: Annotated[bool, Query(description="only say what would change, and what stands in the way")] = False,
    ) -> Response:
        """Load or update a jurisdiction."""
        if body.code != code:
            raise Invalid.field("code", "is not the code in the address")
        if preview:
            return await write(who, lambda tx: Reply(jurisdictions.previewing(body)(tx).document()))
        if not check:
            return await write(who, jurisdictions.loading(body, who))

        def only_try(tx: Transaction) -> Reply:
            raise _OnlyTried(jurisdictions.plan(tx, body).carry_out())

        try:
            return await write(who, only_try)
        except _OnlyTried as tried:
            return Reply(tried.loaded.counts()).response()

    put.__annotations__["body"] = jurisdictions.section_model
    router.put("/jurisdictions/{code}")(put)

    @router.get("/jurisdictions")
    async def known(who: Annotated[Account, allow(*Role)], read: Read) -> Response:  # noqa: ARG001  # who may read it is the check
        """Return the jurisdictions that are loaded."""
        return Reply({"items": await read(jurisdictions.known), "next": None}).response()

    return router
