"""Addresses that stand for a right: signed with SECRET_KEY, valid for a while, checked again when they are used."""

import base64
import hashlib
import hmac
import time
from urllib.parse import quote

from flask import g

from app.errors import Forbidden
from app.http.hosts import base_url, settings
from app.services.permissions import Caller

DOWNLOAD_SECONDS = 24 * 60 * 60
AS_ADMIN = "-admin"


def sign(*parts: object) -> str:
    """What only this server can make of those parts; the first says what it is for."""
    text = "\0".join(map(str, parts)).encode()
    return base64.urlsafe_b64encode(hmac.digest(settings().secret_key.encode(), text, hashlib.sha256)).decode().rstrip("=")


def signed(signature: str, *parts: object) -> bool:
    """Whether that is the signature of those parts."""
    return hmac.compare_digest(signature.encode(), sign(*parts).encode())


def download_url(file_id: int, user_id: int) -> str:
    """Where that user downloads that file, for a day. An admin by their sign-in only remains one in it, until that ends."""
    caller: Caller = g.caller
    until, who = int(time.time()) + DOWNLOAD_SECONDS, str(user_id)
    if caller.admin_until is not None and caller.id == user_id:
        until, who = min(until, caller.admin_until), f"{user_id}{AS_ADMIN}"
    return f"{base_url()}/files/{file_id}/download?verifier={who}.{until}.{sign('download', file_id, who, until)}"


def downloader(file_id: int, verifier: str) -> tuple[int, int | None]:
    """Who was given that address, and until when as an admin. Raises Forbidden for one that was made up, changed, or given too long ago."""
    who, _, rest = verifier.partition(".")
    until, _, signature = rest.partition(".")
    if not (signed(signature, "download", file_id, who, until) and time.time() < int(until)):
        raise Forbidden("This download link is not valid any more.")
    return int(who.removesuffix(AS_ADMIN)), int(until) if who.endswith(AS_ADMIN) else None


def disposition(kind: str, name: str) -> str:
    """A Content-Disposition of that kind; the name in ASCII for old clients, and as it is (RFC 5987) for all others."""
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"\\%' else "_" for letter in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
