"""From tables and styles to pictures: ``scene`` decides what is where, ``qt`` and ``page`` paint it."""
