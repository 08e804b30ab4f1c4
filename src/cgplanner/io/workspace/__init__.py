"""The document on the disk: the workspace file, its journal, its lock, and the forms that changes have in them."""
