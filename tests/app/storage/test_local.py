"""Files in a folder of this machine, and which storage an address names."""

from pathlib import Path

import pytest

from app.storage import StorageError, open_storage
from app.storage.local import LocalStorage
from app.storage.s3 import S3Storage


@pytest.mark.parametrize(
    ("url", "storage"),
    [
        ("file:instance/files", LocalStorage("instance/files")),
        ("file:/srv/files", LocalStorage("/srv/files")),
        ("file:///srv/files", LocalStorage("/srv/files")),
        ("s3://bucket", S3Storage("bucket", "")),
        ("s3://bucket/", S3Storage("bucket", "")),
        ("s3://bucket/a/prefix/", S3Storage("bucket", "a/prefix")),
    ],
)
def test_the_address_names_the_storage(url: str, storage: LocalStorage | S3Storage) -> None:
    assert open_storage(url) == storage


def test_opening_makes_nothing(tmp_path: Path) -> None:
    open_storage(f"file:{tmp_path / 'files'}")
    assert list(tmp_path.iterdir()) == []


def test_a_check_makes_the_folder_and_leaves_it_empty(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    for _ in range(2):
        open_storage(f"file:{folder}").check()
    assert list(folder.iterdir()) == []


def test_a_check_leaves_files_alone(tmp_path: Path) -> None:
    (tmp_path / "work.txt").write_text("mine")
    LocalStorage(str(tmp_path)).check()
    assert (tmp_path / "work.txt").read_text() == "mine"


@pytest.mark.parametrize("below", ["file", "file/folder"])
def test_where_no_folder_can_be_the_check_says_where_and_why(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"^cannot write to .*file.*: (File exists|Not a directory)$"):
        LocalStorage(str(tmp_path / below)).check()


def test_what_is_put_is_there_in_place_of_what_was(tmp_path: Path) -> None:
    storage = LocalStorage(str(tmp_path))
    for content in (b"first", b"", b"second"):
        storage.put("files/a", content)
        assert (storage.path("files/a").read_bytes(), storage.size("files/a")) == (content, len(content))
    assert [path.name for path in (tmp_path / "files").iterdir()] == ["a"]
