"""Jobs and those who work on them."""
