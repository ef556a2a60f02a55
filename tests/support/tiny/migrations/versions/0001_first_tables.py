"""First tables."""

from alembic import op

from shared.storage import kernel
from tests.support.tiny.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    kernel.metadata.create_all(op.get_bind())
    metadata.create_all(op.get_bind())
