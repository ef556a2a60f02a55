"""intake's composition root: nothing else builds objects."""

from __future__ import annotations

from pathlib import Path

from services.intake import consumers, sweeper
from services.intake.api import incidents, supervision
from services.intake.commands.loading import plan
from services.intake.figures import FIGURES
from services.intake.pages import board, incident, raising
from services.intake.pages import figures as figure_pages
from services.intake.pages import supervision as supervision_pages
from services.intake.pages.shift_words import SHIFT_WORDS
from services.intake.pages.words import WORDS
from services.intake.store import areas
from shared.contracts.jurisdiction_sections import IntakeSection
from shared.contracts.vocabulary import Role, Service
from shared.security.keys import hash_secret
from shared.security.tokens import Account
from shared.service import House, run
from shared.settings import Settings
from shared.web.jurisdictions import Jurisdictions
from shared.web.pages.words import merged


def tags_of(who: Account) -> frozenset[str]:
    """Return what an account may be told of live."""
    organisations = who.organisations(Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR)
    return frozenset(f"mechanism:{organisation}" for organisation in organisations)


def make_house(settings: Settings) -> House:
    """Describe intake."""
    return House(
        service=Service.INTAKE,
        description="Incidents: the call, the risk screen, the people, the needs, the three legs and their clocks.",
        migrations=Path(__file__).parent / "migrations",
        routers=(incidents.router, supervision.router),
        jurisdictions=Jurisdictions(IntakeSection, plan, areas.jurisdictions),
        handlers=consumers.HANDLERS,
        hears_repeats=consumers.HEARS_REPEATS,
        sweeps=sweeper.SWEEPS,
        background=(sweeper.keep_asking,),
        tags_of=tags_of,
        figures=FIGURES,
        pages=(board.router, raising.router, incident.router, supervision_pages.router, figure_pages.router),
        words=merged(WORDS, SHIFT_WORDS),
        state={"link_secret": hash_secret(settings.keys, Service.INTAKE)},
    )


if __name__ == "__main__":
    run(make_house)
