"""product search"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# The words of a product by weight: title, then subtitle and handle, then description.
_WORDS = """
CREATE FUNCTION product_words(title text, subtitle text, handle text, description text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT setweight(to_tsvector('simple', coalesce(title, '')), 'A')
      || setweight(to_tsvector('simple', coalesce(subtitle, '')), 'B')
      || setweight(to_tsvector('simple', coalesce(handle, '')), 'B')
      || setweight(to_tsvector('simple', left(coalesce(description, ''), 50000)), 'D') $$"""

# The words of a title and each of them with one letter left out.
_ALIKE = """
CREATE FUNCTION product_alike(title text)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT spelling), '{}')
  FROM unnest(tsvector_to_array(to_tsvector('simple', coalesce(title, '')))) word
  CROSS JOIN LATERAL (
    SELECT word AS spelling
    UNION ALL SELECT left(word, place - 1) || substr(word, place + 1)
    FROM generate_series(1, length(word)) place) spellings
  WHERE length(word) BETWEEN 5 AND 30 $$"""

_WRITE = """
CREATE FUNCTION write_product_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO product_search (product_id, words, alike)
  VALUES (NEW.id, product_words(NEW.title, NEW.subtitle, NEW.handle, NEW.description),
          product_alike(NEW.title))
  ON CONFLICT (product_id) DO UPDATE SET words = excluded.words, alike = excluded.alike;
  RETURN NULL;
END $$"""

_ON_INSERT = """
CREATE TRIGGER product_search_insert AFTER INSERT ON product
FOR EACH ROW EXECUTE FUNCTION write_product_search()"""

_ON_UPDATE = """
CREATE TRIGGER product_search_update AFTER UPDATE ON product
FOR EACH ROW WHEN ((OLD.title, OLD.subtitle, OLD.handle, OLD.description)
  IS DISTINCT FROM (NEW.title, NEW.subtitle, NEW.handle, NEW.description))
EXECUTE FUNCTION write_product_search()"""

_FILL = """
INSERT INTO product_search (product_id, words, alike)
SELECT id, product_words(title, subtitle, handle, description), product_alike(title) FROM product"""


def upgrade() -> None:
    op.create_table(
        "product_search",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("alike", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_product_search_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_search")),
    )
    for text in (_WORDS, _ALIKE, _WRITE, _FILL, _ON_INSERT, _ON_UPDATE):
        op.execute(text)
    op.create_index("ix_product_search_words", "product_search", ["words"], postgresql_using="gin")
    op.create_index("ix_product_search_alike", "product_search", ["alike"], postgresql_using="gin")
