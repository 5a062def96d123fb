"""Files, folders, uploads."""

from typing import Any

from app.extensions import db
from app.http.links import sign
from app.models.courses import Course
from app.models.files import COMMENT, Attachment, File, Folder, Owner
from app.models.submissions import SubmissionComment
from app.services import folders
from tests.app.api.surface import ADMIN, GRADERS, READERS, SIGNED_IN, STAFF, Allowed, C, Feature, U
from tests.conftest import Api
from tests.factories import AssignmentFactory, AssignmentGroupFactory, FileFactory, SubmissionFactory

FILE: dict[str, Any] = {"name": "notes.txt", "size": 4}
FOLDER: dict[str, Any] = {"name": "Week 1"}
OWN = ADMIN | {"student"}
WORK = f"{C}/assignments/<ref:assignment>/submissions/<ref:user>"
OPERATIONS = {
    f"GET {C}/files": Allowed(READERS),
    f"GET {U}/files": Allowed(OWN),
    "GET /folders/<ref:folder>/files": Allowed(READERS),
    f"GET {C}/files/quota": Allowed(STAFF),
    f"GET {U}/files/quota": Allowed(OWN),
    "GET /files/<ref:file>": Allowed(READERS),
    f"GET {C}/files/<ref:file>": Allowed(READERS),
    f"GET {U}/files/<ref:own_file>": Allowed(OWN),
    "GET /files/<ref:file>/public_url": Allowed(READERS),
    "PUT /files/<ref:file>": Allowed(STAFF, {"name": "new.txt"}),
    "DELETE /files/<ref:file>": Allowed(STAFF),
    f"GET {C}/folders": Allowed(READERS),
    f"GET {U}/folders": Allowed(OWN),
    "GET /folders/<ref:folder>/folders": Allowed(READERS),
    f"GET {C}/folders/by_path": Allowed(READERS),
    f"GET {C}/folders/by_path/<path:path>": Allowed(READERS),
    f"GET {U}/folders/by_path": Allowed(OWN),
    f"GET {U}/folders/by_path/<path:path>": Allowed(OWN),
    f"GET {C}/folders/root": Allowed(READERS),
    f"GET {U}/folders/root": Allowed(OWN),
    f"GET {C}/folders/<ref:folder>": Allowed(READERS),
    f"GET {U}/folders/<ref:own_folder>": Allowed(OWN),
    "GET /folders/<ref:folder>": Allowed(READERS),
    f"POST {C}/folders": Allowed(STAFF, FOLDER),
    f"POST {U}/folders": Allowed(OWN, FOLDER),
    "POST /folders/<ref:folder>/folders": Allowed(STAFF, FOLDER),
    "PUT /folders/<ref:folder>": Allowed(STAFF, FOLDER),
    "DELETE /folders/<ref:folder>": Allowed(STAFF, {"force": True}),
    f"POST {C}/files": Allowed(STAFF, FILE),
    f"POST {U}/files": Allowed(OWN, FILE),
    "POST /folders/<ref:folder>/files": Allowed(STAFF, FILE),
    f"POST {WORK}/files": Allowed({"student"}, FILE),
    f"POST {WORK}/comments/files": Allowed(GRADERS | {"student"}, FILE),
    "GET /files/<ref:file>/create_success": Allowed(SIGNED_IN | {"nobody"}, {"uuid": "{upload_secret}"}),
}
LISTS = (
    f"{C}/files",
    f"{U}/files",
    "/folders/<ref:folder>/files",
    f"{C}/folders",
    f"{U}/folders",
    "/folders/<ref:folder>/folders",
    f"{C}/folders/by_path",
    f"{C}/folders/by_path/<path:path>",
    f"{U}/folders/by_path",
    f"{U}/folders/by_path/<path:path>",
)


def a_file(owner: Owner, uploader_id: int, **fields: Any) -> File:
    """A file in the folder "week" of that course or user."""
    folder_id = folders.at_path(owner, "week")
    db.session.commit()
    mine = {"course_id": owner.course_id, "user_id": owner.user_id, "purpose": "course" if owner.course_id else "user"}
    made: File = FileFactory(folder=db.session.get(Folder, folder_id), uploader_id=uploader_id, **mine, **fields)
    return made


def targets(course: Course, student: Api) -> dict[str, object]:
    """A file in a folder, of the course and of the student, and an assignment that takes files."""
    theirs, own = (a_file(owner, student.id) for owner in (Owner(course.id), Owner(user_id=student.id)))
    work = AssignmentFactory(
        group=AssignmentGroupFactory(course=course), submission_types=["online_text_entry", "online_url", "online_upload"]
    )
    names: dict[str, object] = {"file": theirs.id, "folder": theirs.folder_id, "own_file": own.id, "own_folder": own.folder_id}
    return names | {"path": "week", "assignment": work.id, "upload_secret": sign("create_success", theirs.id, theirs.uuid)}


def grow(course: Course, caller: Api) -> None:
    """A file more, a folder in it more, a file handed in and one in a comment."""
    for owner in (Owner(course.id), Owner(user_id=caller.id)):
        file = a_file(owner, caller.id)
        folders.at_path(owner, f"week/{file.id}")
        folders.at_path(owner, str(file.id))
    work = AssignmentFactory(group=AssignmentGroupFactory(course=course))
    done = SubmissionFactory(assignment=work, user=caller.user)
    comment = SubmissionComment(submission_id=done.id, author_id=caller.id, comment="x")
    db.session.add(comment)
    db.session.flush()
    files = [FileFactory(folder_id=None, course_id=course.id, folder=None, purpose=COMMENT, uploader_id=caller.id) for _ in range(2)]
    db.session.add(Attachment(file_id=files[0].id, submission_id=done.id, attempt=1))
    db.session.add(Attachment(file_id=files[1].id, submission_id=done.id, comment_id=comment.id))


FEATURE = Feature(OPERATIONS, LISTS, targets=targets, grow=grow)
