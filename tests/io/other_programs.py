"""What ogrinfo and QGIS see in a file, for the tests; both are programs of their own beside ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

OGRINFO = shutil.which("ogrinfo")
HAS_QGIS = Path("/usr/lib/python3/dist-packages/qgis").is_dir()
QGIS_PYTHON = "/usr/bin/python3"
_EXTENT = re.compile(r"Extent: \(([-\d.]+), ([-\d.]+)\) - \(([-\d.]+), ([-\d.]+)\)")
_LOOK = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()

def plain(value):
    if str(value) == "NULL":
        return None
    return value if isinstance(value, (int, float, str)) else value.toString("yyyy-MM-dd")

out = []
for path in sys.argv[1:]:
    layer = QgsVectorLayer(path, "x", "ogr")
    box = layer.extent()
    names = [field.name() for field in layer.fields()]
    rows = [dict(zip(names, map(plain, feature.attributes()))) for feature in layer.getFeatures()]
    extent = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
    widths = {field.name(): field.length() for field in layer.fields()}
    aliases = {field.name(): field.alias() for field in layer.fields()}
    out.append({"valid": layer.isValid(), "count": layer.featureCount(), "rows": rows, "extent": extent,
                "widths": widths, "aliases": aliases, "crs": layer.crs().authid()})
print("JSON" + json.dumps(out))
"""


def clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_", "QT_"))}
    return {**kept, "QT_QPA_PLATFORM": "offscreen"}


def ogrinfo_text(path: Path, *options: str) -> str:
    """Return all that ogrinfo says of a file, features included."""
    assert OGRINFO is not None
    run = subprocess.run([OGRINFO, "-ro", "-al", *options, str(path)], capture_output=True, check=True, env=clean_environment())
    return run.stdout.decode("utf-8")


def ogrinfo_extent(text: str) -> list[float]:
    """Return the first extent in such a text: west, south, east, north."""
    found = _EXTENT.search(text)
    assert found is not None
    return [float(number) for number in found.groups()]


def seen_by_qgis(paths: list[Path]) -> list[dict[str, Any]]:
    command = [QGIS_PYTHON, "-c", _LOOK, *map(str, paths)]
    run = subprocess.run(command, capture_output=True, check=True, env=clean_environment(), timeout=180)
    seen: list[dict[str, Any]] = json.loads(run.stdout.decode("utf-8").split("JSON", 1)[1])
    return seen
