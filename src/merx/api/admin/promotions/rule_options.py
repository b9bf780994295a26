"""The attributes of rules, their possible values, and the rules of a promotion with names."""

from dataclasses import replace
from typing import Any

import orjson
from fastapi import Request, Response
from typing_extensions import TypedDict

from merx.api.admin.promotions.resources import PROMOTION
from merx.core.errors import InvalidData
from merx.core.shapes import Json
from merx.links import GRAPH
from merx.modules.promotion.rule_attributes import (
    RULE_KINDS,
    RuleAttribute,
    attributes,
    is_required,
)
from merx.query.run import read_page
from merx.web.answers import Described, answers, answers_page
from merx.web.filters import texts
from merx.web.queries import page_query, read_query
from merx.web.reads import wrap
from merx.web.resource import Resource
from merx.web.router import Router
from merx.web.transactions import Read
from merx.workflows.selling.promotion_rules import explained_rules

router = Router(prefix="/promotions", tags=["promotions"])

_CONTEXT = ("promotion_type", "application_method_type", "application_method_target_type")
_RULES = replace(PROMOTION, context=_CONTEXT)
_ATTRIBUTES = Resource("promotion_rule", "attribute", "attributes", "id", context=_CONTEXT)


# The available filters depend on the entity of the attribute's values.
_VALUES = Described(PROMOTION.list_parameters)


class RuleValue(TypedDict):
    """A possible value of an attribute, and its name."""

    label: str | None
    value: str


@router.get(
    "/rule-attribute-options/{rule_type}",
    openapi_extra=_ATTRIBUTES.parameters | answers(attributes=list[dict[str, Any]]),
)
async def list_attributes(rule_type: str, request: Request) -> Json:
    """List the attributes for rules of a kind."""
    kind = _kind(rule_type)
    query = read_query(request, _ATTRIBUTES).context
    method_type = str(query.get("application_method_type"))
    found = attributes(
        kind,
        promotion_type=str(query.get("promotion_type")),
        target_type=str(query.get("application_method_target_type")),
    )
    options = [one.option(required=is_required(one, method_type)) for one in found]
    return {"attributes": options}


@router.get(
    "/rule-value-options/{rule_type}/{rule_attribute_id}",
    openapi_extra=_VALUES | answers_page(values=list[RuleValue]),
)
async def list_values(
    rule_type: str, rule_attribute_id: str, request: Request, tx: Read
) -> Response:
    """List the possible values of an attribute, each with its name."""
    attribute = _attribute(_kind(rule_type), rule_attribute_id, request)
    page = page_query(request, _values_of(attribute))
    plan = replace(page.plan, root=_values_of(attribute).selection(None))
    found, count = await read_page(tx, GRAPH, plan, limit=page.limit, offset=page.offset)
    values = [
        {"label": row[attribute.shown], "value": row[attribute.key]} for row in orjson.loads(found)
    ]
    return wrap(values=values, count=count, offset=page.offset, limit=page.limit)


@router.get(
    "/{id}/{rule_type}", openapi_extra=_RULES.parameters | answers(rules=list[dict[str, Any]])
)
async def list_rules(id: str, rule_type: str, request: Request, tx: Read) -> Json:
    """List the rules of a promotion, with the names of what they refer to."""
    kind = _kind(rule_type)
    read_query(request, _RULES)
    return {"rules": await explained_rules(tx, id, kind)}


def _kind(rule_type: str) -> str:
    if rule_type not in RULE_KINDS:
        raise InvalidData(f"Invalid param rule_type ({rule_type})")
    return RULE_KINDS[rule_type]


def _attribute(kind: str, name: str, request: Request) -> RuleAttribute:
    """The attribute with this name, if rules of the kind can use it and it has values."""
    target_type = request.query_params.get("application_method_target_type", "")
    for one in attributes(kind, promotion_type="", target_type=target_type):
        if one.id == name and one.entity:
            return one
    raise InvalidData(f"Invalid rule attribute - {name}")


def _values_of(attribute: RuleAttribute) -> Resource:
    return Resource(
        attribute.entity,
        "value",
        "values",
        f"{attribute.key}, {attribute.shown}",
        {"value": texts(attribute.key)},
        limit=100,
        context=("application_method_target_type",),
        combines=False,
    )
