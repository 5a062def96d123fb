"""verdict: why a deploy failed, as one named cause with its evidence and one fix. Pure: plain values in, text out."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.rollout import ENDED, Deployment, Stopped


@dataclass(frozen=True)
class Evidence:
    """What is known of a deploy that failed; what is not known is empty.

    `outcome` is the job's state, `step` the first red step's id, `failures` are verb and line. `task` is the newest that failed, else
    the newest that ended, with the end of its `log`; `unread` says what could not be looked up, `secrets` whose values nobody may see,
    `deploy` how the step that deploys ended.
    """

    outcome: str = "failure"
    step: str = ""
    failures: tuple[tuple[str, str], ...] = ()
    deployment: Deployment | None = None
    events: tuple[str, ...] = ()
    task: Stopped | None = None
    log: tuple[str, ...] = ()
    port: int = 0
    secrets: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    deploy: str = ""
    cluster: str = "CLUSTER"
    service: str = "SERVICE"


@dataclass(frozen=True)
class Verdict:
    """What a person needs: a name to talk about it, the cause, what shows it, and one thing to do."""

    name: str
    cause: str
    evidence: tuple[str, ...]
    fix: str


RULES: list[dict[str, str]] = tomllib.loads(Path(__file__).with_name("verdicts.toml").read_text())["rule"]
BACK = dict.fromkeys(
    ("STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"), "Nothing to do but wait: ECS is going back to the version before."
) | {"ROLLBACK_SUCCESSFUL": "Nothing to do: ECS went back to the version before."}
"""What is to be done while ECS helps itself, by the deployment's state."""
GO_BACK = 'gh workflow run rollback.yml -f reason="why"'
AGAIN = "Nothing to do: this run deployed the version before again."
TRIAL = " This was a trial start on the runner: production was not touched."
LONGEST, MOST = 1000, 300
"""Characters of a line and lines of evidence: GitHub shows no page above 1 MiB at all."""
HEALTHY = re.compile(r"^route=/health\nstatus=200$", re.M)
ANSWERED = re.compile(r"^route=|^event=not_ready$", re.M)
LISTENS = re.compile(r"Listening at: \w+://\S*?:(\d+)")


def _plain(line: str) -> str:
    """A log line as the rules read it: the fields of JSON one below the other."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    return "\n".join(f"{name}={value}" for name, value in fields.items()) if isinstance(fields, dict) else line


def voices(evidence: Evidence) -> dict[str, str]:
    """Who says what, for the rules. A log counts only if its task is at fault: healthy ones tell of errors, too."""
    failures = "\n".join(f"{verb}: {line}" for verb, line in evidence.failures)
    task = evidence.task if evidence.task and evidence.task.at_fault else Stopped("", "", "")
    log = "\n".join(map(_plain, evidence.log)) if evidence.task == task else ""
    itself = f"exit code {task.exit_code} by itself" if task.code == "EssentialContainerExited" else ""
    found = evidence.deployment
    ecs = [found.reason, *(f"alarm {name}" for name in found.alarms), "superseded" if found.superseded else ""] if found else []
    listens, signs = LISTENS.findall(log), ""
    if "health checks" in task.reason and listens and int(listens[-1]) != evidence.port:
        signs = f"listens on {listens[-1]}, not on {evidence.port}"
    elif "container health checks" in task.reason and HEALTHY.search(log):
        signs = "the check fails though /health answers"
    elif "health checks" in task.reason and not evidence.unread and not ANSWERED.search(log):
        signs = f"no request was answered before the checks gave up{'' if log else ', and its log is empty'}"
    return {
        "failure": failures,
        "outcome": evidence.outcome,
        "step": evidence.step,
        "said": "\n".join([failures, task.reason, task.container, itself]),
        "itself": itself,
        "log": log,
        "crash": log if itself else "",
        "migration": f"{failures}\n{log}" if any(verb == "migrate" for verb, _ in evidence.failures) else "",
        "ecs": "\n".join(ecs),
        "events": "\n".join(evidence.events),
        "signs": signs,
    }


def verdict(evidence: Evidence) -> Verdict:
    """What the first rule that knows the case says; "unknown" shows everything there is."""
    heard = voices(evidence)
    trial = TRIAL if any(verb == "boot" for verb, _ in evidence.failures) else ""
    for rule in RULES:
        if found := list(re.finditer(rule["pattern"], "\n".join(heard[voice] for voice in rule["where"].split()), re.M)):
            said = [mask(group or "", evidence.secrets)[:300].strip(" .") for group in (found[-1][0], *found[-1].groups())]
            cause = rule["cause"].format(*said) + trial
            return Verdict(rule["name"].format(*said), cause, _shown(evidence, 5), rule["fix"].format(*said))
    fix = """Look first at the ECS service's events, and in CloudTrail for StopServiceDeployment and UpdateService: perhaps somebody did \
that. Mend what they show, and run this workflow again. Add a rule to pipeline/verdicts.toml last, once the cause is clear."""
    return Verdict("unknown", f"No rule knows this failure.{trial}", _shown(evidence, 50), fix)


