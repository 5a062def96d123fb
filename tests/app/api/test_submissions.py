"""Handing in, reading, grading and commenting work."""

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory


def test_student_may_not_grade(student: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    url = f"/courses/{course.id}/assignments/{work.id}/submissions/{student.id}"
    assert student.put(url, json={"submission": {"posted_grade": "100%"}}).status_code == 403


def test_hand_in_and_grade(student: Api, teacher: Api, course: Course) -> None:
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    url = f"/courses/{course.id}/assignments/{work.id}/submissions"
    made = student.ok(
        "POST", url, data={"submission[submission_type]": "online_text_entry", "submission[body]": "<b>x</b><script>1</script>"}
    )
    assert made["attempt"] == 1 and made["body"] == "<b>x</b>"
    graded = teacher.ok("PUT", f"{url}/{student.id}", json={"submission": {"posted_grade": "85%"}})
    assert (graded["score"], graded["grade"]) == (8.5, "8.5")
    assert len(teacher.ok("GET", url)) == 1
