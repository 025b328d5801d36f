"""The JSON form of an assessment and its versioned schema (JSON Schema, draft 2020-12).

The layout is the tree of `cutis.core.assessment.Assessment`: ``scores.<condition>.value`` is 0–100,
or null with a ``reason`` beside it where nothing was measured. A reader of version 1 can read every
1.x: fields are added, never taken away, and a reader leaves out what it does not know.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from cutis.core.assessment import SCHEMA_VERSION, Assessment
from cutis.core.errors import InputError
from cutis.reports.rounding import rounded

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

SCHEMA_ID = f"urn:cutis:assessment:{SCHEMA_VERSION}"
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_PERCENT, _SHARE = {"minimum": 0, "maximum": 100}, {"minimum": 0, "maximum": 1}
_BOUNDS: dict[tuple[str, str], dict[str, int]] = {
    ("Score", "value"): _PERCENT,
    ("QualityMeasure", "score"): _PERCENT,
    ("Finding", "probability"): _SHARE,
    ("Finding", "type_probability"): _SHARE,
    ("RegionAssessment", "visible_share"): _SHARE,
    ("Assessment", "labels"): _SHARE,
    ("Interval", "level"): _SHARE,
    ("AuditRow", "original"): _PERCENT,
    ("AuditRow", "enhanced"): _PERCENT,
    ("Enhancement", "texture"): _SHARE,
    ("Enhancement", "drawn_share"): _SHARE,
}


def to_json(assessment: Assessment) -> str:
    """Return the assessment as indented JSON text; numbers rounded to four decimals.

    Raises:
        InputError: the tree holds an infinite number or a value of a wrong type.
    """
    from pydantic_core import PydanticSerializationError  # noqa: PLC0415

    try:
        tree = _adapter().dump_python(assessment, mode="json", warnings="error")
    except PydanticSerializationError as error:
        raise InputError(
            "An assessment holds plain numbers, text and the words of its vocabulary; "
            "a value of another type came. Convert array scalars with float() or int()."
        ) from error
    return json.dumps(_rounded(tree), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def prepare() -> None:
    """Build the writer, which `to_json` does otherwise when it is first called."""
    _adapter()


def from_json(text: str) -> Assessment:
    """Read an assessment back from `to_json`; what a later 1.x added is left out.

    Raises:
        InputError: no JSON, another major version, or a field missing or of a wrong kind.
    """
    from pydantic import ValidationError  # noqa: PLC0415

    _check_version(_parse(text))
    try:
        return _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        _refuse(error)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the JSON form."""
    tree: dict[str, Any] = _adapter().json_schema(mode="serialization")
    models = {**tree["$defs"], "Assessment": tree}
    for model in models.values():
        _tidy(model)
    for (model, field), bounds in _BOUNDS.items():
        _bound(models[model]["properties"][field], bounds)
    return {"$schema": SCHEMA_DIALECT, "$id": SCHEMA_ID, **tree}


def schema_text() -> str:
    """Return `schema` as indented text, the way it is published."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


@cache
def _adapter() -> TypeAdapter[Assessment]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    return TypeAdapter(Assessment)


def _rounded(tree: Any) -> Any:
    if isinstance(tree, float):
        return rounded(tree)
    if isinstance(tree, dict):
        return {key: _rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_rounded(value) for value in tree]
    return tree


def _tidy(model: dict[str, Any]) -> None:
    """Every field is always written: require it, and drop defaults and titles made of names."""
    fields: dict[str, dict[str, Any]] = model.get("properties", {})
    for field in fields.values():
        field.pop("default", None)
        field.pop("title", None)
    if fields:
        model["required"] = list(fields)


def _bound(node: dict[str, Any], bounds: dict[str, int]) -> None:
    """Write ``bounds`` beside every number type of a schema node."""
    if node.get("type") == "number":
        node.update(bounds)
    for child in (*node.get("anyOf", ()), node.get("additionalProperties")):
        if isinstance(child, dict):
            _bound(child, bounds)


def _parse(text: str) -> dict[str, Any]:
    try:
        tree = _rounded(json.loads(text, parse_constant=float))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"An assessment as JSON text was expected; this cannot be read: {_where(error)}. "
            "Give the whole content of an assessment.json."
        ) from error
    if not isinstance(tree, dict):
        raise InputError(
            f"An assessment is a JSON object; a {type(tree).__name__} came. "
            "Give the whole content of an assessment.json."
        )
    return tree


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "it is nested too deeply or holds a number that is not finite"


def _check_version(tree: dict[str, Any]) -> None:
    known = SCHEMA_VERSION.split(".")[0]
    came = tree.get("schema_version")
    if isinstance(came, str) and came.split(".")[0] == known:
        return
    what = f"version {came[:20]!r}" if isinstance(came, str) else "no version"
    raise InputError(
        f"This Cutis reads assessments of schema version {known}.x; {what} came. "
        "Read it with the Cutis that wrote it, or assess the photo again."
    )


def _refuse(error: ValidationError) -> NoReturn:
    """Tell the first fault by its place; its value stays untold, for it may be personal."""
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    raise InputError(
        f"The assessment does not follow schema {SCHEMA_VERSION} at {place!r}: {fault['msg']}. "
        "Compare it with 'cutis schema'."
    ) from error
