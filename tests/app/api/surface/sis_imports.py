"""SIS imports."""

from app.models.courses import Course
from app.models.sis_imports import SisImport
from app.services import jobs
from app.services.permissions import Caller
from tests.app.api.surface import ADMIN, A, Allowed, Feature
from tests.conftest import Api
from tests.factories.core import ModelFactory

COLLECTION = f"{A}/sis_imports"
ONE = f"{COLLECTION}/<ref:sis_import>"
OPERATIONS = {
    f"POST {COLLECTION}": Allowed(ADMIN, attachment="user_id,login_id,full_name,status\n"),
    f"GET {COLLECTION}": Allowed(ADMIN),
    f"GET {COLLECTION}/importing": Allowed(ADMIN),
    f"GET {ONE}": Allowed(ADMIN),
    f"GET {ONE}/errors": Allowed(ADMIN),
    f"PUT {ONE}/abort": Allowed(ADMIN),
    f"PUT {COLLECTION}/abort_all_pending": Allowed(ADMIN),
}


class SisImportFactory(ModelFactory):
    """An import that nothing is done about."""

    class Meta:
        model = SisImport

    account_id = 1


def targets(course: Course, student: Api) -> dict[str, object]:
    """An import that waits."""
    job = jobs.enqueue("a kind that nobody does", Caller(student.id, admin=True, real_id=student.id, token_id=0))
    return {"sis_import": SisImportFactory(user_id=student.id, job_id=job.id).id}


FEATURE = Feature(OPERATIONS, targets=targets)
