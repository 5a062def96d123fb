"""Compiled modules without symbols: smaller, and they load."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from image import slim

MODULES = ("sqlalchemy.engine._result_cy", "cryptography.hazmat.bindings._rust", "orjson.orjson", "_cffi_backend")
LOAD = """
import importlib, sys
from importlib.util import spec_from_file_location
module, copy = sys.argv[1:]
class Copies:
    def find_spec(self, name, path=None, target=None):
        return spec_from_file_location(name, copy) if name == module else None
sys.meta_path.insert(0, Copies())
assert importlib.import_module(module).__spec__.origin == copy
"""


def shared_object(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec and spec.origin
    return Path(spec.origin)


@pytest.mark.parametrize("module", MODULES)
def test_what_is_left_loads_and_is_not_larger(module: str, tmp_path: Path) -> None:
    found = shared_object(module)
    copy = tmp_path / "deep" / found.name
    copy.parent.mkdir()
    copy.write_bytes(found.read_bytes())
    slim.main(tmp_path)
    assert copy.stat().st_size <= found.stat().st_size
    done = subprocess.run([sys.executable, "-c", LOAD, module, str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_debug_tables_are_cut_off_once() -> None:
    data = shared_object(MODULES[0]).read_bytes()
    once = slim.slim(data)
    assert len(once) < len(data) / 2
    assert slim.slim(once) == once


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF\x01\x01" + bytes(60), b"\x7fELF\x02\x02" + bytes(60)])
def test_anything_else_is_left_alone(data: bytes) -> None:
    assert slim.slim(data) == data


def test_links_and_folders_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.so.d").mkdir()
    (tmp_path / "a.so").write_bytes(b"text")
    (tmp_path / "b.so").symlink_to(tmp_path / "a.so")
    slim.main(tmp_path)
    assert (tmp_path / "b.so").is_symlink() and (tmp_path / "a.so").read_bytes() == b"text"
    assert capsys.readouterr().out == "0.0 MB of symbols and debug tables cut off\n"
