"""Files that cannot be opened here, by their names: what each is, and what to ask the sender for. No file is opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.text import Sentence, sentence

_IMAGES = (".tif", ".tiff", ".img", ".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".jp2", ".ecw", ".sid", ".asc", ".grd")
_GRIDS = (".dem", ".bil", ".hdf", ".hdf5", ".h5", ".nc", ".vrt", ".adf", ".las", ".laz", ".osgb")
_DOCUMENTS = (".doc", ".docx", ".pdf", ".ppt", ".pptx", ".rtf", ".wps", ".odt", ".html", ".htm", ".mht", ".eml", ".msg")
_PROJECTS = (
    ".mxd",
    ".aprx",
    ".mpk",
    ".ppkx",
    ".lyr",
    ".lyrx",
    ".lpk",
    ".qgs",
    ".qgz",
    ".qlr",
    ".wor",
    ".mpj",
    ".smwu",
    ".sxwu",
)
_PACKED = (".z01", ".001", ".r00", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".z", ".cab", ".iso")
_MAPGIS = (".wp", ".wl", ".wt", ".wb", ".wn", ".hdb")
_SUPERMAP = (".udb", ".udd", ".udbx", ".sdb", ".sdd", ".smu", ".sci", ".sgm")
_DATABASES = (".mdb", ".accdb", ".sde", ".bak", ".dmp", ".sql")
_BOOKS = (".et", ".ods", ".numbers", ".xlsb")
_MODELS = (".skp", ".3ds", ".max", ".obj", ".fbx", ".ifc", ".rvt", ".dae", ".gltf", ".glb", ".stl", ".dgn")
_OPEN_STREET_MAP = (".osm", ".pbf", ".o5m")
_OVITAL = (".ovobj", ".ovjsn", ".ovmap")
_EXCHANGE = (".e00", ".vct", ".sdf")
_MAP_DATA = (*_PACKED, *_MAPGIS, *_SUPERMAP, *_DATABASES, *_OPEN_STREET_MAP, *_OVITAL, *_EXCHANGE, ".dwg", ".dgn")

_WORDS: tuple[tuple[tuple[str, ...], Sentence, Sentence], ...] = (
    (
        (".dwg",),
        sentence("{name} is an AutoCAD drawing (DWG), a closed format.", name=""),
        sentence("Ask for it as DXF (in AutoCAD: Save As, AutoCAD 2007 DXF), or better as a shapefile."),
    ),
    (
        (*_IMAGES, *_GRIDS),
        sentence("{name} is an image or a grid, not features.", name=""),
        sentence("Ask for the vector data that it shows, as a shapefile or GeoPackage."),
    ),
    (
        _DOCUMENTS,
        sentence("{name} is a document, not map data.", name=""),
        sentence("Ask for the data behind it, as a shapefile, GeoPackage or XLSX."),
    ),
    (
        _PROJECTS,
        sentence("{name} says how a map looks and where its data lie; the data are not in it.", name=""),
        sentence("Ask for the data themselves: the folder of shapefiles or the geodatabase."),
    ),
    (
        _PACKED,
        sentence("{name} is packed in a way that cannot be opened here.", name=""),
        sentence("Unpack it, or pack it as .zip, and open that."),
    ),
    (
        _MAPGIS,
        sentence("{name} is a file of MapGIS, a closed format.", name=""),
        sentence("Ask for it as a shapefile (in MapGIS: file conversion, export to SHP), with its coordinate system."),
    ),
    (
        _SUPERMAP,
        sentence("{name} is a file of SuperMap, a closed format.", name=""),
        sentence("Ask for it as a shapefile or GeoJSON (in SuperMap: Export Dataset)."),
    ),
    (
        _DATABASES,
        sentence("{name} is a database file that cannot be opened here, such as a personal geodatabase of Access.", name=""),
        sentence("Ask for it as a File Geodatabase (a .gdb folder) or as a GeoPackage."),
    ),
    (
        (".xls",),
        sentence("{name} is a workbook of before 2007 (XLS).", name=""),
        sentence("Save it as XLSX in Excel or WPS, and open that."),
    ),
    (
        _BOOKS,
        sentence("{name} is a workbook in another form than XLSX.", name=""),
        sentence("Save it as XLSX in Excel or WPS, and open that."),
    ),
    (
        _MODELS,
        sentence("{name} is a drawing or model that cannot be opened here.", name=""),
        sentence("Ask for it as DXF, or better as a shapefile."),
    ),
    (
        _OPEN_STREET_MAP,
        sentence("{name} is raw data of OpenStreetMap.", name=""),
        sentence("Ask for an extract as a shapefile or GeoPackage, as download services offer it."),
    ),
    (
        _OVITAL,
        sentence("{name} is a file of Ovital, a closed format.", name=""),
        sentence("Ask for it as KML (in Ovital: Export, KML)."),
    ),
    (
        _EXCHANGE,
        sentence("{name} is in an exchange format that cannot be opened here.", name=""),
        sentence("Ask for it as a shapefile or GeoPackage."),
    ),
)
_BY_SUFFIX = {suffix: (message, hint) for suffixes, message, hint in _WORDS for suffix in suffixes}


def refusal_of(path: Path) -> UserError | None:
    """Return the refusal of a file whose name says what it is; None for a name that says nothing."""
    words = _BY_SUFFIX.get(path.suffix.lower())
    if words is None:
        return None
    message, hint = words
    return UserError(str(replace(message, values=(("name", path.name),))), hint=str(hint), path=path)


def is_map_data(path: Path) -> bool:
    """Tell whether a file that cannot be opened may hold what the planner is looking for."""
    return path.suffix.lower() in _MAP_DATA
