"""The image: what is built, and how it boots."""
