"""Favourite courses, and what courses tell a student about themselves."""

from app.models.courses import Course
from tests.app.api.surface import ADMIN, READERS, SIGNED_IN, Allowed, Feature
from tests.conftest import Api
from tests.factories import CourseFactory, EnrollmentFactory, FavoriteFactory, ModuleFactory, ModuleItemFactory

URL = "/users/self/favorites/courses"
OPERATIONS = {
    f"GET {URL}": Allowed(SIGNED_IN),
    f"DELETE {URL}": Allowed(SIGNED_IN),
    f"POST {URL}/<ref:course>": Allowed(READERS - ADMIN),
    f"DELETE {URL}/<ref:course>": Allowed(READERS - ADMIN),
}


def grow(course: Course, caller: Api) -> None:
    """One more course that the caller studies, with something to do in it, among their favourites."""
    studied = EnrollmentFactory(course=CourseFactory(), user=caller.user)
    FavoriteFactory(user_id=caller.id, course_id=studied.course_id)
    module = ModuleFactory(course=None, course_id=studied.course_id)
    ModuleItemFactory(module=module, requirement="must_view")


FEATURE = Feature(OPERATIONS, (URL,), ("favorites", "course_progress"), grow=grow)
