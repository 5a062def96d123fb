"""Grading standards, through canvasapi."""

from canvasapi.course import Course

from tests.acceptance.live import Lms, Person

METALS = [{"name": "Gold", "value": 60}, {"name": "Tin", "value": 0}]


def test_a_standard_gives_letters_through_canvasapi(lms: Lms, taught: Course, student: Person) -> None:
    standard = taught.add_grading_standards("Metals", METALS)
    assert (standard.title, standard.grading_scheme[0]) == ("Metals", {"name": "Gold", "value": 0.6})
    assert standard.id in [found.id for found in taught.get_grading_standards()]
    assert taught.get_single_grading_standard(standard.id).context_id == taught.id
    work = taught.create_assignment(
        {"name": "Essay", "points_possible": 10, "grading_type": "letter_grade", "grading_standard_id": standard.id, "published": True}
    )
    assert work.get_submission(student.id).edit(submission={"posted_grade": "7"}).grade == "Gold"
    shared = lms.account.add_grading_standards("Shared", METALS)
    assert lms.account.get_single_grading_standard(shared.id).context_type == "Account"
    assert shared.id in [found.id for found in lms.account.get_grading_standards()]
