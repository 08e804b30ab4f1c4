"""The Chinese datums and the codes of their Gauss-Krueger zones. Only a table: no driver, no file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """A Chinese datum: its ellipsoid, how its names are recognised, and the first codes of its Gauss-Krueger zones."""

    geographic: int
    semi_major: float
    inverse_flattening: float
    names: str
    zones6: int  # zone 13, CM 75E, easting with the zone's number
    meridians6: int
    zones3: int  # zone 25, CM 75E
    meridians3: int


FAMILIES = (
    Family(4490, 6378137.0, 298.257222101, r"cgcs|china.*2000|2000.*(国家|大地|坐标)", 4491, 4502, 4513, 4534),
    Family(4610, 6378140.0, 298.257, r"xian|80", 2327, 2338, 2349, 2370),
    Family(4214, 6378245.0, 298.3, r"beijing|peking|54", 21413, 21453, 2401, 2422),
)
