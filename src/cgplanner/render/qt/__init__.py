"""Display lists painted with Qt: onto images in any thread, for the window, for tiles and for the command line."""
