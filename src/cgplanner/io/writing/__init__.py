"""What every way out shares: what is asked for, what the receiver wants, rows in pieces, the dictionary, the reading back."""
