"""Loading a jurisdiction: which organisations there are. One that accounts belong to does not go."""

from __future__ import annotations

from services.identity import store
from shared.contracts.jurisdiction_sections import IdentitySection
from shared.errors import Conflict, Invalid
from shared.storage.transaction import Transaction
from shared.web.jurisdictions import Loaded


def load(tx: Transaction, section: IdentitySection) -> Loaded:
    """Bring a jurisdiction's organisations to what the document says, in one transaction.

    Raises:
        Conflict: a code belongs to another jurisdiction, or an organisation that is gone has accounts.
        Invalid: the jurisdiction's own mechanism is missing.
    """
    tx.lock(f"jurisdiction:{section.code}")
    wanted = {
        part.code: {"code": part.code, "jurisdiction": section.code, "kind": part.kind, "name": dict(part.name)}
        for part in section.organisations
    }
    if [part.code for part in section.organisations if part.kind == "mechanism"] != [section.code]:
        raise Invalid.field("organisations", f"exactly one mechanism, {section.code} itself")
    for code, row in store.organisations_named(tx.connection, wanted).items():
        if row["jurisdiction"] != section.code:
            raise Conflict(f"Organisation {code} belongs to jurisdiction {row['jurisdiction']}. Choose another code.")
    known = store.organisations_of(tx, section.code)
    removed = known.keys() - wanted.keys()
    became_another = {code for code in known.keys() & wanted.keys() if known[code]["kind"] != wanted[code]["kind"]}
    if used := store.in_use(tx, removed | became_another):
        raise Conflict(f"Organisation {used} has accounts. Give them other roles or disable them first.")
    added = wanted.keys() - known.keys()
    changed = {code for code in wanted.keys() & known.keys() if dict(known[code]) != wanted[code]}
    store.put_organisations(tx, [wanted[code] for code in sorted(added | changed)])
    store.drop_organisations(tx, removed)
    return Loaded(added=len(added), changed=len(changed), removed=len(removed))
