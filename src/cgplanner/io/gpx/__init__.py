"""GPX, what receivers and walking apps write."""
