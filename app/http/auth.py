"""Who calls, and what they may do in the course that the path names: one statement a request."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from flask import current_app, g, request
from sqlalchemy import ColumnElement, Select, and_, bindparam, join, null, or_, select
from sqlalchemy.exc import DBAPIError

from app.errors import Invalid, InvalidToken, NotFound, Unauthenticated
from app.extensions import db
from app.http.hosts import base_url
from app.http.lookup import Ref, matches, value_of
from app.http.oidc import SignedIn, Verifier, looks_signed
from app.http.request import params
from app.logs import log
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.enrollments import Enrollment, in_force
from app.models.files import File, Folder
from app.models.identities import Identity
from app.models.jobs import Job
from app.models.quiz_submissions import QuizSubmission
from app.models.quizzes import Quiz
from app.models.reads import read
from app.models.sections import Section
from app.models.tokens import AccessToken
from app.models.types import AnyRow, Rows, utc_now
from app.models.users import User
from app.serializers.viewer import Viewer
from app.services import identities
from app.services.permissions import Access, Caller, Membership, Right, Role, access_to, require
from app.services.tokens import hash_token

READING = ("GET", "HEAD")
PERSON = "person of the identity provider"
"""A kind of reference that no parameter can spell."""
PLACES: dict[str, tuple[Any, Select[Any]]] = {
    "section": (Section, select(Section.course_id)),
    "assignment": (Assignment, select(Assignment.course_id)),
    "file": (File, select(File.course_id)),
    "folder": (Folder, select(Folder.course_id)),
    "progress": (Job, select(Job.course_id)),
    "quiz_submission": (QuizSubmission, select(Quiz.course_id).join(QuizSubmission, QuizSubmission.quiz_id == Quiz.id)),
}
"""What else than a course a path may name that lies in one, and how its course is found."""


def authenticate(most_bytes: int | None = None) -> None:
    """Find the caller, and their access to the path's course. Raises Unauthenticated, InvalidToken or Forbidden.

    An admin may send a body of `most_bytes`; it is read after their token, and not at all for anybody else if it is larger than usual.
    """
    if request.method in READING:
        reads_only()
    provider: Verifier | None = current_app.extensions["lms_oidc"]
    secret, in_header = _secret()
    # A JWT in a query would be written into logs and histories: there only our own tokens, as in Canvas.
    if provider is not None and in_header and looks_signed(secret):
        rows = _sign_in(provider.verify(secret), provision=provider.settings.oidc_provision)
    else:
        rows = _rows(hash_token(secret))
        if not rows:
            raise InvalidToken
        g.caller = Caller(id=rows[0].id, admin=rows[0].admin, real_id=rows[0].id, token_id=rows[0].token_id)
    if most_bytes is not None and g.caller.admin:
        request.max_content_length = most_bytes
    wanted = params().get("as_user_id")
    if wanted is not None and wanted != "":
        rows = _become(str(wanted))
    g.access = _access(rows, g.caller)


def _sign_in(person: SignedIn, *, provision: bool) -> Sequence[AnyRow]:
    """Go on as the user who is that person. Their group gives an admin's rights to this request only: nothing of it is stored."""
    rows = _rows(person=person)
    if not rows:
        db.session.rollback()  # out of AUTOCOMMIT, if this is a read: a user and what links them are made together
        who = (person.issuer, person.subject)
        if identities.user_for(*who, name=person.name, email=person.email, provision=provision) is None:
            raise InvalidToken
        db.session.commit()
        if request.method in READING:
            reads_only()
        rows = _rows(person=person)
    if not rows:
        raise InvalidToken  # deleted in this very moment
    first = rows[0]
    until = person.expires if person.admin and not first.admin else None
    g.caller = Caller(id=first.id, admin=first.admin or person.admin, real_id=first.id, token_id=0, admin_until=until)
    return rows


def reads_only() -> None:
    """Nothing is written: no transaction, so neither BEGIN nor ROLLBACK goes to the database and back."""
    db.session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


def act_as(user_id: int, admin_until: int | None = None) -> None:
    """Go on as that user, whom a signature names in place of a token, or as an admin if it says so. Raises NotFound if they are no more."""
    rows = _rows(user=Ref("id", str(user_id)))
    if not rows:
        raise NotFound
    admin = rows[0].admin or admin_until is not None
    g.caller = Caller(id=user_id, admin=admin, real_id=user_id, token_id=0, admin_until=None if rows[0].admin else admin_until)
    g.access = _access(rows, g.caller)


