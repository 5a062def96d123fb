"""The list of an image's packages: from its files, wherever they lie."""

import io
import json
import shlex
import tarfile
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

import pytest

from commands.report import Failure
from image import __main__ as command
from image import sbom
from tests.pipeline.conftest import Engine, Workflow

VENV, SYSTEM = "opt/venv/lib/python3.13/site-packages", "usr/local/lib/python3.13/site-packages"
FILES = {
    f"{VENV}/flask-3.1.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: Flask\nVersion: 3.1.0\n",
    f"{VENV}/flask-3.1.0.dist-info/RECORD": "",
    f"{VENV}/flask/app.py": "raise SystemExit",
    f"{SYSTEM}/pip-26.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: pip\nVersion: 26.0\n",
    f"{SYSTEM}/flask-3.1.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: Flask\nVersion: 3.1.0\n",
    "usr/lib/python3/dist-packages/old.egg-info/PKG-INFO": "Metadata-Version: 1.0\nName: old\nVersion: 1\n",
    "etc/METADATA": "nothing",
}
TOOL = """
import json, subprocess, sys
from importlib.metadata import distributions
*options, python = sys.argv[1:]
if options != ["environment", "--output-reproducible", "--pyproject", "pyproject.toml"]:
    sys.exit(f"not so: {options}")
path = json.loads(subprocess.run([python, "-c", "ask"], capture_output=True, check=True).stdout)
print(json.dumps({"bomFormat": "CycloneDX", "components": [each.metadata["Name"] for each in distributions(path=path)]}))
"""
"""Asks for the packages as the tool does, which is locked for the image's workflow alone."""


def exported(engine: Engine, files: Mapping[str, str], code: int = 0) -> None:
    """The engine makes a container with these files."""
    archive = engine.folder / "files.tar"
    with tarfile.open(archive, "w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    engine.says("create", "c1")
    engine.answers("export", f"cat {shlex.quote(str(archive))}; exit {code}")
    engine.says("rm", "c1")


def test_packages_are_found_wherever_they_lie_and_listed_once(engine: Engine, tmp_path: Path) -> None:
    exported(engine, FILES)
    paths = sbom.unpack("lms:1", tmp_path / "files")
    found = [f"{each.metadata['Name']} {each.version}" for each in distributions(path=paths)]
    assert sorted(found) == ["Flask 3.1.0", "old 1", "pip 26.0"]
    assert not list((tmp_path / "files").rglob("*.py"))
    assert engine.calls() == [["create", "lms:1"], ["export", "c1"], ["rm", "c1"]]


@pytest.mark.parametrize(("files", "code"), [({"etc/METADATA": ""}, 0), (FILES, 1)])
def test_an_image_that_cannot_be_read_has_no_list(files: dict[str, str], code: int, engine: Engine, tmp_path: Path) -> None:
    exported(engine, files, code)
    with pytest.raises(Failure, match="lms:1 holds no Python package, or cannot be read"):
        sbom.unpack("lms:1", tmp_path / "files")
    assert engine.calls("rm") == [["rm", "c1"]]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands for the tool."""
    module = tmp_path / "modules/cyclonedx_py/__main__.py"
    module.parent.mkdir(parents=True)
    module.write_text(TOOL)
    monkeypatch.setenv("PYTHONPATH", str(module.parents[1]))
    return module


def test_the_list_is_a_file_and_counted(engine: Engine, workflow: Workflow, tool: Path, tmp_path: Path) -> None:
    exported(engine, FILES)
    assert command.main(["sbom", "lms:1", "--to", str(tmp_path / "sbom.json")]) == 0
    assert sorted(json.loads((tmp_path / "sbom.json").read_text())["components"]) == ["Flask", "old", "pip"]
    assert workflow.summary == "It holds 3 Python packages; their list is the artifact `sbom`.\n"


def test_a_tool_that_fails_is_named(engine: Engine, tool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(engine, FILES)
    tool.write_text("import sys\nsys.exit('no such option')")
    assert command.main(["sbom", "lms:1", "--to", str(tmp_path / "sbom.json")]) == 1
    assert capsys.readouterr().err == "pipeline: the list of packages cannot be made: no such option\n"
    assert not (tmp_path / "sbom.json").exists()
