"""What a course of the bootcamp is furnished with: a module of each kind of content, talk, a date in the calendar."""

import datetime as dt

from app.extensions import db
from app.models.assignments import Assignment
from app.models.courses import Course
from app.models.discussions import DiscussionTopic
from app.models.files import Owner
from app.models.types import utc_now
from app.models.users import User
from app.services import (
    calendar_events,
    discussion_entries,
    discussions,
    files,
    folders,
    graded_discussions,
    module_items,
    modules,
    pages,
    quiz_questions,
    quizzes,
)
from app.services.permissions import GRANTS, Access, Caller, Role
from app.storage import Storage

SYLLABUS = """Week 1  Set up, first commit
Week 2  Build
Week 3  Test
Week 4  Deploy
"""
QUESTIONS = (
    ("Which command shows what you would commit?", ("git diff --staged", "git push")),
    ("What should a test do when the code is wrong?", ("Fail", "Pass")),
)


def furnish(storage: Storage, course: Course, teacher: User, students: list[User], homework: Assignment) -> None:
    """Fill a new course that has `homework` already."""
    author = Caller(id=teacher.id, admin=False, real_id=teacher.id, token_id=0)
    access = Access(course.id, "available", GRANTS[Role.TEACHER])
    page = pages.create(course.id, {"title": "Welcome", "body": WELCOME, "published": True, "front_page": True}, author)
    week = modules.create(course.id, {"name": "Week 1", "published": True})
    talk = discussions.create(
        access, author, {"title": "Introduce yourself", "message": "<p>Who are you?</p>", "discussion_type": "threaded"}
    )
    for kind, content_id, requirement in (
        ("Page", page.id, "must_view"),
        ("Assignment", homework.id, "must_submit"),
        ("File", _file(storage, course, author), None),
        ("Quiz", _quiz(course, author), "must_submit"),
        ("Discussion", talk.id, "must_contribute"),
    ):
        item = {"type": kind, "content_id": content_id, "completion_requirement": {"type": requirement}}
        module_items.create(week, item, author)
    link = {"type": "ExternalUrl", "title": "The Python tutorial", "external_url": "https://docs.python.org/3/tutorial/"}
    module_items.create(week, link, author)
    _talk(access, author, talk.id, students)
    soon = (utc_now() + dt.timedelta(days=3)).replace(hour=10, minute=0, second=0)
    visit = {"title": "Guest talk", "start_at": soon, "end_at": soon + dt.timedelta(hours=1), "location_name": "Room 1"}
    calendar_events.create(calendar_events.Context("course", course.id), visit, None, dt.UTC)


WELCOME = "<h2>Welcome</h2><p>Read the syllabus, hand in the first assignment, take the quiz.</p>"


def _file(storage: Storage, course: Course, author: Caller) -> int:
    owner = Owner(course_id=course.id)
    content = SYLLABUS.encode()
    file = files.start(owner, author, "syllabus.txt", "text/plain", len(content), folder_id=folders.root(owner))
    files.keep(storage, file, content)
    return file.id


def _quiz(course: Course, author: Caller) -> int:
    quiz = quizzes.create(course.id, {"title": "Warm-up", "quiz_type": "practice_quiz", "allowed_attempts": -1, "published": True})
    for text, (right, wrong) in QUESTIONS:
        answers = [{"text": right, "weight": 100}, {"text": wrong, "weight": 0}]
        question = {"question_type": "multiple_choice_question", "question_text": text, "points_possible": 1.0, "answers": answers}
        quiz_questions.create(quiz, question, author)
    return quiz.id


def _talk(access: Access, author: Caller, topic_id: int, students: list[User]) -> None:
    """An announcement, a graded discussion, and what two students wrote."""
    discussions.create(access, author, {"title": "We begin on Monday", "message": "<p>At nine.</p>", "is_announcement": True})
    debate = discussions.create(access, author, {"title": "Tests first?", "message": "<p>Take a side.</p>", "discussion_type": "threaded"})
    graded_discussions.grade(debate, {"points_possible": 5.0}, author)
    db.session.flush()
    for student, target, text in ((students[0], topic_id, "<p>Hello!</p>"), (students[1], debate.id, "<p>Always.</p>")):
        writer = Caller(id=student.id, admin=False, real_id=student.id, token_id=0)
        topic = discussions.target(access, writer, DiscussionTopic.id == target)
        discussion_entries.write(topic, writer, text)
        if topic.assignment_id is not None:
            graded_discussions.written(topic.assignment_id, writer.id)
