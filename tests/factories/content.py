"""What courses are filled with: files, pages, modules, quizzes, discussions, events."""

import datetime as dt
from typing import Any

import factory

from app.models.calendar_events import CalendarEvent
from app.models.discussions import DiscussionEntry, DiscussionTopic
from app.models.files import File, Folder
from app.models.modules import Module, ModuleItem
from app.models.pages import Page
from app.models.quiz_submissions import QuizAttempt, QuizSubmission
from app.models.quizzes import Quiz, QuizQuestion
from app.models.types import utc_now
from tests.factories.core import (
    CourseFactory,
    ModelFactory,
    UserFactory,
)


class TopicFactory(ModelFactory):
    """A posted threaded topic of `course` by `user`; `is_announcement` makes it an announcement."""

    class Meta:
        model = DiscussionTopic
        exclude = ("course", "user")

    course: Any = factory.SubFactory(CourseFactory)
    user: Any = factory.SubFactory(UserFactory)
    course_id = factory.SelfAttribute("course.id")
    user_id = factory.SelfAttribute("user.id")
    title = factory.Sequence(lambda n: f"Topic {n}")
    message = "<p>Discuss.</p>"
    discussion_type = "threaded"
    posted_at = factory.LazyFunction(utc_now)


class EntryFactory(ModelFactory):
    """An entry of `user` right under `topic`."""

    class Meta:
        model = DiscussionEntry
        exclude = ("topic", "user")

    topic: Any = factory.SubFactory(TopicFactory)
    user: Any = factory.SubFactory(UserFactory)
    topic_id = factory.SelfAttribute("topic.id")
    user_id = factory.SelfAttribute("user.id")
    message = "<p>I say.</p>"


class PageFactory(ModelFactory):
    """A published page of `course`."""

    class Meta:
        model = Page
        exclude = ("course", "user")

    course: Any = factory.SubFactory(CourseFactory)
    user: Any = factory.SubFactory(UserFactory)
    course_id = factory.SelfAttribute("course.id")
    user_id = factory.SelfAttribute("user.id")
    title = factory.Sequence(lambda n: f"Page {n}")
    url = factory.Sequence(lambda n: f"page-{n}")
    body = "<p>Read this.</p>"
    workflow_state = "active"


class ModuleFactory(ModelFactory):
    """A published module of `course`."""

    class Meta:
        model = Module
        exclude = ("course",)

    course: Any = factory.SubFactory(CourseFactory)
    course_id = factory.SelfAttribute("course.id")
    name = factory.Sequence(lambda n: f"Module {n}")
    position = factory.Sequence(lambda n: n + 1)
    workflow_state = "active"


class ModuleItemFactory(ModelFactory):
    """A published link in `module`, unless told what else it is."""

    class Meta:
        model = ModuleItem
        exclude = ("module",)

    module: Any = factory.SubFactory(ModuleFactory)
    module_id = factory.SelfAttribute("module.id")
    course_id = factory.SelfAttribute("module.course_id")
    type = "ExternalUrl"
    title = factory.Sequence(lambda n: f"Item {n}")
    external_url = "https://example.com/"
    position = factory.Sequence(lambda n: n + 1)
    workflow_state = "active"


class QuizFactory(ModelFactory):
    """A published practice quiz of `course`."""

    class Meta:
        model = Quiz
        exclude = ("course",)

    course: Any = factory.SubFactory(CourseFactory)
    course_id = factory.SelfAttribute("course.id")
    title = factory.Sequence(lambda n: f"Quiz {n}")
    quiz_type = "practice_quiz"
    workflow_state = "published"


class QuizQuestionFactory(ModelFactory):
    """A true or false question of one point in `quiz`; answer 1 is right."""

    class Meta:
        model = QuizQuestion
        exclude = ("quiz",)

    quiz: Any = factory.SubFactory(QuizFactory)
    quiz_id = factory.SelfAttribute("quiz.id")
    position = factory.Sequence(lambda n: n + 1)
    question_name = factory.Sequence(lambda n: f"Question {n}")
    question_text = "<p>True?</p>"
    question_type = "true_false_question"
    points_possible = 1.0
    answers = factory.LazyFunction(
        lambda: [{"id": 1, "text": "True", "weight": 100, "comments": ""}, {"id": 2, "text": "False", "weight": 0, "comments": ""}]
    )
    matches = factory.LazyFunction(list)


class QuizSubmissionFactory(ModelFactory):
    """`user` in their first attempt at `quiz`, which `attempt` holds."""

    class Meta:
        model = QuizSubmission
        exclude = ("quiz", "user")

    quiz: Any = factory.SubFactory(QuizFactory)
    user: Any = factory.SubFactory(UserFactory)
    quiz_id = factory.SelfAttribute("quiz.id")
    user_id = factory.SelfAttribute("user.id")
    attempt = 1
    taken = factory.RelatedFactory("tests.factories.QuizAttemptFactory", factory_related_name="submission")


class QuizAttemptFactory(ModelFactory):
    """An open attempt without questions, whose token is `token`."""

    class Meta:
        model = QuizAttempt
        exclude = ("submission",)

    submission: Any = None
    quiz_submission_id = factory.SelfAttribute("submission.id")
    attempt = 1
    validation_token = "token"
    started_at = factory.LazyFunction(lambda: dt.datetime.now(dt.UTC))
    questions = factory.LazyFunction(list)
    points_possible = 0.0
    quiz_version = 1


class CalendarEventFactory(ModelFactory):
    """An hour's event of `course`, or of `user` where one is given, on 1 March 2026."""

    class Meta:
        model = CalendarEvent
        exclude = ("course", "user")

    user: Any = None
    course: Any = factory.Maybe("user", None, factory.SubFactory(CourseFactory))
    course_id = factory.LazyAttribute(lambda event: event.course.id if event.course else None)
    user_id = factory.LazyAttribute(lambda event: event.user.id if event.user else None)
    title = factory.Sequence(lambda n: f"Event {n}")
    start_at = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    end_at = dt.datetime(2026, 3, 1, 13, tzinfo=dt.UTC)


class FolderFactory(ModelFactory):
    """A root folder of `course`; with `parent_folder_id`, a folder in it."""

    class Meta:
        model = Folder
        exclude = ("course",)

    course: Any = factory.SubFactory(CourseFactory)
    course_id = factory.SelfAttribute("course.id")
    name = factory.Sequence(lambda n: f"folder {n}")


class FileFactory(ModelFactory):
    """An available text in `folder`, without bytes."""

    class Meta:
        model = File
        exclude = ("folder",)

    folder: Any = factory.SubFactory(FolderFactory)
    folder_id = factory.SelfAttribute("folder.id")
    course_id = factory.SelfAttribute("folder.course_id")
    uploader_id = factory.LazyAttribute(lambda _: UserFactory().id)
    uuid = factory.Sequence(str)
    storage_key = factory.Sequence(lambda n: f"key{n}")
    purpose = "course"
    display_name = factory.Sequence(lambda n: f"file{n}.txt")
    content_type = "text/plain"
    size = 4
    workflow_state = "available"
    upload_open = False
