"""Accounts and organisations as they are shown. Never a hash, never a secret."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select

from services.identity import store
from services.identity.tables import ACCOUNT
from shared.clock import rfc3339
from shared.errors import NotFound
from shared.security.tokens import Grant


def shown(connection: Connection, account_id: str) -> dict[str, Any]:
    """Return an account as it is shown.

    Raises:
        NotFound: there is none.
    """
    account = store.account(connection, account_id)
    if account is None:
        raise NotFound("account")
    return account_shown(account, store.grants(connection, [account_id])[account_id])


def page_shown(connection: Connection, page: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of account rows as they are shown; their roles are read at once."""
    rows = page["items"]
    held = store.grants(connection, [row["id"] for row in rows])
    return {**page, "items": [account_shown(row, held[row["id"]]) for row in rows]}


def by_name(connection: Connection, query: Select[Any], most: int) -> tuple[list[dict[str, Any]], bool]:
    """Return accounts as they are shown, by name, and whether there are more than were asked for."""
    rows = connection.execute(query.order_by(ACCOUNT.c.name, ACCOUNT.c.id).limit(most + 1)).mappings().all()
    shown_rows = page_shown(connection, {"items": rows[:most]})["items"]
    return shown_rows, len(rows) > most


def organisations(connection: Connection, jurisdictions: Collection[str] | None) -> list[dict[str, Any]]:
    """Return where roles can be held: each mechanism, then what belongs to it."""
    query = store.organisations_query(jurisdictions)
    rows = [organisation_shown(row) for row in connection.execute(query).mappings()]
    return sorted(rows, key=lambda row: (row["jurisdiction"], row["kind"] != "mechanism", row["kind"], row["code"]))


def account_shown(account: RowMapping | Mapping[str, Any], held: Sequence[Grant]) -> dict[str, Any]:
    """Return an account as it is shown."""
    return {
        "id": account["id"],
        "email": account["email"],
        "name": account["name"],
        "roles": [
            {"role": g.role.value, "organisation": g.organisation, **({"unit": g.unit} if g.unit else {})} for g in held
        ],
        "disabled": account["disabled"],
        "language": account["language"],
        "otp": account["otp"] is not None,
        "version": account["version"],
        "created_at": rfc3339(account["created_at"]),
    }


def organisation_shown(row: RowMapping) -> dict[str, Any]:
    """Return an organisation as it is shown."""
    return {field: row[field] for field in ("code", "jurisdiction", "kind", "name")}
