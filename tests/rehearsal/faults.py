"""What a bad commit changes: each is a function of the folder that is about to be committed.

Where the boot on the runner would catch a fault, there is none: BASE_URL tells the cloud from that boot.
"""

import json
import re
from pathlib import Path
from typing import Any

from image.boot import ADDRESS

MIGRATION = '''"""Fails on a database that is in use."""

import sqlalchemy as sa
from alembic import op

revision = "9999_fault"
down_revision = "{head}"
branch_labels = None
depends_on = None
contract = False


def upgrade() -> None:
    """Passes on an empty database, as at the boot on the runner."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM users")).scalar():
        {act}


def downgrade() -> None:
    """Nothing was done."""
'''
LOCKED = "calendar_events"
"""The table whose lock the migration waits for; those that only read others do not notice."""
WRONG = "0" * 40
"""What the app says its commit is, where it answers wrongly."""


def _in_the_cloud(folder: Path, *lines: str) -> None:
    """Let gunicorn's configuration do that, but only where the server serves."""
    path = folder / "gunicorn.conf.py"
    block = "".join(f"    {line}\n" for line in lines)
    path.write_text(path.read_text() + f'\nif settings.base_url != "{ADDRESS}":\n{block}')


def _wrapped(folder: Path, path: str, status: str, body: str) -> None:
    """Let the app answer that to GET `path`, but only where it serves."""
    file = folder / "wsgi.py"
    file.write_text(
        file.read_text()
        + f"""
if app.config["LMS"].base_url != "{ADDRESS}":

    def answer() -> tuple[str, int, dict[str, str]]:
        return '{body}', {status}, {{"Content-Type": "application/json"}}

    app.view_functions[next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == "{path}")] = answer
"""
    )


def _edited(folder: Path, change: Any) -> None:
    """Let `change` edit the container in task-definition.json."""
    file = folder / "task-definition.json"
    definition = json.loads(file.read_text())
    change(definition["containerDefinitions"][0])
    file.write_text(json.dumps(definition, indent=2) + "\n")


def cannot_import(folder: Path) -> None:
    """The app cannot be imported, anywhere."""
    path = folder / "app" / "__init__.py"
    path.write_text(re.sub(r'^(""".*?"""\n)', r'\1\nraise ImportError("broken on purpose")\n', path.read_text(), count=1, flags=re.DOTALL))


def cannot_import_in_the_cloud(folder: Path) -> None:
    """The server cannot be started where it serves: the boot on the runner and the migration pass."""
    _in_the_cloud(folder, 'raise ImportError("broken in the cloud on purpose")')


def listens_elsewhere(folder: Path) -> None:
    """Another port than the task definition's."""
    _in_the_cloud(folder, 'bind = "0.0.0.0:9000"')


def checks_with_curl(folder: Path) -> None:
    """The health check calls a program that the image has not, but for the boot."""
    check = f'test "$BASE_URL" = {ADDRESS} && exec python3 -S -E /srv/lms/app/healthcheck.py; curl -fsS http://localhost:8000/health'
    _edited(folder, lambda container: container["healthCheck"].update(command=["CMD-SHELL", check]))


def is_never_healthy(folder: Path) -> None:
    """The app answers 500 to every health check."""
    _wrapped(folder, "/health", "500", '{"status": "broken on purpose"}')


def starts_slowly(folder: Path) -> None:
    """Five minutes pass before the server listens."""
    _in_the_cloud(folder, "import time", "time.sleep(300)")


def needs_more_memory(folder: Path) -> None:
    """600 MiB, really written to, in a task of 512."""
    _in_the_cloud(folder, 'hoard = b"x" * (600 * 1024 * 1024)')


def gives_up_after_20_seconds(folder: Path) -> None:
    """It waits for something for 20 seconds, and ends with exit code 7 when that does not come."""
    _in_the_cloud(folder, "import sys", "import time", "time.sleep(20)", "sys.exit(7)")


def answers_wrongly(folder: Path) -> None:
    """It is healthy, and /version names another commit."""
    _wrapped(folder, "/version", "200", f'{{"commit": "{WRONG}", "version": "0", "schema_head": ""}}')


def is_not_json(folder: Path) -> None:
    """A comma too many in task-definition.json."""
    path = folder / "task-definition.json"
    path.write_text(path.read_text().replace('"cpu": "256",', '"cpu": "256",,'))


def migration_exits_3(folder: Path) -> None:
    """The newest migration ends with exit code 3 on a database that has users."""
    _migration(folder, "raise SystemExit(3)")


def migration_wants_a_lock(folder: Path) -> None:
    """The newest migration changes a table; on an empty database nobody is in its way."""
    _migration(folder, f'op.add_column("{LOCKED}", sa.Column("fault", sa.Text()))')


def _migration(folder: Path, act: str) -> None:
    marker = folder / "migrations" / ".current-head"
    (folder / "migrations" / "versions" / "9999_fault.py").write_text(MIGRATION.format(head=marker.read_text().strip(), act=act))
    marker.write_text("9999_fault\n")
