"""Which files lie around another and belong to it; an overwrite must not leave an old one beside new data. Only names here."""

from __future__ import annotations

_DICTIONARY = (".fields.json", ".fields.csv")

# What programs lay beside a .shp.
SIDECARS = (
    "shx",
    "dbf",
    "prj",
    "cpg",
    "cst",
    "qpj",
    "qix",
    "sbn",
    "sbx",
    "fbn",
    "fbx",
    "ain",
    "aih",
    "atx",
    "ixs",
    "mxs",
    "shp.xml",
    "fields.json",
    "fields.csv",
)

# By the suffix of the main file: what follows the stem of a .shp, and the whole name of others.
NEIGHBOURS = {
    ".shp": (".shp", *(f".{each}" for each in SIDECARS)),
    ".gpkg": ("-journal", "-wal", "-shm"),
    ".csv": _DICTIONARY,
    ".dxf": _DICTIONARY,
}
