"""dispatch's composition root: nothing else builds objects."""

from __future__ import annotations

from pathlib import Path

from services.dispatch import consumers, sweeper
from services.dispatch.api import figures, fleet, jobs
from services.dispatch.commands.access import tags_of
from services.dispatch.commands.loading import plan
from services.dispatch.figures import FIGURES
from services.dispatch.pages import crew, positions, units
from services.dispatch.pages import figures as figure_pages
from services.dispatch.pages import jobs as job_pages
from services.dispatch.pages.figure_words import FIGURE_WORDS
from services.dispatch.pages.words import WORDS
from services.dispatch.store.places import jurisdictions
from shared.contracts.jurisdiction_sections import DispatchSection
from shared.contracts.vocabulary import Service
from shared.service import House, run
from shared.settings import Settings
from shared.web.jurisdictions import Jurisdictions
from shared.web.pages.words import merged


def make_house(_settings: Settings) -> House:
    """Describe dispatch."""
    return House(
        service=Service.DISPATCH,
        description="Stations, units and jobs: who goes, who acknowledged, where they are.",
        migrations=Path(__file__).parent / "migrations",
        routers=(jobs.router, fleet.router, figures.router),
        jurisdictions=Jurisdictions(DispatchSection, plan, jurisdictions),
        handlers=consumers.HANDLERS,
        sweeps=sweeper.SWEEPS,
        tags_of=tags_of,
        figures=FIGURES,
        pages=(job_pages.router, crew.router, positions.router, units.router, figure_pages.router),
        words=merged(WORDS, FIGURE_WORDS),
    )


if __name__ == "__main__":
    run(make_house)
