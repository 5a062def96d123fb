"""What the Dockerfile and the app must agree on; building and booting the image is another matter."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import address_or_exit

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = DOCKERFILE.split("\nFROM ")[1:]


def test_both_stages_stand_on_the_same_base_that_can_be_replaced() -> None:
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert [stage.split()[0] for stage in STAGES] == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]


def test_everything_that_is_copied_is_there_and_let_in() -> None:
    copied = {name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()}
    assert copied == {"requirements.txt", "image/slim.py", "wsgi.py", "gunicorn.conf.py", "migrations", "app"}
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    assert {line[1:] for line in ignore if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_health_check_is_in_the_image_and_asks_the_port_that_is_served() -> None:
    script = re.search(r'CMD \["python3", "-S", "-E", "/srv/lms/(.+)"\]', DOCKERFILE)
    assert script and (ROOT / script[1]).exists()
    port = re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)
    assert port
    assert address_or_exit({}) == f"0.0.0.0:{port[1]}"
    assert f'"PORT", "{port[1]}"' in (ROOT / "app/healthcheck.py").read_text()


@pytest.mark.parametrize("needed", ["USER 10001:10001", "VOLUME /tmp", "LMS_ENV=production", "--require-hashes", "compileall"])
def test_the_image_runs_as_nobody_from_locked_and_compiled_files(needed: str) -> None:
    assert needed in DOCKERFILE


@pytest.mark.parametrize("label", ["org.opencontainers.image.revision", "org.opencontainers.image.version", "schema.head", "schema.floor"])
def test_the_image_says_what_it_is(label: str) -> None:
    assert f'{label}="${{' in DOCKERFILE


def test_no_secret_has_a_place_in_the_image() -> None:
    assert not re.search(r"SECRET|PASSWORD|DATABASE_URL|TOKEN", DOCKERFILE)


def test_nothing_that_the_image_lacks_is_needed_to_serve_or_to_migrate() -> None:
    removed = tuple(re.findall(r"-path '\*/([\w/]+)'", DOCKERFILE))
    assert len(removed) == 7
    names = tuple(name.replace("/", ".") for name in removed)
    program = (
        "import sys\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.startswith({names!r}): raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        "from flask_migrate import upgrade\n"
        "from app import create_app\n"
        "from app.services.readiness import MIGRATIONS\n"
        "app = create_app({'DATABASE_URL': 'sqlite://', 'OIDC_ISSUER': 'https://id.test', 'OIDC_AUDIENCE': 'lms'})\n"
        "with app.app_context(): upgrade(directory=str(MIGRATIONS))\n"
        "assert app.test_client().get('/api/openapi.json', base_url='http://127.0.0.1:8000').status_code == 200\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
