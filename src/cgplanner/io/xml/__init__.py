"""XML of strangers, which may break off or mean harm, and the walk before GML and GPX are read."""
