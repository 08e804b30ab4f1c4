"""Names on the map: what wants one, where it could stand, and the solver that screen and paper share."""
