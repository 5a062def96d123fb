"""Settings: one frozen dataclass read from the environment. A missing or bad value stops start-up with one line that names it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

DEVELOPMENT_SECRET = "development only: production must set its own"  # noqa: S105 - refused outside development
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SHORTEST_SECRET = 32
THREADS = 8
"""Request threads a process; the database pool has a connection for each."""


class SettingError(Exception):
    """A setting is missing or bad; the message names it and says what it takes."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between one place the LMS runs in and another."""

    lms_env: Literal["development", "production"]
    """LMS_ENV: `production` has no defaults for what follows and refuses SQLite and local files."""
    database_url: str
    """DATABASE_URL: postgresql://user:password@host/database, or sqlite:///file in development."""
    storage_url: str
    """STORAGE_URL: s3://bucket/prefix, or file:///folder in development."""
    secret_key: str
    """SECRET_KEY: at least 32 characters; signs download links."""
    base_url: str
    """BASE_URL: scheme://host[:port] that clients use; every link in an answer begins with it."""
    allowed_hosts: tuple[str, ...]
    """ALLOWED_HOSTS: other host[:port] names this server answers to, comma-separated."""
    cors_origins: tuple[str, ...]
    """CORS_ORIGINS: origins (scheme://host) whose pages may call the API, comma-separated; none by default."""
    web_concurrency: int
    """WEB_CONCURRENCY: gunicorn worker processes, 1 to 64."""
    jobs: bool
    """JOBS: on (the default), or off where another process works on the jobs: `flask --app wsgi work`."""
    log_level: str
    """LOG_LEVEL: DEBUG, INFO, WARNING or ERROR."""
    git_sha: str
    """GIT_SHA: the commit that was built; shown by /version."""
    app_version: str
    """APP_VERSION: the released version; shown by /version."""

    @property
    def production(self) -> bool:
        """Whether real people depend on this process."""
        return self.lms_env == "production"

    @property
    def hosts(self) -> frozenset[str]:
        """Every host[:port] a request may name, lower case."""
        return frozenset(host.lower() for host in (urlsplit(self.base_url).netloc, *self.allowed_hosts))


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from `environ`. Raises SettingError, naming the variable, if one is missing or bad."""
    env = environ.get("LMS_ENV") or "development"
    if env not in ("development", "production"):
        raise SettingError(f"LMS_ENV must be development or production, not {env!r}")
    production = env == "production"

    def value(name: str, default: str | None) -> str:
        found = environ.get(name, "").strip()
        if not found and (default is None or production):
            raise SettingError(f"{name} is not set")
        return found or str(default)

    settings = Settings(
        lms_env="production" if production else "development",
        database_url=_database_url(value("DATABASE_URL", "sqlite:///lms.sqlite"), production),
        storage_url=_storage_url(value("STORAGE_URL", "file:instance/files"), production),
        secret_key=value("SECRET_KEY", DEVELOPMENT_SECRET),
        base_url=_web_address("BASE_URL", value("BASE_URL", "http://127.0.0.1:8000")),
        allowed_hosts=tuple(_host(host) for host in _listed(environ.get("ALLOWED_HOSTS", ""))),
        cors_origins=tuple(_web_address("CORS_ORIGINS", origin) for origin in _listed(environ.get("CORS_ORIGINS", ""))),
        web_concurrency=_whole_number("WEB_CONCURRENCY", environ.get("WEB_CONCURRENCY") or "1", 1, 64),
        jobs=_switch("JOBS", environ.get("JOBS") or "on"),
        log_level=(environ.get("LOG_LEVEL") or "INFO").upper(),
        git_sha=environ.get("GIT_SHA") or "unknown",
        app_version=environ.get("APP_VERSION") or "0.0.0+unreleased",
    )
    if production and settings.secret_key == DEVELOPMENT_SECRET:
        raise SettingError("SECRET_KEY must be a secret of its own, not the one that development uses")
    if len(settings.secret_key) < SHORTEST_SECRET:
        raise SettingError(f"SECRET_KEY must have at least {SHORTEST_SECRET} characters")
    if settings.log_level not in LOG_LEVELS:
        raise SettingError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {settings.log_level!r}")
    return settings


def load_or_exit(environ: Mapping[str, str]) -> Settings:
    """The same for a process that cannot go on without: it ends with one line that names the variable."""
    try:
        return load(environ)
    except SettingError as problem:
        sys.exit(f"lms: {problem}")


def address_or_exit(environ: Mapping[str, str]) -> str:
    """Where gunicorn listens: LISTEN (every address by default) and PORT (8000). A bad port ends the process with one line."""
    try:
        port = _whole_number("PORT", environ.get("PORT") or "8000", 1, 65535)
    except SettingError as problem:
        sys.exit(f"lms: {problem}")
    return f"{environ.get('LISTEN') or '0.0.0.0'}:{port}"  # noqa: S104 - a container serves every address it has


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _host(text: str) -> str:
    if "/" in text or any(letter.isspace() for letter in text):
        raise SettingError(f"ALLOWED_HOSTS must be host[:port] names, comma-separated, not {text!r}")
    return text


def _whole_number(name: str, text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or not least <= int(text) <= most:
        raise SettingError(f"{name} must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _switch(name: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise SettingError(f"{name} must be on or off, not {text!r}")
    return text == "on"


def _web_address(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        plain = parts.scheme in ("http", "https") and parts.hostname and not (parts.path.strip("/") or parts.query or parts.fragment)
        plain = plain and "@" not in parts.netloc and not any(letter.isspace() for letter in text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        plain = None
    if not plain:
        raise SettingError(f"{name} must be scheme://host[:port] with http or https and nothing after it, not {text!r}")
    return text.rstrip("/")


def _database_url(url: str, production: bool) -> str:
    scheme, _, rest = url.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg") and _readable(f"postgresql+psycopg://{rest}"):
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite" and not production and rest[:1] in ("", "/"):
        return url
    allowed = "postgresql://..." if production else "postgresql://... or sqlite:///file"
    raise SettingError(f"DATABASE_URL must be {allowed}")  # never the value: it holds a password


def _readable(url: str) -> bool:
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        return False
    return True


def _storage_url(url: str, production: bool) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if (parts.scheme == "s3" and parts.netloc) or (parts.scheme == "file" and parts.path and not parts.netloc and not production):
        return url
    raise SettingError(f"STORAGE_URL must be {'s3://bucket/prefix' if production else 's3://bucket/prefix or file:folder'}, not {url!r}")
