"""Conditions as OGC filters (Filter Encoding 1.1, as SLD 1.0 and SE 1.1 hold them), both ways.

This file must not know symbols.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from xml.etree import ElementTree as ET

from cgplanner.errors import UserError
from cgplanner.io.styles.style_xml import FieldNames, local
from cgplanner.model.condition import And, Compare, Condition, IsNull, Like, Not, OneOf, Or, Sign, without_limits
from cgplanner.model.schema import Value
from cgplanner.text import tr

OGC = "{http://www.opengis.net/ogc}"
_SIGNS: dict[str, Sign] = {
    "PropertyIsEqualTo": "=",
    "PropertyIsNotEqualTo": "<>",
    "PropertyIsLessThan": "<",
    "PropertyIsLessThanOrEqualTo": "<=",
    "PropertyIsGreaterThan": ">",
    "PropertyIsGreaterThanOrEqualTo": ">=",
}
_SIGN_NAMES = {sign: name for name, sign in _SIGNS.items()}
_TURNED: dict[Sign, Sign] = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}


def condition_of(element: ET.Element, fields: FieldNames) -> Condition:
    """Return the condition in a ``Filter`` element.

    Raises
    ------
    UserError
        When the filter says something that conditions cannot say: functions, places, two fields compared.
    """
    inner = list(element)
    if len(inner) != 1:
        raise _unknown(local(element))
    return _condition(inner[0], fields)


def _unknown(name: str) -> UserError:
    return UserError(tr("The filter says “{name}”, which conditions cannot say.", name=name), hint=tr("Write the rule anew."))


def _condition(element: ET.Element, fields: FieldNames) -> Condition:
    name, parts = local(element), list(element)
    if name in ("And", "Or") and parts:
        kind = And if name == "And" else Or
        return kind(tuple(_condition(part, fields) for part in parts))
    if name == "Not" and len(parts) == 1:
        return Not(_condition(parts[0], fields))
    if name in _SIGNS and len(parts) == 2:
        sign, turned = _SIGNS[name], local(parts[0]) == "Literal"
        first, second = reversed(parts) if turned else parts
        field = _field(first, fields)
        return Compare(field, _TURNED[sign] if turned else sign, _value(second, field, fields))
    if name == "PropertyIsNull" and len(parts) == 1:
        return IsNull(_field(parts[0], fields))
    if name == "PropertyIsBetween" and len(parts) == 3:
        field = _field(parts[0], fields)
        low, high = (_value(each[0] if len(each) else each, field, fields) for each in parts[1:])
        return And((Compare(field, ">=", low), Compare(field, "<=", high)))
    if name == "PropertyIsLike" and len(parts) == 2:
        return Like(_field(parts[0], fields), _pattern(element, parts[1].text or ""))
    raise _unknown(name)


def _field(element: ET.Element, fields: FieldNames) -> str:
    if local(element) not in ("PropertyName", "ValueReference") or not (element.text or "").strip():
        raise _unknown(local(element))
    name = (element.text or "").strip()
    return fields.schema.named(name.rpartition(":")[2] or name).id


def _value(element: ET.Element, field: str, fields: FieldNames) -> Value:
    if local(element) != "Literal":
        raise _unknown(local(element))
    return without_limits(fields.schema[field]).accept(element.text or "")


def _pattern(element: ET.Element, text: str) -> str:
    many, one = element.get("wildCard", "*"), element.get("singleChar", ".")
    escape = element.get("escapeChar") or element.get("escape") or "\\"
    pattern, place = "", 0
    while place < len(text):
        each = text[place]
        if each == escape and place + 1 < len(text):
            place += 1
            pattern += text[place]
        else:
            pattern += "%" if each == many else "_" if each == one else each
        place += 1
    return pattern


def filter_of(condition: Condition, name_of: Callable[[str], str]) -> ET.Element:
    """Return a condition as a ``Filter`` element; ``name_of`` gives the name of a field id."""
    root = ET.Element(f"{OGC}Filter")
    _write(root, condition, name_of)
    return root


def _write(home: ET.Element, condition: Condition, name_of: Callable[[str], str]) -> None:
    match condition:
        case And(parts) | Or(parts):
            inner = ET.SubElement(home, f"{OGC}{type(condition).__name__}")
            for part in parts:
                _write(inner, part, name_of)
        case Not(part):
            _write(ET.SubElement(home, f"{OGC}Not"), part, name_of)
        case OneOf(field, values):
            alternatives = tuple(Compare(field, "=", value) for value in values)
            _write(home, Or(alternatives) if len(alternatives) > 1 else alternatives[0], name_of)
        case IsNull(field):
            _property(ET.SubElement(home, f"{OGC}PropertyIsNull"), name_of(field))
        case Like(field, pattern):
            how = {"wildCard": "%", "singleChar": "_", "escapeChar": "\\", "matchCase": "false"}
            inner = ET.SubElement(home, f"{OGC}PropertyIsLike", how)
            _property(inner, name_of(field))
            ET.SubElement(inner, f"{OGC}Literal").text = pattern.replace("\\", "\\\\")
        case Compare(field, sign, value):
            inner = ET.SubElement(home, f"{OGC}{_SIGN_NAMES[sign]}")
            _property(inner, name_of(field))
            ET.SubElement(inner, f"{OGC}Literal").text = _literal(value)


def _property(home: ET.Element, name: str) -> None:
    ET.SubElement(home, f"{OGC}PropertyName").text = name


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)
