"""The same work without a window. No verb needs a display; heavy libraries are imported by the verb that needs them."""
