"""The only room with drivers: files come in and go out, and each door says what it did."""
