"""Settings: defaults, what each takes, and the one line that tells what is wrong."""

import ast
import inspect
from dataclasses import fields
from typing import Any

import pytest

from app import create_app
from app.config import DEVELOPMENT_SECRET, SettingError, Settings, address_or_exit, load

SECRET = "s" * 32
PRODUCTION = {
    "LMS_ENV": "production",
    "DATABASE_URL": "postgresql://lms:hunter2@db.internal:5432/lms",
    "STORAGE_URL": "s3://bucket/prefix",
    "SECRET_KEY": SECRET,
    "BASE_URL": "https://lms.example.com",
}
DEFAULTS: dict[str, Any] = {
    "LMS_ENV": "development",
    "DATABASE_URL": "sqlite:///lms.sqlite",
    "STORAGE_URL": "file:instance/files",
    "SECRET_KEY": DEVELOPMENT_SECRET,
    "BASE_URL": "http://127.0.0.1:8000",
    "ALLOWED_HOSTS": (),
    "CORS_ORIGINS": (),
    "OIDC_ISSUER": "",
    "OIDC_AUDIENCE": (),
    "OIDC_JWKS_URL": "",
    "OIDC_ROLES_CLAIM": "cognito:groups",
    "OIDC_ADMIN_GROUP": "",
    "OIDC_PROVISION": True,
    "WEB_CONCURRENCY": 1,
    "JOBS": True,
    "LOG_LEVEL": "INFO",
    "GIT_SHA": "unknown",
    "APP_VERSION": "0.0.0+unreleased",
}
BAD = [
    ("LMS_ENV", "staging"),
    ("LMS_ENV", "Production"),
    ("DATABASE_URL", "mysql://lms:hunter2@db/lms"),
    ("DATABASE_URL", "lms.sqlite"),
    ("DATABASE_URL", "postgresql:lms:hunter2@db"),
    ("DATABASE_URL", "postgresql://lms:hunter2@db:port/lms"),
    ("DATABASE_URL", "postgresql://lms:pass@hunter2:word@db/lms"),
    ("DATABASE_URL", "sqlite://folder/lms.sqlite"),
    ("STORAGE_URL", "https://bucket"),
    ("STORAGE_URL", "s3://"),
    ("STORAGE_URL", "s3:bucket"),
    ("STORAGE_URL", "s3://["),
    ("STORAGE_URL", "file:"),
    ("STORAGE_URL", "instance/files"),
    ("SECRET_KEY", "s" * 31),
    ("BASE_URL", "lms.example.com"),
    ("BASE_URL", "ftp://lms.example.com"),
    ("BASE_URL", "https://"),
    ("BASE_URL", "https://lms.example.com/lms"),
    ("BASE_URL", "https://lms.example.com?a=1"),
    ("BASE_URL", "https://lms.example.com#top"),
    ("BASE_URL", "https://lms.example.com:port"),
    ("BASE_URL", "https://lms.example.com:70000"),
    ("BASE_URL", "https://["),
    ("BASE_URL", "https://lms example com"),
    ("BASE_URL", "https://user:word@lms.example.com"),
    ("CORS_ORIGINS", "*"),
    ("CORS_ORIGINS", "https://front.example, front.example"),
    *(
        (name, text)
        for name in ("OIDC_ISSUER", "OIDC_JWKS_URL")
        for text in (
            *("id.example.com", "ftp://id.example.com", "https://", "https://[", "https://id.example.com:port", "file:///etc/passwd"),
            *("https://user:word@id.example.com", "https://id.example.com#top", "https://id example.com", "https://id.example.com\\@evil"),
            f"https://id.example.com/{'x' * 255}",
        )
    ),
    ("OIDC_ISSUER", "https://id.example.com?a=1"),
    ("OIDC_PROVISION", "perhaps"),
    ("WEB_CONCURRENCY", "0"),
    ("WEB_CONCURRENCY", "65"),
    ("WEB_CONCURRENCY", "-1"),
    ("WEB_CONCURRENCY", "1.5"),
    ("WEB_CONCURRENCY", "two"),
    ("WEB_CONCURRENCY", "\u0662"),
    ("WEB_CONCURRENCY", "9" * 5000),
    ("JOBS", "yes"),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_LEVEL", "50"),
]


def field(settings: Settings, name: str) -> Any:
    """The value of the variable `name` in `settings`."""
    return getattr(settings, name.lower())


def test_every_setting_has_a_default_in_development() -> None:
    settings = load({})
    assert {name: field(settings, name) for name in DEFAULTS} == DEFAULTS
    assert not settings.production


