"""JSON of any kind that holds places, in and out."""
