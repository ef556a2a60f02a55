"""late legs and names of places"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.storage.types import json_column

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the step."""
    op.create_table('place_name',
    sa.Column('kind', sa.String(12), nullable=False),
    sa.Column('code', sa.String(16), nullable=False),
    sa.Column('name', sa.String(length=400).with_variant(sa.String(length=400, collation='C'), 'postgresql'), nullable=False),
    sa.Column('jurisdiction', sa.String(8), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'code', 'name', name=op.f('pk_place_name'))
    )
    with op.batch_alter_table('place_name', schema=None) as batch_op:
        batch_op.create_index('ix_place_name_jurisdiction', ['jurisdiction'], unique=False)
        batch_op.create_index('ix_place_name_name', ['name'], unique=False)

    _fold_names()
    with op.batch_alter_table('leg', schema=None) as batch_op:
        batch_op.create_index('ix_leg_late', ['incident'], unique=False, sqlite_where=sa.text('overdue'), postgresql_where=sa.text('overdue'))


def _fold_names() -> None:
    """Write the names of places that are loaded already."""
    keys = ('kind', 'code', 'jurisdiction')
    place = sa.table('place', *map(sa.column, keys), sa.column('names', json_column()))
    name = sa.table('place_name', *map(sa.column, keys), sa.column('name'))
    rows = [
        {'kind': row.kind, 'code': row.code, 'jurisdiction': row.jurisdiction, 'name': folded}
        for row in op.get_bind().execute(sa.select(place))
        for folded in sorted({each.casefold() for each in row.names.values()})
    ]
    if rows:
        op.bulk_insert(name, rows)


def downgrade() -> None:
    """Take the step back."""
    with op.batch_alter_table('leg', schema=None) as batch_op:
        batch_op.drop_index('ix_leg_late', sqlite_where=sa.text('overdue'), postgresql_where=sa.text('overdue'))

    with op.batch_alter_table('place_name', schema=None) as batch_op:
        batch_op.drop_index('ix_place_name_name')
        batch_op.drop_index('ix_place_name_jurisdiction')

    op.drop_table('place_name')