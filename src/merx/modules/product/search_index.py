"""The search index of products: their words, and each word's spellings with one letter left out.

A trigger writes it with each change of a product (docs/decisions/0021), so it is never stale and no
code has to update it. Two words are similar if one turns into the other by adding, removing or
replacing one letter, or by swapping two: then they share a spelling with one letter left out, which
a GIN index finds.
"""

import re

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from merx.core.database import Transaction
from merx.core.schema import Base
from merx.providers.search import Match, Wanted

# Shorter words would be similar to too many others.
SHORTEST_ALIKE = 5
LONGEST_ALIKE = 30
_WORD = re.compile(r"\w+")
MOST_WORDS = 20


class ProductSearch(Base):
    __tablename__ = "product_search"
    __table_args__ = (
        Index("ix_product_search_words", "words", postgresql_using="gin"),
        Index("ix_product_search_alike", "alike", postgresql_using="gin"),
    )

    product_id: Mapped[str] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), primary_key=True
    )
    words: Mapped[str] = mapped_column(TSVECTOR)
    alike: Mapped[list[str]] = mapped_column(ARRAY(Text))


# {values}: a query for the word as a prefix, the word itself, then its similar spellings. SKUs and
# other numbers of variants must match as written.
HAS_WORD = """{row}.id = ANY(ARRAY(
    SELECT s.product_id FROM product_search s
    WHERE s.words @@ to_tsquery('simple', ({values})[1]) OR s.alike && ({values})[3:]
    UNION ALL SELECT v.product_id FROM product_variant v
    WHERE v.deleted_at IS NULL AND v.sku IS NOT NULL AND v.sku = ({values})[2]
    UNION ALL SELECT v.product_id FROM product_variant v
    WHERE v.deleted_at IS NULL AND v.barcode IS NOT NULL AND v.barcode = ({values})[2]
    UNION ALL SELECT v.product_id FROM product_variant v
    WHERE v.deleted_at IS NULL AND v.ean IS NOT NULL AND v.ean = ({values})[2]
    UNION ALL SELECT v.product_id FROM product_variant v
    WHERE v.deleted_at IS NULL AND v.upc IS NOT NULL AND v.upc = ({values})[2]))"""
# The relevance of the matches in the title and elsewhere; 0 for words that are only similar.
SCORE = """coalesce((SELECT ts_rank(s.words, to_tsquery('simple', {context[search]}))
    FROM product_search s WHERE s.product_id = {row}.id)::numeric, 0)"""

# The position of a product among the ids that an engine found.
PLACE = "array_position(string_to_array({context[found]}, ','), {row}.id)"


class PostgresSearch:
    """The search of a shop without a search engine, on the index that a trigger maintains."""

    id = "postgres"

    def can(self, wanted: Wanted) -> bool:
        """It supports everything that can be asked for."""
        return True

    async def match(self, wanted: Wanted) -> Match:
        """One predicate per word."""
        words = words_of(wanted.text)
        like = {word: alike(word) if wanted.typos else [] for word, _ in words}
        tests = tuple(("has_word", [word, written, *like[word]]) for word, written in words)
        context = {"search": " | ".join(word for word, _ in words)}
        return Match(tests, "search_score", wanted.every, descending=True, context=context)


POSTGRES = PostgresSearch()

_REBUILD = """
INSERT INTO product_search (product_id, words, alike)
SELECT p.id, product_words(p.title, p.subtitle, p.handle, p.description), product_alike(p.title)
FROM product p WHERE ($1::timestamptz IS NULL OR p.updated_at >= $1)
ON CONFLICT (product_id) DO UPDATE SET words = excluded.words, alike = excluded.alike"""


def words_of(text: str) -> list[tuple[str, str]]:
    """The words of a search: each as a prefix query, and as it was written."""
    found = dict[str, str]()
    for part in text.split():
        for word in _WORD.findall(part.lower()):
            found.setdefault(f"'{word}':*", part)
    return list(found.items())[:MOST_WORDS]


def alike(prefix_query: str) -> list[str]:
    """The word and, if it is long enough, each spelling of it with one letter left out."""
    word = prefix_query[1:-3]
    if not SHORTEST_ALIKE <= len(word) <= LONGEST_ALIKE:
        return []
    shorter = (word[:place] + word[place + 1 :] for place in range(len(word)))
    return list(dict.fromkeys((word, *shorter)))


async def rebuild(tx: Transaction, since: object = None) -> None:
    """Rebuild the index, for all products or those changed since a time."""
    await tx.execute(_REBUILD, since)


async def empty(tx: Transaction) -> None:
    """Empty the index: nothing is found until it is rebuilt."""
    await tx.execute("DELETE FROM product_search")


async def count(tx: Transaction) -> int:
    """The number of indexed products."""
    return int(await tx.fetchval("SELECT count(*) FROM product_search"))
