"""Pure arithmetic of grades on plain values; imports nothing of app."""
