"""Works on a SIS import: first every file is read once, so that one which cannot be read stops it before anything went in; then the rows.

`job.state` is where to go on: the number of the file, the byte, the row. It commits with the rows that were put before it.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

from app.jobs.batch import Batch
from app.models.jobs import Job
from app.models.sis_imports import (
    CHUNK_BYTES,
    CREATED,
    FAILED_WITH_MESSAGES,
    IMPORTED,
    IMPORTED_WITH_MESSAGES,
    IMPORTING,
    UNDER_WAY,
    SisImport,
)
from app.models.types import utc_now
from app.services import jobs, sis_imports, sis_tables
from app.services.sis_courses import put_courses, put_sections
from app.services.sis_enrollments import put_enrollments
from app.services.sis_rows import Put, Row, Run, put_safely
from app.services.sis_tables import BadHeader, NotUtf8, Record
from app.services.sis_terms import put_terms
from app.services.sis_users import put_users

PUT: Mapping[str, Put] = {
    "terms": put_terms,
    "courses": put_courses,
    "sections": put_sections,
    "users": put_users,
    "enrollments": put_enrollments,
}
AT_ONCE = 25
"""Rows for which what is there is looked up together."""
READING_PERCENT = 5
State = dict[str, Any]


def go_on(job: Job, batch: Batch) -> bool:
    """Read or put as many rows as there is time for."""
    found = sis_imports.locked(job.arguments["sis_import_id"])
    if found.workflow_state not in UNDER_WAY:  # aborted
        sis_imports.end(found, found.workflow_state)
        return True
    if found.workflow_state == CREATED:
        if sis_imports.waits(found):
            jobs.wait(job)
            return True  # of this batch; the job is looked at again
        found.workflow_state, found.started_at = IMPORTING, utc_now()
    state: State = {"step": "read", "at": 0, "offset": 0, "row": 0, "done": 0, "plan": [], **job.state}
    run = Run(found.account_id, jobs.caller_of(job), lambda: batch.spent)
    try:
        (_read if state["step"] == "read" else _put)(found, run, state)
        while state["step"] != "done" and not batch.spent:
            (_read if state["step"] == "read" else _put)(found, run, state)
    except NotUtf8 as problem:
        sis_imports.say(found, found.files[state["at"]]["name"], [(problem.args[0], "The file is not in UTF-8")], error=True)
        state["step"] = "done"
    job.state = state
    if state["step"] in ("read", "put"):
        job.completion = found.progress = _percent(found, state)
        return False
    failed = bool(found.errors)
    sis_imports.end(found, FAILED_WITH_MESSAGES if failed else IMPORTED_WITH_MESSAGES if found.warnings else IMPORTED)
    return True


def _read(found: SisImport, run: Run, state: State) -> None:
    """Go on reading: what each file is about, and whether it can be read to its end."""
    records = _records(found, state["at"], state)
    if state["offset"] > 0 or _header(found, state, next(records, None)):
        for record in records:
            state["offset"], state["row"] = record.end, record.row
            if run.spent():
                return
    state["done"] += found.files[state["at"]]["size"]
    state["at"], state["offset"], state["row"] = state["at"] + 1, 0, 0
    if state["at"] < len(found.files):
        return
    if not state["plan"]:
        sis_imports.say(found, found.files[0]["name"], [(None, "There is no file that can be imported")], error=True)
    state["plan"] = sorted(state["plan"], key=lambda planned: (list(PUT).index(planned["kind"]), planned["file"]))
    state["step"], state["at"], state["done"] = "put", 0, 0
    _begin(state)


def _header(found: SisImport, state: State, record: Record | None) -> bool:
    """Plan what is to be done with the file; whether anything is."""
    name = found.files[state["at"]]["name"]
    try:
        if record is None or record.cells is None:
            raise BadHeader(record.problem if record else "The file is empty.")
        kind, columns = sis_tables.understood(record.cells)
    except BadHeader as problem:
        sis_imports.say(found, name, [(record.row if record else None, str(problem))])
        return False
    planned = {"kind": kind.name, "columns": columns, "width": len(record.cells), "offset": record.end, "row": record.row}
    state["plan"] = [*state["plan"], {"file": state["at"], **planned}]
    state["offset"], state["row"] = record.end, record.row
    return True


def _begin(state: State) -> None:
    """Go to the first row of the file that is planned next."""
    if state["at"] == len(state["plan"]):
        state["step"] = "done"
    else:
        planned = state["plan"][state["at"]]
        state["offset"], state["row"] = planned["offset"], planned["row"]


def _put(found: SisImport, run: Run, state: State) -> None:
    """Go on putting the rows of a file."""
    planned = state["plan"][state["at"]]
    name = found.files[planned["file"]]["name"]
    records = _records(found, planned["file"], state)
    while some := list(islice(records, AT_ONCE)):
        taken = _put_some(run, planned, some)
        sis_imports.say(found, name, sorted(run.notes))
        found.counts = {**found.counts, planned["kind"]: found.counts.get(planned["kind"], 0) + run.good}
        run.notes.clear()
        run.good = 0
        state["offset"], state["row"] = some[taken - 1].end, some[taken - 1].row
        if taken < len(some) or run.spent():
            return
    state["done"] += found.files[planned["file"]]["size"]
    state["at"] += 1
    _begin(state)


def _put_some(run: Run, planned: State, records: list[Record]) -> int:
    """Put rows as long as there is time: how many of the records those were."""
    rows: list[Row] = []
    places: list[int] = []
    for place, record in enumerate(records):
        cells = record.cells
        if cells is None:
            run.notes.append((record.row, record.problem))
        elif any(cells[planned["width"] :]):
            run.notes.append((record.row, "The row has more values than the header has columns"))
        else:
            given = {column: cells[index] for column, index in planned["columns"].items() if index < len(cells)}
            rows.append(Row(record.row, given))
            places.append(place)
    if not rows:
        return len(records)
    taken = put_safely(PUT[planned["kind"]], run, rows)
    if taken == len(rows):
        return len(records)
    last = records[places[taken] - 1]
    run.notes[:] = [note for note in run.notes if note[0] <= last.row]
    return places[taken]


def _records(found: SisImport, file: int, state: State) -> Iterator[Record]:
    return sis_tables.records(partial(sis_imports.chunk, found.id, file), CHUNK_BYTES, state["offset"], state["row"])


def _percent(found: SisImport, state: State) -> int:
    """How far it is, by bytes; 100 is told only when it is over."""
    total = max(sum(file["size"] for file in found.files), 1)
    if state["step"] == "read":
        return int(READING_PERCENT * (state["done"] + state["offset"]) // total)
    of_plan = max(sum(found.files[planned["file"]]["size"] for planned in state["plan"]), 1)
    part = (99 - READING_PERCENT) * (state["done"] + state["offset"]) // of_plan
    return int(READING_PERCENT + part)
