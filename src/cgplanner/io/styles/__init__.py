"""Styles of other programs (QML, SLD) and styles kept under a name."""
