"""The printed page: layout and display list become a matplotlib figure, a PDF, and from that PDF pictures and previews."""
