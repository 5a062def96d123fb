"""The history of grades: recorded on every path, told to those who grade, day by day and as an audit log."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import time_machine

from app.extensions import db
from app.models.courses import Course
from app.models.enrollments import Enrollment
from tests.app.api.quizzes import answer, begin, complete, maker
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, GradeChangeFactory, SectionFactory, SubmissionFactory

Steps = list[tuple[Any, ...]]


@pytest.fixture
def url(course: Course) -> str:
    """An assignment of 10 points."""
    return f"/courses/{course.id}/assignments/{AssignmentFactory(group=AssignmentGroupFactory(course=course)).id}"


def grade(api: Api, url: str, student: Api, **submission: Any) -> None:
    api.ok("PUT", f"{url}/submissions/{student.id}", json={"submission": submission})


def events(api: Api, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.ok("GET", f"/audit/grade_change{path}")["events"]
    return found


def steps(api: Api, course: Course) -> Steps:
    """Every change in the course, oldest first: score and excuse before and after, and the grader."""
    names = ("score_before", "score_after", "excused_before", "excused_after")
    return [(*(event[name] for name in names), event["links"]["grader"]) for event in reversed(events(api, f"/courses/{course.id}"))]


def test_grading_excusing_and_taking_away_are_a_chain(teacher: Api, student: Api, course: Course, url: str) -> None:
    for submission in ({"posted_grade": "7"}, {"posted_grade": "7"}, {"excuse": True}, {"posted_grade": "8"}, {"posted_grade": ""}):
        grade(teacher, url, student, **submission)
    assert steps(teacher, course) == [
        (None, 7.0, False, False, teacher.id),
        (7.0, None, False, True, teacher.id),
        (None, 8.0, True, False, teacher.id),
        (8.0, None, False, False, teacher.id),
    ]
    assert [event["version_number"] for event in events(teacher, f"/courses/{course.id}")] == [4, 3, 2, 1]


def test_a_quiz_its_fudge_points_and_its_new_points_are_recorded(teacher: Api, student: Api, course: Course) -> None:
    url = maker(teacher, course)()
    taken = begin(student, url)
    answer(student, taken)
    done = complete(student, url, taken)
    fudge = {"quiz_submissions": [{"attempt": 1, "fudge_points": 2}]}
    teacher.ok("PUT", f"{url}/submissions/{done['id']}", json=fudge)
    work = f"/courses/{course.id}/assignments/{teacher.ok('GET', url)['assignment_id']}"
    teacher.ok("PUT", work, json={"assignment": {"grading_type": "percent"}})
    assert steps(teacher, course)[:2] == [(None, 1.0, False, False, None), (1.0, 3.0, False, False, teacher.id)]
    shown = events(teacher, f"/courses/{course.id}")[0]
    assert (shown["grade_before"], shown["grade_after"], shown["score_before"], shown["score_after"]) == ("3", "300%", 3.0, 3.0)
    question = {"question_type": "essay_question", "points_possible": 2}
    teacher.ok("POST", f"{url}/questions", json={"question": question})
    shown = events(teacher, f"/courses/{course.id}")[0]
    assert (shown["grade_before"], shown["grade_after"]) == ("300%", "100%")
    today = teacher.ok("GET", f"/courses/{course.id}/gradebook_history/days")[0]
    assert [grader["name"] for grader in today["graders"]] == ["Graded on submission", teacher.user.name if teacher.user else ""]
    path = f"{today['date']}/graders/0/{work.partition(f'{course.id}/')[2]}/submissions"
    assert len(teacher.ok("GET", f"/courses/{course.id}/gradebook_history/{path}")[0]["versions"]) == 4


def test_grades_that_a_job_gave_are_recorded(
    admin: Api, teacher: Api, student: Api, course: Course, url: str, hire: Callable[..., Any]
) -> None:
    grades = {"grade_data": {str(student.id): {"posted_grade": "7"}}}
    admin.ok("POST", f"{url}/submissions/update_grades?as_user_id={teacher.id}", json=grades)
    hire().all()
    assert steps(teacher, course) == [(None, 7.0, False, False, teacher.id)]
    assert events(teacher, f"/courses/{course.id}")[0]["links"]["real_user"] == admin.id


def test_a_longer_log_takes_no_more_statements(
    teacher: Api, course: Course, url: str, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    counts = []
    for changes in (1, 4):
        for _ in range(changes):
            GradeChangeFactory(submission=SubmissionFactory(assignment_id=int(url.rpartition("/")[2]), assignment=None))
        with statements() as seen:
            teacher.ok("GET", f"/audit/grade_change/courses/{course.id}")
        counts.append(len(seen))
    assert counts == [5, 5]


def test_an_event_tells_who_on_whose_behalf_and_in_which_request(
    admin: Api, teacher: Api, student: Api, course: Course, url: str, fetch: Callable[[str], list[Any]]
) -> None:
    path = f"{url}/submissions/{student.id}?as_user_id={teacher.id}"
    answered = admin.put(path, json={"submission": {"posted_grade": "7"}})
    page = admin.ok("GET", f"/audit/grade_change?student_id={student.id}&include[]=current_grade")
    (event,) = page["events"]
    work = int(url.rpartition("/")[2])
    assert event["links"] == {
        "assignment": work,
        "course": course.id,
        "student": student.id,
        "grader": teacher.id,
        "real_user": admin.id,
        "page_view": None,
    }
    assert (event["event_type"], event["request_id"], event["grade_current"]) == ("grade_change", answered.headers["X-Request-Id"], "7")
    assert event["id"] == str(fetch("SELECT id FROM grade_changes")[0][0])
    assert [row["id"] for row in page["linked"]["assignments"]] == [work]
    assert [row["id"] for row in page["linked"]["courses"]] == [course.id]
    assert {row["id"] for row in page["linked"]["users"]} == {admin.id, teacher.id, student.id}


def test_nothing_that_ends_takes_the_history_with_it(admin: Api, teacher: Api, student: Api, course: Course, url: str) -> None:
    grade(teacher, url, student, posted_grade="7")
    ((enrollment,),) = db.session.query(Enrollment.id).filter_by(user_id=student.id).all()
    db.session.commit()
    teacher.ok("DELETE", f"/courses/{course.id}/enrollments/{enrollment}?task=delete")
    teacher.ok("DELETE", url)
    page = teacher.ok("GET", f"/audit/grade_change/assignments/{url.rpartition('/')[2]}")
    assert (len(page["events"]), page["linked"]["assignments"][0]["workflow_state"]) == (1, "deleted")
    for path in ("days", "feed"):
        assert len(teacher.ok("GET", f"/courses/{course.id}/gradebook_history/{path}")) == 1
    admin.ok("DELETE", f"/accounts/1/users/{student.id}")
    admin.ok("DELETE", f"/courses/{course.id}", json={"event": "delete"})
    assert teacher.get(f"/audit/grade_change/courses/{course.id}").status_code == 404
    for path in (f"/courses/{course.id}", f"/students/{student.id}", f"/graders/{teacher.id}", f"?course_id={course.id}"):
        assert len(events(admin, path)) == 1


def test_a_query_narrows_and_needs_something_to_narrow(teacher: Api, admin: Api, other_teacher: Api, course: Course, url: str) -> None:
    changes = [GradeChangeFactory(submission=SubmissionFactory(assignment_id=int(url.rpartition("/")[2]), assignment=None)) for _ in (1, 2)]
    GradeChangeFactory()
    ids = [str(change.id) for change in reversed(changes)]
    query = f"?course_id={course.id}"
    assert [event["id"] for event in events(teacher, query)] == ids
    assert [event["id"] for event in events(teacher, f"{query}&grader_id={changes[0].grader_id}")] == ids[1:]
    assert events(teacher, f"{query}&assignment_id=999999") == []
    assert events(teacher, f"{query}&end_time=2001-01-01") == events(teacher, f"{query}&start_time=2999-01-01") == []
    statuses = {path: teacher.get(f"/audit/grade_change{path}").status_code for path in ("", "?student_id=1", f"{query}&student_id=x")}
    assert list(statuses.values()) == [403, 403, 400]
    assert admin.get("/audit/grade_change").status_code == 400
    assert admin.get("/audit/grade_change?course_id=999999").status_code == teacher.get("/audit/grade_change?course_id=999999").status_code
    assert other_teacher.get(f"/audit/grade_change{query}").status_code == 403
    first = teacher.get(f"/audit/grade_change/courses/{course.id}?per_page=1")
    assert len(first.get_json()["events"]) == 1 and 'rel="next"' in first.headers["Link"]


def test_staff_of_a_section_see_their_students_only(enrolled: Callable[..., Api], teacher: Api, course: Course, url: str) -> None:
    section = SectionFactory(course=course).id
    inside, outside = enrolled(course_section_id=section), enrolled()
    limited = enrolled("TaEnrollment", course_section_id=section, limit_privileges_to_course_section=True)
    for student in (inside, outside):
        grade(teacher, url, student, posted_grade="7")
    for path in (f"/courses/{course.id}", f"/assignments/{url.rpartition('/')[2]}", f"?course_id={course.id}"):
        assert [event["links"]["student"] for event in events(limited, path)] == [inside.id]
    history = f"/courses/{course.id}/gradebook_history"
    assert [version["user_id"] for version in limited.ok("GET", f"{history}/feed")] == [inside.id]
    day = limited.ok("GET", f"{history}/days")[0]["date"]
    path = f"{history}/{day}/graders/{teacher.id}/assignments/{url.rpartition('/')[2]}/submissions"
    assert (len(limited.ok("GET", path)), len(teacher.ok("GET", path))) == (1, 2)
    assert limited.ok("GET", f"{history}/feed?user_id={outside.id}") == []


def test_days_are_those_of_the_course(teacher: Api, course: Course, url: str) -> None:
    """The midnight of Seoul is 15:00 UTC; that of New York moves with the seasons."""
    work = SubmissionFactory(assignment_id=int(url.rpartition("/")[2]), assignment=None)
    for month, hour in ((1, 14), (1, 15), (7, 4), (7, 3)):
        GradeChangeFactory(submission=work, created_at=dt.datetime(2026, month, 9, hour, 30, tzinfo=dt.UTC))
    history = f"/courses/{course.id}/gradebook_history"

    def days() -> dict[str, int]:
        found = [day["date"] for day in teacher.ok("GET", f"{history}/days")]
        return {day: len(teacher.ok("GET", f"{history}/{day}")) for day in found}

    assert days() == {"2026-07-09": 2, "2026-01-10": 1, "2026-01-09": 1}
    assert [teacher.get(f"{history}/{bad}").status_code for bad in ("never", "2026-02-30", "9999-12-31", "0001-01-01")] == [400] * 4
    teacher.ok("PUT", f"/courses/{course.id}", json={"course": {"time_zone": "America/New_York"}})
    assert days() == {"2026-07-09": 1, "2026-07-08": 1, "2026-01-09": 2}
    second = teacher.get(f"{history}/days?per_page=1&page=2")
    assert [day["date"] for day in second.get_json()] == ["2026-07-08"] and 'rel="next"' in second.headers["Link"]
    graders = teacher.get(f"{history}/2026-01-09?per_page=1")
    assert len(graders.get_json()) == 1 and 'rel="next"' in graders.headers["Link"]
    assert teacher.ok("GET", f"{history}/2001-01-01") == teacher.ok("GET", f"{history}/days?page=9") == []


def test_a_version_is_the_submission_as_it_was(
    teacher: Api, ta: Api, student: Api, course: Course, url: str, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False):
        grade(ta, url, student, posted_grade="1")
    for number, text in enumerate(("first", "second")):
        student.ok("POST", f"{url}/submissions", json={"submission": {"submission_type": "online_text_entry", "body": text}})
        grade(teacher, url, student, posted_grade=str(8 + number))
    history = f"/courses/{course.id}/gradebook_history"
    day = teacher.ok("GET", f"{history}/days")[0]["date"]
    work = url.rpartition("/")[2]
    (found,) = teacher.ok("GET", f"{history}/{day}/graders/{teacher.id}/assignments/{work}/submissions")
    versions = found["versions"]
    shown = [tuple(one[name] for name in ("attempt", "body", "previous_grade", "new_grade", "current_grade")) for one in versions]
    assert shown == [(2, "second", "8", "9", "9"), (1, "first", "1", "8", "9"), (None, None, None, "1", "9")]
    assert {one["id"] for one in versions} == {found["submission_id"]}
    people = [teacher.user.name if teacher.user else "", ta.user.name if ta.user else ""]
    assert [one["previous_grader"] for one in versions] == [*people, None]
    assert [one["grader"] for one in versions] == [people[0], *people] and {one["current_grader"] for one in versions} == {people[0]}
    assert (versions[1]["previous_graded_at"], versions[2]["previous_graded_at"]) == ("2026-03-02T09:00:00Z", None)
    with statements() as seen:
        feed = teacher.ok("GET", f"{history}/feed?ascending=true&assignment_id={work}&user_id={student.id}")
    assert (feed, len(seen)) == (versions[::-1], 4)
    assert teacher.ok("GET", f"{history}/2026-03-02/graders/{teacher.id}/assignments/{work}/submissions") == []
    nobody = f"{history}/{day}/graders/{2**70}/assignments/{work}/submissions"
    assert teacher.ok("GET", nobody) == [] and teacher.get(f"{history}/feed?user_id=x").status_code == 400
