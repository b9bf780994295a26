"""What /openapi.json says beyond FastAPI's knowledge: how errors look, and who may call."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from merx.core.hooks import Subject
from merx.web.door import Door

_TEXT = {"type": "string"}
_SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "One bad row or field: where it is (`create[17].sku`) and what is wrong.",
        "properties": {
            "path": _TEXT,
            "message": _TEXT,
            "code": _TEXT,
            "conflicting_id": _TEXT,
        },
    },
    "Error": {
        "type": "object",
        "required": ["type", "message"],
        "properties": {
            "type": _TEXT,
            "message": _TEXT,
            "code": _TEXT,
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        },
    },
    "Unauthorized": {"type": "object", "required": ["message"], "properties": {"message": _TEXT}},
}
_SECURITY: dict[str, Any] = {
    "token": {"type": "http", "scheme": "bearer", "description": "From POST /auth/…/emailpass."},
    "key": {"type": "http", "scheme": "basic", "description": "A secret API key as user name."},
    "session": {"type": "apiKey", "in": "cookie", "name": "connect.sid"},
}
_STORE_SECURITY: dict[str, Any] = {
    "publishable": {"type": "apiKey", "in": "header", "name": "x-publishable-api-key"}
}
_TOKEN_PATHS = ("/auth/session", "/auth/token/refresh", "/auth/{auth_provider}/user")
_LOGGED_IN = ("/auth/mfa", "/auth/verification/request")


def complete_openapi(
    app: FastAPI,
    doors: Mapping[tuple[str, str], Door],
    additional: Sequence[Mapping[Subject, type[BaseModel]]] = (),
) -> None:
    """Let the application's document tell of errors and credentials, with ids for every client, and
    of the additional data that extensions take."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            _complete(document, doors)
            for models in additional:
                _add_additional_data(document["components"]["schemas"], models)
        return plain()

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue] - FastAPI's way to do it


def _add_additional_data(
    schemas: dict[str, Any], models: Mapping[Subject, type[BaseModel]]
) -> None:
    for subject, model in models.items():
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
        for body in subject.bodies:
            taken = schemas[body.__name__]["properties"]["additional_data"]
            parts = taken.setdefault("allOf", [])
            parts.append({"$ref": f"#/components/schemas/{model.__name__}"})


def _complete(document: dict[str, Any], doors: Mapping[tuple[str, str], Door]) -> None:
    components: dict[str, Any] = document.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(_SCHEMAS)
    components["securitySchemes"] = _SECURITY | _STORE_SECURITY
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete_operation(path, method, operation, doors.get((method, path)))


def _complete_operation(
    path: str, method: str, operation: dict[str, Any], door: Door | None
) -> None:
    # As the reference names them: PostProductsIdVariantsBatch, GetAuthSession.
    words = path.removeprefix("/admin").replace("-", "/").replace("_", "/").split("/")
    operation["operationId"] = method.title() + "".join(word.strip("{}").title() for word in words)
    operation["summary"] = operation.get("description", operation["summary"]).split(".")[0]
    for parameter in operation.get("parameters", ()):
        parameter.setdefault("schema", _TEXT)
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    responses["400"] = _answer("The request contradicts itself or the shop", "Error")
    _add_callers(path, method, operation, responses, door)
    if "{" in path or method == "post":
        responses["404"] = _answer("A row that the request names does not exist", "Error")
    if "requestBody" in operation:
        responses["413"] = _answer("The body is larger than the limit, which is named", "Error")


def _add_callers(
    path: str,
    method: str,
    operation: dict[str, Any],
    responses: dict[str, Any],
    door: Door | None,
) -> None:
    """Who may call, and what others are told."""
    if door is not None:
        operation["security"] = [dict(each) for each in door.credentials]
        if door.refusal:
            responses["401"] = _answer(door.refusal, "Unauthorized")
    elif path in _TOKEN_PATHS:
        operation["security"] = [{"token": []}]
        responses["401"] = _answer("Nobody, or nobody known, is calling", "Unauthorized")
    elif path.startswith(_LOGGED_IN):
        operation["security"] = [{"token": []}, {"session": []}]
        responses["401"] = _answer("Nobody, or half a log-in, is calling", "Unauthorized")
        responses["429"] = _answer("Too many tries; Retry-After says when", "Error")
    elif path == "/auth/verification/confirm":
        operation["security"] = []
    elif method == "post":
        responses["401"] = _answer("The credentials are wrong", "Error")
        responses["429"] = _answer("Too many failures; Retry-After says when", "Error")


def _answer(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
