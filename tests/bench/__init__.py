"""`make bench`: what a request costs in the smallest task, as a ratio to a bare WSGI app that answers the same (the floor)."""
