"""File Geodatabases, in and out."""
