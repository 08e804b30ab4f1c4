"""Where numbers are on the earth: reference systems by file, name and number, the zone detective, changes of datum."""
