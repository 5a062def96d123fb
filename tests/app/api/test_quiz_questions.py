"""Questions as their authors write them, and as students meet them."""

from typing import Any

import pytest

from app.models.courses import Course
from app.services import quizzes
from tests.conftest import Api
from tests.factories import QuizFactory


@pytest.fixture
def quiz(course: Course) -> str:
    return f"/courses/{course.id}/quizzes/{QuizFactory(course=course, allowed_attempts=-1, shuffle_answers=True).id}"


def ask(api: Api, quiz: str, kind: str, *answers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    question = {"question_type": f"{kind}_question", "points_possible": 6, "answers": list(answers), **fields}
    made: dict[str, Any] = api.ok("POST", f"{quiz}/questions", json={"question": question})
    return made


A, B = {"answer_text": "A", "answer_weight": 100}, {"answer_text": "B", "answer_weight": 0}
BLANK = {"answer_text": "red", "blank_id": "colour", "answer_weight": 100}
PAIRS = ({"answer_match_left": "1", "answer_match_right": "I"}, {"answer_match_left": "5", "answer_match_right": "V"})
FORMULA = {"variables": [{"name": "x", "value": 5}], "answer_exact": 10, "answer_error_margin": 0.5}


@pytest.mark.parametrize(
    ("kind", "answers", "given"),
    [
        ("multiple_choice", (A, B), lambda q: q[0]["id"]),
        ("true_false", (A, B), lambda q: str(q[0]["id"])),
        ("multiple_answers", (A, A, B), lambda q: [answer["id"] for answer in q if answer["text"] == "A"]),
        ("short_answer", ({"text": "Seoul"},), lambda _: " seoul"),
        ("numerical", ({"numerical_answer_type": "range_answer", "answer_range_start": 1, "answer_range_end": "2"},), lambda _: "1.5"),
        ("numerical", ({"answer_exact": "5", "answer_error_margin": ""},), lambda _: 5),
        ("numerical", ({"numerical_answer_type": "precision_answer", "answer_approximate": 5, "answer_precision": 1},), lambda _: 5),
        ("calculated", (FORMULA,), lambda _: "10.5"),
        ("fill_in_multiple_blanks", (BLANK,), lambda _: {"colour": "RED"}),
        ("multiple_dropdowns", (BLANK, {**BLANK, "answer_weight": 0}), lambda q: {"colour": q[0]["id"]}),
        ("matching", PAIRS, lambda q: [{"answer_id": answer["id"], "match_id": answer["match_id"]} for answer in q]),
    ],
)
def test_each_kind_is_written_asked_and_scored(
    teacher: Api, student: Api, quiz: str, kind: str, answers: tuple[dict[str, Any], ...], given: Any
) -> None:
    made = ask(teacher, quiz, kind, *answers, question_text="<p>Twice [x]?</p>", matching_answer_incorrect_matches="X\n\nL")
    assert len({answer["id"] for answer in made["answers"]}) == len(answers)
    (taken,) = student.ok("POST", f"{quiz}/submissions")["quiz_submissions"]
    key = {name: taken[name] for name in ("attempt", "validation_token")}
    (seen,) = student.ok("GET", f"/quiz_submissions/{taken['id']}/questions")["quiz_submission_questions"]
    shown = {name for answer in seen["answers"] for name in answer}
    assert shown <= {"id", "text", "blank_id"} and seen["question_text"] == f"<p>Twice {'5' if kind == 'calculated' else '[x]'}?</p>"
    if kind == "matching":
        assert sorted(match["text"] for match in seen["matches"]) == ["I", "L", "V", "X"]
    body = {**key, "quiz_questions": [{"id": seen["id"], "answer": given(made["answers"])}]}
    student.ok("POST", f"/quiz_submissions/{taken['id']}/questions", json=body)
    (done,) = student.ok("POST", f"{quiz}/submissions/{taken['id']}/complete", json=key)["quiz_submissions"]
    assert (done["score"], done["workflow_state"]) == (6, "complete")


def test_a_form_writes_answers_one_after_the_other_or_by_number(teacher: Api, quiz: str) -> None:
    pairs = "question[question_type]=multiple_choice_question&question[question_name]=Q"
    listed = "&question[answers][][answer_text]=A&question[answers][][answer_weight]=100&question[answers][][answer_text]=B"
    numbered = "&question[answers][0][text]=A&question[answers][0][weight]=100&question[answers][1][text]=B"
    for answers in (listed, numbered):
        made = teacher.ok("POST", f"{quiz}/questions", data=pairs + answers, content_type="application/x-www-form-urlencoded")
        assert [(answer["text"], answer["weight"]) for answer in made["answers"]] == [("A", 100), ("B", 0)]


def test_known_answers_keep_their_ids_and_questions_their_places(teacher: Api, quiz: str) -> None:
    first, second = ask(teacher, quiz, "multiple_choice", A, B), ask(teacher, quiz, "essay", correct_comments="<b onclick=x>Hi</b>")
    assert (second["answers"], second["correct_comments"], second["position"]) == ([], "<b>Hi</b>", 2)
    known = first["answers"][1]["id"]
    changed = {"answers": [{"id": 0, "text": "C"}, {"id": known, "html": "<i>D</i>"}], "position": 3, "question_name": "Last"}
    after = teacher.ok("PUT", f"{quiz}/questions/{first['id']}", json={"question": changed})
    assert after["answers"][1]["id"] == known and after["answers"][0]["id"] != 0
    assert [row["id"] for row in teacher.ok("GET", f"{quiz}/questions")] == [second["id"], first["id"]]
    assert teacher.ok("GET", quiz)["question_types"] == ["essay_question", "multiple_choice_question"]
    text = teacher.ok("PUT", f"{quiz}/questions/{first['id']}", json={"question": {"question_type": "text_only_question"}})
    assert (text["answers"], text["points_possible"]) == ([], 0)
    assert (teacher.ok("GET", quiz)["question_count"], teacher.ok("GET", quiz)["points_possible"]) == (1, 6)
    assert teacher.delete(f"{quiz}/questions/{second['id']}").status_code == 204
    assert teacher.get(f"{quiz}/questions/{second['id']}").status_code == 404


@pytest.mark.parametrize(
    "question",
    [
        {"question_type": "riddle_question"},
        {"points_possible": -1},
        {"points_possible": 0.0001},
        {"question_type": "multiple_choice_question", "answers": [{"answer_weight": 100}]},
        {"question_type": "multiple_choice_question", "answers": [{"text": "A"}] * 201},
        {"question_type": "multiple_choice_question", "answers": [{"text": "A", "weight": 101}]},
        {"question_type": "multiple_choice_question", "answers": ["A"]},
        {"question_type": "numerical_question", "answers": [{}]},
        {"question_type": "numerical_question", "answers": [{"exact": "many"}]},
        {"question_type": "numerical_question", "answers": [{"numerical_answer_type": "range_answer", "start": 1}]},
        {"question_type": "fill_in_multiple_blanks_question", "answers": [{"text": "A"}]},
        {"question_type": "matching_question", "answers": [{"left": "A"}]},
        {"question_type": "matching_question", "matching_answer_incorrect_matches": "\n".join(map(str, range(500)))},
    ],
)
def test_a_bad_question_is_refused(teacher: Api, quiz: str, question: dict[str, Any]) -> None:
    assert teacher.post(f"{quiz}/questions", json={"question": question}).status_code == 400
    assert teacher.ok("GET", f"{quiz}/questions") == []


def test_a_quiz_has_room_for_so_many_questions(teacher: Api, quiz: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quizzes, "MOST_QUESTIONS", 1)
    ask(teacher, quiz, "essay")
    assert teacher.post(f"{quiz}/questions", json={"question": {"question_type": "essay_question"}}).status_code == 400
    assert teacher.ok("GET", quiz)["question_count"] == 1
