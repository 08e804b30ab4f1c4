"""Fields and domains as JSON-able data and back; for the workspace's own tables and the journal.

This file must not know where the data go.
"""

from __future__ import annotations

from typing import Any, get_args

from cgplanner.model.schema import CodedDomain, CodedValue, Domain, Field, FieldType, GeometryKind, RangeDomain, Schema


def domain_to_json(domain: Domain | None) -> dict[str, Any] | None:
    """Return a domain as JSON-able data."""
    if domain is None:
        return None
    if isinstance(domain, RangeDomain):
        return {"type": "range", "name": domain.name, "minimum": domain.minimum, "maximum": domain.maximum}
    values = [{"code": each.code, "zh": each.label_zh, "en": each.label_en} for each in domain.values]
    return {"type": "coded", "name": domain.name, "values": values}


def domain_from_json(data: dict[str, Any] | None) -> Domain | None:
    """Return the domain that :func:`domain_to_json` wrote; ValueError, KeyError or TypeError when it is none."""
    if data is None:
        return None
    if data["type"] == "range":
        return RangeDomain(data["name"], data["minimum"], data["maximum"])
    if data["type"] != "coded":
        raise ValueError(data["type"])
    values = tuple(CodedValue(each["code"], each["zh"], each["en"]) for each in data["values"])
    return CodedDomain(data["name"], values)


def field_to_json(field: Field) -> dict[str, Any]:
    """Return a field as JSON-able data."""
    return {
        "id": field.id,
        "name": field.name,
        "type": field.type.value,
        "width": field.width,
        "precision": field.precision,
        "nullable": field.nullable,
        "domain": domain_to_json(field.domain),
        "alias_zh": field.alias_zh,
        "alias_en": field.alias_en,
    }


def field_from_json(data: dict[str, Any]) -> Field:
    """Return the field that :func:`field_to_json` wrote."""
    rest = {**data, "type": FieldType(data["type"]), "domain": domain_from_json(data["domain"])}
    return Field(**rest)


def geometry_kind(text: str) -> GeometryKind:
    """Return the text as a kind of geometry; ValueError when it is none."""
    for kind in get_args(GeometryKind):
        if text == kind:
            found: GeometryKind = kind
            return found
    raise ValueError(text)


def schema_to_json(schema: Schema) -> dict[str, Any]:
    """Return a schema as JSON-able data."""
    fields = [field_to_json(each) for each in schema]
    titles = {"title": schema.title, "title_en": schema.title_en}
    return {"fields": fields, "geometry": schema.geometry, "key": schema.key, **titles}


def schema_from_json(data: dict[str, Any]) -> Schema:
    """Return the schema that :func:`schema_to_json` wrote."""
    fields = tuple(field_from_json(each) for each in data["fields"])
    return Schema(fields, geometry_kind(data["geometry"]), data["key"], data["title"], data.get("title_en"))
