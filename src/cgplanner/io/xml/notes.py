"""What the walk through an XML file has to say: why there are no features in it, and what the driver left out of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cgplanner.errors import UserError
from cgplanner.io.crs.crs_words import crs_of_words
from cgplanner.io.report import Note
from cgplanner.io.xml.survey import XmlSurvey
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.text import sentence, tr

_OTHER_FORMATS = {"kml": ("KML", ".kml"), "gpx": ("GPX", ".gpx"), "svg": ("SVG", ".svg"), "osm": ("OpenStreetMap", ".osm")}
_SHORT = 200


def no_features(path: Path, survey: XmlSurvey, title: str) -> UserError | None:
    """Return the refusal of XML that holds no features by its root; drivers that follow links are not even asked."""
    root = survey.root
    if survey.features:
        return None
    if root in _OTHER_FORMATS and root != title.lower():
        other, suffix = _OTHER_FORMATS[root]
        return UserError(
            tr("{name} is a file of another kind: {format}.", name=path.name, format=other),
            hint=tr("Give it the ending {suffix} and open it again.", suffix=suffix),
            path=path,
        )
    if "Exception" in root:
        return UserError(
            tr("{name} holds no features but a server's message: “{text}”.", name=path.name, text=_short(survey.said) or root),
            hint=tr("Download it again, or ask the sender for the data themselves."),
            path=path,
        )
    if survey.is_gml and not root.startswith(("OGRVRT", "OGRWFS", "GDAL", "VRT")) and "Capabilities" not in root:
        return None
    return UserError(
        tr("{name} holds no features: its first element is “{root}”.", name=path.name, root=root),
        hint=tr("Ask the sender for the data themselves, as GML, GeoJSON or a shapefile."),
        path=path,
    )


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) < _SHORT else f"{text[:_SHORT]}…"


def survey_notes(survey: XmlSurvey, layer: str) -> tuple[Note, ...]:
    """Return what is odd in the features of a layer, and that a server has more of them than it sent."""
    notes = []
    if several := survey.several[layer]:
        names = ", ".join(sorted(survey.names[layer]))
        message = sentence(
            "{count} features hold several shapes ({names}); one of each feature was read.", count=several, names=names
        )
        notes.append(Note("geometries-left-out", "warning", message, several))
    if systems := _several_systems(survey, layer):
        names = ", ".join(systems)
        message = sentence("The features of this layer are in several coordinate systems: {names}.", names=names)
        notes.append(Note("crs-several", "warning", message, len(systems)))
    if survey.announced > sum(survey.features.values()):
        message = sentence("The server that this came from held more features than it sent; the rest is missing.")
        notes.append(Note("transfer-limit", "warning", message, survey.announced - sum(survey.features.values())))
    return tuple(notes)


def without_numbers(survey: XmlSurvey, layer: str, geometry: GeometryColumn) -> tuple[GeometryColumn, tuple[Note, ...]]:
    """Return the shapes without those whose coordinates are no numbers: drivers read 0 for these."""
    bad = survey.no_numbers.get(layer)
    if not bad:
        return geometry, ()
    examples = tuple(bad.values())
    message = sentence(
        "{count} rows have coordinates that cannot be understood, such as “{example}”.", count=len(bad), example=examples[0]
    )
    if len(geometry) == survey.features[layer]:
        geometry = geometry.replaced(np.array(list(bad), np.int64), flat_column([None] * len(bad)))
    return geometry, (Note("coordinates-unreadable", "warning", message, len(bad), "", examples[:3]),)


def _several_systems(survey: XmlSurvey, layer: str) -> list[str]:
    """Return the names of the systems where the features of a layer are in more than one, most used first."""
    found = survey.systems.get(layer)
    if not found or len(found) < 2:
        return []
    meant = {crs_of_words(name) or name for name in found}
    return [name or "—" for name, _ in found.most_common()] if len(meant) > 1 else []


def named_system(survey: XmlSurvey, layer: str) -> str:
    """Return the name of the one system that a layer's shapes bear, '' for none or several."""
    found = list(survey.systems.get(layer, ()))
    return found[0] if len(found) == 1 else ""
