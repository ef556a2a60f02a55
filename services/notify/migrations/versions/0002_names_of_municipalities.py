"""names of municipalities"""

import sqlalchemy as sa
from alembic import op
from shared.storage.types import json_column

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    """Make the step. The release before writes rows without names."""
    with op.batch_alter_table('municipality', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name', json_column(), nullable=False, server_default='{}'))
