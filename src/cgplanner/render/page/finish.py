"""What a PDF carries beside ink: georeference, switchable layers, bookmarks, language and metadata; added with pikepdf.

Same ink in, same bytes out when the time is given. This file must not know layouts or workspaces.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, Stream, String

from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.render.page.ground import compress_pictures
from cgplanner.render.page.groups import Group, put_groups
from cgplanner.render.page.path_streams import BulkPath, compressed_all, split_at_marks

PT_PER_MM = 72 / 25.4
_CORNERS = np.array([(0.0, 1.0), (0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])  # of the frame, y down: lower left, then clockwise


@dataclass(frozen=True, eq=False)
class Georeference:
    """A frame on the page and what its corners are on the ground.

    Attributes
    ----------
    left, bottom, right, top
        The frame in points, y up.
    corners
        float64 (4, 2) in ``crs``: lower left, upper left, upper right, lower right.
    crs
        The projection of the map, EPSG code or WKT2.
    """

    left: float
    bottom: float
    right: float
    top: float
    corners: Floats
    crs: str
    title: str


@dataclass(frozen=True)
class About:
    """What the file says of itself."""

    title: str
    subject: str
    author: str
    language: str  # BCP 47
    moment: dt.datetime


def finished(
    ink: bytes,
    about: About,
    *,
    paths: list[BulkPath],
    groups: list[Group],
    layers: list[tuple[str, str]],
    bookmarks: list[tuple[str, float]],
    georeference: Georeference | None,
) -> bytes:
    """Return the finished file.

    ``paths`` and ``groups`` are what marks stand for, by number; ``layers`` are (resource name, title), ``bookmarks`` (title,
    y in points from the bottom).
    """
    with Pdf.open(io.BytesIO(ink)) as pdf:
        if layers:
            _add_layers(pdf, layers)
        put_groups(pdf, groups, paths)
        _put_paths(pdf, paths)
        compress_pictures(pdf)
        if georeference is not None:
            _add_georeference(pdf, georeference)
        with pdf.open_outline() as outline:
            outline.root.extend(OutlineItem(title, 0, "FitH", top=y) for title, y in bookmarks)
        pdf.Root.Lang = String(about.language)
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        if bookmarks:
            pdf.Root.PageMode = Name.UseNone
        _describe(pdf, about)
        out = io.BytesIO()
        pdf.save(
            out,
            min_version="1.7",
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            linearize=False,
        )
    return out.getvalue()


def _put_paths(pdf: Pdf, paths: list[BulkPath]) -> None:
    """Put the streams of long paths into the content where their marks stand, the same stream wherever it is painted."""
    if not paths:
        return
    streams = []
    for data in compressed_all(paths):
        stream = Stream(pdf, b"")
        stream.write(data, filter=Name.FlateDecode)
        streams.append(pdf.make_indirect(stream))
    page = pdf.pages[0].obj
    parts = split_at_marks(page.Contents.read_bytes())
    page.Contents = Array([streams[part] if isinstance(part, int) else pdf.make_indirect(Stream(pdf, part)) for part in parts])


def _describe(pdf: Pdf, about: About) -> None:
    stamp = about.moment.replace(microsecond=0).isoformat()
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as metadata:
        metadata["dc:title"] = about.title
        metadata["dc:creator"] = [about.author]
        metadata["dc:description"] = about.subject
        metadata["dc:language"] = {about.language}
        metadata["xmp:CreateDate"] = stamp
        metadata["xmp:ModifyDate"] = stamp
        metadata["xmp:CreatorTool"] = "cgplanner"
        metadata["pdf:Producer"] = "cgplanner"


def _add_layers(pdf: Pdf, layers: list[tuple[str, str]]) -> None:
    groups = [
        (name, pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(title), Intent=Name.View))) for name, title in layers
    ]
    page = pdf.pages[0].obj
    properties = Dictionary({f"/{name}": group for name, group in groups})
    resources = pdf.make_indirect(page.Resources)
    resources.Properties = properties
    page.Resources = resources
    everything = [group for _, group in groups]
    upper_first = Array(list(reversed(everything)))
    pdf.Root.OCProperties = Dictionary(
        OCGs=Array(everything),
        D=Dictionary(Order=upper_first, ON=Array(everything), BaseState=Name.ON, Name=String("cgplanner")),
    )


def _add_georeference(pdf: Pdf, reference: Georeference) -> None:
    """Add the viewport of ISO 32000 (GEO measure): four corners in degrees, the frame's unit square, and the projection."""
    degrees = geographic_corners(reference)
    page = pdf.pages[0].obj
    measure = Dictionary(
        Type=Name.Measure,
        Subtype=Name.GEO,
        Bounds=Array([float(each) for corner in ((0, 0), (0, 1), (1, 1), (1, 0)) for each in corner]),
        GPTS=Array([_real(each) for lon, lat in degrees for each in (lat, lon)]),
        LPTS=Array([float(each) for corner in ((0, 0), (0, 1), (1, 1), (1, 0)) for each in corner]),
        GCS=_coordinate_system(reference.crs),
    )
    box = [reference.left, reference.bottom, reference.right, reference.top]
    viewport = Dictionary(
        Type=Name.Viewport,
        Name=String(reference.title),
        BBox=Array([_real(each, 4) for each in box]),
        Measure=pdf.make_indirect(measure),
    )
    page.VP = Array([pdf.make_indirect(viewport)])


def geographic_corners(reference: Georeference) -> Floats:
    """Return the corners in the degrees of the projection's own datum: float64 (4, 2) of lon, lat."""
    from pyproj import CRS  # noqa: PLC0415  a tenth of a second that a page without a map need not wait for

    own = CRS.from_user_input(reference.crs).geodetic_crs
    assert own is not None  # noqa: S101  every CRS of a map has a datum
    return transform_xy(reference.crs, own.to_wkt(), reference.corners)


def _coordinate_system(crs: str) -> Dictionary:
    from pyproj import CRS  # noqa: PLC0415  see above
    from pyproj.enums import WktVersion  # noqa: PLC0415  see above

    known = CRS.from_user_input(crs)
    kind = Name.GEOGCS if known.is_geographic else Name.PROJCS
    system = Dictionary(Type=kind, WKT=String(known.to_wkt(WktVersion.WKT1_ESRI)))
    if crs.startswith("EPSG:"):  # asking PROJ for the code of a WKT takes half a second, and there is none by agreement
        system.EPSG = int(crs.removeprefix("EPSG:"))
    return system


def _real(value: float, digits: int = 10) -> pikepdf.Object:
    return pikepdf.Object.parse(f"{value:.{digits}f}".encode("ascii"))
