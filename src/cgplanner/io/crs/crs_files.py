"""Coordinate reference systems as files carry them: .prj texts in, EPSG codes where there is one, ESRI WKT out.

A messy .prj is first asked of pyproj, then recognised by its parameters (ellipsoid, method, central meridian, false easting):
names are written in too many ways. A guess says that it is one. This file must not know of geometry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cgplanner.errors import UserError
from cgplanner.io.crs.crs_zones import FAMILIES, Family
from cgplanner.text import tr

if TYPE_CHECKING:
    import pyproj

_LONGEST_NAME = 300
CONFIDENCE = 70  # at 20 pyproj answers with wrong codes for the grids of single cities


@dataclass(frozen=True)
class FoundCrs:
    """A CRS ("EPSG:n", else WKT2, '' for none) and how it was found: declared, prj, guessed or missing."""

    crs: str
    how: str
    damaged: bool = False


MISSING = FoundCrs("", "missing")


def crs_of_prj(raw: bytes) -> FoundCrs:
    """Return the CRS that the bytes of a .prj mean; a text that no one can read is missing and damaged."""
    import pyproj  # noqa: PLC0415  see cgplanner.io.drivers.engines

    text = _text_of(raw).strip().strip("\0")
    if not text:
        return MISSING
    try:
        crs = pyproj.CRS.from_wkt(text) if "[" in text else pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        return _in_words(text)
    return _found(crs, text, "prj")


def _in_words(text: str) -> FoundCrs:
    """Return what a .prj means that holds a name or a number in place of WKT."""
    from cgplanner.io.crs.crs_words import crs_of_words  # noqa: PLC0415  only such files need it

    code = crs_of_words(text) if len(text) < _LONGEST_NAME and "<" not in text else ""
    return FoundCrs(code, "prj") if code else FoundCrs("", "missing", damaged=True)


def crs_of_driver(text: str | None) -> FoundCrs:
    """Return the CRS of a driver's answer ("EPSG:4547" or WKT), as a file that declares it (GeoPackage) has it."""
    import pyproj  # noqa: PLC0415  see cgplanner.io.drivers.engines

    if not text:
        return MISSING
    try:
        crs = pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        return FoundCrs("", "missing", damaged=True)
    nameless = crs.name.lower() == "unknown" and not crs.is_projected  # PROJ's own words; a projection without a name is one
    if nameless or re.search("undefined|unknown.+", crs.name, re.IGNORECASE):  # GeoPackage's srs 0 and -1
        return MISSING
    return _found(crs, text, "declared")


def _found(crs: pyproj.CRS, text: str, how: str) -> FoundCrs:
    if crs.is_compound and crs.sub_crs_list:  # a height beside it does not move the map
        crs = crs.sub_crs_list[0]
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_vertical:  # what PROJ makes of a bare "WGS_1984"
        return _in_words(text)
    if crs.is_engineering or crs.is_geocentric:  # a grid of somebody's own, or one from the middle of the earth: no map's
        return MISSING
    code = crs.to_epsg(min_confidence=CONFIDENCE)
    if code is not None:
        return FoundCrs(f"EPSG:{_by_its_name(code, crs.name)}", how)
    code = _code_by_parameters(crs, text)
    if code is not None:
        return FoundCrs(f"EPSG:{code}", "guessed" if how == "prj" else how)
    return FoundCrs(crs.to_wkt(), how)


def _by_its_name(code: int, name: str) -> int:
    """Return the code that a name means where two zones of one meridian are one projection: the 3 and the 6 degrees wide."""
    if 21473 <= code <= 21483:  # withdrawn names of the 6-degree zones of Beijing 1954
        code -= 20
    zone = named_zone(f"EPSG:{code}")
    if zone is None or zone.prefixed or (zone.meridian - 75) % 6:
        return code
    says_three = re.search(r"(3|three|三).{0,2}(degree|度)", name, re.IGNORECASE)
    says_six = re.search(r"GK_CM|Gauss-Kr[uü]ger CM|6.?(degree|度)", name, re.IGNORECASE)
    family = next(each for each in FAMILIES if each.geographic == zone.datum)
    if says_three:
        return family.meridians3 + (zone.meridian - 75) // 3
    return family.meridians6 + (zone.meridian - 75) // 6 if says_six else code


def _text_of(raw: bytes) -> str:
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


_WGS84 = (6378137.0, 298.257223563)


def modern_twin(crs: str) -> str:
    """Return the CRS of CGCS2000 that is like this one: the same zone of Xian 1980 and Beijing 1954, else degrees."""
    number, new = _number(crs), FAMILIES[0]
    for old in FAMILIES[1:]:
        for name, (first, count) in _ranges(old).items():
            if first <= number < first + count:
                return f"EPSG:{_ranges(new)[name][0] + number - first}"
    return f"EPSG:{new.geographic}"


@dataclass(frozen=True)
class NamedZone:
    """A Gauss-Krueger zone by its code: ``datum`` is that of the degrees, ``prefixed`` where eastings begin with the zone."""

    datum: int
    width: int
    number: int
    meridian: int
    prefixed: bool


def named_zone(crs: str) -> NamedZone | None:
    """Return what a code of CGCS2000, Xian 1980 or Beijing 1954 says; None for any other CRS."""
    code = _number(crs)
    for family in FAMILIES:
        for name, (first, count) in _ranges(family).items():
            if first <= code < first + count and name != "geographic":
                width = 6 if name.endswith("6") else 3
                number = code - first + (13 if width == 6 else 25)
                return NamedZone(family.geographic, width, number, 75 + width * (code - first), name.startswith("zones"))
    return None


