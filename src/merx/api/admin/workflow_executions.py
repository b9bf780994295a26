"""/admin/workflows-executions: always empty.

A workflow of Merx is one transaction: it is complete or never happened, and nothing of it remains
to be watched or continued. The dashboard's page for it is empty, as on the reference before a
workflow that stores its steps has run.
"""

from typing import Any

from fastapi import Request, Response

from merx.core.errors import NotFound, Problem
from merx.web.answers import answers, answers_page
from merx.web.querystring import parse_query
from merx.web.reads import wrap
from merx.web.router import Router
from merx.web.wording import got, invalid

_LIMIT = 100
_COUNT = {"type": "integer", "minimum": 0}
_PAGE = {
    "parameters": [{"name": name, "in": "query", "schema": _COUNT} for name in ("limit", "offset")]
}

router = Router(prefix="/workflows-executions", tags=["workflow executions"])


@router.get("", openapi_extra=answers_page(workflow_executions=list[dict[str, Any]]) | _PAGE)
async def list_executions(request: Request) -> Response:
    """List executions: none."""
    values = parse_query(request.url.query)
    asked = {"limit": values.get("limit", str(_LIMIT)), "offset": values.get("offset", "0")}
    problems: list[Problem] = [
        {
            "path": name,
            "message": f"Expected type: 'number' for field '{name}', got: '{got(value)}'",
        }
        for name, value in asked.items()
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16)
    ]
    if problems:
        raise invalid(problems)
    page = {name: int(value) for name, value in asked.items()}
    return wrap(workflow_executions=[], count=0, offset=page["offset"], limit=page["limit"])


@router.get("/{id}", openapi_extra=answers())
async def get_execution(id: str) -> dict[str, object]:
    """Get an execution: an empty object, as on the reference."""
    return {}


@router.get("/{workflow_id}/{transaction_id}", openapi_extra=answers())
async def get_execution_of_transaction(workflow_id: str, transaction_id: str) -> dict[str, object]:
    """Get an execution by workflow and transaction: an empty object."""
    return {}


@router.post("/{workflow_id}/run", openapi_extra=answers())
async def run_workflow(workflow_id: str) -> None:
    """Refuse to run a workflow by name: workflows are called by their own routes."""
    raise NotFound(f'Workflow with id "{workflow_id}" not found.')
