"""A believable bootcamp to look at: 3 courses, their teachers, 40 students, graded work. The same on every database."""

import datetime as dt
import random
from dataclasses import dataclass

from app.extensions import db
from app.grading.notation import grade_of
from app.models.accounts import ROOT_ACCOUNT_ID
from app.models.assignment_groups import AssignmentGroup
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.submissions import GradeChange, Submission, SubmissionComment
from app.models.types import utc_now
from app.models.users import User
from app.services import assignment_groups, assignments, courses, enrollments, seed_content, users
from app.storage import Storage

ADMIN = "admin@example.com"
TEACHER = "jiwoo.kim@example.com"
STUDENT = "student01@example.com"

TEACHERS = ("Jiwoo Kim", "Minseo Park", "Daniel Okafor")
ASSISTANTS = ("Hana Choi", "Lukas Weber", "Soomin Jung")
GIVEN = ("Seojun", "Haeun", "Doyun", "Seoyeon", "Juwon", "Jiyu", "Siwoo", "Chaewon", "Amina", "Mateo")
FAMILY = ("Lee", "Kang", "Yoon", "Rivera")
COURSES = (
    (
        "Backend Engineering with Python",
        "BE-101",
        ("HTTP by hand", "A first Flask service", "Tables and queries", "Tests that fail when they should"),
    ),
    (
        "Cloud and DevOps on AWS",
        "OPS-201",
        ("A container of your own", "From push to deploy", "Least privilege", "Reading a failed deploy"),
    ),
    (
        "Data Engineering Foundations",
        "DATA-110",
        ("Cleaning a messy file", "Modelling a domain", "A pipeline that restarts", "Measuring quality"),
    ),
)
GROUPS = (("Attendance", 20.0), ("Assignments", 50.0), ("Exam", 30.0))
WEEKS = 4
REMARKS = ("Clear and complete.", "Good; name your tests after what they prove.", "Please handle the empty input too.", "Nicely measured.")


@dataclass
class Planted:
    """One course being filled."""

    course: Course
    teacher: User
    students: list[User]
    chance: random.Random
    start: dt.datetime


def plant(storage: Storage) -> None:
    """Add the bootcamp to an empty database; the caller commits. Its first day is five weeks ago."""
    chance = random.Random(2026)  # noqa: S311 - reproducible on purpose, no secret
    start = utc_now().replace(hour=0, minute=0, second=0) - dt.timedelta(weeks=WEEKS + 1)
    users.create(login_id=ADMIN, name="Operations Admin", sis_user_id="A001").admin = True
    teachers = [_person(name, f"T{number:03}") for number, name in enumerate(TEACHERS, 1)]
    assistants = [_person(name, f"TA{number:03}") for number, name in enumerate(ASSISTANTS, 1)]
    names = [f"{given} {family}" for family in FAMILY for given in GIVEN]
    students = [
        users.create(login_id=f"student{number:02}@example.com", name=name, sis_user_id=f"S{number:03}")
        for number, name in enumerate(names, 1)
    ]
    for number, (name, code, titles) in enumerate(COURSES):
        mine = [student for place, student in enumerate(students) if place % 3 == number or place % 4 == number]
        course = _course(name, code, start)
        for staff, kind in ((teachers[number], "TeacherEnrollment"), (assistants[number], "TaEnrollment")):
            enrollments.enroll(course.id, staff.id, kind, "active")
        for student in mine:
            enrollments.enroll(course.id, student.id, "StudentEnrollment", "active")
        planted = Planted(course, teachers[number], mine, chance, start)
        first = _fill(planted, titles)
        seed_content.furnish(storage, course, teachers[number], mine, first)


def _person(name: str, sis_user_id: str) -> User:
    return users.create(login_id=f"{name.lower().replace(' ', '.')}@example.com", name=name, sis_user_id=sis_user_id)


