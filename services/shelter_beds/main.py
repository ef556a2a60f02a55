"""shelter_beds' composition root: nothing else builds objects."""

from __future__ import annotations

from pathlib import Path

from services.shelter_beds import consumers, sweeper
from services.shelter_beds.api import figures, placements, shelters
from services.shelter_beds.board import AvailabilityBoard
from services.shelter_beds.commands.access import tags_of
from services.shelter_beds.commands.loading import plan
from services.shelter_beds.figures import FIGURES
from services.shelter_beds.names import Names
from services.shelter_beds.pages import figures as figure_pages
from services.shelter_beds.pages import houses as house_pages
from services.shelter_beds.pages import offline, own, rooms
from services.shelter_beds.pages import placements as placement_pages
from services.shelter_beds.pages.figure_words import FIGURE_WORDS
from services.shelter_beds.pages.words import WORDS
from services.shelter_beds.store.places import jurisdictions
from shared.contracts.jurisdiction_sections import ShelterBedsSection
from shared.contracts.vocabulary import Service
from shared.service import House, run
from shared.settings import Settings
from shared.web.jurisdictions import Jurisdictions
from shared.web.pages.words import merged


def make_house(settings: Settings) -> House:
    """Describe shelter_beds."""
    names = Names(settings.keys)
    board = AvailabilityBoard(settings.valkey_url)
    return House(
        service=Service.SHELTER_BEDS,
        description="Shelters, rooms and placements: what is free, and what is held for whom until when.",
        migrations=Path(__file__).parent / "migrations",
        routers=(
            placements.router,
            shelters.router,
            figures.router,
        ),
        jurisdictions=Jurisdictions(ShelterBedsSection, plan, jurisdictions),
        handlers=consumers.handlers(names.hashed),
        sweeps=sweeper.SWEEPS,
        tags_of=tags_of,
        figures=FIGURES,
        cache=board.answers,
        background=(board.keep,),
        pages=(
            rooms.router,
            placement_pages.router,
            own.router,
            house_pages.router,
            offline.router,
            figure_pages.router,
        ),
        words=merged(WORDS, FIGURE_WORDS),
        state={"board": board, "names": names},
    )


if __name__ == "__main__":
    run(make_house)
