"""What a paper is and has, among the values by which it is found."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_FLAGS = {
    "withdrawn": "standing = 'withdrawn'",
    "retracted": "standing = 'retracted'",
    "published": "(venue != '' OR journal_ref != '')",
    "code": "code != ''",
    "doi": "doi IS NOT NULL AND doi != ''",
}


def upgrade() -> None:
    """Find the papers there are by what they are."""
    for flag, holds in _FLAGS.items():
        op.execute(
            sa.text(
                "INSERT INTO facets (kind, value, day, paper) "  # noqa: S608 (constants)
                f"SELECT 'flag', '{flag}', day, key FROM papers WHERE day >= 0 AND {holds}"
            )
        )
