"""What of the optional values could be read, and what links one incident to another."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import phonenumbers

from shared.contracts.facts import Facts
from shared.contracts.vocabulary import Relation

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NOT_LETTERS = re.compile(r"[\W_]+")
_SHORTEST_ADDRESS = 6
_SHORTEST_NUMBER = 6


def phone_number(text: str, country: str) -> str | None:
    """Return a phone number in E.164, or ``None`` if it cannot be read as one."""
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def unverified(facts: Facts, country: str, knows_municipality: Callable[[str], bool]) -> list[str]:
    """Return the paths of optional values that were kept as typed but could not be read."""
    return sorted(_unread(facts, country, knows_municipality))


def _unread(facts: Facts, country: str, knows_municipality: Callable[[str], bool]) -> Iterator[str]:
    for path, phone in (("caller.phone", facts.caller.phone), ("callback.phone", facts.callback.phone)):
        if phone is not None and phone_number(phone, country) is None:
            yield path
    for number, perpetrator in enumerate(facts.perpetrators):
        if perpetrator.municipality is not None and not knows_municipality(perpetrator.municipality):
            yield f"perpetrators.{number}.municipality"
    if any(_LANGUAGE.fullmatch(language) is None for language in facts.victim.languages):
        yield "victim.languages"
    if facts.consent.at is not None and not _is_moment(facts.consent.at):
        yield "consent.at"


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def links(facts: Facts, municipality: str, country: str, is_organisation: Callable[[str], bool]) -> Mapping[str, str]:
    """Return what may show that two calls are about one event, by kind: in clear, to be hashed at once.

    Her number (never an organisation's), her address, and the calling room's own reference.
    """
    found = {}
    phones = [facts.callback.phone] + ([facts.caller.phone] if facts.caller.relation is Relation.VICTIM else [])
    numbers = [phone_number(phone, country) or _digits(phone) for phone in phones if phone]
    # What has too few digits to be a person's number (112, "2 phones") would link strangers.
    hers = [number for number in numbers if len(number) >= _SHORTEST_NUMBER and not is_organisation(number)]
    if hers:
        found["phone"] = hers[0]
    address = _plain(facts.location.address or "")
    if len(address) >= _SHORTEST_ADDRESS:
        found["address"] = f"{municipality} {address}"
    if facts.external_ref:
        found["external_ref"] = f"{facts.channel} {facts.external_ref}"
    return found


def keyed_hash(secret: bytes, kind: str, value: str) -> str:
    """Return a hash that only this service can make, so that the store alone tells nobody who called."""
    return hmac.new(secret, f"{kind}\x1f{value}".encode(), hashlib.sha256).hexdigest()


def _plain(text: str) -> str:
    """Return an address without what people write differently: case, punctuation, the sign before a number."""
    return _NOT_LETTERS.sub(" ", unicodedata.normalize("NFKC", text.replace("№", " ")).casefold()).strip()


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
