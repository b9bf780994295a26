"""auth: tokens end with the credentials; e-mails are one whatever their case"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Table, column, what else belongs to the key, and which rows it is about.
_EMAILS = (
    ("user", "email", "", ""),
    ("invite", "email", "", ""),
    ("customer", "email", "has_account", ""),
    ("provider_identity", "entity_id", "", "provider = 'emailpass'"),
)


def upgrade() -> None:
    op.add_column("auth_identity", sa.Column("credentials_changed_at", sa.DateTime(timezone=True)))
    for table, column, more, only in _EMAILS:
        op.add_column(
            table,
            sa.Column("has_twin", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        )
        live = f"deleted_at IS NULL AND {column} IS NOT NULL" + (f" AND {only}" if only else "")
        group = f"lower({column})" + (f", {more}" if more else "")
        # Rows that differ by case alone stay as they are; `merx doctor` names them.
        op.execute(
            f'UPDATE "{table}" SET has_twin = true WHERE {live} AND ({group}) IN ('
            f'SELECT {group} FROM "{table}" WHERE {live} GROUP BY {group} HAVING count(*) > 1)'
        )
        op.create_index(
            f"uq_{table}_{column}_folded",
            table,
            [sa.text(f"lower({column})"), *([more] if more else [])],
            unique=True,
            postgresql_where=sa.text(
                "deleted_at IS NULL AND NOT has_twin" + (f" AND {only}" if only else "")
            ),
        )
