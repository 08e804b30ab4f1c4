"""Which characters the bytes of strangers are, and names for programs that know few characters."""
