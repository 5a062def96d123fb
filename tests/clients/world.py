"""A course that a client works in, made through canvasapi."""

from dataclasses import dataclass, field

from canvasapi.course import Course

from tests.acceptance.live import Lms, Person, enroll, unique

CHOICE = {
    "question_name": "Capital",
    "question_text": "<p>Where?</p>",
    "question_type": "multiple_choice_question",
    "points_possible": 2,
    "answers": [{"answer_text": "Seoul", "answer_weight": 100}, {"answer_text": "Busan", "answer_weight": 0}],
}


@dataclass
class World:
    """A published course, its teacher, and students; what the admin sees of it in `course`."""

    lms: Lms
    crowd: int
    """How many students there are besides the one that acts."""
    course: Course = field(init=False)
    teacher: Person = field(init=False)
    student: Person = field(init=False)
    others: list[Person] = field(init=False)

    def __post_init__(self) -> None:
        self.course = self.lms.course(course_code=unique("C").replace(" ", "-"))
        self.teacher = self.lms.person(unique("Teacher"))
        enroll(self.course, self.teacher, "Teacher")
        self.student = self.lms.person(unique("Student"))
        self.others = [self.lms.person(unique("Other")) for _ in range(self.crowd)]
        for person in (self.student, *self.others):
            enroll(self.course, person)

    @property
    def taught(self) -> Course:
        """The course as its teacher sees it."""
        return self.teacher.through(self.course)