def zone_bounds(crs: str) -> tuple[float, float] | None:
    """Return the central meridian of a Gauss-Krueger or UTM zone with a code, and how many degrees it is wide."""
    number = _number(crs)
    if 32601 <= number <= 32660:
        return (number - 32600) * 6.0 - 183.0, 6.0
    zone = named_zone(crs)
    return (float(zone.meridian), float(zone.width)) if zone else None


def _number(crs: str) -> int:
    return int(crs.removeprefix("EPSG:")) if re.fullmatch(r"EPSG:\d+", crs) else 0


def _ranges(family: Family) -> dict[str, tuple[int, int]]:
    """Return {what: (first code, number of codes)}."""
    return {
        "geographic": (family.geographic, 1),
        "zones6": (family.zones6, 11),
        "meridians6": (family.meridians6, 11),
        "zones3": (family.zones3, 21),
        "meridians3": (family.meridians3, 21),
    }


def _code_by_parameters(crs: pyproj.CRS, text: str) -> int | None:
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        return None
    figure = (ellipsoid.semi_major_metre, ellipsoid.inverse_flattening)
    families = [f for f in FAMILIES if _close(figure, (f.semi_major, f.inverse_flattening))]
    family = families[0] if families else None
    nobody_elses = crs.is_projected and family is FAMILIES[0] and _has_no_datum(crs)
    if family and not re.search(family.names, text, re.IGNORECASE) and not nobody_elses:
        return None  # GRS 80 is shared by half the world, Krassovsky by the east of Europe
    if crs.is_geographic:
        return family.geographic if family else 4326 if _close(figure, _WGS84) else None
    if not crs.is_projected or crs.coordinate_operation is None:
        return None
    values = _parameters(crs)
    if values is None:
        return None
    return _zone_code(family, *values, text) if family else _utm_code(*values) if _close(figure, _WGS84) else None


def _has_no_datum(crs: pyproj.CRS) -> bool:
    """Tell whether only an ellipsoid is named, as in PROJ's own strings; the zones of China are nobody else's then."""
    return crs.datum is None or bool(re.match("(d_)?(unknown|undefined|user)", crs.datum.name, re.IGNORECASE))


def _close(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < 0.01 and abs(one[1] - other[1]) < 5e-7


def _parameters(crs: pyproj.CRS) -> tuple[float, float, float, float] | None:
    """Return central meridian, false easting, false northing and scale of a transverse Mercator in metres from Greenwich."""
    operation: Any = crs.coordinate_operation
    if not re.search("transverse.?mercator|gauss", operation.method_name, re.IGNORECASE):
        return None
    if any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info):
        return None
    found = {each.name.lower(): float(each.value) for each in operation.params}
    if abs(found.get("latitude of natural origin", 0.0)) > 1e-9:
        return None
    return (
        found.get("longitude of natural origin", 0.0),
        found.get("false easting", 0.0),
        found.get("false northing", 0.0),
        found.get("scale factor at natural origin", 1.0),
    )


def _zone_code(family: Family, meridian: float, easting: float, northing: float, scale: float, text: str) -> int | None:
    if northing or abs(scale - 1.0) > 1e-9:
        return None
    steps3, steps6 = range(21), range(11)
    three = {(75.0 + 3 * k, 500_000.0): family.meridians3 + k for k in steps3}
    three |= {(75.0 + 3 * k, (25 + k) * 1e6 + 500_000.0): family.zones3 + k for k in steps3}
    six = {(75.0 + 6 * k, 500_000.0): family.meridians6 + k for k in steps6}
    six |= {(75.0 + 6 * k, (13 + k) * 1e6 + 500_000.0): family.zones6 + k for k in steps6}
    named_six = re.search(r"(?<!3_degree_)GK_CM|(?<!3-degree )Gauss-Kruger CM|6.?degree|6度", text, re.IGNORECASE)
    place = (round(meridian, 9), easting)
    return (six | three if not named_six else three | six).get(place)


def _utm_code(meridian: float, easting: float, northing: float, scale: float) -> int | None:
    if easting != 500_000.0 or abs(scale - 0.9996) > 1e-9 or northing not in (0.0, 1e7) or (meridian + 183) % 6:
        return None
    return (32700 if northing else 32600) + round((meridian + 183) / 6)


def esri_wkt(crs: str) -> str:
    """Return the text of a .prj.

    Raises
    ------
    UserError
        When the CRS has no form that old programs understand.
    """
    import pyproj  # noqa: PLC0415  see cgplanner.io.drivers.engines

    try:
        return str(pyproj.CRS.from_user_input(crs).to_wkt("WKT1_ESRI"))
    except pyproj.exceptions.CRSError as error:
        raise UserError(
            tr("This coordinate system cannot be written into a .prj file."), hint=tr("Choose a target CRS by its EPSG code.")
        ) from error


def code_in_datum(crs: pyproj.CRS, geographic: int) -> int | None:
    """Return the code of the same degrees or Gauss-Krueger zone in a Chinese datum, whatever datum is written; None for none.

    ``geographic`` is the code of the datum's degrees: 4490, 4610 or 4214.
    """
    family = next(each for each in FAMILIES if each.geographic == geographic)
    if crs.is_geographic:
        return family.geographic
    values = _parameters(crs) if crs.is_projected and crs.coordinate_operation is not None else None
    return None if values is None else _zone_code(family, *values, "")
