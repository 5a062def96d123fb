"""For whom a row becomes JSON."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, when, and where links begin."""

    base_url: str
    user_id: int
    admin: bool
    staff: bool
    """Staff of the course that the path names, or an admin: sees drafts and staff-only fields."""
    now: dt.datetime
