"""People, courses, enrolments, assignments, submissions."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import factory

from app.extensions import db
from app.models.assignment_groups import AssignmentGroup
from app.models.assignment_overrides import AssignmentOverride, AssignmentOverrideStudent
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.enrollments import Enrollment
from app.models.favorites import CourseFavorite
from app.models.grading_standards import GradingStandard
from app.models.late_policies import LatePolicy
from app.models.sections import Section
from app.models.submissions import GradeChange, Submission
from app.models.terms import EnrollmentTerm
from app.models.users import User, sortable


class ModelFactory(factory.alchemy.SQLAlchemyModelFactory):
    """The base: the app's own session, committed at once."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session  # noqa: E731
        sqlalchemy_session_persistence = "commit"


class UserFactory(ModelFactory):
    """A user."""

    class Meta:
        model = User

    name = factory.Sequence(lambda n: f"Given{n} Family{n}")
    sortable_name = factory.LazyAttribute(lambda user: sortable(user.name))
    short_name = factory.SelfAttribute("name")
    login_id = factory.Sequence(lambda n: f"user{n}@example.com")
    email = factory.SelfAttribute("login_id")


class CourseFactory(ModelFactory):
    """A published course; `section` makes its default section."""

    class Meta:
        model = Course

    account_id = 1
    name = factory.Sequence(lambda n: f"Course {n}")
    course_code = factory.Sequence(lambda n: f"C{n}")
    workflow_state = "available"
    section = factory.RelatedFactory("tests.factories.SectionFactory", factory_related_name="course", default_section=True)


class TermFactory(ModelFactory):
    """A term."""

    class Meta:
        model = EnrollmentTerm

    account_id = 1
    name = factory.Sequence(lambda n: f"Term {n}")


class SectionFactory(ModelFactory):
    """A section of `course`."""

    class Meta:
        model = Section
        exclude = ("course",)

    course: Any = factory.SubFactory(CourseFactory, section=None)
    course_id = factory.SelfAttribute("course.id")
    name = factory.Sequence(lambda n: f"Section {n}")


class EnrollmentFactory(ModelFactory):
    """`user` in `course` (in its default section) as a student, unless told otherwise."""

    class Meta:
        model = Enrollment
        exclude = ("course", "user")

    course: Any = factory.SubFactory(CourseFactory)
    user: Any = factory.SubFactory(UserFactory)
    course_id = factory.SelfAttribute("course.id")
    user_id = factory.SelfAttribute("user.id")
    course_section_id = factory.LazyAttribute(lambda enrollment: default_section(enrollment.course_id))
    type = "StudentEnrollment"


class FavoriteFactory(ModelFactory):
    """That a course is a favourite."""

    class Meta:
        model = CourseFavorite


class GradingStandardFactory(ModelFactory):
    """Gold from 60 %, else Tin: the account's, unless `account_id` is None and `course_id` is said."""

    class Meta:
        model = GradingStandard

    account_id: int | None = 1
    title = factory.Sequence(lambda n: f"Standard {n}")
    data = factory.LazyFunction(lambda: [("Gold", 60), ("Tin", 0)])


class AssignmentGroupFactory(ModelFactory):
    """A group of `course`."""

    class Meta:
        model = AssignmentGroup
        exclude = ("course",)

    course: Any = factory.SubFactory(CourseFactory)
    course_id = factory.SelfAttribute("course.id")
    name = factory.Sequence(lambda n: f"Group {n}")
    position = factory.Sequence(lambda n: n + 1)


class AssignmentFactory(ModelFactory):
    """A published text assignment of 10 points in `group`."""

    class Meta:
        model = Assignment
        exclude = ("group",)

    group: Any = factory.SubFactory(AssignmentGroupFactory)
    assignment_group_id = factory.SelfAttribute("group.id")
    course_id = factory.SelfAttribute("group.course_id")
    name = factory.Sequence(lambda n: f"Assignment {n}")
    submission_types = factory.LazyFunction(lambda: ["online_text_entry", "online_url"])
    points_possible = 10.0
    workflow_state = "published"
    position = factory.Sequence(lambda n: n + 1)


class LatePolicyFactory(ModelFactory):
    """Of `course`: 10 percent a day of late work, all of missing work."""

    class Meta:
        model = LatePolicy
        exclude = ("course",)

    course: Any = factory.SubFactory(CourseFactory)
    course_id = factory.SelfAttribute("course.id")
    late_submission_deduction_enabled = True
    late_submission_deduction = 10.0
    missing_submission_deduction_enabled = True
    missing_submission_deduction = 100.0


class SubmissionFactory(ModelFactory):
    """First attempt of `user` at `assignment`, handed in on 1 March 2026."""

    class Meta:
        model = Submission
        exclude = ("assignment", "user")

    assignment: Any = factory.SubFactory(AssignmentFactory)
    user: Any = factory.SubFactory(UserFactory)
    assignment_id = factory.SelfAttribute("assignment.id")
    user_id = factory.SelfAttribute("user.id")
    submission_type = "online_text_entry"
    body = "<p>My work.</p>"
    attempt = 1
    submitted_at = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    workflow_state = "submitted"


class OverrideFactory(ModelFactory):
    """An override of `assignment` that sets no date, for nobody yet; with `course_section_id`, for that section."""

    class Meta:
        model = AssignmentOverride
        exclude = ("assignment",)

    assignment: Any = factory.SubFactory(AssignmentFactory, has_overrides=True)
    assignment_id = factory.SelfAttribute("assignment.id")
    title = factory.Sequence(lambda n: f"Override {n}")


class OverrideStudentFactory(ModelFactory):
    """`user` in `override`."""

    class Meta:
        model = AssignmentOverrideStudent
        exclude = ("override", "user")

    override: Any = factory.SubFactory(OverrideFactory)
    user: Any = factory.SubFactory(UserFactory)
    assignment_override_id = factory.SelfAttribute("override.id")
    assignment_id = factory.SelfAttribute("override.assignment_id")
    user_id = factory.SelfAttribute("user.id")


class GradeChangeFactory(ModelFactory):
    """The first grade of `submission`, 9 points from `grader`."""

    class Meta:
        model = GradeChange
        exclude = ("submission", "grader")

    submission: Any = factory.SubFactory(SubmissionFactory)
    grader: Any = factory.SubFactory(UserFactory)
    submission_id = factory.SelfAttribute("submission.id")
    grader_id = factory.SelfAttribute("grader.id")
    real_user_id = factory.SelfAttribute("grader.id")
    score_after = 9.0
    grade_after = "9"
    excused_before = False
    excused_after = False
    attempt = 1


def default_section(course_id: int) -> int:
    """The id of the course's first section."""
    found = db.session.query(Section.id).filter_by(course_id=course_id).order_by(Section.id).first()
    assert found is not None
    db.session.commit()
    return int(found[0])


@contextmanager
def one_commit() -> Iterator[None]:
    """What is made inside is committed once, at the end, in a third of the time; no request may be made before."""
    with patch.object(db.session, "commit", db.session.flush):
        yield
    db.session.commit()
