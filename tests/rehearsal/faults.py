"""What a bad commit changes: each is a function of the folder that is about to be committed."""

import re
from pathlib import Path

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
        raise SystemExit(3)


def downgrade() -> None:
    """Nothing was done."""
'''


def cannot_import(folder: Path) -> None:
    """The app cannot be imported, anywhere."""
    path = folder / "app" / "__init__.py"
    path.write_text(re.sub(r'^(""".*?"""\n)', r'\1\nraise ImportError("broken on purpose")\n', path.read_text(), count=1, flags=re.DOTALL))


def cannot_start_in_the_cloud(folder: Path) -> None:
    """The server cannot be started, but only where it serves: the boot on the runner and the migration pass."""
    path = folder / "gunicorn.conf.py"
    path.write_text(path.read_text() + f'\nif settings.base_url != "{ADDRESS}":\n    raise ImportError("broken in the cloud on purpose")\n')


def migration_exits_3(folder: Path) -> None:
    """The newest migration ends with exit code 3 on a database that has users."""
    marker = folder / "migrations" / ".current-head"
    (folder / "migrations" / "versions" / "9999_fault.py").write_text(MIGRATION.format(head=marker.read_text().strip()))
    marker.write_text("9999_fault\n")
