"""The tax lines of a cart or an order: one statement, one question, each line its rates."""

from decimal import Decimal

import pytest

from merx.core.errors import InvalidData
from merx.modules.tax.lines import Taxed, TaxQuestion, find_taxes, tax_lines
from merx.providers.tax import Place, SystemTaxProvider, TaxesUnknown, TaxLine
from tests.factories.taxes import make_region, make_tax_rate, make_tax_region
from tests.observed import statements_of

SYSTEM = SystemTaxProvider()
PROVIDERS = {SYSTEM.id: SYSTEM}


def line(line_id, product="prod_1", kind="ptyp_1"):
    return Taxed(line_id, Decimal(2), Decimal("9.99"), product_id=product, product_type_id=kind)


def method(method_id, option="so_1"):
    return Taxed(method_id, Decimal(1), Decimal(5), shipping_option_id=option)


def asked(*taxed, province=None, country="kp", **more):
    return TaxQuestion(taxed, Place(country, province), "eur", **more)


def rates(lines):
    return {key: [(one.rate, one.description) for one in row] for key, row in lines.items()}


async def test_each_line_and_method_has_its_rates(database, tx):
    home = await make_tax_region(tx, "kp")
    below = await make_tax_region(tx, "kp", "qc", home)
    await make_tax_rate(tx, home, 20, is_default=True)
    await make_tax_rate(tx, home, 7, ("shipping_option", "so_1"))
    await make_tax_rate(tx, home, 2, ("product", "prod_2"))
    await make_tax_rate(tx, below, 3, is_default=True, is_combinable=True)
    await make_tax_rate(tx, below, 4, ("product_type", "ptyp_2"))
    lines = (line("a"), line("b", "prod_2"), line("c", kind="ptyp_2"), line("d", None, None))
    question = asked(*lines, method("m"), method("n", "so_2"), province="QC")

    found = await tax_lines(database, PROVIDERS, question)

    assert {key: [one.rate for one in row] for key, row in found.items()} == {
        "a": [3, 20],
        "b": [3, 2],
        "c": [4],
        "d": [3, 20],
        "m": [3, 7],
        "n": [3, 20],
    }
    [first, _] = found["a"]
    assert (first.code, first.description, first.provider_id) == ("c", "n", "system")
    assert first.tax_rate_id is not None


async def test_a_line_alone_is_asked_as_many_statements_as_a_hundred(database, tx):
    home = await make_tax_region(tx, "kp")
    await make_tax_rate(tx, home, 20, is_default=True)
    for size in (1, 100):
        question = asked(*(line(f"l{n}", f"prod_{n}") for n in range(size)), method("m"))
        async with statements_of(tx) as statements:
            found = await tax_lines(database, PROVIDERS, question)
        assert len(statements) == 1
        assert [one.rate for row in found.values() for one in row] == [20] * (size + 1)


async def test_no_taxes_are_due_nowhere_and_for_nothing(database, tx):
    home = await make_tax_region(tx, "kp")
    await make_tax_rate(tx, home, 20, is_default=True)
    nowhere = TaxQuestion([line("a")], None, "eur")

    assert await tax_lines(database, PROVIDERS, nowhere) == {}
    assert await tax_lines(database, PROVIDERS, asked()) == {}
    assert await tax_lines(database, PROVIDERS, asked(line("a"), country="is")) == {}


async def test_a_region_can_leave_taxes_to_somebody_else(database, tx):
    home = await make_tax_region(tx, "kp")
    await make_tax_rate(tx, home, 20, is_default=True)
    region_id = await make_region(tx, "Here")
    await tx.execute("UPDATE region SET automatic_taxes = false")

    left = await tax_lines(database, PROVIDERS, asked(line("a"), region_id=region_id))
    forced = await tax_lines(
        database, PROVIDERS, asked(line("a"), region_id=region_id, forced=True)
    )

    assert left == {}
    assert [one.rate for one in forced["a"]] == [20]


class Outside:
    """A provider that is asked once for everything."""

    id = "tp_outside"

    def __init__(self, answer=None):
        self.questions = []
        self.answer = answer

    async def tax_lines(self, items, place):
        self.questions.append((items, place))
        if self.answer is None:
            raise TaxesUnknown("the service is closed")
        return [TaxLine(item.id, "X", "Outside", self.answer) for item in items]


async def test_another_provider_is_asked_once_with_everything(database, tx):
    await tx.execute("INSERT INTO tax_provider (id) VALUES ('tp_outside')")
    await make_tax_region(tx, "kp")
    await tx.execute("UPDATE tax_region SET provider_id = 'tp_outside'")
    outside = Outside(Decimal("8.25"))
    question = asked(line("a"), line("b"), method("m"))

    found = await tax_lines(database, {outside.id: outside}, question)
    to_ask = await find_taxes(tx, question)

    assert to_ask is not None
    assert not to_ask.is_local
    [(items, place)] = outside.questions
    assert [item.id for item in items] == ["a", "b", "m"]
    assert place.country_code == "kp"
    assert rates(found) == {key: [(Decimal("8.25"), "Outside")] for key in "abm"}
    assert found["a"][0].provider_id == "outside"


async def test_taxes_that_nobody_knows_are_told(database, tx):
    await tx.execute("INSERT INTO tax_provider (id) VALUES ('tp_outside')")
    await make_tax_region(tx, "kp")
    await tx.execute("UPDATE tax_region SET provider_id = 'tp_outside'")

    with pytest.raises(InvalidData, match="the service is closed"):
        await tax_lines(database, {"tp_outside": Outside()}, asked(line("a")))
    with pytest.raises(InvalidData, match="tp_outside is not set up"):
        await tax_lines(database, PROVIDERS, asked(line("a")))
