"""The printed page as data: what stands where, in millimetres, and what goes into it; no drawing."""