def test_every_field_is_in_these_tests_and_says_what_it_is() -> None:
    body = ast.parse(inspect.getsource(Settings)).body[0]
    assert isinstance(body, ast.ClassDef)
    told = {}
    for line, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            told[line.target.id] = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
    assert [item.name.upper() for item in fields(Settings)] == list(DEFAULTS)
    for name, text in told.items():
        assert str(text).startswith(f"{name.upper()}: ")


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_a_blank_value_is_the_default_in_development(name: str) -> None:
    assert field(load({name: ""}), name) == DEFAULTS[name]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("DATABASE_URL", "postgresql://lms:x@db/lms", "postgresql+psycopg://lms:x@db/lms"),
        ("DATABASE_URL", "postgres://lms:x@db/lms?sslmode=require", "postgresql+psycopg://lms:x@db/lms?sslmode=require"),
        ("DATABASE_URL", "postgresql+psycopg://lms:x@db/lms", "postgresql+psycopg://lms:x@db/lms"),
        ("DATABASE_URL", " sqlite:////srv/lms.sqlite ", "sqlite:////srv/lms.sqlite"),
        ("STORAGE_URL", "s3://bucket", "s3://bucket"),
        ("STORAGE_URL", "file:///srv/files", "file:///srv/files"),
        ("BASE_URL", "https://lms.example.com/", "https://lms.example.com"),
        ("BASE_URL", "http://[::1]:8000", "http://[::1]:8000"),
        ("ALLOWED_HOSTS", "a.example, b.example:8000,,", ("a.example", "b.example:8000")),
        ("CORS_ORIGINS", "https://a.example/, http://b.example:3000", ("https://a.example", "http://b.example:3000")),
        ("OIDC_AUDIENCE", "a, b,,", ("a", "b")),
        ("OIDC_JWKS_URL", "https://id.example.com/keys?tenant=1", "https://id.example.com/keys?tenant=1"),
        ("OIDC_ROLES_CLAIM", "roles", "roles"),
        ("OIDC_ADMIN_GROUP", "lms admins", "lms admins"),
        ("OIDC_PROVISION", "False", False),
        ("OIDC_PROVISION", "true", True),
        ("WEB_CONCURRENCY", "64", 64),
        ("JOBS", "off", False),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("GIT_SHA", "abc1234", "abc1234"),
        ("APP_VERSION", "1.2.3", "1.2.3"),
    ],
)
def test_a_good_value_is_taken(name: str, text: str, value: object) -> None:
    assert field(load({name: text}), name) == value


def test_the_hosts_are_those_of_base_url_and_allowed_hosts_in_lower_case() -> None:
    settings = load({"BASE_URL": "https://LMS.example.com:8443", "ALLOWED_HOSTS": "Alias.example.com"})
    assert settings.hosts == {"lms.example.com:8443", "alias.example.com"}


@pytest.mark.parametrize(("name", "text"), BAD)
def test_a_bad_value_ends_start_up_with_one_line_that_names_it(name: str, text: str) -> None:
    with pytest.raises(SystemExit) as end:
        create_app({name: text})
    message = str(end.value.code)
    assert message.startswith(f"lms: {name} ")
    assert "\n" not in message
    assert "hunter2" not in message


def test_production_takes_a_whole_environment() -> None:
    settings = load(PRODUCTION)
    assert settings.production
    assert settings.database_url == "postgresql+psycopg://lms:hunter2@db.internal:5432/lms"


@pytest.mark.parametrize("text", [None, "", "  "])
@pytest.mark.parametrize("name", ["DATABASE_URL", "STORAGE_URL", "SECRET_KEY", "BASE_URL"])
def test_production_has_no_defaults_for_what_matters(name: str, text: str | None) -> None:
    environ = {key: value for key, value in PRODUCTION.items() if key != name} | ({} if text is None else {name: text})
    with pytest.raises(SettingError, match=f"^{name} is not set$"):
        load(environ)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE_URL", "sqlite:///lms.sqlite"),
        ("STORAGE_URL", "file:instance/files"),
        ("STORAGE_URL", "file:///srv/files"),
        ("SECRET_KEY", DEVELOPMENT_SECRET),
    ],
)
def test_production_refuses_what_only_development_may_use(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} "):
        load({**PRODUCTION, name: text})


@pytest.mark.parametrize("issuer", ["https://id.example.com/pool", "https://id.example.com/pool/"])
def test_the_issuer_stays_as_it_is_spelled_and_its_keys_are_below_it(issuer: str) -> None:
    settings = load({**PRODUCTION, "OIDC_ISSUER": issuer, "OIDC_AUDIENCE": "lms"})
    assert settings.oidc_issuer == issuer
    assert settings.oidc_jwks_url == "https://id.example.com/pool/.well-known/jwks.json"


def test_an_issuer_needs_an_audience() -> None:
    with pytest.raises(SettingError, match=r"^OIDC_AUDIENCE is not set: "):
        load({"OIDC_ISSUER": "https://id.example.com"})


@pytest.mark.parametrize("name", ["OIDC_ISSUER", "OIDC_JWKS_URL"])
def test_only_development_asks_a_provider_without_tls(name: str) -> None:
    provider = {"OIDC_ISSUER": "https://id.example.com", "OIDC_AUDIENCE": "lms", name: "http://127.0.0.1:8080/pool"}
    assert field(load(provider), name) == "http://127.0.0.1:8080/pool"
    with pytest.raises(SettingError, match=f"^{name} must be an address of https, "):
        load({**PRODUCTION, **provider})


def test_what_is_wrong_in_production_is_told_without_the_password() -> None:
    with pytest.raises(SettingError) as refusal:
        load({**PRODUCTION, "DATABASE_URL": "mysql://lms:hunter2@db/lms"})
    assert "hunter2" not in str(refusal.value)
    assert "sqlite" not in str(refusal.value)


def test_settings_are_read_from_the_process_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMS_ENV", "nowhere")
    with pytest.raises(SystemExit, match="lms: LMS_ENV must be development or production, not 'nowhere'"):
        create_app()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8" * 5000])
def test_a_bad_port_ends_the_process_with_one_line(port: str) -> None:
    with pytest.raises(SystemExit, match=r"^lms: PORT must be a whole number from 1 to 65535") as ended:
        address_or_exit({"PORT": port})
    assert "\n" not in str(ended.value)


def test_where_it_listens() -> None:
    assert address_or_exit({"PORT": "", "LISTEN": ""}) == "0.0.0.0:8000"
    assert address_or_exit({"PORT": "81", "LISTEN": "127.0.0.1"}) == "127.0.0.1:81"
