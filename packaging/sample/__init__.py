"""What the sample workspace in ``layers/`` is made from: both inputs, the rules, the schemas and the styles."""
