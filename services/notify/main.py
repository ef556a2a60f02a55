"""notify's composition root: nothing else builds objects."""

from __future__ import annotations

from pathlib import Path

from services.notify import consumers, sweeper
from services.notify.api import centres, deliveries, figures, handovers, notices
from services.notify.commands.access import tags_of
from services.notify.commands.loading import plan
from services.notify.figures import FIGURES
from services.notify.pages import centres as centre_pages
from services.notify.pages import figures as figure_pages
from services.notify.pages import handovers as handover_pages
from services.notify.pages import notices as notice_pages
from services.notify.pages import rota
from services.notify.pages.figure_words import FIGURE_WORDS
from services.notify.pages.packet_words import PACKET_WORDS
from services.notify.pages.words import WORDS
from services.notify.store.centres import jurisdictions
from shared.contracts.jurisdiction_sections import NotifySection
from shared.contracts.vocabulary import Service
from shared.service import House, run
from shared.settings import Settings
from shared.web.jurisdictions import Jurisdictions
from shared.web.pages.words import merged


def make_house(_settings: Settings) -> House:
    """Describe notify."""
    return House(
        service=Service.NOTIFY,
        description="Centres, rotas, handovers and deliveries: who takes her on, and who was called.",
        migrations=Path(__file__).parent / "migrations",
        routers=(
            handovers.router,
            notices.router,
            deliveries.router,
            centres.router,
            figures.router,
        ),
        jurisdictions=Jurisdictions(NotifySection, plan, jurisdictions),
        handlers=consumers.HANDLERS,
        sweeps=sweeper.SWEEPS,
        tags_of=tags_of,
        figures=FIGURES,
        pages=(
            handover_pages.router,
            notice_pages.router,
            rota.router,
            centre_pages.router,
            figure_pages.router,
        ),
        words=merged(WORDS, PACKET_WORDS, FIGURE_WORDS),
    )


if __name__ == "__main__":
    run(make_house)
