"""The Docker engine: the one that is there, or a private one as root where only `dockerd` is installed."""

import os
import subprocess
from pathlib import Path

from commands.report import Failure
from image import boot
from image.docker import docker
from tests.rehearsal import private_engine
from tests.rehearsal.places import NOTES, STATE

NETWORK = "lms-rehearsal"
GATEWAY = "169.254.170.2"
"""The address at which ECS serves the credentials of a task's role; on our network it is this machine's."""
SUBNET = "169.254.170.0/24"
LABEL = "nations-lab-lms.rehearsal=1"
BASE_IMAGE = "python:3.13-slim-trixie"
ADVICE = (
    "no Docker engine answers. Start yours (Docker on Linux; DOCKER_HOST is heeded), or install one: on Debian and Ubuntu, as root,"
    " `apt-get install docker.io`, and run this again as root: it starts a private one and stops it afterwards"
)


def client() -> Path:
    """A folder that holds the `docker` command alone: one that can build with BuildKit. Raises Failure if there is none."""
    folder = STATE / "bin"
    found = [Path(place) / "docker" for place in os.environ["PATH"].split(os.pathsep) if (Path(place) / "docker").is_file()]
    chosen = next((path for path in found if path.parent == folder or _builds(path)), None)
    if chosen is None:
        raise Failure(f"no docker command here can build with BuildKit; {ADVICE}" if found else ADVICE)
    folder.mkdir(parents=True, exist_ok=True)
    if chosen.parent != folder:
        (folder / "docker").unlink(missing_ok=True)
        (folder / "docker").symlink_to(chosen)
    return folder


def _builds(command: Path) -> bool:
    """Whether that client brings BuildKit: by its buildx plugin, or, before 23, by itself."""
    if subprocess.run([command, "buildx", "version"], capture_output=True, check=False).returncode == 0:
        return True
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout
    return version.startswith("Docker version ") and int(version.split()[2].split(".")[0]) < 23


def ensure() -> str:
    """Find or start the engine, and leave DOCKER_HOST and PATH so that everything uses it; returns what it is."""
    os.environ["PATH"] = f"{client()}{os.pathsep}{os.environ['PATH']}"
    os.environ["DOCKER_BUILDKIT"] = "1"
    if noted := NOTES.read().get("docker_host"):
        os.environ["DOCKER_HOST"] = noted
    if not _answers():
        private_engine.start(ADVICE, _answers)
    NOTES.write(docker_host=host())
    return f"Docker {docker('version', '--format', '{{.Server.Version}}')} at {host()}"


def host() -> str:
    """The address of the engine that is used."""
    return os.environ.get("DOCKER_HOST") or docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")


def _answers() -> bool:
    try:
        return subprocess.run(["docker", "version"], capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def ensure_network() -> None:
    """Make the network of the tasks. Raises Failure if its gateway is not an address of this machine (Docker Desktop)."""
    if docker("network", "ls", "--quiet", "--filter", f"name=^{NETWORK}$"):
        return
    docker("network", "create", "--label", LABEL, "--subnet", SUBNET, "--gateway", GATEWAY, NETWORK)
    addresses = Path("/proc/net/fib_trie")
    if not addresses.exists() or GATEWAY not in addresses.read_text():
        docker("network", "rm", NETWORK)
        raise Failure(
            "this Docker engine does not run on this machine's own network (Docker Desktop?): rehearse on Linux, or inside a Linux VM"
        )


def ensure_base_image() -> str:
    """Have the base image: pulled, or made by the program STAND_IN_BASE where no registry can be reached. Returns which."""
    if docker("image", "ls", "--quiet", BASE_IMAGE):
        return f"{BASE_IMAGE} was there"
    try:
        docker("pull", "--quiet", BASE_IMAGE)
    except Failure as refused:
        return _import_stand_in(refused)
    return f"{BASE_IMAGE} pulled"


def _import_stand_in(refused: Failure) -> str:
    program = os.environ.get("STAND_IN_BASE")
    if not program:
        raise Failure(f"{BASE_IMAGE} cannot be pulled ({refused}); STAND_IN_BASE may name a program that writes one to the tar it is given")
    archive = STATE / "base.tar"
    made = subprocess.run([program, str(archive)], capture_output=True, text=True, check=False)
    if made.returncode:
        raise Failure(f"{program} failed: {made.stderr.strip()[-200:]}")
    path = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    changes = [f"ENV {path}", "ENV LANG=C.UTF-8", 'CMD ["python3"]']
    docker("import", *(part for change in changes for part in ("--change", change)), str(archive), BASE_IMAGE)
    archive.unlink()
    NOTES.write(stand_in=True)
    return f"{BASE_IMAGE} made by {Path(program).name}"


def remove_all() -> None:
    """Remove every container, network and image that the rehearsal made, and end the private engine, if there is one."""
    notes = NOTES.read()
    if noted := notes.get("docker_host"):
        os.environ["DOCKER_HOST"] = noted
    if noted and _answers():
        for label in (LABEL, boot.LABEL):
            for container in docker("ps", "--all", "--quiet", "--filter", f"label={label}").split():
                docker("rm", "--force", "--volumes", container)
            for network in docker("network", "ls", "--quiet", "--filter", f"label={label}").split():
                docker("network", "rm", network)
        images = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
        if found := ours(images, notes.get("registry", "")) + [image for image in images if image == BASE_IMAGE and notes.get("stand_in")]:
            docker("image", "rm", "--force", *found)
    private_engine.stop()


def ours(images: list[str], registry: str) -> list[str]:
    """Those of the engine's images that plays made: in the embedded registry, or built for it."""
    made = (f"{registry}/lms-ecs:", "lms:sha-") if registry else ("lms:sha-",)
    return [name for name in images if name.startswith(made) and not name.endswith(":<none>")]
