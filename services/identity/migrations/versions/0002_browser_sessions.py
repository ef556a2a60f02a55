"""sessions of browsers, and their locks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage.types import UtcDateTime

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the step."""
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('browser', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('locked_at', UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Take the step back."""
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.drop_column('locked_at')
        batch_op.drop_column('browser')
