"""Completes FastAPI's /openapi.json: answers, errors and security schemes."""

from collections.abc import Callable, Mapping, Sequence

from fastapi import FastAPI
from pydantic import BaseModel

from merx.core.hooks import Subject
from merx.web import parameters
from merx.web.answers import JSON
from merx.web.areas import Operation
from merx.web.bodies import takes_condition
from merx.web.door import Door
from merx.web.examples import add_examples
from merx.web.openapi_parts import ABOUT, share_repeated, shorten_names
from merx.web.parameters import Part, other_description, path_description
from merx.web.schemas import Schemas, pascal

_TEXT = {"type": "string"}
_SCHEMAS: Part = {
    "Problem": {
        "type": "object",
        "description": "One invalid row or field: its path (`create[17].sku`) and what is wrong.",
        "properties": {
            "path": _TEXT,
            "message": _TEXT,
            "code": _TEXT,
            "conflicting_id": _TEXT,
        },
    },
    "Error": {
        "type": "object",
        "description": "What is wrong: `type` for programs, `message` for people.",
        "required": ["message"],
        "properties": {
            "type": _TEXT,
            "message": _TEXT,
            "code": _TEXT,
            "errors": {
                "type": "array",
                "description": "Each invalid row or field; plain texts for an unfit key.",
                "items": {"anyOf": [{"$ref": "#/components/schemas/Problem"}, _TEXT]},
            },
        },
    },
    "Unauthorized": {"type": "object", "required": ["message"], "properties": {"message": _TEXT}},
}
_ROW_ERRORS: Part = {
    "type": "object",
    "properties": {"errors": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}}},
}
_SECURITY: Part = {
    "token": {"type": "http", "scheme": "bearer", "description": "From POST /auth/…/emailpass."},
    "key": {"type": "http", "scheme": "basic", "description": "A secret API key as user name."},
    "session": {"type": "apiKey", "in": "cookie", "name": "connect.sid"},
}
_STORE_SECURITY: Part = {
    "publishable": {
        "type": "apiKey",
        "in": "header",
        "name": "x-publishable-api-key",
        "description": "A storefront's key, which determines its sales channels.",
    }
}
_TOKEN_PATHS = ("/auth/session", "/auth/token/refresh", "/auth/{auth_provider}/user")
_AREAS = ("/admin", "/store")
_LOGGED_IN = ("/auth/mfa", "/auth/verification/request")


Operations = Mapping[tuple[str, str], Operation]


def complete_openapi(
    app: FastAPI,
    operations: Callable[[], Operations],
    additional: Sequence[Mapping[Subject, type[BaseModel]]] = (),
) -> None:
    """Complete the application's document: answers, errors, credentials, operation ids,
    `additional_data`.

    The document is built when first requested.
    """
    plain = app.openapi

    def openapi() -> Part:
        if app.openapi_schema is None:
            document = plain()
            _complete(document, operations())
            for models in additional:
                _add_additional_data(document["components"]["schemas"], models)
        return plain()

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue] - FastAPI's way to do it


def _add_additional_data(schemas: Part, models: Mapping[Subject, type[BaseModel]]) -> None:
    for subject, model in models.items():
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
        for body in subject.bodies:
            name = body.__name__
            if name not in schemas:
                # Two modules have a body of that name (`shorten_names`).
                name = pascal(body.__module__.split(".")[2]) + name
            taken = schemas[name]["properties"]["additional_data"]
            parts = taken.setdefault("allOf", [])
            parts.append({"$ref": f"#/components/schemas/{model.__name__}"})


def _complete(document: Part, operations: Operations) -> None:
    document["info"]["description"] = ABOUT
    components: Part = document.setdefault("components", {})
    schemas: Part = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    shorten_names(document)
    for schema in schemas.values():
        _mend_defaults(schema)
    schemas.update(_SCHEMAS)
    components["securitySchemes"] = _SECURITY | _STORE_SECURITY
    answers = Schemas()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            known = operations.get((method, path))
            _complete_operation(path, method, operation, known.door if known else None)
            _describe_parameters(path, operation)
            if known is not None:
                _add_options(path, method, operation, known)
                if known.answer is not None:
                    _add_answer(operation["responses"], answers, known)
    schemas.update(answers.components())
    add_examples(document)
    share_repeated(document)


