"""Who may do what: **the whole policy is the table GRANTS**. A route names a right, never a role."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.errors import Forbidden


class Role(StrEnum):
    """What somebody is, in the account or in one course."""

    ADMIN = "AccountAdmin"
    TEACHER = "TeacherEnrollment"
    TA = "TaEnrollment"
    DESIGNER = "DesignerEnrollment"
    STUDENT = "StudentEnrollment"
    OBSERVER = "ObserverEnrollment"
    VISITOR = "Visitor"
    """Signed in, not enrolled, and the course is public."""


class Right(StrEnum):
    """What may be done. The values are the names that GET /courses/:id/permissions answers with."""

    READ = "read"
    READ_DRAFTS = "view_unpublished_items"
    READ_ROSTER = "read_roster"
    READ_GRADES = "view_all_grades"
    GRADE = "manage_grades"
    SUBMIT = "participate_as_student"
    MANAGE_ASSIGNMENTS = "manage_assignments"
    READ_FORUM = "read_forum"
    POST_TO_FORUM = "post_to_forum"
    CREATE_FORUM = "create_forum"
    MODERATE_FORUM = "moderate_forum"
    MANAGE_PAGES = "manage_wiki_update"
    MANAGE_MODULES = "manage_course_content_edit"
    MANAGE_CALENDAR = "manage_calendar"
    MANAGE_STUDENTS = "manage_students"
    MANAGE_STAFF = "manage_admin_users"
    MANAGE_SECTIONS = "manage_sections"
    ADD_FILES = "manage_files_add"
    EDIT_FILES = "manage_files_edit"
    DELETE_FILES = "manage_files_delete"
    MANAGE_COURSE = "update"
    DELETE_COURSE = "delete"
    # of the account
    READ_ACCOUNT = "read_account"
    MANAGE_USERS = "manage_user_logins"
    MANAGE_SIS = "manage_sis"
    CREATE_COURSES = "manage_courses"
    MANAGE_ACCOUNT = "manage_account_settings"
    BECOME_USER = "become_user"


FORUM = frozenset({Right.READ_FORUM, Right.POST_TO_FORUM, Right.CREATE_FORUM})
CONTENT = frozenset({Right.MANAGE_PAGES, Right.MANAGE_MODULES, Right.MODERATE_FORUM, Right.MANAGE_CALENDAR})
FILES = frozenset({Right.ADD_FILES, Right.EDIT_FILES, Right.DELETE_FILES})
COURSE_STAFF = FORUM | CONTENT | FILES | {Right.READ, Right.READ_DRAFTS, Right.READ_ROSTER}
TA = COURSE_STAFF | {Right.READ_GRADES, Right.GRADE, Right.MANAGE_ASSIGNMENTS, Right.MANAGE_STUDENTS}

GRANTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right) - {Right.SUBMIT},
    Role.TEACHER: TA | {Right.MANAGE_STAFF, Right.MANAGE_SECTIONS, Right.MANAGE_COURSE},
    Role.TA: TA,
    Role.DESIGNER: COURSE_STAFF | {Right.MANAGE_ASSIGNMENTS, Right.MANAGE_SECTIONS, Right.MANAGE_COURSE},
    Role.STUDENT: FORUM | {Right.READ, Right.READ_ROSTER, Right.SUBMIT},
    Role.OBSERVER: frozenset({Right.READ, Right.READ_FORUM}),
    Role.VISITOR: frozenset({Right.READ}),
}
"""role -> rights, while the course is available and the enrolment in force."""

STAFF = (Role.TEACHER, Role.TA, Role.DESIGNER)
FINISHED = frozenset({Right.READ, Right.READ_ROSTER, Right.READ_FORUM})
"""What a finished course leaves to those who are not its staff."""


@dataclass(frozen=True, slots=True)
class Membership:
    """One enrolment in force of the caller in a course."""

    role: Role
    section_id: int
    only_section: bool
    """May see and act on people of this section only."""
    observed_id: int | None


@dataclass(frozen=True, slots=True)
class Access:
    """What the caller may do in one course."""

    course_id: int
    course_state: str
    rights: frozenset[Right]
    memberships: tuple[Membership, ...] = ()

    @property
    def staff(self) -> bool:
        """Whether drafts and staff-only fields are shown."""
        return Right.READ_DRAFTS in self.rights

    @property
    def observed_ids(self) -> frozenset[int]:
        """Students whose work the caller may read as their observer."""
        return frozenset(m.observed_id for m in self.memberships if m.observed_id is not None and m.role is Role.OBSERVER)

    @property
    def section_ids(self) -> frozenset[int] | None:
        """The only sections whose people the caller may see; None means all."""
        # Being a student or an observer besides must not lift what limits somebody as staff.
        held = [m for m in self.memberships if m.role in STAFF] or self.memberships
        if Right.CREATE_COURSES in self.rights or not held or not all(m.only_section for m in held):
            return None
        return frozenset(m.section_id for m in held)

    def covers(self, section_id: int | None) -> bool:
        """Whether the caller may act in that section; None stands for the course as a whole."""
        return self.section_ids is None or section_id in self.section_ids


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts in this request."""

    id: int
    admin: bool
    real_id: int
    """Whose token it is: another's than `id` while masquerading."""
    token_id: int
    admin_until: int | None = None
    """When an admin's rights end that only their sign-in gives, in seconds since 1970; None if their account gives them."""

    @property
    def masquerading(self) -> bool:
        """Whether an admin acts as somebody else."""
        return self.id != self.real_id

    @property
    def rights(self) -> frozenset[Right]:
        """Rights in the account."""
        return GRANTS[Role.ADMIN] if self.admin else frozenset()


def access_to(course_id: int, course_state: str, memberships: Iterable[Membership], *, admin: bool, public: bool) -> Access:
    """What those memberships allow in a course in that state ("unpublished", "available", "completed" or "deleted")."""
    held = tuple(memberships)
    rights: set[Right] = set(GRANTS[Role.ADMIN]) if admin else set()
    for membership in held:
        rights |= _in_state(membership.role, course_state)
    if public and not held:
        rights |= _in_state(Role.VISITOR, course_state)
    return Access(course_id, course_state, frozenset(rights), held)


def _in_state(role: Role, course_state: str) -> frozenset[Right]:
    if course_state == "available" or (role in STAFF and course_state != "deleted"):
        return GRANTS[role]
    return GRANTS[role] & FINISHED if course_state == "completed" else frozenset()


def learner(mine: Access, caller_id: int) -> int:
    """As whom somebody who is not staff walks through the course: as themselves, or as the student they observe."""
    studies = any(membership.role is Role.STUDENT for membership in mine.memberships)
    return caller_id if studies else min(mine.observed_ids, default=caller_id)


def learner_or_none(mine: Access, caller_id: int) -> int | None:
    """The same; None for staff, who walk as nobody."""
    return None if mine.staff else learner(mine, caller_id)


def require(allowed: bool, message: str | None = None) -> None:
    """Raise Forbidden unless `allowed`."""
    if not allowed:
        raise Forbidden(message)


def enrolling(enrollment_type: str) -> Right:
    """The right it takes to enrol, conclude or remove somebody of that enrolment type."""
    return Right.MANAGE_STUDENTS if enrollment_type in (Role.STUDENT, Role.OBSERVER) else Right.MANAGE_STAFF
