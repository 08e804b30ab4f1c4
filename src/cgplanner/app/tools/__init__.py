"""Tools: mouse -> preview -> one operation. One class a file; they know the canvas, not the window."""
