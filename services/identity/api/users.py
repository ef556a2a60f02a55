"""Accounts, for administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, Select

from services.identity import store
from services.identity.api.desk import AtDesk
from services.identity.commands import accounts, views
from services.identity.commands.reach import Reach
from services.identity.domain.forms import AccountPatch, NewAccount, Search
from services.identity.tables import ACCOUNT, ORGANISATION
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Page, Paged, Read, Reading
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Admin = Annotated[Account, allow(Role.ADMIN)]


@router.get("/users")
async def list_users(
    who: Admin,
    read: Read,
    page: Paged,
    role: Role | None = None,
    organisation: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Return accounts with a role in what one administers."""
    query = store.holding(store.accounts_query(Reach.of(who).jurisdictions), role, organisation)
    return await _listed(query, who, read, page)


@router.post("/users/search")
async def search_users(body: Search, who: Admin, read: Read, page: Paged) -> Response:
    """Return accounts whose name or address holds a text."""
    query = store.matching(store.accounts_query(Reach.of(who).jurisdictions), body.text)
    return await _listed(query, who, read, page)


async def _listed(query: Select[Any], who: Account, read: Reading, page: Page) -> Response:
    def run(connection: Connection) -> dict[str, Any]:
        return views.page_shown(connection, page.of(connection, query, ACCOUNT.c.id, dict))

    return Reply(await read.noted(who, "account.list", "accounts", run)).response()


@router.post("/users", status_code=201)
async def create_user(body: NewAccount, who: Admin, desk: AtDesk, write: Write) -> Response:
    """Make an account."""
    password = body.password.get_secret_value()
    accounts.check_password("password", password, body.email)
    password_hash = await desk.tools.passwords.hash(password)
    return await write(who, lambda tx: accounts.create(tx, body, password_hash, who))


@router.get("/users/{user}")
async def read_user(user: str, who: Admin, read: Read) -> Response:
    """Return one account."""
    shown = await read.noted(who, "account.read", user, lambda connection: accounts.reachable(connection, user, who))
    return Reply.entity(shown).response()


@router.patch("/users/{user}")
async def patch_user(user: str, body: AccountPatch, who: Admin, desk: AtDesk, read: Read, write: Write) -> Response:
    """Change an account: name, roles, language, disabled, a new password, one-time codes taken away."""
    password_hash = None
    if body.password is not None:
        password = body.password.get_secret_value()
        email = (await read(lambda connection: accounts.reachable(connection, user, who)))["email"]
        accounts.check_password("password", password, email)
        password_hash = await desk.tools.passwords.hash(password)
    return await write(who, lambda tx: accounts.change(tx, user, body, password_hash, who, write.seen))


@router.get("/organisations")
async def list_organisations(who: Admin, read: Read, page: Paged) -> Response:
    """Return where roles can be held."""
    query = store.organisations_query(Reach.of(who).jurisdictions)

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, ORGANISATION.c.code, views.organisation_shown)

    return Reply(await read(run)).response()
