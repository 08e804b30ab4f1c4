"""Colour ramps for classes of numbers and for surfaces, and colours between colours.

Steps are taken in OKLab (Ottosson 2020), in which equal distances look equal. Sequential ramps run from light to dark without
turning back, so that they read in grey and to colour-blind eyes; diverging ones are light in the middle and pair hues that
dichromats tell apart. On dark paper ``turned`` lets them run the other way. This file must not know styles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgplanner.text import Sentence, sentence

Family = Literal["sequential", "diverging", "qualitative"]
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_NEAR_PAPER, _FAR_FROM_PAPER = 0.34, 0.90  # OKLab lightness between which a ramp runs on dark paper


@dataclass(frozen=True)
class ColorRamp:
    """A named ramp: its stops lie evenly apart; of a qualitative one they are the colours."""

    name: str
    title: Sentence
    family: Family
    stops: tuple[str, ...]


RAMPS: dict[str, ColorRamp] = {
    each.name: each
    for each in (
        ColorRamp("blue", sentence("Blue"), "sequential", ("#EDF4FB", "#A9CBE8", "#4A90C9", "#0F4C8A", "#08254D")),
        ColorRamp("green", sentence("Green"), "sequential", ("#EEF6EA", "#B2D9A8", "#5DAE6B", "#1F7A45", "#0A3B24")),
        ColorRamp("teal", sentence("Teal"), "sequential", ("#E9F6F4", "#A3D8D2", "#43A7A4", "#0F6E75", "#06383F")),
        ColorRamp("purple", sentence("Purple"), "sequential", ("#F4F0FA", "#CDBDE6", "#9676C8", "#5F3A9E", "#301159")),
        ColorRamp("red", sentence("Red"), "sequential", ("#FDEEEA", "#F6B6A4", "#E2694F", "#AE2A24", "#5C0A12")),
        ColorRamp("orange", sentence("Orange"), "sequential", ("#FFF3E3", "#FBCB92", "#EE9140", "#B85A0F", "#66300A")),
        ColorRamp("earth", sentence("Earth"), "sequential", ("#FAF4E6", "#E0C89B", "#B98F56", "#805527", "#432911")),
        ColorRamp("grey", sentence("Grey"), "sequential", ("#F3F4F5", "#C3C7CC", "#868D95", "#4C535B", "#1D2126")),
        ColorRamp(
            "yellow_red", sentence("Yellow to red"), "sequential", ("#FFF6C9", "#FBC561", "#EE8040", "#BE3136", "#63103A")
        ),
        ColorRamp(
            "yellow_blue", sentence("Yellow to blue"), "sequential", ("#FAFBD2", "#A9DBA5", "#46AFB0", "#2A6DA6", "#1C2A66")
        ),
        ColorRamp(
            "pink_violet", sentence("Pink to violet"), "sequential", ("#FDEEF1", "#F3B1C4", "#D9669F", "#932A83", "#43115A")
        ),
        ColorRamp("night", sentence("Night"), "sequential", ("#F5EE55", "#8DCB59", "#2E9C89", "#31618D", "#33215E")),
        ColorRamp("ember", sentence("Ember"), "sequential", ("#F8F0A0", "#F7A33A", "#DA5239", "#8E1F60", "#31104A")),
        ColorRamp("blue_red", sentence("Blue to red"), "diverging", ("#12437E", "#76ADD6", "#F4F2EE", "#E6977A", "#8E1423")),
        ColorRamp(
            "blue_orange", sentence("Blue to orange"), "diverging", ("#15407A", "#7FB0DC", "#F3F2EF", "#EFA85C", "#8F4506")
        ),
        ColorRamp(
            "teal_brown", sentence("Teal to brown"), "diverging", ("#0A4D49", "#76BDB4", "#F3F2EC", "#CFA969", "#613C0C")
        ),
        ColorRamp(
            "green_purple", sentence("Green to purple"), "diverging", ("#0F5026", "#8CC58B", "#F3F3F2", "#B798CB", "#4A1A6E")
        ),
        ColorRamp(
            "various",
            sentence("Various"),
            "qualitative",
            ("#1769AA", "#E8590C", "#4C1D95", "#3FA66B", "#8A1147", "#12A5B8", "#6B4300", "#DB5FA5"),
        ),
        ColorRamp(
            "pastel",
            sentence("Pastel"),
            "qualitative",
            ("#A9CBE8", "#FBCB92", "#CDBDE6", "#B2D9A8", "#F3B1C4", "#A3D8D2", "#E0C89B", "#C3C7CC"),
        ),
    )
}


def ramp_colors(name: str, count: int, *, reverse: bool = False) -> tuple[str, ...]:
    """Return so many colours of a ramp, its ends among them; a qualitative one begins anew after its last.

    An unknown name is a KeyError.
    """
    ramp = RAMPS[name]
    stops = ramp.stops[::-1] if reverse else ramp.stops
    if ramp.family == "qualitative":
        return tuple(stops[k % len(stops)] for k in range(count))
    if count == 1:
        return (mixed(stops, 0.6 if ramp.family == "sequential" else 0.5),)
    return blended(stops, np.arange(count) / (count - 1))


def mixed(stops: tuple[str, ...], share: float) -> str:
    """Return the colour at a share (0..1) of the way through evenly spaced stops."""
    return blended(stops, np.array([share]))[0]


def blended(stops: tuple[str, ...], shares: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the colours at these shares of the way through evenly spaced stops."""
    if len(stops) == 1:
        return stops * len(shares)
    labs = np.array([_lab(stop) for stop in stops])
    places = np.linspace(0.0, 1.0, len(stops))
    made = np.column_stack([np.interp(np.clip(shares, 0.0, 1.0), places, labs[:, k]) for k in range(3)])
    return _hexes(made)


@lru_cache(maxsize=1024)
def turned(color: str) -> str:
    """Return the colour of a ramp for dark paper: what was light lies near the paper, what was dark stands out."""
    lightness, a, b = _lab(color)
    new = _NEAR_PAPER + (1.0 - lightness) * (_FAR_FROM_PAPER - _NEAR_PAPER) / 0.8
    return _hexes(np.array([[min(new, 0.95), a, b]]))[0]


@lru_cache(maxsize=1024)
def _lab(color: str) -> NDArray[np.float64]:
    level = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    light = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return np.asarray(_TO_LAB @ np.cbrt(_TO_LMS @ light), np.float64)


def _hexes(labs: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the colours of (n, 3) places in the space they are blended in."""
    light = np.linalg.solve(_TO_LMS, np.linalg.solve(_TO_LAB, labs.T) ** 3).T
    level = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0.0) ** (1 / 2.4) - 0.055)
    parts = np.rint(255 * np.clip(level, 0.0, 1.0)).astype(int).tolist()
    return tuple(f"#{red:02X}{green:02X}{blue:02X}" for red, green, blue in parts)
