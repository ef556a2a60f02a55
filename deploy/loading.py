"""Giving a jurisdiction to every service: first asked of all, then done at all, so that nothing is half-loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.traffic.api import Api, Refusal
from shared.contracts.jurisdiction import Jurisdiction
from shared.contracts.jurisdiction_sections import section
from shared.contracts.vocabulary import Service

Changes = Mapping[str, Mapping[str, int]]
"""By service: how much was added, changed and removed."""


class NotLoaded(Exception):
    """A service could not take its section; nothing was loaded anywhere. The message names it and says why."""


async def load(api: Api, document: Jurisdiction, *, first: bool) -> Changes:
    """Load or update a jurisdiction in a running stack.

    Args:
        api: an administrator's way in.
        document: checked already, as every ``Jurisdiction`` is.
        first: whether it is the deployment's first (see ``Jurisdiction.addressed``).

    Raises:
        NotLoaded: nothing was changed.
    """
    sections = {service: section(document, service.value, first=first).model_dump(mode="json") for service in Service}
    for service, body in sections.items():
        await _put(api, service, document.code, body, check=True)
    return {service.value: await _put(api, service, document.code, body) for service, body in sections.items()}


async def preview(api: Api, document: Jurisdiction, *, first: bool) -> Mapping[str, Mapping[str, Any]]:
    """Say, by service, what a load would change and what stands in its way; nothing is changed.

    Raises:
        NotLoaded: a service does not accept its section at all.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for service in Service:
        body = section(document, service.value, first=first).model_dump(mode="json")
        found[service.value] = await _put(api, service, document.code, body, preview=True)
    return found


async def is_first(api: Api, code: str) -> bool:
    """Say whether a jurisdiction is, or will be, the deployment's first."""
    loaded = (await api.get("/intake/api/jurisdictions"))["items"]
    return not loaded or any(item["code"] == code and item["first"] for item in loaded)


async def _put(api: Api, service: Service, code: str, body: Mapping[str, Any], **asked: bool) -> dict[str, Any]:
    try:
        return await api.put(f"{service.prefix}/api/jurisdictions/{code}", body, **asked)
    except Refusal as refusal:
        raise NotLoaded(f"{service} cannot take {code}: {refusal}") from refusal
