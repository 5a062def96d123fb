"""What the workflows promise: who may do what, in which order, and that each name they use is there."""

import contextlib
import io
import re
import shlex
from collections.abc import Callable

import pytest

from commands.verbs import parser
from infra.__main__ import VERBS as INFRA_VERBS
from pipeline.__main__ import VERBS
from tests.pipeline.workflows import (
    ACCOUNT,
    ACTION,
    ACTIONS,
    CI,
    DEPLOY,
    FOLDER,
    IMAGE,
    INFRA,
    PUSH,
    RELEASE,
    ROLLBACK,
    SHIP,
    WATCH,
    Signature,
    Texts,
    action_of,
    commands,
    file_of,
    is_action,
    jobs,
    load,
    outputs_of,
    read,
    signature,
    steps,
)

TEXTS = read()
LONGEST_RUN = 5
MOST_LINES = 600
RUNNERS_OWN = {"RUNNER_TEMP", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_PATH", "GITHUB_REPOSITORY", "GITHUB_SHA"}
"""Variables that every step finds."""
VALUES = {"ROLE": "read", "OUTCOME": "failure", "KIND": "push", "ATTEST": "true"}
"""What a variable holds where not any word will do."""


def deploy_is_checks_and_image_and_then_ship(texts: Texts) -> list[str]:
    """Nothing is shipped that was not checked, and what is shipped is what was built; the rehearsal plays all but the checks."""
    handed = {"tag": "${{ needs.image.outputs.tag }}", "digest": "${{ needs.image.outputs.digest }}"}
    handed |= {"commit": "${{ github.sha }}", "kind": "push"}
    plan = {"ci": ([], CI, {}), "image": ([], IMAGE, {}), "ship": (["ci", "image"], SHIP, handed)}
    rehearsed = {"image": ([], IMAGE, {}), "ship": (["image"], SHIP, handed)}
    problems = []
    for path, expected in ((DEPLOY, plan), (PUSH, rehearsed)):
        tree = load(texts, path)
        found = {job.name: (job.tree.get("needs", []), job.calls, job.tree.get("with", {})) for job in jobs({path: texts[path]})}
        problems += [] if found == expected else [f"{path} is not {expected}"]
        problems += [] if tree["on"] == {"push": {"branches": ["main"]}} else [f"{path} is not for main"]
    differing: dict[str, object] = {"needs": [], "concurrency": {}, "if": ""}  # what plays a rehearsal knows neither
    # The default, success(), looks into the called workflows too: a job that one of them skips would skip this.
    wanted = "${{ !cancelled() && needs.ci.result == 'success' && needs.image.result == 'success' }}"
    problems += [] if load(texts, DEPLOY)["jobs"]["ship"].get("if") == wanted else [f"{DEPLOY}: ship must run if {wanted}"]
    shipped = [{name: {**load(texts, path)["jobs"][name], **differing} for name in rehearsed} for path in (DEPLOY, PUSH)]
    return problems + ([] if shipped[0] == shipped[1] else [f"{PUSH} is not {DEPLOY} without its checks"])


def actions_are_pinned(texts: Texts) -> list[str]:
    """Other people's code is used at the commit that was read, its version next to it; our own is there."""
    allowed = {f"{name}@{it.sha} # {it.tag}" for name, it in ACTIONS.items()} | {f"./{path}" for path in texts}
    allowed |= {f"./{path.removesuffix('/action.yml')}" for path in texts if is_action(path)}
    used = [(path, use) for path, text in texts.items() for use in re.findall(r"^[ -]*uses: *(.*)$", text, re.MULTILINE)]
    return [f"{path} uses {use}" for path, use in used if use not in allowed]


def shells_are_short_and_read_no_context(texts: Texts) -> list[str]:
    """What is longer belongs to the pipeline; a context inside a script could be a script itself."""
    problems = [f"{job.where} runs more than {LONGEST_RUN} lines" for job, step in steps(texts) if len(commands(step)) > LONGEST_RUN]
    return problems + [f"{job.where} reads a context in a shell" for job, step in steps(texts) if "${{" in step.get("run", "")]


def shell_variables_are_set(texts: Texts) -> list[str]:
    """Each variable of a script is set by its step or job, by the runner or in the script itself."""
    problems = []
    for job, step in steps(texts):
        script = step.get("run", "")
        known = set(job.environment(step)) | RUNNERS_OWN | set(re.findall(r"(?:\bfor |^)(\w+)(?: in|=)", script, re.M))
        problems += [f"{job.where}: ${name} is not set" for name in re.findall(r"\$\{?(\w+)", script) if name not in known]
    return problems


def verbs_are_called_as_they_are(texts: Texts) -> list[str]:
    """Each call of pipeline and infra is one that its own command line takes."""
    problems = []
    for job, step in steps(texts):
        for line in commands(step):
            called, said = re.search(r"-m (pipeline|infra) (.*)", line), io.StringIO()
            words = shlex.split(re.sub(r"\$(\w+)", lambda name: VALUES.get(name[1], "word"), called[2])) if called else []
            try:
                with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                    _ = parser(called[1], None, {"pipeline": VERBS, "infra": INFRA_VERBS}[called[1]]).parse_args(words) if called else None
            except SystemExit:
                problems.append(f"{job.where}: {said.getvalue().splitlines()[-1]}")
    return problems


def jobs_end(texts: Texts) -> list[str]:
    """Every job that runs on a runner has an end."""
    return [
        f"{job.where} has no end" for job in jobs(texts) if not is_action(job.path) and not job.calls and "timeout-minutes" not in job.tree
    ]


def production_is_entered_one_at_a_time(texts: Texts) -> list[str]:
    """In the order of their start; half a deploy is never cancelled; no caller waits for a lock that it holds itself."""
    expected = {"group": "production", "cancel-in-progress": False, "queue": "max"}
    callers = [job for job in jobs(texts) if job.calls == SHIP and job.path != PUSH]
    problems = [f"{job.where} is not {expected}" for job in callers if job.tree.get("concurrency") != expected]
    entered = load(texts, SHIP)["jobs"]["ship"].get("environment", {})
    problems += [] if entered.get("name") == "production" else [f"{SHIP}: ship is not in production"]
    trees = [load(texts, path) for path in texts] + [job.tree for job in jobs(texts) if job not in callers]
    groups = [*(tree["concurrency"]["group"] for tree in trees if "concurrency" in tree), expected["group"]]
    return problems + [f"two share the lock {group}" for group in groups if groups.count(group) > 1]


def required_waits_for_every_check(texts: Texts) -> list[str]:
    """The one check that branches are protected by stands for all."""
    checks = load(texts, CI)["jobs"]
    required = checks["required"]
    problems = [] if {*required["needs"], "required"} == set(checks) else [f"{CI}: required does not need every other job"]
    return problems if required.get("if") == "always()" else [*problems, f"{CI}: required is skipped when a check fails"]


def outputs_that_are_used_exist(texts: Texts) -> list[str]:
    """Each output that is read is one of a step above, of a job that is waited for, or of a called workflow's job."""
    problems = []
    for job in jobs(texts):
        above: dict[str, set[str]] = {}
        handed = job.workflow.get("outputs") if is_action(job.path) else job.tree.get("outputs")
        for step in [*job.steps, {"outputs": handed, "environment": job.tree.get("environment")}]:
            for name, output in re.findall(r"\bsteps\.([\w-]+)\.outputs\.([\w-]+)", str(step)):
                problems += [] if output in above.get(name, ()) else [f"{job.where}: no step {name} gives {output}"]
            above |= {step["id"]: outputs_of(texts, step)} if "id" in step else {}
        for name, output in re.findall(r"\bneeds\.([\w-]+)\.outputs\.([\w-]+)", str(job.tree)):
            source = job.workflow["jobs"][name]
            known = signature(texts, source["uses"].removeprefix("./")).outputs if "uses" in source else source["outputs"]
            given = known if name in job.tree["needs"] else ()
            problems += [] if output in given else [f"{job.where}: {name} gives no {output}"]
    for path in texts:
        for name, output in re.findall(r"\bjobs\.([\w-]+)\.outputs\.([\w-]+)", str(signature(texts, path).outputs)):
            problems += [] if output in load(texts, path)["jobs"][name]["outputs"] else [f"{path}: {name} gives no {output}"]
    return problems


def inputs_that_are_given_exist(texts: Texts) -> list[str]:
    """Who is called gets what it needs and nothing that it does not know, and says what each input is."""
    problems = []
    for name, given, where in [
        *((job.calls, job.tree.get("with", {}), job.where) for job in jobs(texts) if job.calls),
        *((file_of(action_of(step)), step.get("with", {}), job.where) for job, step in steps(texts) if "uses" in step),
    ]:
        taken = ACTIONS.get(name) or signature(texts, name)
        problems += [f"{where}: {name} does not know {more}" for more in set(given) - set(taken.inputs)]
        problems += [f"{where}: {name} needs {missing}" for missing in taken.required - set(given)]
    for path in texts:
        its: Signature = signature(texts, path)
        problems += [f"{path}: what is {name}?" for name, it in {**its.inputs, **its.outputs}.items() if not it.get("description")]
        used = set(re.findall(r"\binputs\.([\w-]+)", texts[path]))
        problems += [f"{path}: {name} is no input, or not used" for name in used ^ set(its.inputs)]
    return problems


def they_are_small(texts: Texts) -> list[str]:
    """All of them can be read at one sitting."""
    lines = sum(text.count("\n") for path, text in texts.items() if path.startswith(FOLDER))
    return [f"{lines} lines"] if lines >= MOST_LINES else []


Check = Callable[[Texts], list[str]]
CHANGES: list[tuple[Check, str, str, str]] = [  # a check, and in which file what instead of what it must find
    (deploy_is_checks_and_image_and_then_ship, DEPLOY, "needs: [ci, image]", "needs: [image]"),
    (deploy_is_checks_and_image_and_then_ship, DEPLOY, "branches: [main]", "branches: [main, next]"),
    (deploy_is_checks_and_image_and_then_ship, PUSH, "outputs.digest", "outputs.tag"),
    (deploy_is_checks_and_image_and_then_ship, PUSH, "name: Ship", "name: Shipping"),
    (actions_are_pinned, CI, "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97", "actions/setup-python@v7"),
    (actions_are_pinned, SHIP, " # v7.0.1", ""),
    (actions_are_pinned, ACCOUNT, "aws-credentials@e6de05", "aws-credentials@e6de06"),
    (actions_are_pinned, IMAGE, "uses: ./.github/actions/image", "uses: ./.github/actions/other"),
    (shells_are_short_and_read_no_context, CI, "run: make test", "run: |\n" + 6 * "          make test\n"),
    (shells_are_short_and_read_no_context, CI, "run: make test", "run: make test ${{ github.head_ref }}"),
    (shell_variables_are_set, SHIP, 'RENDERED: "$', 'OTHER: "$'),
    (shell_variables_are_set, ACTION, "FLOOR: $", "OTHER: $"),
    (verbs_are_called_as_they_are, SHIP, "-m pipeline smoke --commit", "-m pipeline smoke --sha"),
    (verbs_are_called_as_they_are, INFRA, "--dry-run", "--try"),
    (verbs_are_called_as_they_are, ACTION, "-m pipeline schema", "-m pipeline scheme"),
    (jobs_end, CI, "    timeout-minutes: 30\n", ""),
    (production_is_entered_one_at_a_time, DEPLOY, "queue: max", "queue: single"),
    (production_is_entered_one_at_a_time, DEPLOY, "cancel-in-progress: false", "cancel-in-progress: true"),
    (production_is_entered_one_at_a_time, SHIP, "{ name: production", "{ name: staging"),
    (production_is_entered_one_at_a_time, RELEASE, "queue: max", "queue: single"),
    (production_is_entered_one_at_a_time, ROLLBACK, "group: production", "group: rollbacks"),
    (production_is_entered_one_at_a_time, ROLLBACK, 'group: "rollback-${{ github.run_id }}"', "group: production"),
    (production_is_entered_one_at_a_time, DEPLOY, 'group: "deploy-', 'group: "image-'),
    (production_is_entered_one_at_a_time, IMAGE, "group: image-${{ github.sha }}", "group: production"),
    (required_waits_for_every_check, CI, ", rehearse]", "]"),
    (required_waits_for_every_check, CI, "if: always()\n    needs", "needs"),
    (outputs_that_are_used_exist, SHIP, "outputs.ecs_cluster", "outputs.cluster"),
    (outputs_that_are_used_exist, SHIP, "steps.render.outputs.task-definition", "steps.render.outputs.file"),
    (outputs_that_are_used_exist, SHIP, "        id: prepare\n", ""),
    (
        outputs_that_are_used_exist,
        IMAGE,
        "      - name: Read the names\n        id: names",
        "      - name: Read the names\n        id: name",
    ),
    (outputs_that_are_used_exist, IMAGE, "jobs.image.outputs.digest", "jobs.image.outputs.sha"),
    (outputs_that_are_used_exist, DEPLOY, "needs.image.outputs.tag", "needs.ci.outputs.tag"),
    (outputs_that_are_used_exist, RELEASE, "needs.pin.outputs.ship", "needs.pin.outputs.shipped"),
    (outputs_that_are_used_exist, ACCOUNT, "      id: names\n", ""),
    (outputs_that_are_used_exist, ACCOUNT, "value: ${{ steps.names.outputs.role_arn", "value: ${{ steps.names.outputs.role"),
    (outputs_that_are_used_exist, RELEASE, "steps.role.outputs.role ", "steps.role.outputs.arn "),
    (inputs_that_are_given_exist, WATCH, "role: read, session: watch", "role: read"),
    (inputs_that_are_given_exist, SHIP, "desired-count: $", "count: $"),
    (inputs_that_are_given_exist, SHIP, "          container-name: ${{ steps.names.outputs.ecs_container }}\n", ""),
    (inputs_that_are_given_exist, DEPLOY, "      tag: $", "      label: $"),
    (inputs_that_are_given_exist, SHIP, "description: The image's tag in the registry., ", ""),
    (inputs_that_are_given_exist, ROLLBACK, "inputs.version", "inputs.tag"),
    (inputs_that_are_given_exist, ACTION, "${{ inputs.commit }}", "${{ inputs.sha }}"),
    (they_are_small, CI, "\n", "\n" * 7),
]
CHECKS = list(dict.fromkeys(check for check, *_ in CHANGES))
"""Each has at least one change that it must find."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_workflows_keep_what_they_promise(check: Check) -> None:
    assert check(TEXTS) == []


@pytest.mark.parametrize(("check", "path", "old", "new"), CHANGES, ids=[f"{at}-{it[0].__name__}" for at, it in enumerate(CHANGES)])
def test_a_promise_that_is_broken_is_found(check: Check, path: str, old: str, new: str) -> None:
    assert old in TEXTS[path]
    assert check({**TEXTS, path: TEXTS[path].replace(old, new)}) != []
