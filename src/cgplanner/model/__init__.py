"""The document: schema, tables, changesets, layers, workspace. Immutable values; no files, no pixels."""
