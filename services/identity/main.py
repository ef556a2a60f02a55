"""identity's composition root: nothing else builds objects."""

from __future__ import annotations

import json
from pathlib import Path

from services.identity import store, sweeper
from services.identity.api import own, sessions, users
from services.identity.api.desk import Tools
from services.identity.commands.loading import plan
from services.identity.figures import FIGURES
from services.identity.pages import everything, sign_in, start, staying
from services.identity.pages import jurisdictions as jurisdiction_pages
from services.identity.pages import own as own_pages
from services.identity.pages import users as user_pages
from services.identity.pages.words import WORDS
from services.identity.passwords import Passwords
from services.identity.throttle import Throttle
from shared.contracts.jurisdiction_sections import IdentitySection
from shared.contracts.vocabulary import Service
from shared.security.keys import hash_secret, signing_key
from shared.service import House, run
from shared.settings import Settings
from shared.web.jurisdictions import Jurisdictions


def make_house(settings: Settings) -> House:
    """Describe identity."""
    secret = hash_secret(settings.keys, Service.IDENTITY)
    throttle = Throttle(settings.valkey_url, secret)
    tools = Tools(
        passwords=Passwords(),
        throttle=throttle,
        signing_key=signing_key(settings.keys),
        public_keys=json.loads((settings.keys / "jwks.json").read_text()),
        secret=secret,
    )
    return House(
        service=Service.IDENTITY,
        description="Staff accounts, their roles in organisations, and sessions.",
        migrations=Path(__file__).parent / "migrations",
        routers=(
            sessions.router,
            own.router,
            users.router,
        ),
        jurisdictions=Jurisdictions(IdentitySection, plan, store.jurisdictions),
        cache=throttle.answers,
        beside_api=(sessions.public,),
        sweeps=sweeper.SWEEPS,
        background=(sweeper.announce_keys, throttle.close_with),
        figures=FIGURES,
        pages=(
            start.router,
            sign_in.router,
            staying.router,
            own_pages.router,
            user_pages.router,
            everything.router,
            jurisdiction_pages.router,
        ),
        words=WORDS,
        state={"tools": tools},
    )


if __name__ == "__main__":
    run(make_house)
