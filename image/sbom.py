"""sbom: list the Python packages that an image holds, wherever in it they lie, as CycloneDX. What comes from Debian ECR's own scan knows.

Nothing of the image runs, and no lock is believed: its files are read, and the tool looks at what the packages say of themselves.
"""

import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from commands.report import Failure, say, summary
from commands.verbs import Found, Options, option, takes
from image.docker import docker

SAID = {"METADATA", "PKG-INFO", "direct_url.json", "entry_points.txt", "top_level.txt"}
"""What a package says of itself."""
KINDS = (".dist-info", ".egg-info")


def unpack(image: str, folder: Path) -> list[str]:
    """Lay out what the packages of `image` say, below `folder`; returns the folders that Python would find them in."""
    container, seen = docker("create", image), dict[str, Path]()
    try:
        with (
            subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as exporting,
            tarfile.open(fileobj=exporting.stdout, mode="r|") as files,
        ):
            for member in files:
                path = Path("/", member.name)
                information = path.parent
                if path.name not in SAID or information.suffix not in KINDS or not member.isfile():
                    continue
                content = files.extractfile(member)
                if content and seen.setdefault(information.name, information) == information:  # the same one twice is listed once
                    target = folder / path.relative_to("/")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content.read())
    finally:
        docker("rm", container)
    if exporting.returncode or not seen:
        raise Failure(f"{image} holds no Python package, or cannot be read")
    return sorted({str(folder / information.parent.relative_to("/")) for information in seen.values()})


def listed(paths: list[str], folder: Path) -> str:
    """The list of the packages in these folders."""
    # The tool asks an interpreter where its packages are. The image's may not run here: this one knows the answer.
    interpreter = folder / "python"
    interpreter.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(paths)}\nEND\n")
    interpreter.chmod(0o700)
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "environment",
        "--output-reproducible",
        "--pyproject",
        "pyproject.toml",
        str(interpreter),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"the list of packages cannot be made: {done.stderr.strip().rpartition(chr(10))[2]}")
    return done.stdout


@takes(option("image", help="name or digest of a local image"), option("--to", help="the file to write"))
def main(options: Options, found: Found) -> None:
    """List the Python packages that an image of the local engine holds, as CycloneDX."""
    with tempfile.TemporaryDirectory() as folder:
        text = listed(unpack(options.image, Path(folder)), Path(folder))
    Path(options.to).write_text(text)
    count = len(json.loads(text)["components"])
    say(f"sbom: {count} Python packages")
    summary(f"It holds {count} Python packages; their list is the artifact `sbom`.")