def _mend_defaults(schema: Part) -> None:
    """Write the defaults of exact numbers as numbers; Pydantic writes them as texts."""
    for field in schema.get("properties", {}).values():
        default = field.get("default")
        kinds = [one.get("type") for one in field.get("anyOf", (field,))]
        if isinstance(default, str) and "number" in kinds and "string" not in kinds:
            field["default"] = float(default)


def _add_answer(responses: Part, answers: Schemas, known: Operation) -> None:
    [status, *_] = [status for status in responses if status.startswith("2")]
    answer = known.answer
    assert answer is not None
    content = {answer.media: {"schema": {"type": "string"}}}
    if answer.media == JSON:
        content = {JSON: {"schema": answers.answer(known.area, answer)}}
    responses[status] = {**responses[status], "content": content}
    if "207" in responses:
        schema = {"allOf": [content[answer.media]["schema"], _ROW_ERRORS]}
        responses["207"]["content"] = {JSON: {"schema": schema}}


def _describe_parameters(path: str, operation: Part) -> None:
    for parameter in operation.get("parameters", ()):
        parameter.setdefault("schema", _TEXT)
        name = parameter["name"]
        if parameter["in"] == "path":
            parameter.setdefault("description", path_description(path, name))
        parameter.setdefault("description", other_description(name))


def _add_options(path: str, method: str, operation: Part, known: Operation) -> None:
    """The headers and options that routes share."""
    added: list[Part] = operation.setdefault("parameters", [])
    responses = operation["responses"]
    if known.area not in ("admin", "store"):
        if not added:
            del operation["parameters"]
        return
    if method == "get":
        added.append(parameters.IF_NONE_MATCH)
        responses["304"] = {"description": "Unchanged: the client already has it"}
        if known.area == "store" and any(one["name"] == "locale" for one in added):
            added.append(parameters.LOCALE)
    else:
        added += [parameters.IDEMPOTENCY_KEY, parameters.PREFER]
        responses["409"] = _answer("Another request is changing the same thing", "Error")
        responses["422"] = _answer("The key was sent before with a different request", "Error")
        if takes_condition(known.route):
            added += [parameters.IF_MATCH, parameters.DRY_RUN]
            responses["412"] = _answer("It has changed since it was read", "Error")
            if path.endswith("/batch"):
                added.append(parameters.ERROR_POLICY)
                responses["207"] = {"description": "Done, except for the rows in `errors`"}
    responses["503"] = _answer("The database is away or busy; Retry-After says when", "Error")


def _complete_operation(path: str, method: str, operation: Part, door: Door | None) -> None:
    # As the reference names them: PostProductsIdVariantsBatch, GetAuthSession.
    words = path.removeprefix("/admin").replace("-", "/").replace("_", "/").split("/")
    operation["operationId"] = method.title() + "".join(word.strip("{}").title() for word in words)
    operation["summary"] = operation.get("description", operation["summary"]).split(".")[0]
    responses: Part = operation["responses"]
    responses.pop("422", None)
    responses["400"] = _answer("The request contradicts itself or the shop", "Error")
    _add_callers(path, method, operation, responses, door)
    if "{" in path or method == "post" or path.startswith(_AREAS):
        responses["404"] = _answer("A row that the request names does not exist", "Error")
    if "requestBody" in operation:
        responses["415"] = _answer("The charset of the body is unknown", "Error")
        responses["413"] = _answer("The body is larger than the limit in the message", "Error")


def _add_callers(
    path: str,
    method: str,
    operation: Part,
    responses: Part,
    door: Door | None,
) -> None:
    """Add the security schemes and the answers to callers without credentials."""
    if door is not None:
        operation["security"] = [dict(each) for each in door.credentials]
        if door.refusal:
            responses["401"] = _answer(door.refusal, "Unauthorized")
    elif path in _TOKEN_PATHS:
        operation["security"] = [{"token": []}]
        responses["401"] = _answer("Nobody, or nobody known, is calling", "Unauthorized")
    elif path.startswith(_LOGGED_IN):
        operation["security"] = [{"token": []}, {"session": []}]
        responses["401"] = _answer("No credentials, or an incomplete log-in", "Unauthorized")
        responses["429"] = _answer("Too many tries; Retry-After says when", "Error")
    elif path == "/auth/verification/confirm":
        operation["security"] = []
    elif path.endswith("/callback"):
        responses["401"] = _answer("The provider did not identify anybody", "Error")
    elif method == "post":
        responses["401"] = _answer("The credentials are wrong", "Error")
        responses["429"] = _answer("Too many failures; Retry-After says when", "Error")


def _answer(description: str, schema: str) -> Part:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
