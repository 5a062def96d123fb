"""Settings: one frozen dataclass read from the environment. A missing or bad value stops start-up with one line that names it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

DEVELOPMENT_SECRET = "development only: production must set its own"  # noqa: S105 - refused outside development
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SHORTEST_SECRET = 32
LONGEST_ISSUER = 255
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
    oidc_issuer: str
    """OIDC_ISSUER: the identity provider whose JWTs sign in, as its `iss` claim spells it; none by default, and then no JWT does."""
    oidc_audience: tuple[str, ...]
    """OIDC_AUDIENCE: what tokens must be for (`aud`; `client_id` in Cognito's access tokens), comma-separated; needed with an issuer."""
    oidc_jwks_url: str
    """OIDC_JWKS_URL: where the provider's keys are; below the issuer, where Cognito has them, by default."""
    oidc_roles_claim: str
    """OIDC_ROLES_CLAIM: the claim that lists a user's groups."""
    oidc_admin_group: str
    """OIDC_ADMIN_GROUP: the group whose members are admins while their token says so; none by default."""
    oidc_provision: bool
    """OIDC_PROVISION: whether somebody unknown is made a user at their first sign-in, true or false."""
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
        **_identity_provider(environ, production),
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


def _identity_provider(environ: Mapping[str, str], production: bool) -> dict[str, Any]:
    """The settings of sign-in by JWT: off without an issuer, and then only looked at."""
    issuer = environ.get("OIDC_ISSUER", "").strip()
    audience = _listed(environ.get("OIDC_AUDIENCE", ""))
    # Not asked of the issuer's openid-configuration: an address that a document names is one more thing to trust and to fetch.
    keys = environ.get("OIDC_JWKS_URL", "").strip() or (f"{issuer.rstrip('/')}/.well-known/jwks.json" if issuer else "")
    provision = (environ.get("OIDC_PROVISION") or "true").strip().lower()
    if provision not in ("true", "false"):
        raise SettingError(f"OIDC_PROVISION must be true or false, not {provision!r}")
    if issuer:
        _provider_address("OIDC_ISSUER", issuer, production, query=False)
    if keys:
        _provider_address("OIDC_JWKS_URL", keys, production, query=True)
    if issuer and not audience:
        raise SettingError("OIDC_AUDIENCE is not set: without it tokens for any application of the provider would sign in")
    return {
        "oidc_issuer": issuer,
        "oidc_audience": audience,
        "oidc_jwks_url": keys,
        "oidc_roles_claim": environ.get("OIDC_ROLES_CLAIM", "").strip() or "cognito:groups",
        "oidc_admin_group": environ.get("OIDC_ADMIN_GROUP", "").strip(),
        "oidc_provision": provision == "true",
    }


def _provider_address(name: str, text: str, production: bool, *, query: bool) -> None:
    schemes = ("https",) if production else ("https", "http")
    try:
        parts = urlsplit(text)
        good = parts.scheme in schemes and parts.hostname and text.isprintable() and " " not in text and "\\" not in text
        good = good and "@" not in parts.netloc and "#" not in text and (query or "?" not in text) and len(text) <= LONGEST_ISSUER
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        good = False
    if not good:
        raise SettingError(f"{name} must be an address of {' or '.join(schemes)}, at most {LONGEST_ISSUER} characters, not {text!r}")


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
