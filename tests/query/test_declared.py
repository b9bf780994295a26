"""Entities, links and resources derived from a model."""

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declarative_base, mapped_column

from merx.core.schema import Id, Timestamps, index, live_unique
from merx.query.declared import entity_of, link
from merx.query.graph import Kind, many, one
from merx.web.declared import resource_of

# Apart from Merx's tables, so that other tests do not see these.
_Base = declarative_base()


class Card(_Base, Timestamps):
    __tablename__ = "card"
    __table_args__ = (live_unique("card", "customer_id"), index("card", "region_id"))

    id: Mapped[Id]
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"))
    region_id: Mapped[str] = mapped_column(ForeignKey("region.id"))
    is_open: Mapped[bool]
    stamps: Mapped[int]
    notes: Mapped[dict[str, str]] = mapped_column(JSONB)


class Coin(_Base):
    __tablename__ = "coin"

    code: Mapped[str] = mapped_column(primary_key=True)


def test_an_entity_has_every_column_that_is_not_hidden() -> None:
    entity = entity_of(Card, search=("notes",), hidden=["region_id"])

    assert (entity.name, entity.table, entity.always) == ("card", '"card"', ("id",))
    assert (entity.search, entity.soft) == (("notes",), True)
    assert "region_id" not in entity.fields
    assert (entity.fields["stamps"].kind, entity.fields["notes"].kind) == (Kind.NUMBER, Kind.JSON)


def test_an_entity_without_timestamps_is_not_soft_deleted() -> None:
    entity = entity_of(Coin)

    assert (entity.key, entity.always, entity.soft) == ("code", ("code",), False)


def test_a_foreign_key_is_followed_both_ways() -> None:
    assert link(Card, "region_id", back="cards") == {
        "card.region": one("region", "region_id", with_key=True),
        "region.cards": many("card", "region_id"),
    }


def test_a_unique_foreign_key_leads_back_to_one_row() -> None:
    assert link(Card, "customer_id", back="card")["customer.card"] == one(
        "card", "id", far="customer_id"
    )


def test_a_resource_shows_and_filters_by_its_columns() -> None:
    resource = resource_of(Card)

    assert (resource.entity, resource.singular, resource.plural) == ("card", "card", "cards")
    columns = {"id", "customer_id", "region_id", "is_open", "stamps", "created_at", "updated_at"}
    assert set(resource.defaults) == columns | {"notes"}
    assert set(resource.filters) == columns


def test_a_resource_can_be_stated_in_part() -> None:
    resource = resource_of(Card, plural="deck", fields="id, stamps", filters={})

    assert (resource.plural, resource.defaults, resource.filters) == ("deck", ("id", "stamps"), {})
