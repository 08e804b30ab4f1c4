"""Many points in little room: clusters, heat, stamped crowds."""
