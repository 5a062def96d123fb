"""The three steps of an upload, and a download, as clients take them."""

import contextvars
import datetime as dt
import io
from collections.abc import Callable
from functools import partial
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.conftest import BASE_URL, Api

Fetch = Callable[[Any], list[Any]]
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


def path_of(url: str) -> str:
    """Without scheme and host, which must be this server's."""
    assert url.startswith(f"{BASE_URL}/")
    return url.removeprefix(BASE_URL)


def outside(who: Api, method: str, url: str, **kwargs: Any) -> TestResponse:
    """A request to that address, without a token, in a context of its own as in Api.call."""
    call = partial(who.http.open, path_of(url), method=method, base_url=BASE_URL, buffered=True, **kwargs)
    return contextvars.Context().run(call)


def begin(who: Api, where: str, name: str = "notes.txt", **fields: Any) -> dict[str, Any]:
    """The first step."""
    answer: dict[str, Any] = who.ok("POST", f"{where}/files", json={"name": name, **fields})
    return answer


def send(who: Api, begun: dict[str, Any], content: bytes = b"text", name: str = "x") -> TestResponse:
    """The second step, without a token."""
    form = {**begun["upload_params"], begun["file_param"]: FileStorage(io.BytesIO(content), name)}
    boundary, body = encode_multipart(form)  # in memory: the client's own encoder leaves its temporary file open
    return outside(who, "POST", begun["upload_url"], data=body, content_type=f"multipart/form-data; boundary={boundary}")


def follow(who: Api, answer: TestResponse) -> TestResponse:
    """The third step, without a token."""
    assert answer.status_code == 303, answer.text
    return Api(who.http, None, "").get(path_of(answer.headers["Location"]).removeprefix("/api/v1"))


def upload(who: Api, where: str, content: bytes = b"text", name: str = "notes.txt", **fields: Any) -> dict[str, Any]:
    """All three."""
    done = follow(who, send(who, begin(who, where, name, **fields), content))
    assert done.status_code == 200, done.text
    body: dict[str, Any] = done.get_json()
    return body


def download(who: Api, url: str, query: str = "") -> TestResponse:
    """What that address answers, without a token."""
    return outside(who, "GET", url + query)
