"""Write a synthetic layer of points over the five cities for benchmarks.

usage: make_points.py COUNT OUT.(gpkg|shp|fgb|parquet) [--seed 1]

Two thirds lie in 300 towns, the rest anywhere, in EPSG:4547, with the fields cls (int, 0-4) and name (str). The same seed
gives the same points.
"""

import argparse

import geopandas as gpd
import numpy as np
import shapely

LOW, HIGH = np.array([400e3, 4060e3]), np.array([720e3, 4390e3])


def scattered_points(count, rng):
    towns = rng.uniform(LOW, HIGH, (300, 2))
    inside = towns[rng.integers(0, len(towns), count * 2 // 3)] + rng.normal(0, 3000.0, (count * 2 // 3, 2))
    anywhere = rng.uniform(LOW, HIGH, (count - len(inside), 2))
    return shapely.points(np.clip(np.concatenate([inside, anywhere]), LOW, HIGH))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    geometry = scattered_points(args.count, rng)
    columns = {"cls": rng.integers(0, 5, args.count).astype("int32"), "name": [f"点{i}" for i in range(args.count)]}
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=4547)
    if args.out.endswith(".parquet"):
        frame.to_parquet(args.out)
    else:
        frame.to_file(args.out, layer="points") if args.out.endswith(".gpkg") else frame.to_file(args.out)
    print(f"{len(frame)} points in {args.out}")


if __name__ == "__main__":
    main()
