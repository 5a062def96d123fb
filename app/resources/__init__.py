"""What the routes of a resource share with those of others that show it: found, and composed with what include[] asks for."""
