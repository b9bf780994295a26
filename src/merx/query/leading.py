"""Chooses the leading condition when a whole table would be scanned: the one that finds the fewest
rows by itself (decision 0010).
"""

from collections.abc import Iterable, Iterator, Sequence

from merx.query.conditions import Compare, Condition, Either, Every, Negation, Related, Search
from merx.query.graph import Entity, Graph, Relation


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """The parts of a conjunction."""
    if isinstance(condition, Every):
        for part in condition.parts:
            yield from conjuncts(part)
    else:
        yield condition


def leading(graph: Graph, entity: Entity, parts: Sequence[Condition]) -> int | None:
    """The part that drives the query: a search, else a relation, preferably not a `broad` one.

    None if an index finds the rows anyway, or if no part can lead. A search with its own index
    finds fewer rows than anything else.
    """
    for place, part in enumerate(parts):
        if isinstance(part, Search) and entity.grams and _leads(graph, entity, part):
            return place
    if is_found(entity, parts):
        return None
    places = [place for place, part in enumerate(parts) if _leads(graph, entity, part)]
    return min(places, key=lambda place: _breadth(entity, parts[place]), default=None)


def is_found(entity: Entity, parts: Iterable[Condition]) -> bool:
    """Whether an index finds the few rows that meet one of the parts."""
    return any(_finds(entity, part) for part in parts)


def _finds(entity: Entity, part: Condition) -> bool:
    """Whether an index finds the few rows that meet the part."""
    match part:
        case Compare(path=(name,), operator="=" | "IN"):
            if name in entity.predicates:
                return name not in entity.checks
            return entity.fields[name].indexed
        case _:
            return False


def _breadth(entity: Entity, part: Condition) -> int:
    match part:
        case Search():
            return 0
        case Compare(path=(name, *_)) | Related(relation=name):
            return 2 if entity.relations[name].broad else 1
        case _:
            return 3


def _leads(graph: Graph, entity: Entity, part: Condition) -> bool:
    match part:
        case Search(text):
            found = all(_reversible(entity, path) for path in entity.search)
            return found and bool(entity.search and text.split())
        case Compare(path=(name, *rest), operator=operator) if rest:
            deeper = Compare(tuple(rest), operator)
            return operator != "IS NULL" and _backwards(graph, entity.relations[name], deeper)
        case Related(name, inner):
            return _backwards(graph, entity.relations[name], inner)
        case _:
            return False


def _reversible(entity: Entity, path: str) -> bool:
    *relations, _ = path.split(".")
    return not relations or entity.relations[relations[0]].keys is not None


def _backwards(graph: Graph, relation: Relation, part: Condition) -> bool:
    """Whether parents can be found from the children that meet the part."""
    return relation.keys is not None and _alone(graph, graph[relation.target], part)


def _alone(graph: Graph, entity: Entity, part: Condition) -> bool:
    """Whether the part can be evaluated without the path that led to the row."""
    match part:
        case Compare(path=(name,)):
            if name in entity.predicates:
                return True
            # What is computed for a reader, such as a price, has no index: it would be computed for
            # every row there is.
            return "{via}" not in entity.fields[name].sql and not entity.fields[name].uses
        case Compare(path=(name, *rest)):
            return _below(graph, entity, name, Compare(tuple(rest), part.operator))
        case Related(name, inner):
            return _below(graph, entity, name, inner)
        case Every(parts) | Either(parts):
            return all(_alone(graph, entity, inner) for inner in parts)
        case Negation(inner):
            return _alone(graph, entity, inner)
        case _:
            return True


def _below(graph: Graph, entity: Entity, name: str, part: Condition) -> bool:
    relation = entity.relations[name]
    is_of_row = not relation.from_link and "{parent_via}" not in relation.where
    return is_of_row and _alone(graph, graph.target(entity, name), part)
