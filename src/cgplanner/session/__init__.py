"""The running application without a face: open, save, run, undo, selection, recovery."""
