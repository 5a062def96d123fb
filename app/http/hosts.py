"""Which hosts this server answers to, and the address that links begin with."""

from urllib.parse import urlsplit

from flask import current_app, request

from app.config import Settings
from app.errors import Invalid

WITHOUT_HOST = frozenset(("/health", "/ready", "/version"))
"""Asked by load balancers and containers under whatever name they have."""


def settings() -> Settings:
    """The settings this app was made with."""
    found: Settings = current_app.config["LMS"]
    return found


def check_host() -> None:
    """Refuse a Host header that nobody told us about: links and caches would believe it."""
    if request.path not in WITHOUT_HOST and request.host.lower() not in settings().hosts:
        raise Invalid("This server does not answer to that host name; see ALLOWED_HOSTS.")


def base_url() -> str:
    """BASE_URL, with the host that this client used where that is another allowed one: clients refuse links elsewhere."""
    ours = settings().base_url
    parts = urlsplit(ours)
    return ours if request.host.lower() == parts.netloc.lower() else f"{parts.scheme}://{request.host.lower()}"
