"""Imports by a worker."""

from collections.abc import Callable

import pytest

from tests.app.conftest import Hired
from tests.app.jobs.importing import URL, sent, zipped
from tests.conftest import Api


@pytest.fixture
def imported(admin: Api, hire: Callable[..., Hired]) -> Callable[..., list[str]]:
    """Imports one file, and answers what there was to say."""

    def imported(*texts: str) -> list[str]:
        made = sent(admin, zipped({f"{number}.csv": text for number, text in enumerate(texts)}))
        hire().all()
        over = admin.ok("GET", f"{URL}/{made['id']}")
        assert over["workflow_state"] == ("imported_with_messages" if over["processing_warnings"] else "imported"), over
        return [message for _, message in over["processing_warnings"]]

    return imported
