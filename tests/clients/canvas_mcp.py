"""canvas-mcp of PyPI, an MCP server: what assistants of teachers and students do with its tools."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canvasapi.assignment import Assignment

from tests.acceptance.live import ESSAY, Lms, Person
from tests.clients.canvas_mcp_absent import ABSENT
from tests.clients.checks import Checks, equal, has
from tests.clients.mcp import Session, talk
from tests.clients.places import BIN, environment
from tests.clients.world import CHOICE, World

CROWD = 105
STUDENT_WRITES = "submit_assignment comment_on_my_submission mark_module_item_done create_planner_note"
OWN_EVENTS = "create_personal_calendar_event delete_personal_calendar_event"
SYLLABUS = "<p>Twelve weeks.</p><p>agent_writes: allow</p>"
"""Students' assistants may write only in courses whose syllabus says so."""


@dataclass
class Work:
    """A course and the assistants of its two people."""

    world: World
    teacher: Session
    student: Session
    essay: Assignment
    home: Path

    def ask(self, who: Session, tool: str, **arguments: Any) -> str:
        """Call the tool for the course."""
        return who.call(tool, course_identifier=str(self.world.course.id), **arguments)

    def confirm(self, tool: str, **arguments: Any) -> str:
        """Call a tool of the teacher's that wants to be confirmed, for the course."""
        return self.teacher.confirm(tool, course_identifier=str(self.world.course.id), **arguments)


def courses(work: Work, checks: Checks) -> None:
    """Courses and their people."""
    world, ask, teacher = work.world, work.ask, work.teacher
    for who in (teacher, work.student):
        with checks.check("list_courses, get_my_enrollments, get_my_profile"):
            has(who.call("list_courses"), world.course.name, str(world.course.id))
            has(who.call("get_my_enrollments"), world.course.name)
            has(who.call("get_my_profile"), "Login ID")
    with checks.check("get_course_details, get_course_content_overview, get_course_structure"):
        has(ask(teacher, "get_course_details"), world.course.name, "TeacherEnrollment")
        has(ask(teacher, "get_course_content_overview"), "Pages Summary", "Modules Summary")
        has(ask(teacher, "get_course_structure"), '"total_modules": 0')
    with checks.check("list_users: all, over several pages"):
        equal(ask(teacher, "list_users").count("ID: "), CROWD + 2)
    with checks.check("check_enrollment"):
        has(ask(teacher, "check_enrollment", net_id=world.student.login), "YES")
        has(ask(teacher, "check_enrollment", net_id="nobody@example.com"), "NO")
    with checks.check("update_syllabus, get_syllabus"):
        ask(teacher, "update_syllabus", syllabus_body="<p>Sixteen weeks.</p>")
        work.confirm("update_syllabus", syllabus_body=SYLLABUS, mode="replace")
        has(ask(work.student, "get_syllabus"), "Twelve weeks.")
    with checks.check("create_student_anonymization_map"):
        has(ask(teacher, "create_student_anonymization_map"), f"Students mapped: {CROWD + 1}")


def pages(work: Work, checks: Checks) -> None:
    """Pages."""
    taught, ask, teacher = work.world.taught, work.ask, work.teacher
    with checks.check("create_page, list_pages, get_page_content, get_page_details, get_front_page"):
        ask(teacher, "create_page", title="Welcome", body="<p>Hello</p>", published=True, front_page=True)
        has(ask(work.student, "list_pages"), "Welcome")
        for tool in ("get_page_content", "get_page_details"):
            has(ask(teacher, tool, page_url_or_id="welcome"), "Welcome")
        has(ask(work.student, "get_front_page"), "Hello")
    with checks.check("edit_page_content, update_page_settings, bulk_update_pages, delete_page"):
        ask(teacher, "edit_page_content", page_url_or_id="welcome", new_content="<p>Good morning</p>")
        ask(teacher, "create_page", title="Other", body="<p>x</p>")
        ask(teacher, "update_page_settings", page_url_or_id="other", published=False)
        ask(teacher, "bulk_update_pages", page_urls="welcome,other", editing_roles="teachers")
        work.confirm("delete_page", page_url_or_id="other")
        equal([(page.url, page.editing_roles) for page in taught.get_pages()], [("welcome", "teachers")])
        has(taught.get_page("welcome").body, "Good morning")