def _shown(evidence: Evidence, events: int) -> tuple[str, ...]:
    lines = [f"alarm fired: {alarm}" for alarm in (evidence.deployment.alarms if evidence.deployment else ())]
    lines += [f"{verb}: {line}" for verb, line in evidence.failures] + ([f"step {evidence.step} failed"] if evidence.step else [])
    lines += [str(known) for known in (evidence.deployment, evidence.task) if known]
    lines += [*evidence.events[-events:], *(f"not read: {why}" for why in evidence.unread)]
    log = [mask(line, evidence.secrets) for line in evidence.log]  # before quotes go, which end a value
    lines += [f"| {part}" for line in log for part in (_plain(line).splitlines() if '"exception"' in line else [line])]
    return tuple(mask(line, evidence.secrets)[:LONGEST] for line in lines[:MOST])


def mask(text: str, secrets: Sequence[str]) -> str:
    """That text without values of these settings, passwords and tokens, and without commands to the runner."""
    value = r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}&]+)"""
    known = "|".join(map(re.escape, secrets)) or "(?!)"
    text = re.sub(rf"(?i)((?:{known})[\"']?(?:=|:\s+|[\"']:)\s*){value}", r"\1***", text)
    text = re.sub(rf"(?i)((?:password|passwd|pwd|token|secret|api_?key)[\"']?(?:=|[\"']:)\s*){value}", r"\1***", text)
    return re.sub(r"(?i)(://[^\s/:@]*:)\S+@", r"\1***@", re.sub(r"(?i)(bearer )\S+", r"\1***", text)).replace("##[", "# [")


def reached(evidence: Evidence) -> bool:
    """Whether a deployment may have begun: the step that deploys ran, or nobody knows."""
    verbs = {verb for verb, _ in evidence.failures}
    if evidence.deploy:
        return evidence.deploy != "skipped"
    return evidence.step == "deploy" or not verbs.isdisjoint(("watch", "smoke", "rollback")) or not (verbs or evidence.step)


def _unseen(evidence: Evidence) -> str:
    """The way back where ECS did not say how the deployment is."""
    verbs = {verb for verb, _ in evidence.failures}
    if evidence.deployment is None and not reached(evidence):
        return "Nothing to do: no deployment was begun."
    if "smoke" in verbs and "rollback" not in verbs:
        return f"The new version IS serving; go back:\n{GO_BACK}"
    asked = f"aws ecs describe-services --cluster {evidence.cluster} --services {evidence.service}"
    return f"Not known here whether ECS goes on; its deployments and events say so:\n{asked}\nto go back:\n{GO_BACK}"


def rollback(evidence: Evidence) -> str:
    """The command that brings the version before back, unless that is done, or nobody should."""
    found = evidence.deployment
    if found and found.superseded:
        return "Nothing to do: a newer deployment took over."
    if found and found.status in BACK:
        return BACK[found.status]
    if shut := [line for verb, line in evidence.failures if verb == "rollback" and "mend forward" in line]:
        return f"There is none: {shut[-1]}."
    if found is None or ":service-deployment/" not in found.arn:  # not known, or only what DescribeServices says
        return _unseen(evidence)
    if found.status not in ENDED:
        return f"aws ecs stop-service-deployment --service-deployment-arn {found.arn} --stop-type ROLLBACK"
    cluster, service, _ = f"{found.arn.partition('service-deployment/')[2]}//".split("/", 2)
    command = f"aws ecs update-service --cluster {cluster} --service {service} --task-definition {found.good}"
    return command if found.good else "Nothing to go back to: no deployment before this one succeeded."
