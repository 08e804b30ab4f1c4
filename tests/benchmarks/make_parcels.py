"""Write a synthetic parcel layer over the five cities for benchmarks.

usage: make_parcels.py COUNT OUT.(gpkg|shp|fgb|parquet) [--seed 1]

COUNT is rounded down to a square. Parcels are jittered grid cells of 13 points (closed rings) in EPSG:4547 with the fields
cls (int, 0-4), name (str), area (float, square metres). The same seed gives the same parcels.
"""

import argparse
import math

import geopandas as gpd
import numpy as np
import shapely


def parcel_cells(count, rng):
    side = math.isqrt(count)
    width, height = 320e3, 330e3
    cell = width / side
    x, y = np.meshgrid(np.linspace(0, width, side + 1), np.linspace(0, height, side + 1))
    x = x + rng.uniform(-0.3, 0.3, x.shape) * cell
    y = y + rng.uniform(-0.3, 0.3, y.shape) * (height / side)
    corner = np.stack([x, y], -1)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]

    def between(p, q, t):
        return p + (q - p) * t + rng.uniform(-0.05, 0.05, p.shape) * cell

    ring = []
    for p, q in ((a, b), (b, c), (c, d), (d, a)):
        ring += [p, between(p, q, 0.33), between(p, q, 0.66)]
    ring.append(a)
    return shapely.polygons(np.stack(ring, -2).reshape(-1, 13, 2) + np.array([400e3, 4060e3]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    geometry = parcel_cells(args.count, rng)
    frame = gpd.GeoDataFrame(
        {
            "cls": rng.integers(0, 5, len(geometry)).astype("int32"),
            "name": [f"地块{i}" for i in range(len(geometry))],
            "area": shapely.area(geometry),
        },
        geometry=geometry,
        crs=4547,
    )
    if args.out.endswith(".parquet"):
        frame.to_parquet(args.out)
    else:
        frame.to_file(args.out, layer="parcels") if args.out.endswith(".gpkg") else frame.to_file(args.out)
    print(f"{len(frame)} parcels in {args.out}")


if __name__ == "__main__":
    main()