def modules(work: Work, checks: Checks) -> None:
    """Modules, and what a student did in them."""
    taught, ask, teacher = work.world.taught, work.ask, work.teacher
    with checks.check("create_module, add_module_item, list_modules, list_module_items, update_module_item"):
        ask(teacher, "create_module", name="Week 1", published=True)
        (module,) = taught.get_modules()
        to_do = {"completion_requirement_type": "must_mark_done"}
        ask(teacher, "add_module_item", module_id=module.id, item_type="Page", page_url="welcome", **to_do)
        ask(teacher, "add_module_item", module_id=module.id, item_type="ExternalUrl", title="Docs", external_url="https://example.com/")
        page, link = module.get_module_items()
        ask(teacher, "update_module_item", module_id=module.id, item_id=link.id, title="Manual", published=True)
        has(ask(work.student, "list_modules", include_items=True), "Week 1", "Manual")
        has(ask(teacher, "list_module_items", module_id=module.id, include_content_details=True), "Welcome", "Manual")
        has(ask(work.student, "mark_module_item_done", module_id=module.id, item_id=page.id), "done")
        seen = work.world.student.through(module).get_module_items()[0]
        equal(seen.completion_requirement["completed"], True)
        work.confirm("delete_module_item", module_id=module.id, item_id=link.id)
        ask(teacher, "update_module", module_id=module.id, name="Week one")
        equal([(one.name, one.items_count) for one in taught.get_modules()], [("Week one", 1)])
    with checks.check("delete_module"):
        work.confirm("delete_module", module_id=taught.create_module({"name": "Gone"}).id)
        equal([one.name for one in taught.get_modules()], ["Week one"])


def files(work: Work, checks: Checks) -> None:
    """Files, and what is wrong with the course's pages."""
    taught, ask, teacher = work.world.taught, work.ask, work.teacher
    with checks.check("upload_course_file, list_course_files, read_course_file, download_course_file"):
        (work.home / "plan.txt").write_text("The plan")
        ask(teacher, "upload_course_file", file_path=str(work.home / "plan.txt"))
        (file,) = taught.get_files()
        has(ask(work.student, "list_course_files"), "plan.txt")
        has(ask(teacher, "read_course_file", file_id=file.id), "plan.txt")
        (work.home / "got").mkdir()
        ask(teacher, "download_course_file", file_id=file.id, save_directory=str(work.home / "got"))
        equal((work.home / "got" / "plan.txt").read_text(), "The plan")
    with checks.check("scan_course_content_accessibility, fix_accessibility_issues"):
        has(ask(teacher, "scan_course_content_accessibility"), "total_violations")
        ask(teacher, "fix_accessibility_issues", dry_run=True)


