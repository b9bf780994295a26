"""search of orders"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# A text cut into pieces of three letters: what contains another text has all pieces of that. Each
# function has the whole body: what an index is made of finds no functions but PostgreSQL's own.
_GRAMS = """
CREATE FUNCTION {name}({given}) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(whole.lowered, place, 3)), '{{}}')
  FROM (SELECT lower({joined}) AS lowered) whole
  CROSS JOIN LATERAL generate_series(1, char_length(whole.lowered) - 2) place $$"""
_TEXTS = {
    "order": ("email", "custom_display_id", "display_id"),
    "order_address": (
        "company",
        "first_name",
        "last_name",
        "address_1",
        "address_2",
        "city",
        "province",
        "postal_code",
        "phone",
    ),
}


def upgrade() -> None:
    op.execute(_GRAMS.format(name="grams", given="given text", joined="given"))
    for table, columns in _TEXTS.items():
        types = {"display_id": "integer"}
        given = ", ".join(f"{name} {types.get(name, 'text')}" for name in columns)
        joined = " || E'\\n' || ".join(f"coalesce({name}::text, '')" for name in columns)
        op.execute(_GRAMS.format(name=f"{table}_grams", given=given, joined=joined))
        text = sa.text(f"{table}_grams({', '.join(columns)})")
        op.create_index(f"ix_{table}_grams", table, [text], postgresql_using="gin")