def _secret() -> tuple[str, bool]:
    """The token, and whether it came in the header."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    in_header = scheme.lower() == "bearer"
    secret = secret.strip() if in_header else request.args.get("access_token", "")
    if not secret:
        raise Unauthenticated
    return secret, in_header


def _become(wanted: str) -> Sequence[AnyRow]:
    """Masquerade: admins only, and never as another admin."""
    try:
        ref = Ref.parse(wanted)
    except ValueError as problem:
        raise Invalid.field("as_user_id", str(problem)) from problem
    mine = g.caller
    if ref.kind == "self" or ref.id == mine.id:
        return _rows(user=Ref("id", str(mine.id)), token_id=mine.token_id)
    may = Right.BECOME_USER in mine.rights
    rows = _rows(user=ref, token_id=mine.token_id) if may or ref.kind != "id" else ()
    if rows and rows[0].id == mine.id:
        return rows
    require(may)
    if not rows:
        raise NotFound
    them = rows[0]
    require(not them.admin, "nobody may act as another admin")
    g.caller = Caller(id=them.id, admin=False, real_id=mine.id, token_id=mine.token_id)
    if request.method not in READING:
        log.info("masquerade", user=them.id, real_user=mine.id, route=str(request.url_rule))
    return rows


def _rows(token_hash: bytes = b"", user: Ref | None = None, token_id: int = 0, person: SignedIn | None = None) -> Sequence[AnyRow]:
    """The caller's row, once for each enrolment in force in the path's course."""
    path = request.view_args or {}
    where = next((kind for kind in ("course", *PLACES) if isinstance(path.get(kind), Ref)), None)
    ref: Ref | None = path.get(where) if where else None
    statement = _statement(where, ref.kind if ref else "", PERSON if person else user.kind if user else "")
    values = {
        "hash": token_hash,
        "now": utc_now(),
        "token_id": token_id,
        "place": value_of(ref) if ref else 0,
        "person": value_of(user) if user else 0,
        "issuer": person.issuer if person else "",
        "subject": person.subject if person else "",
    }
    try:
        return read(statement, values).all()
    except DBAPIError as problem:
        if not problem.connection_invalidated:
            raise
        # A pooled connection had died (the database was restarted): this is the first statement, so ask on a new one.
        db.session.rollback()
        return read(statement, values).all()


@cache
def _statement(place: str | None, place_kind: str, person_kind: str) -> Rows:
    """Token, identity or (masquerading) reference -> user, joined with the course that the path names and their enrolments there."""
    now = bindparam("now", type_=Enrollment.start_at.type)
    columns: list[Any] = [bindparam("token_id", type_=AccessToken.id.type).label("token_id")]
    source: Any = User
    if person_kind == PERSON:
        source = join(Identity, User, Identity.user_id == User.id)
        condition = and_(Identity.issuer == bindparam("issuer"), Identity.subject == bindparam("subject"), Identity.user_id == User.id)
    elif person_kind:
        condition = matches(User, person_kind, bindparam("person"))
    else:
        source = join(AccessToken, User, AccessToken.user_id == User.id)
        columns = [AccessToken.id.label("token_id")]
        alive = or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > now)
        condition = and_(AccessToken.token_hash == bindparam("hash"), AccessToken.user_id == User.id, alive)
    condition = and_(condition, User.workflow_state.not_in(("deleted", "suspended")))
    columns += [User.id, User.admin]
    if place is None:
        return select(*columns, null().label("course_id")).where(condition)
    columns += [Course.id.label("course_id"), Course.workflow_state, Course.is_public, Course.is_public_to_auth_users]
    columns += [Enrollment.type, Enrollment.course_section_id, Enrollment.limit_privileges_to_course_section, Enrollment.associated_user_id]
    mine = and_(Enrollment.course_id == Course.id, Enrollment.user_id == User.id, in_force(now))
    return select(*columns).select_from(source).outerjoin(Course, _named(place, place_kind)).outerjoin(Enrollment, mine).where(condition)


def _named(place: str, kind: str) -> ColumnElement[bool]:
    """The course that the path names itself or by something in it."""
    if place == "course":
        return matches(Course, kind, bindparam("place"))
    model, course_id = PLACES[place]
    named = matches(model, kind, bindparam("place"))
    if model is Section:
        named = and_(named, Section.workflow_state != "deleted")
    return Course.id == course_id.where(named).scalar_subquery()


def _access(rows: Sequence[AnyRow], caller: Caller) -> Access | None:
    first = rows[0]
    if first.course_id is None:
        return None
    held = [
        Membership(Role(row.type), row.course_section_id, row.limit_privileges_to_course_section, row.associated_user_id)
        for row in rows
        if row.type is not None and row.course_id == first.course_id
    ]
    public = first.is_public or first.is_public_to_auth_users
    return access_to(first.course_id, first.workflow_state, held, admin=caller.admin, public=public)


def caller() -> Caller:
    """Who acts in this request."""
    found: Caller = g.caller
    return found


def access(*, deleted: bool = False) -> Access:
    """The caller's access to the path's course. Raises NotFound where there is none such; `deleted` ones only if asked for."""
    found: Access | None = g.access
    if found is None or (found.course_state == "deleted" and not deleted):
        raise NotFound
    return found


def access_or_none() -> Access | None:
    """The caller's access to the course that the path's thing is in, if it is in one that is not deleted."""
    found: Access | None = g.access
    return None if found is None or found.course_state == "deleted" else found


def require_right(right: Right) -> Access:
    """The caller's access to the path's course, with that right in it. Raises NotFound or Forbidden."""
    found = access()
    require(right in found.rights)
    return found


def require_account_right(right: Right) -> Caller:
    """The caller, with that right in the account. Raises Forbidden."""
    found = caller()
    require(right in found.rights)
    return found


def viewer() -> Viewer:
    """For serializers: who looks, and where links begin."""
    mine: Access | None = g.access
    staff = g.caller.admin or (mine is not None and mine.staff)
    return Viewer(base_url=base_url(), user_id=g.caller.id, admin=g.caller.admin, staff=staff, now=utc_now())