def assignments(work: Work, checks: Checks) -> None:
    """Assignments made, handed in, graded."""
    world, ask, teacher, student = work.world, work.ask, work.teacher, work.student
    of_essay = {"assignment_id": work.essay.id}
    with checks.check("create_assignment, update_assignment, delete_assignment_with_confirmation"):
        due = {"due_at": "2031-03-01T12:00:00Z"}
        ask(teacher, "create_assignment", name="Report", points_possible=20, submission_types="online_text_entry", **due)
        (made,) = [one for one in world.taught.get_assignments() if one.name == "Report"]
        ask(teacher, "update_assignment", assignment_id=made.id, points_possible=30, published=True)
        made = world.taught.get_assignment(made.id)
        equal((made.points_possible, made.published, made.due_at), (30, True, due["due_at"]))
        work.confirm("delete_assignment_with_confirmation", assignment_id=made.id)
    for who in (teacher, student):
        with checks.check("list_assignments, get_assignment_details"):
            has(ask(who, "list_assignments"), "Essay")
            has(ask(who, "get_assignment_details", **of_essay), "Points Possible: 10")
    with checks.check("submit_assignment, comment_on_my_submission, get_my_submission"):
        arguments = {"course_identifier": str(world.course.id), **of_essay}
        student.confirm("submit_assignment", submission_type="online_text_entry", body="<p>My essay</p>", **arguments)
        ask(student, "comment_on_my_submission", comment="Here it is", **of_essay)
        has(ask(student, "get_my_submission", **of_essay), "Essay", "1 used")
    with checks.check("submit_assignment: a file"):
        upload = {"submission_type": "online_upload", "file_contents": [{"name": "essay.txt", "content_base64": "TXkgZXNzYXk="}]}
        student.confirm("submit_assignment", course_identifier=str(world.course.id), **of_essay, **upload)
        (file,) = work.essay.get_submission(world.student.id).attachments
        equal((file.filename, file.get_contents()), ("essay.txt", "My essay"))
    with checks.check("list_submissions: all, over several pages"):
        equal(ask(teacher, "list_submissions", include_body=True, **of_essay).count("User ID: "), CROWD + 1)
    with checks.check("get_student_submission"):
        has(ask(teacher, "get_student_submission", student_id=world.student.id, **of_essay), "Here it is")
    with checks.check("bulk_grade_submissions"):
        grades = {str(one.id): {"grade": n % 11} for n, one in enumerate([world.student, *world.others[:20]], 5)}
        ask(teacher, "bulk_grade_submissions", grades=grades, rate_limit_delay=0, **of_essay)
        scores = {str(one.user_id): one.score for one in work.essay.get_submissions(per_page=100) if one.score is not None}
        equal(scores, {who: each["grade"] for who, each in grades.items()})
    with checks.check("get_assignment_analytics"):
        has(ask(teacher, "get_assignment_analytics", **of_essay), f"Graded: 21/{CROWD + 1}")


def own(work: Work, checks: Checks) -> None:
    """What a student asks about themselves."""
    ask, student = work.ask, work.student
    with checks.check("get_my_course_grades"):
        has(student.call("get_my_course_grades"), "50.0%")
    with checks.check("get_my_submission_status, get_my_todo_items"):
        has(student.call("get_my_submission_status"), "Essay")
        student.call("get_my_todo_items")
    with checks.check("get_my_assignment_scores, calculate_grade_scenarios"):
        has(ask(student, "get_my_assignment_scores"), "Essay", "5")
        ask(student, "calculate_grade_scenarios", target_percent=90)
    with checks.check("get_my_activity_stream"):
        has(student.call("get_my_activity_stream"), "Questions")
    with checks.check("list_calendar_events, create_personal_calendar_event, delete_personal_calendar_event"):
        made = student.call("create_personal_calendar_event", title="Study", start_at="2031-03-02T10:00:00Z", end_at="2031-03-02T11:00:00Z")
        has(made, "Study")
        has(student.call("list_calendar_events", start_date="2031-03-01", end_date="2031-03-05"), "Study")
    with checks.check("list_quizzes, get_quiz_details"):
        quiz = work.world.taught.create_quiz({"title": "Capitals", "quiz_type": "assignment", "published": True})
        quiz.create_question(question=CHOICE)
        has(ask(student, "list_quizzes"), "Capitals")
        has(ask(student, "get_quiz_details", quiz_id=quiz.id), "Capitals")


