"""Files as files: locks, bytes by their place, archives, what lies beside, and how a new one takes the old one's place."""
