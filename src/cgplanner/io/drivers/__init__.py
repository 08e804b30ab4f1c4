"""Where the two GDALs and Arrow are: the bulk road that most formats take, and what geodatabases keep beside their rows."""