def discussions(work: Work, checks: Checks) -> None:
    """Discussions and announcements."""
    taught, ask, teacher, student = work.world.taught, work.ask, work.teacher, work.student
    with checks.check("create_discussion_topic, list_discussion_topics, update_discussion_topic"):
        ask(teacher, "create_discussion_topic", title="Questions", message="<p>Ask</p>")
        (topic,) = taught.get_discussion_topics()
        ask(teacher, "update_discussion_topic", topic_id=topic.id, pinned=True, published=True)
        equal(taught.get_discussion_topic(topic.id).pinned, True)
        has(ask(student, "list_discussion_topics"), "Questions")
        has(ask(student, "get_discussion_topic_details", topic_id=topic.id), "Ask")
    with checks.check("post_discussion_entry, reply_to_discussion_entry and what reads them"):
        ask(student, "post_discussion_entry", topic_id=topic.id, message="Why?")
        (entry,) = topic.get_topic_entries()
        ask(teacher, "reply_to_discussion_entry", topic_id=topic.id, entry_id=entry.id, message="Because.")
        has(ask(teacher, "list_discussion_entries", topic_id=topic.id, include_full_content=True, include_replies=True), "Why?", "Because.")
        has(ask(student, "get_discussion_with_replies", topic_id=topic.id, include_replies=True), "Why?", "Because.")
        has(ask(teacher, "get_discussion_entry_details", topic_id=topic.id, entry_id=entry.id), "Why?", "Because.")
    with checks.check("create_announcement, list_announcements, list_my_announcements"):
        ask(teacher, "create_announcement", title="Exam on Friday", message="<p>Be there.</p>")
        has(ask(student, "list_announcements"), "Exam on Friday")
        has(student.call("list_my_announcements"), "Exam on Friday")
    with checks.check("delete_announcement_with_confirmation, bulk_delete_announcements, delete_announcements_by_criteria"):
        (first,) = taught.get_discussion_topics(only_announcements=True)
        work.confirm("delete_announcement_with_confirmation", announcement_id=first.id)
        made = [taught.create_discussion_topic(title=f"Old {n}", message="x", is_announcement=True) for n in range(3)]
        work.confirm("bulk_delete_announcements", announcement_ids=[made[0].id, made[1].id])
        work.confirm("delete_announcements_by_criteria", criteria={"title_contains": "Old"})
        equal(list(taught.get_discussion_topics(only_announcements=True)), [])


def absent(work: Work, checks: Checks) -> None:
    """Tools for what this LMS does not have: each says that it is not there. One that begins to work is owed a check."""
    for who, tools in ((work.teacher, ABSENT["teacher"]), (work.student, ABSENT["student"])):
        for tool, arguments in tools.items():
            with checks.check(f"{tool}: not there, and it says so"):
                known = {"course": str(work.world.course.id), "assignment": str(work.essay.id), "student": str(work.world.student.id)}
                filled = {key: known.get(value, value) if isinstance(value, str) else value for key, value in arguments.items()}
                text, _ = who.answer(tool, **filled)
                assert "404" in text, f"it is there now, or fails in another way: {text[:300]}"


def work(lms: Lms, home: Path, checks: Checks) -> None:
    """A week of a teacher's and of a student's assistant."""
    world = World(lms, CROWD)
    essay = world.taught.create_assignment({**ESSAY, "name": "Essay", "submission_types": ["online_text_entry", "online_upload"]})

    def environ(person: Person, **more: str) -> dict[str, str]:
        own = {"CANVAS_API_URL": lms.url, "CANVAS_API_TOKEN": person.token, "CANVAS_ALLOW_INSECURE_HTTP": "true"}
        return environment(home, ENABLE_DATA_ANONYMIZATION="false", **own, **more)

    program = BIN / "canvas-mcp-server"
    with (
        talk(program, environ(world.teacher, CANVAS_ROLE="all"), home) as teacher,
        talk(program, environ(world.student, CANVAS_ROLE="student", STUDENT_WRITE_TOOLS=f"{STUDENT_WRITES} {OWN_EVENTS}"), home) as student,
    ):
        with checks.check("more than a hundred tools"):
            assert len(teacher.tools()) > 100
        parts: tuple[Callable[[Work, Checks], None], ...] = (courses, pages, modules, files, assignments, discussions, own, absent)
        for part in parts:
            part(Work(world, teacher, student, essay, home), checks)
