"""Pictures of the ground below the map, bent into a view."""