def _course(name: str, code: str, start: dt.datetime) -> Course:
    fields = {"name": name, "course_code": code, "sis_course_id": code, "start_at": start, "apply_assignment_group_weights": True}
    return courses.create(ROOT_ACCOUNT_ID, fields, publish=True)


def _fill(planted: Planted, titles: tuple[str, ...]) -> Assignment:
    """Assignments and grades; the homework of the first week."""
    attendance, work, exam = (
        assignment_groups.create(planted.course.id, {"name": name, "group_weight": weight, "position": place})
        for place, (name, weight) in enumerate(GROUPS, 1)
    )
    homeworks = []
    for week in range(WEEKS):
        due = planted.start + dt.timedelta(weeks=week + 1, hours=14)
        session = _assignment(planted, attendance, f"Week {week + 1}: session", due, points=10.0, types=["none"])
        homework = _assignment(
            planted, work, f"Week {week + 1}: {titles[week]}", due, points=100.0, types=["online_text_entry", "online_url"]
        )
        homeworks.append(homework)
        for student in planted.students:
            _attend(planted, session, student)
            _hand_in(planted, homework, student, graded=week < WEEKS - 1)
    soon = planted.start + dt.timedelta(weeks=WEEKS + 3)
    _assignment(planted, exam, "Final exam", soon, points=100.0, types=["online_text_entry"], unlock_at=soon - dt.timedelta(hours=3))
    _assignment(planted, work, "Team project (draft)", soon, points=200.0, types=["online_url"], published=False)
    return homeworks[0]


def _assignment(
    planted: Planted, group: AssignmentGroup, name: str, due: dt.datetime, *, points: float, types: list[str], **fields: object
) -> Assignment:
    about = {
        "name": name,
        "description": f"<p>{name}. Ask early, show your work.</p>",
        "submission_types": types,
        "points_possible": points,
    }
    return assignments.create(planted.course.id, {"published": True, "assignment_group_id": group.id, "due_at": due, **about, **fields})


def _attend(planted: Planted, session: Assignment, student: User) -> None:
    score = planted.chance.choices((10.0, 5.0, 0.0), weights=(85, 10, 5))[0]
    _grade(planted, Submission(assignment_id=session.id, user_id=student.id, workflow_state="graded"), session, score)


def _hand_in(planted: Planted, homework: Assignment, student: User, *, graded: bool) -> None:
    if homework.due_at is None or planted.chance.random() > 0.9:
        return
    hours = planted.chance.choice((-30, -8, -2, -1, 5, 26))
    work = Submission(
        assignment_id=homework.id,
        user_id=student.id,
        workflow_state="submitted",
        attempt=1,
        submitted_at=homework.due_at + dt.timedelta(hours=hours),
    )
    if planted.chance.random() < 0.5:
        work.submission_type, work.url = "online_url", f"https://git.example.com/{student.sis_user_id}/{homework.id}"
    else:
        work.submission_type, work.body = "online_text_entry", f"<p>My solution to {homework.name}.</p>"
    if graded:
        _grade(planted, work, homework, float(planted.chance.randint(58, 100)))
    else:
        db.session.add(work)


def _grade(planted: Planted, work: Submission, assignment: Assignment, score: float) -> None:
    work.score, work.grade = score, grade_of(score, assignment.grading_type, assignment.points_possible)
    work.workflow_state, work.grader_id, work.graded_at = "graded", planted.teacher.id, assignment.due_at
    db.session.add(work)
    db.session.flush()
    change = GradeChange(submission_id=work.id, score_after=score, grade_after=work.grade, excused_before=False, excused_after=False)
    change.grader_id = change.real_user_id = planted.teacher.id
    change.attempt, change.created_at = work.attempt or 0, work.graded_at or utc_now()
    db.session.add(change)
    if planted.chance.random() < 0.2:
        db.session.add(
            SubmissionComment(
                submission_id=work.id, author_id=planted.teacher.id, attempt=work.attempt, comment=planted.chance.choice(REMARKS)
            )
        )
