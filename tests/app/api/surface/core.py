"""Accounts, users, courses, sections, enrolments, assignments, submissions."""

from typing import Any

from app.extensions import db
from app.models.courses import Course
from app.models.submissions import SubmissionComment, SubmissionVersion
from app.services import tokens
from tests.app.api.surface import ADMIN, CONTENT, GRADERS, MEMBERS, READERS, SIGNED_IN, STAFF, TEACHERS, A, Allowed, C, Feature, U
from tests.conftest import Api
from tests.factories import (
    AssignmentFactory,
    AssignmentGroupFactory,
    CourseFactory,
    EnrollmentFactory,
    SectionFactory,
    SubmissionFactory,
)


def enrolling(kind: str) -> dict[str, Any]:
    return {"enrollment": {"user_id": "{newcomer}", "type": kind, "enrollment_state": "active"}}


SUBMISSIONS = f"{C}/assignments/<ref:assignment>/submissions"
OPERATIONS: dict[str, Allowed] = {
    "GET /accounts": Allowed(SIGNED_IN),
    f"GET {A}": Allowed(ADMIN),
    f"GET {A}/users": Allowed(ADMIN),
    f"POST {A}/users": Allowed(ADMIN, {"pseudonym": {"unique_id": "new@example.com"}}),
    f"DELETE {A}/users/<ref:user>": Allowed(ADMIN),
    f"GET {A}/courses": Allowed(ADMIN),
    f"POST {A}/courses": Allowed(ADMIN, {"course": {"name": "New"}}),
    f"GET {A}/courses/<ref:course>": Allowed(READERS),
    f"GET {A}/enrollments/<ref:enrollment>": Allowed(ADMIN),
    # the user of these is the course's student
    f"GET {U}": Allowed(STAFF | {"student"}),
    f"PUT {U}": Allowed(ADMIN | {"student"}, {"user": {"name": "New Name"}}),
    f"GET {U}/profile": Allowed(STAFF | {"student"}),
    f"GET {U}/tokens": Allowed(ADMIN | {"student"}),
    f"POST {U}/tokens": Allowed(ADMIN | {"student"}, {"token": {"purpose": "x"}}),
    f"DELETE {U}/tokens/<ref:token>": Allowed(ADMIN | {"student"}),
    f"GET {U}/courses": Allowed(ADMIN | {"student"}),
    f"GET {U}/enrollments": Allowed(ADMIN | {"student"}),
    f"GET {U}/courses/<ref:course>/assignments": Allowed(GRADERS | {"student", "observer"}),
    "GET /courses": Allowed(SIGNED_IN),
    f"GET {C}": Allowed(READERS),
    f"PUT {C}": Allowed(CONTENT, {"course": {"name": "New"}}),
    f"DELETE {C}": Allowed(CONTENT, {"event": "conclude"}),
    f"GET {C}/permissions": Allowed(SIGNED_IN),
    f"GET {C}/users": Allowed(MEMBERS),
    f"GET {C}/search_users": Allowed(MEMBERS),
    f"GET {C}/users/<ref:user>": Allowed(MEMBERS),
    f"GET {C}/sections": Allowed(MEMBERS),
    f"POST {C}/sections": Allowed(CONTENT, {"course_section": {"name": "New"}}),
    f"GET {C}/sections/<ref:section>": Allowed(MEMBERS),
    "GET /sections/<ref:section>": Allowed(MEMBERS),
    "PUT /sections/<ref:section>": Allowed(CONTENT, {"course_section": {"name": "New"}}),
    "DELETE /sections/<ref:section>": Allowed(CONTENT),
    "GET /sections/<ref:section>/enrollments": Allowed(MEMBERS),
    "POST /sections/<ref:section>/enrollments": Allowed(GRADERS, enrolling("StudentEnrollment")),
    f"GET {C}/enrollments": Allowed(MEMBERS),
    f"POST {C}/enrollments": Allowed(TEACHERS, enrolling("TaEnrollment")),
    f"DELETE {C}/enrollments/<ref:enrollment>": Allowed(GRADERS, {"task": "conclude"}),
    f"PUT {C}/enrollments/<ref:enrollment>/reactivate": Allowed(GRADERS, state="inactive"),
    f"POST {C}/enrollments/<ref:enrollment>/<any(accept,reject):answer>": Allowed({"student"}),
    f"GET {C}/assignment_groups": Allowed(READERS),
    f"POST {C}/assignment_groups": Allowed(STAFF, {"name": "New"}),
    f"GET {C}/assignment_groups/<ref:group>": Allowed(READERS),
    f"GET {C}/assignment_groups/<ref:group>/assignments": Allowed(READERS),
    f"PUT {C}/assignment_groups/<ref:group>": Allowed(STAFF, {"name": "New"}),
    f"DELETE {C}/assignment_groups/<ref:group>": Allowed(STAFF),
    f"GET {C}/assignments": Allowed(READERS),
    f"POST {C}/assignments": Allowed(STAFF, {"assignment": {"name": "New"}}),
    f"GET {C}/assignments/<ref:assignment>": Allowed(READERS),
    f"PUT {C}/assignments/<ref:assignment>": Allowed(STAFF, {"assignment": {"name": "New"}}),
    f"DELETE {C}/assignments/<ref:assignment>": Allowed(STAFF),
    f"POST {SUBMISSIONS}": Allowed({"student", "peer"}, {"submission": {"submission_type": "online_text_entry", "body": "x"}}),
    f"GET {SUBMISSIONS}": Allowed(GRADERS),
    f"GET {SUBMISSIONS}/<ref:user>": Allowed(GRADERS | {"student", "observer"}),
    f"PUT {SUBMISSIONS}/<ref:user>": Allowed(GRADERS, {"submission": {"posted_grade": "1"}}),
    f"GET {C}/students/submissions": Allowed(READERS),
}
INCLUDES = (
    *("teachers", "total_students", "syllabus_body", "sections", "public_description", "needs_grading_count", "total_scores"),
    *("email", "enrollments", "avatar_url", "bio", "assignments", "submission", "all_dates", "score_statistics"),
    *("submission_comments", "submission_history", "user", "assignment"),
)
LISTS = (
    "/accounts",
    "/accounts/<ref:account>/courses",
    "/accounts/<ref:account>/users",
    "/courses",
    "/courses/<ref:course>/assignment_groups",
    "/courses/<ref:course>/assignment_groups/<ref:group>/assignments",
    "/courses/<ref:course>/assignments",
    "/courses/<ref:course>/assignments/<ref:assignment>/submissions",
    "/courses/<ref:course>/enrollments",
    "/courses/<ref:course>/search_users",
    "/courses/<ref:course>/sections",
    "/courses/<ref:course>/students/submissions",
    "/courses/<ref:course>/users",
    "/sections/<ref:section>/enrollments",
    "/users/<ref:user>/courses",
    "/users/<ref:user>/courses/<ref:course>/assignments",
    "/users/<ref:user>/enrollments",
    "/users/<ref:user>/tokens",
)


def grow(course: Course, caller: Api) -> None:
    """One more of everything around the course, and of what the caller has elsewhere."""
    student = EnrollmentFactory(course=course)
    EnrollmentFactory(course=CourseFactory(), user=caller.user, type="TeacherEnrollment")
    EnrollmentFactory(course=CourseFactory(), user=caller.user)
    SectionFactory(course=course)
    tokens.issue(caller.id, "more")
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    for user_id in (student.user_id, caller.id):
        done = SubmissionFactory(assignment=work, user_id=user_id, user=None, attempt=2, score=5.0, workflow_state="graded")
        db.session.add(SubmissionComment(submission_id=done.id, author_id=user_id, comment="x"))
        past = {"workflow_state": "submitted", "excused": False, "grade_matches_current_submission": True}
        db.session.add(SubmissionVersion(submission_id=done.id, attempt=1, **past))


FEATURE = Feature(OPERATIONS, LISTS, INCLUDES, grow=grow)
