"""Favourites and settings of courses, through canvasapi."""

import pytest
from canvasapi.course import Course
from canvasapi.exceptions import Forbidden

from tests.acceptance.live import Lms, Person, enroll


def test_favourites_through_canvasapi(lms: Lms, course: Course, student: Person) -> None:
    other = lms.course()
    me = student.canvas.get_current_user()
    with pytest.raises(Forbidden):
        me.add_favorite_course(other.id)
    enroll(other, student)
    favorite = me.add_favorite_course(other.id)
    assert (favorite.context_type, favorite.context_id) == ("Course", other.id)
    assert [found.id for found in me.get_favorite_courses()] == [other.id]
    assert favorite.remove().context_id == other.id
    assert [found.id for found in me.get_favorite_courses()] == [course.id, other.id]
    me.add_favorite_course(course)
    assert me.reset_favorite_courses() is True


def test_settings_through_canvasapi(taught: Course, attended: Course) -> None:
    told = taught.update_settings(hide_final_grades=True, home_page_announcement_limit=5)
    assert (told["hide_final_grades"], told["home_page_announcement_limit"]) == (True, 5)
    assert attended.get_settings()["hide_final_grades"] is True
    with pytest.raises(Forbidden):
        attended.update_settings(hide_final_grades=False)
