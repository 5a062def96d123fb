"""canvaslms of PyPI, the command line: what a teacher does with it."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.live import ESSAY, Lms
from tests.clients.checks import Checks, equal, has
from tests.clients.places import BIN, SECONDS, environment
from tests.clients.world import CHOICE, World

CROWD = 110
PAGE = """---
title: Welcome
published: true
---
<p>Hello</p>
"""
ASSIGNMENT = """---
name: Report
points_possible: 20
grading_type: percent
published: true
---
<p>Report what you did.</p>
"""
SYLLABUS = "<p>Sixteen weeks.</p>\n"
QUIZ = {"quiz_type": "assignment", "title": "Capitals", "settings": {"published": True}, "questions": [CHOICE]}


@dataclass
class Teacher:
    """Somebody with a shell in which canvaslms is set up."""

    world: World
    home: Path

    def do(self, *arguments: str, no_cache: bool = True) -> str:
        """What `canvaslms ...` prints; it must succeed without a warning about what it asked for."""
        environ = environment(self.home, CANVAS_SERVER=self.world.lms.url, CANVAS_TOKEN=self.world.teacher.token)
        command = [str(BIN / "canvaslms"), *(["--no-cache"] if no_cache else []), *arguments]
        done = subprocess.run(command, env=environ, cwd=self.home, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, f"canvaslms {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-400:]}"
        return done.stdout

    def in_course(self, *arguments: str) -> str:
        """The same, of the course only."""
        return self.do(*arguments, "-c", f"^{self.world.course.course_code}$")

    def file(self, name: str, text: str) -> str:
        """The path of a file with that text."""
        path = self.home / name
        path.write_text(text)
        return str(path)


def rows(output: str) -> list[list[str]]:
    """What it printed as CSV by tabs."""
    return [line.split("\t") for line in output.splitlines()]


def people(teacher: Teacher, checks: Checks) -> None:
    """Courses and their people."""
    world = teacher.world
    with checks.check("courses"):
        equal([row[:3] for row in rows(teacher.do("courses", "-i"))], [[str(world.course.id), world.course.course_code, world.course.name]])
    with checks.check(f"users: all {CROWD + 1} students"):
        listed = rows(teacher.in_course("users", "-s", "-i"))
        equal({int(row[1]) for row in listed}, {world.student.id, *(other.id for other in world.others)})
        equal(len(listed), CROWD + 1)
    with checks.check("users: one of them by name"):
        (row,) = rows(teacher.in_course("users", world.student.name))
        equal((row[1], row[-1] or row[-2]), (world.student.login, world.student.name))


def assignments(teacher: Teacher, checks: Checks) -> None:
    """Assignments made, dated and read."""
    with checks.check("assignments edit --create: from a file"):
        teacher.in_course("assignments", "edit", "--create", "--html", "-f", teacher.file("report.md", ASSIGNMENT))
        (made,) = [one for one in teacher.world.taught.get_assignments() if one.name == "Report"]
        equal((made.points_possible, made.grading_type, made.published), (20, "percent", True))
        equal(made.description.strip(), "<p>Report what you did.</p>")
    with checks.check("assignments set-dates"):
        teacher.in_course("assignments", "set-dates", "-a", "^Report$", "--due-at", "2031-03-01 12:00")
        has(next(row for row in rows(teacher.in_course("assignments", "list")) if "Report" in row)[3], "2031-03-01")
    with checks.check("assignments view"):
        has(teacher.in_course("assignments", "view", "-a", "^Report$", "--html"), "Report what you did.")


def grading(teacher: Teacher, checks: Checks) -> None:
    """Work handed in, read, graded and exported."""
    world = teacher.world
    essay = world.taught.create_assignment({**ESSAY, "name": "Essay", "grading_type": "pass_fail"})
    handed_in = world.student.through(world.course).get_assignment(essay.id)
    handed_in.submit({"submission_type": "online_text_entry", "body": "<p>My essay</p>"})
    me = f"^{world.student.login}$"
    with checks.check("submissions list: all, over several pages"):
        equal(len(rows(teacher.in_course("submissions", "list", "-a", "^Essay$"))), CROWD + 1)
    with checks.check("submissions list -U: what waits for a grade"):
        equal([row[2] for row in rows(teacher.in_course("submissions", "list", "-U", "-a", "^Essay$", "-u", me))], [world.student.name])
    with checks.check("submissions view --json"):
        has(json.dumps(json.loads(teacher.in_course("submissions", "view", "-a", "^Essay$", "-u", me, "--json"))), "My essay")
    with checks.check("grade: with a comment"):
        teacher.in_course("grade", "-a", "^Essay$", "-u", me, "-g", "complete", "-m", "Well done")
        graded = handed_in.get_submission(world.student.id, include=["submission_comments"])
        equal((graded.grade, graded.score, [one["comment"] for one in graded.submission_comments]), ("complete", 10, ["Well done"]))
    with checks.check("submissions view -H: with its history"):
        has(teacher.in_course("submissions", "view", "-a", "^Essay$", "-u", me, "-H"), "Well done")
    with checks.check("results: the export of grades"):
        has(teacher.in_course("results", "-a", "^Essay$", "-i", "login_id"), world.student.login)
    with checks.check("results --missing: who has not handed in"):
        missing = {row[2] for row in rows(teacher.in_course("results", "-a", "^Essay$", "--missing"))}
        equal(missing, {other.login for other in world.others})
    with checks.check("the cache it keeps between commands"):
        equal(teacher.do("courses", no_cache=False), teacher.do("courses", no_cache=False))


def material(teacher: Teacher, checks: Checks) -> None:
    """Pages, modules, the syllabus."""
    with checks.check("pages edit --create, list, view"):
        teacher.in_course("pages", "edit", "--create", "--html", "-f", teacher.file("page.md", PAGE))
        has(teacher.in_course("pages", "list"), "Welcome")
        has(teacher.in_course("pages", "view", "-p", "Welcome", "--html"), "<p>Hello</p>")
    with checks.check("modules create, add-item, require, move, view"):
        teacher.in_course("modules", "create", "Week 1", "--publish")
        teacher.in_course("modules", "add-item", "-t", "page", "--content", "Welcome", "--publish", "Week 1")
        teacher.in_course("modules", "add-item", "-t", "url", "--title", "Docs", "--url", "https://example.com/", "--publish", "Week 1")
        teacher.in_course("modules", "require", "-i", "Welcome", "--must-view", "Week 1")
        teacher.in_course("modules", "move", "-i", "Docs", "-p", "1", "Week 1")
        (module,) = teacher.world.taught.get_modules(include=["items"])
        equal([(one["title"], one["type"]) for one in module.items], [("Docs", "ExternalUrl"), ("Welcome", "Page")])
        equal(module.items[1]["completion_requirement"]["type"], "must_view")
        has(teacher.in_course("modules", "view", "Week 1"), "Welcome")
    with checks.check("modules edit, remove-item, delete"):
        teacher.in_course("modules", "create", "Week 2", "--prerequisite", "Week 1")
        teacher.in_course("modules", "edit", "--name", "Week two", "--publish", "Week 2")
        teacher.in_course("modules", "remove-item", "-i", "Docs", "Week 1")
        teacher.in_course("modules", "delete", "--force", "Week two")
        equal([(one.name, one.items_count) for one in teacher.world.taught.get_modules()], [("Week 1", 1)])
    with checks.check("syllabus edit, view"):
        teacher.in_course("syllabus", "edit", "--html", "-f", teacher.file("syllabus.md", SYLLABUS))
        has(teacher.in_course("syllabus", "view", "--html"), "Sixteen weeks.")


def talk(teacher: Teacher, checks: Checks) -> None:
    """Announcements, discussions, the calendar."""
    with checks.check("discussions announce, list, view"):
        teacher.in_course("discussions", "announce", "Exam on Friday", "-m", "Be there.")
        has(teacher.in_course("discussions", "list", "announcements"), "Exam on Friday")
        has(teacher.in_course("discussions", "view", "announcements", "--title", "Exam"), "Be there.")
    with checks.check("discussions list"):
        teacher.world.taught.create_discussion_topic(title="Questions", message="Ask", published=True)
        has(teacher.in_course("discussions", "list", "discussions"), "Questions")
    with checks.check("calendar create, list, view"):
        teacher.in_course("calendar", "create", "Review", "--start-time", "2031-03-02 10:00", "--end-time", "2031-03-02 11:00")
        when = ("--start-time", "2031-03-01", "--end-time", "2031-03-05")
        has(teacher.in_course("calendar", "list", *when), "Review")
        has(teacher.in_course("calendar", "view", "--title", "Review", *when), "Review")


def quizzes(teacher: Teacher, checks: Checks) -> None:
    """Classic quizzes."""
    with checks.check("quizzes create --type classic: from a file, with a question"):
        teacher.in_course("quizzes", "create", "--type", "classic", "-f", teacher.file("quiz.json", json.dumps(QUIZ)))
        (quiz,) = teacher.world.taught.get_quizzes()
        equal((quiz.title, quiz.question_count), ("Capitals", 1))
    with checks.check("quizzes list, view, export"):
        has(teacher.in_course("quizzes", "list"), "Capitals")
        has(teacher.in_course("quizzes", "view", "-a", "Capitals"), "Seoul")
        has(json.dumps(json.loads(teacher.in_course("quizzes", "export", "-a", "Capitals", "-I"))), "Seoul")
    with checks.check("quizzes items list"):
        has(teacher.in_course("quizzes", "items", "list", "-a", "Capitals"), "Capital")


def work(lms: Lms, home: Path, checks: Checks) -> None:
    """A teacher's week."""
    teacher = Teacher(World(lms, CROWD), home)
    for part in (people, assignments, grading, material, talk, quizzes):
        part(teacher, checks)
