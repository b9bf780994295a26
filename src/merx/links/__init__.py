"""Every relation between modules: the map of the shop.

Within a module, `graph.py` says how its rows relate; here is how a reader gets from one module to
another, in a file for each noun of `workflows/`. A file has the entities of its modules, `LINKS`
and computed `FIELDS`, both named by entity and name: `product.sales_channels`.
"""

from merx.links import catalogue, orders, people, pricing, selling, shop, stock
from merx.query.graph import Graph

_NOUNS = (catalogue, pricing, stock, people, shop, selling, orders)

GRAPH = Graph(
    [entity for noun in _NOUNS for entity in noun.ENTITIES],
    {name: link for noun in _NOUNS for name, link in noun.LINKS.items()},
    {name: field for noun in _NOUNS for name, field in noun.FIELDS.items()},
)
