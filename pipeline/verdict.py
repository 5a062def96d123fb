"""verdict: why a deploy failed, as one named cause with its evidence and one fix. Pure: plain values in, text out."""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.rollout import ENDED, Deployment, Stopped


@dataclass(frozen=True)
class Evidence:
    """What is known of a deploy that failed; what is not known is empty.

    `outcome` is the job's state, `step` the first red step's id, `failures` are verb and line. `task` is the newest that failed, else
    the newest that ended, with the end of its `log`; `unread` says what could not be looked up, `secrets` whose values nobody may see.
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


@dataclass(frozen=True)
class Verdict:
    """What a person needs: a name to talk about it, the cause, what shows it, and one thing to do."""

    name: str
    cause: str
    evidence: tuple[str, ...]
    fix: str


# The first that knows the case names it: what people decided, then what a task says of itself, then what only ECS's sums say.
# Each: name; where to look (voices); what for, of which the last counts; cause and fix, with {0} the match, {1} its first group.
# fmt: off
RULES = (
    ("held", "failure", r"^guard: (.*\bhold\b.*)", "The service is held: {1}.", "Clear the hold when its reason is gone; run this again."),
    ("superseded", "failure ecs", r"^guard: .*superseded.*|^superseded$", "A newer deploy overtook this one.", "Look at the newer run."),
    ("tag not on main", "failure", r"^pin: tag not on main: (.+)", "The tag names a commit that is not on main: {1}.",
     "Delete the tag, bring the commit to main, tag it there."),
    ("image will never exist", "failure", r"^pin: image will never exist: (.+)", "No image of the tag's commit will ever be made: {1}.",
     "Delete the tag and tag a commit whose deploy is green."),
    ("deploy failed", "failure", r"^pin: deploy failed: (.+)", "The tag's commit has an image, but its deploy is red: {1}.",
     "Run that deploy again, and this when it is green; or tag a later commit."),
    ("tag is taken", "failure", r"^pin: tag is taken: (.+)", "The version is another image already: {1}.", "Tag the next version."),
    ("cancelled", "failure ecs outcome", r"run was cancelled.*|KeyboardInterrupt|^cancelled$|request to stop|stopped by user",
     "Somebody cancelled the run or stopped the deployment.", "If that was not meant, run this again."),
    ("OIDC subject refused", "failure step", r"AssumeRoleWithWebIdentity|OpenIDConnect provider|^role$", "AWS gave this run no role.",
     "Allow this run's subject in the role's trust policy: repo:OWNER/NAME:environment:production, with @IDs if the repository is new."),
    ("cannot pass role", "failure", r"^.*?iam:PassRole on resource: (\S+).*", "The deploy role may not pass a role to ECS: {1}.",
     "Allow the deploy role iam:PassRole on that role."),
    ("smoke failed", "failure", r"^smoke: (.+)", "The new version runs, but answers wrongly: {1}.", "Roll back, then mend what answered."),
    ("another image runs", "failure", r"^watch: .*not the image that was built", "{0}.", "See who else deploys here, then run this again."),
    ("role not assumable", "said", r"unable to assume the role '?([^' ]+)|Role is not valid|to perform: sts:AssumeRole\b",
     "ECS cannot act as the role of the task: {0}.", "See that the role exists and trusts ecs-tasks.amazonaws.com."),
    ("wrong architecture", "said log", r"exec format error|descriptor (?:matching|for) platform .*|no matching manifest for .*",
     "The image was built for another processor: {0}.", "Build it for linux/amd64, as runtimePlatform says."),
    ("image not found", "said", r"CannotPull.*: (\S+): not found|CannotPull.*manifest unknown.*|\S+ holds no image \S+",
     "The registry does not hold the image: {0}.", "Run the job that builds this commit's image again, then this one."),
    ("cannot pull", "said", r"(?:CannotPull\w*|retrieve ecr registry auth): (.+)", "The task could not fetch its image: {1}.",
     "Give the execution role AmazonECSTaskExecutionRolePolicy, and the subnets a way to ECR and S3."),
    ("secret key missing", "said", r"did not contain json key ([\w.-]*\w)|looking for (?:json key|beginning of value).*",
     "The secret lacks a key: {0}.", "Put the key into the secret, whose value must be one JSON object."),
    ("secret missing", "said", r"(?:\S+ from secrets manager: \w+: )?Secrets Manager can't find.*|describe the secret .*ResourceNotFound.*",
     "The secret is not there: {0}.", "Create it, or set the variable SECRET_NAME to its name."),
    ("secret not readable", "said", r"unable to (?:retrieve secret|pull secrets).*", "The task could not read its secret: {0}.",
     "Allow the execution role secretsmanager:GetSecretValue on it, and give the subnets a way there."),
    ("out of memory", "said crash", r"OutOfMemoryError|^137 by itself$|Perhaps out of memory",
     "The container needed more memory than it has.", "Raise memory in task-definition.json, or lower WEB_CONCURRENCY."),
    ("configuration missing", "log", r"^lms: (\w+) (?:is not set|must .+)", "A setting is missing or bad: {0}.",
     "Set {1} where it belongs: the secret, task-definition.json or a repository variable."),
    ("migration lock timeout", "migration", r"LockNotAvailable|due to lock timeout|the migration took more than .*",
     "The migration waited too long for a lock of somebody else.", "End the transaction that holds it (pg_stat_activity), run this again."),
    ("import error", "crash migration", r"^(?:\w+\.)*((?:ImportError|ModuleNotFoundError|SyntaxError)\b.*)",
     "The code cannot be imported: {1}.", "Mend the import; the boot of the image shows it before a deploy."),
    ("database refused", "log", r"^.*(?:connection .*failed|could not translate|authentication failed|no pg_hba|too many clients"
     r"|connection slots|^database=cannot be reached|database cannot be reached).*", "The database does not let the LMS in: {0}.",
     "Look at DATABASE_URL in the secret, the security group and the database's limit of connections."),
    ("storage refused", "log", r"^storage=(.+)", "The bucket refuses: {1}.", "Look at STORAGE_URL and at the task role's rights there."),
    ("migration failed", "migration", r"^((?:\w+\.)*\w*(?:Error|Exception)\b: .*)|migration failed with exit code \d+",
     "The migration failed, the service was not touched: {0}.", "Mend the migration: nothing of it is left, so it may be changed."),
    ("cannot start", "said", r"^(?:CannotStart|CannotCreate|ResourceInitialization)\w*: .+", "The container could not be started: {0}.",
     "Mend what that names in task-definition.json: command, user, mounts, log group."),
    ("crash at start", "itself crash", r"^((?:\w+\.)*\w*(?:Error|Exception)\b: .*)|^-?\d+ by itself$",
     "The program ended by itself: {0}.", "Mend what the log below ends with; a server must not end."),
    ("port mismatch", "signs", r"listens on (\d+), not on (\d+)", "The server listens on {1}, the task definition says {2}.",
     "Make containerPort and the port of the service's load balancer {1}."),
    ("health check command missing", "signs said", r"the check fails though /health answers|exec\w*: .*executable file not found.*",
     "The server is well, but the check cannot tell: {0}.", "Let healthCheck.command call a program that the image has: the Dockerfile's."),
    ("health check never passes", "said", r"failed (?:container|ELB) health checks.*", "The task was not healthy in time: {0}.",
     "See /health in the log: 503 names what is missing; if nobody asked, the start is slower than startPeriod or a firewall bars."),
    ("alarm fired", "ecs", r"^alarm (.+)", "An alarm fired while the new version ran: {1}.", "Mend what it measures, then deploy again."),
    ("no capacity", "said events", r"Capacity is unavailable.*|RESOURCE:\w+|reached the limit on the number of .*",
     "AWS had no room for the tasks: {0}.", "Run this again later; a quota must be raised."),
    ("circuit breaker", "ecs", r".*circuit breaker.*", "Tasks kept failing, none says why: {0}.", "Read the events and the log below."),
    ("timed out", "failure", r"timed out: (.+)|took more than.*", "It did not end in time: {0}.", "See the events below, then roll back."),
    ("{1} failed", "failure", r"\A(?!watch: )(\w+): (.+)", "{2}.", "Mend what that names, then run this again."),
    ("{0} step failed", "step", r"^\w+$", "An official action failed, whose words only its log has.", "Read the log of the step {0}."),
)
# fmt: on
HEALTHY = re.compile(r"^route=/health\nstatus=200$", re.M)
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
    itself = f"{task.exit_code} by itself" if task.code == "EssentialContainerExited" else ""
    found = evidence.deployment
    ecs = [found.reason, *(f"alarm {name}" for name in found.alarms), "superseded" if found.superseded else ""] if found else []
    listens, signs = LISTENS.findall(log), ""
    if "health checks" in task.reason and listens and int(listens[-1]) != evidence.port:
        signs = f"listens on {listens[-1]}, not on {evidence.port}"
    elif "container health checks" in task.reason and HEALTHY.search(log):
        signs = "the check fails though /health answers"
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
    for name, where, pattern, cause, fix in RULES:
        if found := list(re.finditer(pattern, "\n".join(heard[voice] for voice in where.split()), re.M)):
            said = [mask(group or "", evidence.secrets)[:300].strip(" .") for group in (found[-1][0], *found[-1].groups())]
            return Verdict(name.format(*said), cause.format(*said), _shown(evidence, 5), fix.format(*said))
    return Verdict(
        "unknown", "No rule knows this failure.", _shown(evidence, 50), "Read what is below; then add a rule to pipeline/verdict.py."
    )


def _shown(evidence: Evidence, events: int) -> tuple[str, ...]:
    lines = [f"{verb}: {line}" for verb, line in evidence.failures] + ([f"step {evidence.step} failed"] if evidence.step else [])
    lines += [str(known) for known in (evidence.deployment, evidence.task) if known]
    lines += [f"alarm fired: {alarm}" for alarm in (evidence.deployment.alarms if evidence.deployment else ())]
    lines += [*evidence.events[-events:], *(f"not read: {why}" for why in evidence.unread), *(f"| {line}" for line in evidence.log)]
    return tuple(mask(line, evidence.secrets) for line in lines)


def mask(text: str, secrets: Sequence[str]) -> str:
    """That text without values of these settings, passwords and tokens, and without commands to the runner."""
    value = r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}&]+)"""
    known = "|".join(map(re.escape, secrets)) or "(?!)"
    text = re.sub(rf"(?i)((?:{known})[\"']?(?:=|:\s+|[\"']:)\s*){value}", r"\1***", text)
    text = re.sub(rf"(?i)((?:password|passwd|pwd|token|secret|api_?key)[\"']?(?:=|[\"']:)\s*){value}", r"\1***", text)
    return re.sub(r"(?i)(://[^\s/:@]*:)\S+@", r"\1***@", re.sub(r"(?i)(bearer )\S+", r"\1***", text)).replace("##[", "# [")


def rollback(found: Deployment | None) -> str:
    """The command that brings the version before back, unless ECS has done that."""
    if found is None or found.status == "ROLLBACK_SUCCESSFUL":
        return f"Nothing to do: {'ECS went back to the version before' if found else 'no deployment was begun'}."
    if found.status not in ENDED:
        return f"aws ecs stop-service-deployment --service-deployment-arn {found.arn} --stop-type ROLLBACK"
    cluster, service, _ = f"{found.arn.partition('service-deployment/')[2]}//".split("/", 2)
    command = f"aws ecs update-service --cluster {cluster} --service {service} --task-definition {found.good}"
    return command if found.good else "Nothing to go back to: no deployment before this one succeeded."


def render(given: Verdict, back: str) -> str:
    """The step summary, in Markdown. What others wrote stands in indented lines: no log can end those."""
    lines = [f"## Verdict: {given.name}", "", f"**{html.escape(given.cause, quote=False)}**", "", "Evidence:", ""]
    lines += [*(f"    {line}" for line in given.evidence or ("none",)), "", f"Fix: {html.escape(given.fix, quote=False)}", ""]
    return "\n".join([*lines, "Roll back:", "", f"    {back}"])
