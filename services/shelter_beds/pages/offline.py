"""The rooms page without a network: a worker in the browser, and the page that stands in (decision 0020).

Both are the same for everybody and hold nothing: what the page shows is a reduced list of rooms on the device itself,
which the sign-in takes with it when it ends.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson
from fastapi import APIRouter, Request, Response

from shared.contracts.vocabulary import Service
from shared.web.access import anybody
from shared.web.pages.route import Page, Shown

router = APIRouter(route_class=Page)

_WORKER = (Path(__file__).parent.parent / "static" / "worker.js").read_text()
_SHELL = f"{Service.SHELTER_BEDS.prefix}/offline"
_FILES = ("zakrila.css", "shelter.css", "offline.js", "retry.js", "mark.svg")
_SAME_FOR_ALL = "the same for everybody; it shows only what the device itself keeps"


@router.get("/offline", dependencies=[anybody(_SAME_FOR_ALL)])
async def offline(request: Request, look: Shown) -> Response:
    """Return the page that stands in for the rooms while they cannot be had."""
    return look.page(request, "offline.html")


@router.get("/worker.js", dependencies=[anybody(_SAME_FOR_ALL)])
async def worker(look: Shown) -> Response:
    """Return the worker; it is another one whenever a file that it keeps is."""
    files = [look.assets.address(name) for name in _FILES]
    kept = orjson.dumps({"shell": _SHELL, "files": files}).decode()
    version = hashlib.sha256((kept + _WORKER).encode()).hexdigest()[:12]
    script = f'"use strict";\nconst KEPT = {kept};\nconst VERSION = "{version}";\n{_WORKER}'
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(script, headers=headers, media_type="text/javascript")
