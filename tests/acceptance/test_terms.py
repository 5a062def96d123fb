"""Terms, through canvasapi."""

import pytest
from canvasapi.exceptions import BadRequest

from tests.acceptance.live import Lms, unique


def test_a_term_lives_through_canvasapi(lms: Lms) -> None:
    sis_id = unique("T").replace(" ", ".")
    term = lms.account.create_enrollment_term(enrollment_term={"name": "Spring", "sis_term_id": sis_id, "start_at": "2026-03-01"})
    assert (term.name, term.start_at, term.account_id) == ("Spring", "2026-03-01T00:00:00Z", 1)
    assert lms.account.get_enrollment_term(term.id).sis_term_id == sis_id
    assert [found.id for found in lms.account.get_enrollment_terms() if found.sis_term_id == sis_id] == [term.id]
    assert term.edit(enrollment_term={"name": "Early spring"}).name == "Early spring"
    course = lms.course(term_id=f"sis_term_id:{sis_id}")
    assert lms.admin.get_course(course.id, include=["term"]).term["name"] == "Early spring"
    assert [found.id for found in lms.account.get_courses(enrollment_term_id=term.id)] == [course.id]
    with pytest.raises(BadRequest):
        term.delete()
    course.delete()
    assert term.delete().workflow_state == "deleted"
