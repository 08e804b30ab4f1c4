"""The labels of a picture, one solver for screen and paper: every label finds a place of its own or stays away.

Labels of higher priority choose first, then those of upper layers, then by row. The same map gives the same labels. While it
is panned or edited, labels of what has not changed keep their places (``before``), and only what is new is looked for. A state
that was shown before in the same view, as after undo, has the labels that it had then.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cgplanner.geometry import kernels
from cgplanner.geometry.ragged import Floats
from cgplanner.model.layer import Layer
from cgplanner.render.scene.display_list import PlacedLabel
from cgplanner.render.scene.labels.candidates import Candidate, pinned
from cgplanner.render.scene.labels.room import Point
from cgplanner.render.scene.labels.solver import MOVES_IN_A_HURRY, Ground, solved
from cgplanner.render.scene.labels.text import block_of
from cgplanner.render.scene.labels.wishes import LabelWish, wishes_of
from cgplanner.render.scene.request import SceneRequest, Theme, check, never
from cgplanner.render.scene.theme import label_colors
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.style import Labels

_SAME_SCALE = 1e-9
_MOST_STATES = 40  # shown lately, that undo may come back to


@dataclass(frozen=True, eq=False)
class Homeless:
    """A feature whose label found no place: where it would have been in device units, and what it says."""

    layer: str
    row: int
    text: str
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class Labelling:
    """The labels of a view, and what is needed to carry them on to the next one.

    Attributes
    ----------
    labels
        Those that found a place, the highest priority first.
    homeless
        Features in view that have no label though they want one.
    places, signs
        By what a wish is known by: where it stands, and what its places hang on besides the look of the layer's labels.
    looks
        That look, by layer.
    states
        The places of states shown lately, by all that they hang on.
    """

    labels: tuple[PlacedLabel, ...]
    homeless: tuple[Homeless, ...]
    request: SceneRequest
    places: Mapping[Hashable, Candidate] = field(default_factory=dict)
    signs: Mapping[Hashable, Hashable] = field(default_factory=dict)
    looks: Mapping[str, Labels] = field(default_factory=dict)
    states: Mapping[Hashable, Mapping[Hashable, Candidate]] = field(default_factory=dict)

    def layer(self, layer_id: str) -> Layer:
        """Return the version of a layer that was labelled."""
        return next(layer for layer in self.request.layers if layer.id == layer_id)


def place_labels(request: SceneRequest, *, cancelled: Callable[[], bool] | None = None) -> tuple[PlacedLabel, ...]:
    """Return the labels of all layers, placed in device units, those of the highest priority first.

    Raises
    ------
    Cancelled
        When ``cancelled`` said so.
    """
    return label(request, cancelled=cancelled).labels


def label(
    request: SceneRequest,
    before: Labelling | None = None,
    *,
    cancelled: Callable[[], bool] | None = None,
    hurried: bool = False,
) -> Labelling:
    """Return the labels of all layers; those of the view ``before`` that may stand where they stood keep their places.

    ``hurried`` is for the window, where somebody waits: the search for who may give way is a short one, and there is none
    while places are carried on.

    Raises
    ------
    Cancelled
        When ``cancelled`` said so.
    """
    stop = cancelled or never
    wishes: list[LabelWish] = []
    markers: list[Floats] = [np.empty((0, 3))]
    for height, layer in enumerate(request.layers):
        check(stop)
        if layer.visible and layer.opacity > 0 and len(layer.table):
            mine, discs = wishes_of(layer, height, request)
            wishes += mine
            markers.append(discs)
    wishes.sort(key=lambda wish: wish.order)
    port = request.viewport
    ground = Ground(port.width, port.height, np.concatenate(markers), port.px, kernels.boxes_are_warm())
    signs = {wish.key: wish.sign for wish in wishes}
    looks = {wish.layer.id: replace(wish.labels, color="", halo_color="") for wish in wishes}
    asked = tuple((wish.key, wish.order, wish.sign) for wish in wishes)
    state = (port, request.language, ground.markers.tobytes(), asked, tuple(looks.items()))
    known = before.states.get(state) if before is not None else None
    if known is None:
        carried = _carried(before, request, signs, looks)
        if hurried:
            ground = replace(ground, moves=0 if carried else MOVES_IN_A_HURRY)
        found = solved(wishes, ground, carried, lambda: check(stop))
    else:
        found = {number: known[wish.key] for number, wish in enumerate(wishes) if wish.key in known}
    labels = tuple(_placed(wishes[number], found[number], port, request.theme) for number in sorted(found))
    places = {wishes[number].key: place for number, place in found.items()}
    states = dict(before.states) if before is not None else {}
    states.pop(state, None)
    states[state] = places
    states = dict(list(states.items())[-_MOST_STATES:])
    return Labelling(labels, _homeless(wishes, found, port), request, places, signs, looks, states)


def held(layer: Layer, row: int, text: str, own: Point, middle: Point, view: tuple[Viewport, Theme]) -> PlacedLabel:
    """Return a label as it would stand if it were pinned with its middle here (device units): for a drag that is going on."""
    labels = style_of(layer).labels
    assert labels is not None  # noqa: S101  it has a label that can be dragged
    viewport, theme = view
    place = pinned(own, 0.0, middle, block_of(text, labels, viewport.px))
    wish = LabelWish((), text, own, 0.0, (0.0, 0, 0.0, 0), tuple, place, layer=layer, row=row, part=0, labels=labels, text=text)
    return _placed(wish, place, viewport, theme)


def _carried(
    before: Labelling | None, request: SceneRequest, signs: Mapping[Hashable, Hashable], looks: Mapping[str, Labels]
) -> dict[Hashable, Candidate]:
    """Return the places of the view before, where they lie in this one, of all that has not changed; none at another scale."""
    if before is None:
        return {}
    old, new = before.request, request
    there, here = old.viewport, new.viewport
    same = abs(there.units_per_px - here.units_per_px) <= _SAME_SCALE * here.units_per_px
    if not same or (there.crs, there.unit, old.language) != (here.crs, here.unit, new.language):
        return {}
    alike = {layer for layer, look in looks.items() if before.looks.get(layer) == look}
    dx = (there.x - here.x) / here.units_per_px + (here.width - there.width) / 2
    dy = (here.y - there.y) / here.units_per_px + (here.height - there.height) / 2
    places = before.places.items()
    carried = {key: place for key, place in places if _layer_of(key) in alike and signs.get(key) == before.signs[key]}
    return {key: place.moved(dx, dy) if dx or dy else place for key, place in carried.items()}


def _layer_of(key: Hashable) -> str:
    assert isinstance(key, tuple)  # noqa: S101  wishes are known by layer, row and part
    return str(key[0])


def _homeless(wishes: list[LabelWish], found: Mapping[int, Candidate], port: Viewport) -> tuple[Homeless, ...]:
    named = {(wishes[number].layer.id, wishes[number].row) for number in found}
    without: dict[tuple[str, int], Homeless] = {}
    for wish in wishes:
        whose, (x, y) = (wish.layer.id, wish.row), wish.anchor
        if whose not in named and 0 <= x <= port.width and 0 <= y <= port.height:
            without.setdefault(whose, Homeless(*whose, wish.text, x, y))
    return tuple(without.values())


def _placed(wish: LabelWish, place: Candidate, viewport: Viewport, theme: Theme) -> PlacedLabel:
    labels, block = wish.labels, place.block
    color, halo_color = label_colors(labels, theme)
    return PlacedLabel(
        wish.layer.id,
        wish.row,
        place.lines,
        block.size,
        labels.bold,
        labels.italic,
        color,
        halo_color,
        labels.halo * viewport.px,
        labels.spacing,
        place.bounds,
        wish.text if _squeezed(wish.text) == _squeezed(block.text) else block.text,
        wish.part,
        place.leader,
        pinned=wish.pinned is not None,
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())
