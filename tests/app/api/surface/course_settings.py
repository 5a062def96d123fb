"""The settings of courses."""

from tests.app.api.surface import CONTENT, READERS, Allowed, C, Feature

OPERATIONS = {
    f"GET {C}/settings": Allowed(READERS),
    f"PUT {C}/settings": Allowed(CONTENT, {"allow_student_discussion_topics": True}),
}

FEATURE = Feature(OPERATIONS, includes=("course_image",))
