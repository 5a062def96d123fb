"""Acts that touch several rows, and who may do them; they never commit and never see Flask."""
