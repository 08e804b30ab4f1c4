"""The whole document as one immutable value: the layers in drawing order, their settings and the page layouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cgplanner.errors import UserError
from cgplanner.model.basemap import Basemap
from cgplanner.model.bookmark import Bookmark
from cgplanner.model.changeset import Changeset, Key, Setting, TableChange
from cgplanner.model.layer import Layer
from cgplanner.text import pick, tr

WORKSPACE = ""  # the layer id that stands for the workspace itself in a Key


@dataclass(frozen=True)
class View:
    """What the map window looks at: a centre in the display CRS and a scale denominator (1:``scale``)."""

    x: float
    y: float
    scale: float


@dataclass(frozen=True, eq=False)
class Workspace:
    """A version of the document.

    Attributes
    ----------
    layers
        In drawing order: the first is at the bottom.
    display_crs
        The conformal projection the map is shown in (WKT2, PROJ string or "EPSG:n"); '' until the first layer is there.
    layouts
        Page layouts by name, as JSON-able data; the layout floor reads them.
    view
        The last view; it is saved, but no part of undo.
    basemaps
        Pictures under all layers, the first at the bottom.
    bookmarks
        Named views, in the order of their list.
    """

    layers: tuple[Layer, ...] = ()
    title_zh: str = ""
    title_en: str = ""
    display_crs: str = ""
    layouts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    view: View | None = None
    basemaps: tuple[Basemap, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()

    @property
    def title(self) -> str:
        """What people call the workspace, in their language."""
        return pick(self.title_zh, self.title_en)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __contains__(self, layer_id: object) -> bool:
        return any(layer.id == layer_id for layer in self.layers)

    def layer(self, layer_id: str) -> Layer:
        """Return the layer with this id.

        Raises
        ------
        KeyError
            When there is none.
        """
        for layer in self.layers:
            if layer.id == layer_id:
                return layer
        raise KeyError(layer_id)

    def named(self, name: str) -> Layer:
        """Return the layer with this id or title, in either language.

        Raises
        ------
        UserError
            When there is none; the sentence lists the layers there are.
        """
        for layer in self.layers:
            if name.casefold() in {layer.id.casefold(), layer.title_zh.casefold(), layer.title_en.casefold()}:
                return layer
        raise UserError(
            tr("There is no layer “{name}”.", name=name),
            hint=tr("Layers: {names}.", names=", ".join(layer.id for layer in self.layers)),
        )

    def apply(self, changeset: Changeset) -> Workspace:
        """Return the workspace after the changeset; this one stays as it is.

        Raises
        ------
        StaleChangeError
            When the changeset does not fit this version.
        """
        layers = {layer.id: layer for layer in self.layers}
        settings: dict[str, dict[Key, Setting]] = {}
        for key, value in changeset.settings.items():
            settings.setdefault(key.layer, {})[key] = value
        order = tuple(layer.id for layer in self.layers)
        for layer_id, mine in settings.items():
            whole = mine.pop(Key(layer_id, "layer"), None)
            if whole is not None:
                order = tuple(each for each in order if each != layer_id or whole.new is not None)
                if whole.new is None:
                    del layers[layer_id]
                else:
                    layers[layer_id] = whole.new
                    order = order if layer_id in order else (*order, layer_id)
        own = settings.pop(WORKSPACE, {})
        for layer_id in set(settings) | set(changeset.tables):
            change = changeset.tables.get(layer_id, TableChange())
            if layer_id in layers:
                layers[layer_id] = layers[layer_id].with_changes(change, settings.get(layer_id, {}))
        return self._with_own(own, order, layers)

    def _with_own(self, own: Mapping[Key, Setting], order: tuple[str, ...], layers: Mapping[str, Layer]) -> Workspace:
        changes: dict[str, Any] = {}
        for key, value in own.items():
            if key.name == "order":
                order = value.new
            else:
                changes[key.name] = value.new
        return replace(self, layers=tuple(layers[each] for each in order), **changes)

    def equals(self, other: Workspace) -> bool:
        """Tell whether both hold and show the same (views and revisions aside)."""
        mine = (self.title_zh, self.title_en, self.display_crs, self.layouts, self.basemaps, self.bookmarks)
        theirs = (other.title_zh, other.title_en, other.display_crs, other.layouts, other.basemaps, other.bookmarks)
        same_layers = len(self.layers) == len(other.layers) and all(
            a.equals(b) for a, b in zip(self.layers, other.layers, strict=True)
        )
        return mine == theirs and same_layers


def adding(workspace: Workspace, layer: Layer, place: int | None = None) -> Changeset:
    """Return the changeset that adds a layer at this place of the drawing order (on top when None)."""
    order = tuple(each.id for each in workspace.layers)
    place = len(order) if place is None else place
    longer = (*order[:place], layer.id, *order[place:])
    return Changeset(settings={Key(layer.id, "layer"): Setting(None, layer), Key(WORKSPACE, "order"): Setting(order, longer)})


def removing(workspace: Workspace, layer_id: str) -> Changeset:
    """Return the changeset that takes a layer out."""
    order = tuple(each.id for each in workspace.layers)
    shorter = tuple(each for each in order if each != layer_id)
    layer = workspace.layer(layer_id)
    return Changeset(settings={Key(layer_id, "layer"): Setting(layer, None), Key(WORKSPACE, "order"): Setting(order, shorter)})


def replacing(workspace: Workspace, layer: Layer) -> Changeset:
    """Return the changeset that puts another version of a whole layer in its place."""
    return Changeset(settings={Key(layer.id, "layer"): Setting(workspace.layer(layer.id), layer)})


def setting(workspace: Workspace, layer_id: str, name: str, value: Any) -> Changeset:
    """Return the changeset that gives a layer (or the workspace, for '') another setting; empty when it has it already."""
    if layer_id == WORKSPACE:
        old = tuple(layer.id for layer in workspace.layers) if name == "order" else getattr(workspace, name)
    else:
        old = getattr(workspace.layer(layer_id), name)
    if old == value:
        return Changeset()
    return Changeset(settings={Key(layer_id, name): Setting(old, value)})
