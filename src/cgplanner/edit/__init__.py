"""Operations: pure functions from a version of the workspace to a changeset, and the stack that takes them back."""
