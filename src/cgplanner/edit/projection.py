"""The projection a workspace is shown in when its first layer comes."""

from __future__ import annotations

from cgplanner.model.layer import Layer

CLUSTER = (110.2, 36.6, 114.3, 39.7)  # degrees round the five cities: where a map without layers looks


def display_crs_of_nothing() -> str:
    """Return the projection of a map that has only a base map yet: the one fitted to the city cluster."""
    from cgplanner.geometry.crs import fitted_crs  # noqa: PLC0415  loads PROJ

    return fitted_crs(*CLUSTER)


def display_crs_for(layer: Layer) -> str:
    """Return the layer's own CRS when it is projected, else a conformal one fitted to it; '' when nothing can be said."""
    from cgplanner.geometry.crs import fitted_crs, is_geographic  # noqa: PLC0415  loads PROJ

    extent = layer.table.geometry.extent()
    if not layer.crs or extent is None:
        return layer.crs
    return fitted_crs(*extent) if is_geographic(layer.crs) else layer.crs
