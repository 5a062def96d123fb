"""Files that answer questions of quizzes."""

from typing import Any

import pytest

from app.models.courses import Course
from tests.app.api import quizzes
from tests.app.api.uploading import download, upload
from tests.conftest import Api
from tests.factories import EnrollmentFactory, SectionFactory


@pytest.fixture
def quiz(teacher: Api, course: Course) -> str:
    url = quizzes.maker(teacher, course)(allowed_attempts=-1)
    teacher.ok("POST", f"{url}/questions", json={"question": {"question_type": "file_upload_question", "points_possible": 3}})
    return url


def give(api: Api, taken: dict[str, Any], *file_ids: int) -> Any:
    question = quizzes.questions(api, taken)[1]["id"]
    body = {**quizzes.key(taken), "quiz_questions": [{"id": question, "answer": list(file_ids)}]}
    return api.post(f"/quiz_submissions/{taken['id']}/questions", json=body)


def test_a_file_that_answers_is_read_by_graders(student: Api, teacher: Api, quiz: str) -> None:
    file = upload(student, f"{quiz}/submissions/self", b"proof")
    assert teacher.get(f"/files/{file['id']}").status_code == 403
    taken = quizzes.begin(student, quiz)
    answer = give(student, taken, file["id"])
    assert answer.get_json()["quiz_submission_questions"][0]["answer"] == [file["id"]]
    quizzes.complete(student, quiz, taken)
    assert download(teacher, teacher.ok("GET", f"/files/{file['id']}")["url"]).data == b"proof"
    assert quizzes.questions(teacher, taken)[1]["answer"] == [file["id"]]


def test_nobody_else_reads_it_and_it_stays(student: Api, enrolled: Any, other_teacher: Api, quiz: str, course: Course) -> None:
    file = upload(student, f"{quiz}/submissions/self")
    url = f"/files/{file['id']}"
    assert give(student, quizzes.begin(student, quiz), file["id"]).status_code == 200
    elsewhere = SectionFactory(course=course)
    limited = enrolled("TaEnrollment", course_section_id=elsewhere.id, limit_privileges_to_course_section=True)
    for who in (enrolled(), other_teacher, limited):
        assert who.get(url).status_code == 403
    EnrollmentFactory(course=course, user=student.user, course_section_id=elsewhere.id)
    assert limited.get(url).status_code == 200
    assert (student.delete(url).status_code, student.get(url).status_code) == (403, 200)


def test_files_of_others_or_for_other_things_are_no_answers(student: Api, enrolled: Any, quiz: str) -> None:
    taken = quizzes.begin(student, quiz)
    own = upload(student, f"{quiz}/submissions/self")
    others = upload(enrolled(), f"{quiz}/submissions/self")
    private = upload(student, "/users/self")
    gone = upload(student, f"{quiz}/submissions/self", name="gone.txt")
    student.ok("DELETE", f"/files/{gone['id']}")
    for wrong in (others["id"], private["id"], gone["id"], 999_999_999):
        assert give(student, taken, own["id"], wrong).status_code == 400
    assert quizzes.questions(student, taken)[1]["answer"] is None
    assert give(student, taken, own["id"]).status_code == 200
    assert give(student, taken).get_json()["quiz_submission_questions"][0]["answer"] is None


def test_a_draft_takes_no_files(student: Api, teacher: Api, course: Course) -> None:
    draft = quizzes.maker(teacher, course)(published=False)
    assert student.post(f"{draft}/submissions/self/files", json={"name": "x.txt"}).status_code == 403
    missing = f"{draft.rpartition('/')[0]}/999999999/submissions/self/files"
    assert student.post(missing, json={"name": "x.txt"}).status_code == 404
