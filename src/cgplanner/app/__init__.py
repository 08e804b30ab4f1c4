"""The window: Qt widgets over a session. Nothing below this room knows that it exists."""
