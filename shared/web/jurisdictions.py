"""``PUT PREFIX/api/jurisdictions/{code}``: how each service is given its section of a jurisdiction.

The whole document was checked before by whoever sends it. With ``?check=true`` a service only says whether it could
take its section, so that a load can be asked of all before it is done at any; with ``?preview=true`` what it would
change and what stands in its way. Both are the load itself, in a transaction that leaves no trace.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, select

from shared.contracts.jurisdiction import Part
from shared.contracts.vocabulary import Role
from shared.errors import DomainError, Invalid
from shared.loading import Loaded, Obstructed, Preview
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
    load: Callable[[Transaction, SectionT], Loaded]
    """The use case; refuses with ``Obstructed`` what is still in use."""
    listed: Callable[[Connection], Sequence[Mapping[str, Any]]]
    """What is loaded: ``code``, ``name`` and whatever else is public."""

    def known(self, connection: Connection) -> list[dict[str, Any]]:
        """Return what is loaded, and which of it was the deployment's first."""
        first = first_loaded(connection)
        return [{**item, "first": item["code"] == first} for item in self.listed(connection)]

    def loading(self, section: SectionT, who: Account) -> Callable[[Transaction], Reply]:
        """Return the use case that loads a section."""

        def use_case(tx: Transaction) -> Reply:
            loaded = self.load(tx, section)
            note(tx, who, _LOAD, section.code)  # type: ignore[attr-defined]  # every section has one
            return Reply(loaded.counts())

        return use_case

    async def preview(
        self, section: SectionT, run: Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
    ) -> Preview:
        """Say what a load would change, without a trace of having tried.

        Args:
            section: what is to be loaded.
            run: runs a use case in a transaction of its own.
        """

        def use_case(tx: Transaction) -> None:
            raise _OnlyTried(self.load(tx, section))

        try:
            await run(use_case)
        except _OnlyTried as tried:
            return Preview(tried.loaded)
        except Obstructed as obstructed:
            return obstructed.preview
        raise AssertionError("a use case that always raises has returned")


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
        if not (check or preview):
            return await write(who, jurisdictions.loading(body, who))

        async def run(use_case: Callable[[Transaction], Any]) -> Any:
            return await write(who, use_case)

        found = await jurisdictions.preview(body, run)
        if found.obstacles and not preview:
            raise Obstructed(found.obstacles, found.loaded)
        return Reply(found.document() if preview else found.loaded.counts()).response()

    put.__annotations__["body"] = jurisdictions.section_model
    router.put("/jurisdictions/{code}")(put)

    @router.get("/jurisdictions")
    async def known(who: Annotated[Account, allow(*Role)], read: Read) -> Response:  # noqa: ARG001
        """Return the jurisdictions that are loaded."""
        return Reply({"items": await read(jurisdictions.known), "next": None}).response()

    return router
