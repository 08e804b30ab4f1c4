"""Functions on arrays of geometry: no features, no fields, no files."""
