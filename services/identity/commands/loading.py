"""Loading a jurisdiction: which organisations there are. One that accounts belong to does not go."""

from __future__ import annotations

from collections.abc import Iterator

from services.identity import store
from shared.contracts.jurisdiction_sections import IdentitySection
from shared.errors import Invalid
from shared.loading import Difference, Loaded, Plan, Preview, Remark
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_


def plan(tx: Transaction, section: IdentitySection) -> Plan:
    """Bring a jurisdiction's organisations to what the document says, in one transaction.

    What stands in the way: a code that belongs to another jurisdiction, or an organisation with accounts that is gone.

    Raises:
        Invalid: the jurisdiction's own mechanism is missing.
    """
    tx.lock(f"jurisdiction:{section.code}")
    if [part.code for part in section.organisations if part.kind == "mechanism"] != [section.code]:
        raise Invalid.field("organisations", f"exactly one mechanism, {section.code} itself")
    wanted = {
        part.code: {"code": part.code, "jurisdiction": section.code, "kind": part.kind, "name": dict(part.name)}
        for part in section.organisations
    }
    organisations = Difference.between("organisation", store.organisations_of(tx, section.code), wanted)
    obstacles = [*_taken_codes(tx, organisations, section.code), *_in_use(tx, organisations)]

    def write() -> None:
        store.put_organisations(tx, [wanted[code] for code in sorted(organisations.moved)])
        store.drop_organisations(tx, organisations.removed)

    return Plan(Preview(Loaded((organisations,)), obstacles), write)


def _taken_codes(tx: Transaction, organisations: Difference[str], jurisdiction: str) -> Iterator[Remark]:
    for code, row in store.organisations_named(tx.connection, organisations.wanted).items():
        if row["jurisdiction"] != jurisdiction:
            yield Remark(
                N_("Organisation %(code)s belongs to jurisdiction %(owner)s. Choose another code."),
                {"code": code, "owner": row["jurisdiction"]},
            )


def _in_use(tx: Transaction, organisations: Difference[str]) -> Iterator[Remark]:
    known, wanted = organisations.known, organisations.wanted
    became_another = [code for code in organisations.changed if known[code]["kind"] != wanted[code]["kind"]]
    for code in store.in_use(tx, [*organisations.removed, *became_another]):
        yield Remark(
            N_("Organisation %(code)s has accounts. Give them other roles or disable them first."), {"code": code}
        )
