"""``PUT PREFIX/api/jurisdictions/{code}``: how each service is given its section of a jurisdiction.

The whole document was checked before by whoever sends it; with ``?check=true`` a service only says whether it
could take its section, so that a load can be asked of all before it is done at any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from shared.contracts.jurisdiction import Part
from shared.contracts.vocabulary import Role
from shared.errors import DomainError, Invalid
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.access import allow
from shared.web.reading import Read
from shared.web.replies import Reply
from shared.web.strict import LargeRoute
from shared.web.writing import Write

SectionT = TypeVar("SectionT", bound=Part)

SETTERS = (Role.ADMIN,)


@dataclass(frozen=True)
class Loaded:
    """What a load changed."""

    added: int
    changed: int
    removed: int


class _OnlyChecked(DomainError):
    """Carries the result out of a transaction that must leave no trace."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__("only checked")
        self.loaded = loaded


def jurisdiction_routes(
    section_model: type[SectionT],
    load: Callable[[Transaction, SectionT], Loaded],
    listed: Callable[[Connection], Sequence[Mapping[str, Any]]],
) -> APIRouter:
    """Return the routes by which a service is given jurisdictions.

    Args:
        section_model: what this service may have of a jurisdiction.
        load: the use case; refuses with a ``Conflict`` what is still in use.
        listed: what is loaded: ``code``, ``name`` and whatever else is public.
    """
    router = APIRouter(route_class=LargeRoute)

    async def put(
        code: str,
        body: Any,
        who: Annotated[Account, allow(*SETTERS)],
        write: Write,
        check: Annotated[bool, Query(description="only say whether it could be loaded")] = False,
    ) -> Response:
        """Load or update a jurisdiction."""
        if body.code != code:
            raise Invalid.field("code", "is not the code in the address")

        def use_case(tx: Transaction) -> Reply:
            loaded = load(tx, body)
            if check:
                raise _OnlyChecked(loaded)
            note(tx, who, "jurisdiction.load", code)
            return Reply(asdict(loaded))

        try:
            return await write(who, use_case)
        except _OnlyChecked as checked:
            return Reply(asdict(checked.loaded)).response()

    put.__annotations__["body"] = section_model
    router.put("/jurisdictions/{code}")(put)

    @router.get("/jurisdictions")
    async def jurisdictions(who: Annotated[Account, allow(*Role)], read: Read) -> Response:  # noqa: ARG001
        """Return the jurisdictions that are loaded."""
        return Reply({"items": list(await read(listed)), "next": None}).response()

    return router
