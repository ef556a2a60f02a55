"""Everybody's accounts, for administrators: found, made, changed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Select

from services.identity import store
from services.identity.api.desk import AtDesk
from services.identity.commands import accounts, views
from services.identity.commands.reach import Reach
from services.identity.domain.forms import AccountPatch, NewAccount, Search
from services.identity.pages.role_rows import groups, roles_in, rows_of
from shared.contracts.vocabulary import Role
from shared.errors import Conflict, DomainError, Forbidden, Invalid, StaleVersion
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages import forms
from shared.web.pages.forms import Form
from shared.web.pages.languages import LANGUAGES
from shared.web.pages.look import Look
from shared.web.pages.route import Filled, Page, Shown, sentence
from shared.web.pages.words import N_
from shared.web.reading import Read

router = APIRouter(route_class=Page)

Admin = Annotated[Account, allow(Role.ADMIN)]
_MOST = 200
_USERS = "/identity/users"
_NEW: dict[str, Any] = {"email": "", "name": "", "language": None, "roles": [], "disabled": False}
_AS_THE_BROWSER = N_("as the browser")
_LANGUAGES = [(code, name) for code, (_locale, name) in LANGUAGES.items()]
_Refused = (Invalid, Conflict, Forbidden, StaleVersion)


@router.get("/users")
async def users(
    request: Request, who: Admin, read: Read, look: Shown, role: str = "", organisation: str = ""
) -> Response:
    """Show the accounts that one administers, by name."""
    chosen = Role(role) if role in set(Role) else None
    query = store.holding(store.accounts_query(Reach.of(who).jurisdictions), chosen, organisation or None)
    return await _listed(request, who, read, look, query, role=role, organisation=organisation)


@router.post("/users")
async def search(request: Request, who: Admin, filled: Filled, read: Read, look: Shown) -> Response:
    """Show the accounts whose name or address holds a text: in a body, for addresses are kept in histories."""
    query = store.accounts_query(Reach.of(who).jurisdictions)
    text, wrong = filled.form.get("text"), ""
    try:
        query = store.matching(query, forms.read(Search, {"text": text}).text)
    except Invalid:
        wrong = "short" if text else ""
    return await _listed(request, who, read, look, query, text=text, wrong=wrong)


@router.get("/users/new")
async def new_user(request: Request, who: Admin, read: Read, look: Shown) -> Response:
    """Ask for a new account."""
    return await _edited(request, who, read, look, None, _NEW)


@router.post("/users/new")
async def create_user(request: Request, who: Admin, filled: Filled, desk: AtDesk, read: Read, look: Shown) -> Response:
    """Make an account."""
    form = filled.form
    try:
        body = forms.read(
            NewAccount,
            {"email": form.get("email"), "password": form.exact("new_password"), **_said(form)},
        )
        password = body.password.get_secret_value()
        accounts.check_password("password", password, body.email)
        password_hash = await desk.tools.passwords.hash(password)
        made = await filled(who, lambda tx: accounts.create(tx, body, password_hash, who))
    except _Refused as error:
        typed = {**_NEW, "email": form.get("email"), **_said(form)}
        return await _edited(request, who, read, look, None, typed, error)
    return look.go(f"{_USERS}/{made['id']}", "account-made")


@router.get("/users/{user}")
async def user_page(request: Request, user: str, who: Admin, read: Read, look: Shown) -> Response:
    """Show one account, to be changed."""
    account = await read.noted(who, "account.read", user, lambda connection: accounts.reachable(connection, user, who))
    return await _edited(request, who, read, look, account, account)


@router.post("/users/{user}")
async def change_user(request: Request, user: str, who: Admin, filled: Filled, read: Read, look: Shown) -> Response:
    """Change an account's name, roles and language; disable it, or let it in again."""
    form = filled.form
    said = {**_said(form), "disabled": form.get("disabled") == "true"}
    try:
        body = forms.read(AccountPatch, said)
        await filled(who, lambda tx: accounts.change(tx, user, body, None, who, form.version))
    except _Refused as error:
        account = await read(lambda connection: accounts.reachable(connection, user, who))
        return await _edited(request, who, read, look, account, {**account, **said}, error)
    return look.go(f"{_USERS}/{user}", "account-changed")


@router.post("/users/{user}/password")
async def set_password(
    request: Request, user: str, who: Admin, filled: Filled, desk: AtDesk, read: Read, look: Shown
) -> Response:
    """Give somebody a new password; whatever was signed in with the old one ends."""
    account = await read(lambda connection: accounts.reachable(connection, user, who))
    try:
        body = forms.read(AccountPatch, {"password": filled.form.exact("new_password")})
        password = filled.form.exact("new_password")
        accounts.check_password("password", password, account["email"])
        password_hash = await desk.tools.passwords.hash(password)
        await filled(who, lambda tx: accounts.change(tx, user, body, password_hash, who, None))
    except _Refused as error:
        return await _edited(request, who, read, look, account, account, error)
    return look.go(f"{_USERS}/{user}", "password-set")


@router.post("/users/{user}/codes/remove")
async def remove_codes(user: str, who: Admin, filled: Filled, look: Shown) -> Response:
    """Take the one-time codes of somebody who lost the telephone away."""
    body = AccountPatch(otp=False)
    await filled(who, lambda tx: accounts.change(tx, user, body, None, who, None))
    return look.go(f"{_USERS}/{user}", "codes-removed")


def _said(form: Form) -> dict[str, Any]:
    return {"name": form.get("name"), "language": form.get("language") or None, "roles": roles_in(form)}


async def _listed(
    request: Request, who: Account, read: Read, look: Look, query: Select[Any], **filters: str
) -> Response:
    reach = Reach.of(who).jurisdictions

    def run(connection: Connection) -> dict[str, Any]:
        shown, more = views.by_name(connection, query, _MOST)
        known = views.organisations(connection, None)
        within = [each for each in known if reach is None or each["jurisdiction"] in reach]
        return {
            "accounts": shown,
            "more": more,
            "organisations": {each["code"]: each["name"] for each in known},
            "groups": groups(within),
            "everywhere": reach is None,
        }

    found = await read.noted(who, "account.list", "accounts", run)
    usual = {"role": "", "organisation": "", "text": "", "wrong": ""}
    content: dict[str, Any] = usual | filters | found
    return look.page(request, "users.html", who, every_role=list(Role), **content)


async def _edited(
    request: Request,
    who: Account,
    read: Read,
    look: Look,
    account: dict[str, Any] | None,
    typed: dict[str, Any],
    error: DomainError | None = None,
) -> Response:
    """Show an account's form: as it is, or as it was typed when that was refused."""
    reach = Reach.of(who).jurisdictions
    known = await read(lambda connection: views.organisations(connection, None))
    language = look.language(request)
    wrong = {each.field for each in error.errors} if isinstance(error, Invalid) else set()
    status = {Invalid: 422, Forbidden: 403, StaleVersion: 412, Conflict: 409}
    return look.page(
        request,
        "user.html",
        who,
        status=status[type(error)] if error else 200,
        account=account,
        typed=typed,
        rows=rows_of(typed["roles"], wrong),
        wrong=dict.fromkeys(wrong, True),
        stale=isinstance(error, StaleVersion),
        refusal=sentence(language, error, "") if isinstance(error, Conflict | Forbidden) else "",
        every_role=list(Role),
        language_options=[("", language.gettext(_AS_THE_BROWSER)), *_LANGUAGES],
        organisations={each["code"]: each["name"] for each in known},
        groups=groups([each for each in known if reach is None or each["jurisdiction"] in reach]),
        everywhere=reach is None,
    )
