"""cgplanner: the desktop planning tool for city clusters."""

__version__ = "0.1.0"
