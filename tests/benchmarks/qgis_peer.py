"""What QGIS takes for the same work: run with the system Python after `apt-get install python3-qgis`.

usage: qgis_peer.py render FILE [WIDTH HEIGHT]     redraw at five zooms (best and median of 3, ms)
       qgis_peer.py edit FILE COUNT                bulk attribute change, undo, redo, commit, export to GBK shapefile (s)
       qgis_peer.py pdf FILE OPACITY               A3 layout to PDF (s, MB)

FILE holds the layer of make_parcels.py, make_lines.py or make_points.py (field cls 0-4). Prints one JSON object a line.
"""

import json
import os
import shutil
import sys
import tempfile
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from qgis.core import (
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateTransformContext,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsLayoutExporter,
    QgsLayoutItemMap,
    QgsLayoutSize,
    QgsLineSymbol,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMarkerSymbol,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsRendererCategory,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QRectF, QSize

COLOURS = ["#a6cee3", "#b2df8a", "#fb9a99", "#fdbf6f", "#cab2d6"]


def styled(path, opacity=1.0, outline="0.13"):
    layer = QgsVectorLayer(path, "parcels", "ogr")
    assert layer.isValid(), path
    categories = []
    for value, colour in enumerate(COLOURS):
        symbol = symbol_of(layer, colour, outline)
        symbol.setOpacity(opacity)
        categories.append(QgsRendererCategory(value, symbol, str(value)))
    layer.setRenderer(QgsCategorizedSymbolRenderer("cls", categories))
    return layer


def symbol_of(layer, colour, outline):
    edge = {"outline_color": "#404040", "outline_width": outline}
    if layer.geometryType() == QgsWkbTypes.PointGeometry:
        return QgsMarkerSymbol.createSimple({"name": "circle", "color": colour, "size": "2", **edge})
    if layer.geometryType() == QgsWkbTypes.LineGeometry:
        return QgsLineSymbol.createSimple({"color": colour, "width": "0.26", "capstyle": "round", "joinstyle": "round"})
    return QgsFillSymbol.createSimple({"color": colour, **edge})


def say(**figures):
    print(json.dumps(figures), flush=True)


def render(path, width=1600, height=1000):
    layer = styled(path)
    full = layer.extent()
    centre = full.center()
    for share in (1, 0.3, 0.1, 0.03, 0.01):
        settings = QgsMapSettings()
        settings.setLayers([layer])
        settings.setOutputSize(QSize(width, height))
        settings.setDestinationCrs(layer.crs())
        settings.setFlag(QgsMapSettings.Antialiasing, True)
        settings.setFlag(QgsMapSettings.UseRenderingOptimization, True)
        half_w, half_h = full.width() * share / 2, full.height() * share / 2
        settings.setExtent(QgsRectangle(centre.x() - half_w, centre.y() - half_h, centre.x() + half_w, centre.y() + half_h))
        times, begun = [], time.process_time()
        for _ in range(3):
            start = time.perf_counter()
            job = QgsMapRendererParallelJob(settings)
            job.start()
            job.waitForFinished()
            times.append((time.perf_counter() - start) * 1000)
        cpu = (time.process_time() - begun) / 3 * 1000
        say(work="render", share=share, best_ms=round(min(times)), median_ms=round(sorted(times)[1]), cpu_ms=round(cpu))


def edit(path, count):
    folder = tempfile.mkdtemp()
    copy = os.path.join(folder, "copy.gpkg")
    shutil.copy(path, copy)
    layer = QgsVectorLayer(copy, "parcels", "ogr")
    layer.startEditing()
    field = layer.fields().indexOf("cls")
    request = QgsFeatureRequest().setNoAttributes().setFlags(QgsFeatureRequest.NoGeometry)
    ids = [feature.id() for feature in layer.getFeatures(request)][:count]

    def timed(name, call):
        start = time.perf_counter()
        call()
        say(work=name, rows=len(ids), seconds=round(time.perf_counter() - start, 3))

    def change():
        layer.beginEditCommand("change")
        for fid in ids:
            layer.changeAttributeValue(fid, field, 7)
        layer.endEditCommand()

    timed("change", change)
    timed("undo", layer.undoStack().undo)
    timed("redo", layer.undoStack().redo)
    timed("commit", layer.commitChanges)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.fileEncoding = "ESRI Shapefile", "GBK"
    out = os.path.join(folder, "out.shp")
    timed("export_shp", lambda: QgsVectorFileWriter.writeAsVectorFormatV3(layer, out, QgsCoordinateTransformContext(), options))
    shutil.rmtree(folder)


def pdf(path, opacity):
    layer = styled(path, opacity, "0.1")
    project = QgsProject.instance()
    project.addMapLayer(layer)
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(420, 297))
    frame = QgsLayoutItemMap(layout)
    frame.attemptSetSceneRect(QRectF(10, 10, 400, 277))
    frame.setExtent(layer.extent())
    layout.addLayoutItem(frame)
    out = os.path.join(tempfile.mkdtemp(), "page.pdf")
    start = time.perf_counter()
    QgsLayoutExporter(layout).exportToPdf(out, QgsLayoutExporter.PdfExportSettings())
    say(
        work="pdf",
        opacity=opacity,
        seconds=round(time.perf_counter() - start, 2),
        megabytes=round(os.path.getsize(out) / 1e6, 1),
    )


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    work, path, *rest = sys.argv[1:]
    {"render": render, "edit": edit, "pdf": pdf}[work](path, *[float(x) if work == "pdf" else int(x) for x in rest])
