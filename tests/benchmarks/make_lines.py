"""Write a synthetic layer of lines over the five cities for benchmarks.

usage: make_lines.py COUNT OUT.(gpkg|shp|fgb|parquet) [--seed 1] [--points 50]

Lines wander from a random start, 40 m a step and 20 degrees a turn, like lanes and ditches, in EPSG:4547, with the fields cls
(int, 0-4) and name (str). The same seed gives the same lines.
"""

import argparse

import geopandas as gpd
import numpy as np
import shapely


def wandering_lines(count, points, rng):
    turn = rng.normal(0, np.radians(20), (count, points - 1))
    heading = rng.uniform(0, 2 * np.pi, (count, 1)) + turn.cumsum(axis=1)
    step = 40.0 * np.stack([np.cos(heading), np.sin(heading)], -1)
    start = rng.uniform([400e3, 4060e3], [720e3, 4390e3], (count, 2))[:, None]
    return shapely.linestrings(np.concatenate([start, start + step.cumsum(axis=1)], axis=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", type=int, default=50)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    geometry = wandering_lines(args.count, args.points, rng)
    columns = {"cls": rng.integers(0, 5, args.count).astype("int32"), "name": [f"线{i}" for i in range(args.count)]}
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=4547)
    if args.out.endswith(".parquet"):
        frame.to_parquet(args.out)
    else:
        frame.to_file(args.out, layer="lines") if args.out.endswith(".gpkg") else frame.to_file(args.out)
    print(f"{len(frame)} lines in {args.out}")


if __name__ == "__main__":
    main()
