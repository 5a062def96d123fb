"""Commands: flask --app wsgi create-admin, create-token, seed, demo, work."""

import os
import signal
import socket
import sys
from urllib.parse import urlsplit

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.config import Settings
from app.extensions import db
from app.jobs.worker import Worker
from app.logs import first_line
from app.models.users import User
from app.services import tokens, users
from app.services.readiness import MIGRATIONS
from app.services.seed import ADMIN, STUDENT, TEACHER, plant


class OneLineErrors(click.Command):
    """A command that tells of database trouble in one line, not in a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run it."""
        try:
            return super().invoke(ctx)
        except SQLAlchemyError as problem:
            hint = "is it there, and has `flask --app wsgi db upgrade` been run?"
            raise click.ClickException(f"the database refused: {first_line(problem)} ({hint})") from problem


def register(app: Flask) -> None:
    """Attach the commands to `app`."""
    for command in (create_admin, create_token, seed, demo, work):
        app.cli.add_command(command)
    # Alembic is a fifth of the start-up time and only commands need it: `flask` says that it runs one, gunicorn does not.
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true" or "flask_migrate" in sys.modules:
        from flask_migrate import Migrate

        Migrate(app, db, directory=str(MIGRATIONS))


@click.command("create-admin", cls=OneLineErrors)
@with_appcontext
@click.argument("email")
def create_admin(email: str) -> None:
    """Create or find the admin EMAIL; print a fresh access token, alone, on standard output."""
    email = email.strip()
    if "@" not in email.strip("@") or any(letter.isspace() or not letter.isprintable() for letter in email):
        raise click.UsageError(f"{email!r} is not an e-mail address.")
    user = _user(email) or users.create(login_id=email, name=email.partition("@")[0])
    user.admin = True
    _, secret = tokens.issue(user.id, "create-admin")
    db.session.commit()
    click.echo(secret)


@click.command("create-token", cls=OneLineErrors)
@with_appcontext
@click.argument("login")
@click.option("--purpose", default="create-token", show_default=True, help="What it is for.")
def create_token(login: str, purpose: str) -> None:
    """Print a fresh access token for the user who signs in as LOGIN, alone, on standard output."""
    user = _user(login)
    if user is None:
        raise click.ClickException(f"there is no user {login!r}")
    _, secret = tokens.issue(user.id, purpose)
    db.session.commit()
    click.echo(secret)


@click.command("seed", cls=OneLineErrors)
@with_appcontext
def seed() -> None:
    """Fill an empty database with a believable bootcamp: 3 courses, teachers, 40 students, graded work."""
    _refuse_in_production()
    if db.session.scalar(select(func.count(User.id)).where(User.workflow_state != "deleted")):
        click.echo("There are users already: nothing was changed.")
        return
    plant(current_app.extensions["lms_storage"])
    db.session.commit()
    click.echo("Planted a bootcamp: 3 courses, 40 students.")


@click.command("demo", cls=OneLineErrors)
@with_appcontext
@click.pass_context
def demo(context: click.Context) -> None:
    """Bring the schema up to date, seed an empty database, and print fresh tokens to try: what `make run` does first."""
    _refuse_in_production()
    settings: Settings = current_app.config["LMS"]
    _require_free_port(settings.base_url)
    from flask_migrate import upgrade  # see register()

    upgrade(directory=str(MIGRATIONS))
    context.invoke(seed)
    api = f"{settings.base_url}/api/v1"
    click.echo(f"\n  LMS   {settings.base_url}\n  docs  {settings.base_url}/docs\n")
    for role, login, path in (("admin", ADMIN, "accounts/1/users"), ("teacher", TEACHER, "courses"), ("student", STUDENT, "users/self")):
        user = _user(login)
        if user is None:
            continue  # somebody else's data, or deleted since
        _, secret = tokens.issue(user.id, "make run")
        click.echo(f"  {role:<8}{secret}\n          curl -H 'Authorization: Bearer {secret}' {api}/{path}\n")
    db.session.commit()


@click.command("work")
@with_appcontext
def work() -> None:
    """Work on jobs until SIGTERM, for servers that run with JOBS=off."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    worker = Worker(app.app_context, app.extensions["lms_storage"])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


def _require_free_port(base_url: str) -> None:
    """Say so now, not after the tokens, if nothing can listen where BASE_URL points."""
    port = urlsplit(base_url).port or 80
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise click.ClickException(
                f"port {port} cannot be used ({problem.strerror}): choose another, as in `PORT=8001 make run`"
            ) from problem


def _refuse_in_production() -> None:
    settings: Settings = current_app.config["LMS"]
    if settings.production:
        raise click.ClickException("this makes up people and grades: it is refused in production")


def _user(login: str) -> User | None:
    found = select(User).where(func.lower(User.login_id) == func.lower(login), User.workflow_state != "deleted")
    return db.session.scalars(found).first()
