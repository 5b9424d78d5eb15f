"""The OpenAPI 3.1 document of the JSON porch, made from the shapes that are sent, so that it cannot drift from them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

import porchlight
from porchlight.facts.schema import LawFact
from porchlight.places import MAX_LENGTH
from porchlight.report import fact_fields, shapes
from porchlight.report.answer import Concern, Role
from porchlight.report.say import LANGUAGES

Document = dict[str, Any]

_REF = "#/components/schemas/{name}"
_SENT = (shapes.AnswerDocument, shapes.JurisdictionList, shapes.JurisdictionDocument, shapes.Problem)
PROBLEM_TYPE = "application/problem+json"


@cache
def document() -> Document:
    """The whole document. Not to be changed by whoever asks."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Porchlight",
            "version": porchlight.__version__,
            "summary": "Whom to call when you are worried about a child, anywhere in the United States.",
            "description": (
                "No key and no account. What you ask is answered and forgotten; it stands in no log of ours. "
                "Numbers change: keep nothing past `Expires`, and ask again with `If-None-Match`. "
                "If someone is in danger now, call 911."
            ),
            "license": {"name": "CC0-1.0 (the facts)", "identifier": "CC0-1.0"},
        },
        "paths": {
            "/api/v1/answer": {"get": _answer()},
            "/api/v1/jurisdictions": {"get": _jurisdictions()},
            "/api/v1/jurisdictions/{code}": {"get": _jurisdiction()},
        },
        "components": {"schemas": schemas(), "headers": _HEADERS},
    }


def schemas() -> dict[str, Document]:
    """JSON schema of every shape by name, each field with what it means.

    Raises KeyError for a field of a fact that nobody described.
    """
    _, found = msgspec.json.schema_components(_SENT, ref_template=_REF)
    law = {each.__name__ for each in LawFact.__subclasses__()}
    for name, schema in found.items():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
        if "properties" in schema:
            # A later version may send more: whoever checks what we send must not break by it.
            schema.pop("additionalProperties", None)
        for field, each in schema.get("properties", {}).items():
            if "description" not in each:
                common = fact_fields.LAW_FACT if name in law else {}
                each["description"] = {**common, **fact_fields.FIELDS.get(name, {})}[field]
    return found


def _ref(shape: type) -> Document:
    return {"$ref": _REF.format(name=shape.__name__)}


# --- what can be asked ------------------------------------------------------------------------------------------------

_LANG = {
    "name": "lang",
    "in": "query",
    "description": "Language of every sentence.",
    "schema": {"type": "string", "enum": list(LANGUAGES), "default": "en"},
}


def _answer() -> Document:
    return {
        "operationId": "answer",
        "summary": "Whom to call, what the law asks, what to say",
        "description": "The answer for a place, a worry and who asks. Without a place: the national lines.",
        "parameters": [
            {
                "name": "place",
                "in": "query",
                "description": "ZIP code, city, county, state or territory, as typed; or a `place` of `choices`.",
                "schema": {"type": "string", "maxLength": MAX_LENGTH},
                "example": "Louisville, KY",
            },
            _choice("concern", "What the worry is.", Concern, Concern.abuse_neglect),
            _choice("role", "Who asks.", Role, Role.anyone),
            _LANG,
        ],
        "responses": _responses(shapes.AnswerDocument, 400, 405, 422, 500),
    }


def _choice(name: str, description: str, kind: type[Concern] | type[Role], default: str) -> Document:
    schema = {**_ref(kind), "default": str(default)}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _jurisdictions() -> Document:
    return {
        "operationId": "jurisdictions",
        "summary": "The 56 jurisdictions",
        "parameters": [_LANG],
        "responses": _responses(shapes.JurisdictionList, 400, 405, 500),
    }


def _jurisdiction() -> Document:
    code = {
        "name": "code",
        "in": "path",
        "required": True,
        "description": "Code of a jurisdiction, like `US-KY`.",
        "schema": {"type": "string", "pattern": "^US-[A-Z]{2}$"},
        "example": "US-KY",
    }
    return {
        "operationId": "jurisdiction",
        "summary": "All that is known of one jurisdiction",
        "parameters": [code, _LANG],
        "responses": _responses(shapes.JurisdictionDocument, 400, 404, 405, 500),
    }


# --- what comes back --------------------------------------------------------------------------------------------------

_HEADERS: Document = {
    "ETag": {
        "description": "Changes exactly when the body does: at an opening, a closing, when a number grows old, or"
        " when a fact is corrected.",
        "schema": {"type": "string"},
    },
    "Cache-Control": {
        "description": "`max-age` ends with the next opening, closing or day, and is a minute at most.",
        "schema": {"type": "string"},
    },
    "Expires": {"description": "The same as a moment.", "schema": {"type": "string"}},
}

# Each kind of problem: its status, and what it means. The kind is the end of the problem's `type`.
PROBLEM_KINDS = {
    "unreadable": (400, "A parameter cannot be read: `parameter` says which one, `detail` what to send."),
    "unknown-jurisdiction": (404, "There is no jurisdiction of that code."),
    "no-such-address": (404, "There is no such address."),
    "method": (405, "Only GET, HEAD and OPTIONS."),
    "which-place": (422, "Several places are meant: let the person pick one of `choices`."),
    "unknown-place": (422, "No place is known by those words."),
    "broken": (500, "Something broke on our side. Call now all the same."),
}


def _responses(shape: type, *problems: int) -> Document:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    fine = {
        "description": "Here it is.",
        "headers": headers,
        "content": {"application/json": {"schema": _ref(shape)}},
    }
    same = {"description": "What you hold is still right (`If-None-Match`).", "headers": headers}
    refused = {
        str(status): {
            "description": " ".join(text for each, text in PROBLEM_KINDS.values() if each == status),
            "content": {PROBLEM_TYPE: {"schema": _ref(shapes.Problem)}},
        }
        for status in problems
    }
    return {"200": fine, "304": same, **refused}


# --- for people -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One field or parameter: its name, its kind in words (the name of a shape among them), and what it means."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Described:
    """One shape: its fields in order, or the `words` of an enumeration."""

    name: str
    meaning: str
    fields: tuple[Field, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One address, what it may be asked, and the shape that comes back."""

    path: str
    summary: str
    parameters: tuple[Field, ...]
    answer: str


@cache
def operations() -> tuple[Operation, ...]:
    """Every address, in the document's order."""
    found = []
    for path, methods in document()["paths"].items():
        asked = methods["get"]
        sent = asked["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        parameters = (
            Field(each["name"], _kind(each["schema"]), each["description"]) for each in asked["parameters"]
        )
        found.append(Operation(path, asked["summary"], tuple(parameters), _name(sent)))
    return tuple(found)


@cache
def described() -> tuple[Described, ...]:
    """Every shape, in the order in which a reader meets them."""
    return tuple(
        Described(
            name,
            schema.get("description", ""),
            tuple(
                Field(field, _kind(each), each["description"])
                for field, each in schema.get("properties", {}).items()
            ),
            tuple(schema.get("enum", ())),
        )
        for name, schema in document()["components"]["schemas"].items()
    )


def _kind(schema: Document) -> str:
    """In words: `text`, `number`, `list of Said`, `Kind or null`."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if schema["type"] == "array":
        return f"list of {_kind(schema['items'])}"
    if schema["type"] == "object":
        return f"{_kind(schema['additionalProperties'])} by id"
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return _TYPES[schema["type"]]


_FORMATS = {"date": "day", "date-time": "moment"}
_TYPES = {"string": "text", "integer": "number", "boolean": "true or false", "null": "null"}


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
