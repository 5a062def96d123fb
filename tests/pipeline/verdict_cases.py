"""Failed deploys in the words of AWS, PostgreSQL, gunicorn and the LMS, each with where its words are from, and their verdicts."""

from dataclasses import replace

from pipeline.rollout import Deployment
from pipeline.verdict import Evidence
from tests.pipeline.failed_deploys import (
    ARN,
    ASM,
    BEGAN,
    FAILED,
    IMAGE,
    LISTENS,
    SECRETS,
    crashed,
    health,
    migrated,
    not_ready,
    refused,
    unhealthy,
    unstarted,
    worker_exception,
)

REFUSED_TCP = 'connection failed: connection to server at "10.0.0.9", port 5432 failed: Connection refused'
PASS_ROLE = (
    "register the migration's task definition: AccessDeniedException: User: arn:aws:sts::471112588210:assumed-role/lms-ecs-deploy/ship-1 "
    "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::471112588210:role/ecsTaskRole because no identity-based policy "
    "allows the iam:PassRole action"
)
CASES: dict[str, tuple[Evidence, str, str]] = {
    # pipeline.md: the service's tag deploy-hold=<sha>: reason
    "held": (refused("guard", "held: 5ca1ab1e: bad marks (the rollback workflow clears the hold)"), "held", "bad marks"),
    "superseded": (refused("guard", "superseded: 0123456 runs, a newer commit"), "superseded", "newer"),
    # no word of AWS: a newer service deployment stands in the list
    "tag elsewhere": (refused("pin", "tag not on main: v2.0.0 is 0123456789ab, which main does not hold"), "tag not on main", "v2.0.0"),
    "no image ever": (
        refused("pin", "image will never exist: 0123456789ab has no deploy run, and the registry holds no image of it"),
        "image will never exist",
        "has no deploy run",
    ),
    "red deploy": (refused("pin", "deploy failed: the run of 0123456789ab ended in failure"), "deploy failed", "ended in failure"),
    "version taken": (refused("pin", "tag is taken: lms-ecs:v1.0.0 is sha256:e, not sha256:d"), "tag is taken", "sha256:e"),
    "superseded meanwhile": (
        replace(unstarted(""), task=None, deployment=Deployment(ARN, "STOPPED", BEGAN, superseded=True)),
        "superseded",
        "newer",
    ),
    "cancelled": (Evidence(outcome="cancelled"), "cancelled", "cancelled"),
    "cancelled in watch": (refused("watch", "the run was cancelled: ECS was told to go back"), "cancelled", "cancelled"),
    "cancelled in migrate": (refused("migrate", "KeyboardInterrupt"), "cancelled", "cancelled"),
    # aws-actions/configure-aws-credentials#1293; its log cannot be read by a later step, only how it ended
    "oidc": (
        refused("role", "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"),
        "OIDC subject refused",
        "no role",
    ),
    "oidc by the step": (Evidence(step="role"), "OIDC subject refused", "no role"),
    # ministryofjustice/modernisation-platform#8443
    "pass role": (refused("migrate", PASS_ROLE), "cannot pass role", "arn:aws:iam::471112588210:role/ecsTaskRole"),
    "smoke": (refused("smoke", "smoke: /ready answered 503: storage failing"), "smoke failed", "/ready answered 503"),
    "image": (refused("watch", "timed out: 1 of 2 tasks run sha256:e, not the image that was built"), "another image runs", "sha256:e"),
    # telia-oss/terraform-aws-ecs-fargate#58
    "role": (
        unstarted(
            "ECS was unable to assume the role 'arn:aws:iam::471112588210:role/ecsTaskRole' that was provided for this task. Please verify "
            "that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass "
            "this role."
        ),
        "role not assumable",
        "role/ecsTaskRole",
    ),
    # aws-samples/aws-modern-application-workshop#272
    "role refused": (
        refused("migrate", "register the migration's task definition: ClientException: Role is not valid"),
        "role not assumable",
        "Role is not valid",
    ),
    # aws-samples/amazon-bedrock-serverless-prompt-chaining#213
    "architecture": (crashed("exec /opt/venv/bin/gunicorn: exec format error"), "wrong architecture", "exec format error"),
    # tini, which starts the program where initProcessEnabled is true
    "architecture by its init": (
        crashed("[FATAL tini (7)] exec flask failed: Exec format error"),
        "wrong architecture",
        "Exec format error",
    ),
    # pipeline/preflight.py
    "architecture, preflight": (
        refused("preflight", "preflight: task/image: sha-1 is made for arm64, the task runs on X86_64; build and push it"),
        "wrong architecture",
        "sha-1 is made for arm64",
    ),
    # aviswerdlow/relay#71, aws/containers-roadmap#1120
    "architecture at the pull": (
        unstarted(
            "CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching "
            "platform 'linux/amd64'."
        ),
        "wrong architecture",
        "linux/amd64",
    ),
    # AWS developer guide, task_cannot_pull_image: failed to resolve ref NAME: NAME: not found
    "no image": (
        unstarted(
            f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {IMAGE}: {IMAGE}: not found"
        ),
        "image not found",
        "lms-ecs:sha-1: not found",
    ),
    "no image, prepare": (refused("prepare", "lms-ecs holds no image sha-1: was it pushed?"), "image not found", "no image sha-1"),
    # dagster's tests of its ECS launcher
    "pull": (
        unstarted(
            'CannotPullContainerError: pull image manifest has been retried 5 time(s): Get "https://x": dial tcp 10.0.0.1:443: i/o timeout'
        ),
        "cannot pull",
        "i/o timeout",
    ),
    # doctorray117/minecraft-ondemand#74
    "registry": (
        unstarted(
            f"{SECRETS}unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed"
        ),
        "cannot pull",
        "send request failed",
    ),
    # AWS developer guide, task_cannot_pull_image
    "pull forbidden": (
        unstarted(f"{SECRETS}unable to retrieve ecr registry auth: AccessDeniedException: User: x is not authorized to perform: ecr:Get"),
        "cannot pull",
        "may not fetch",
    ),
    # ResourceInitializationError of stopped tasks, as many public repositories quote it
    "key": (
        unstarted(f"{ASM}retrieved secret from Secrets Manager did not contain json key SECRET_KEY."),
        "secret key missing",
        "json key SECRET_KEY",
    ),
    # rileydakota/valheim-ecs-fargate-cdk#9
    "no json": (unstarted(f"{ASM}invalid character '\\'' looking for beginning of value"), "secret key missing", "beginning of value"),
    # AWS Secrets Manager's ResourceNotFoundException
    "no secret": (
        unstarted(
            f"{ASM}failed to fetch secret arn:aws:secretsmanager:r:1:secret:lms-ecs/app-x from secrets manager: ResourceNotFoundException: "
            "Secrets Manager can't find the specified secret."
        ),
        "secret missing",
        "can't find",
    ),
    "no secret, prepare": (
        refused("prepare", "describe the secret lms-ecs/app: ResourceNotFoundException: Secrets Manager can't find the specified secret."),
        "secret missing",
        "lms-ecs/app",
    ),
    # fixdevs.com, aws-ecs-task-failed-to-start
    "secret deleted": (
        refused("preflight", "preflight: task/secret: arn:x:secret:lms-ecs/app-x is marked for deletion; create or restore it"),
        "secret missing",
        "app-x is marked for deletion",
    ),
    "secret forbidden": (unstarted(f"{ASM}AccessDeniedException"), "secret not readable", "may not read"),
    "secret out of reach": (unstarted(f"{ASM}RequestCanceled: context deadline exceeded"), "secret not readable", "could not read"),
    # ECS's container reason; engines older than that say only 137
    "memory": (crashed(code=137, reason="OutOfMemoryError: Container killed due to memory usage"), "out of memory", "memory"),
    "memory by its code": (crashed(code=137), "out of memory", "memory"),
    # gunicorn/arbiter.py
    "memory of a worker": (crashed("Worker (pid:9) was sent SIGKILL! Perhaps out of memory?", code=3), "out of memory", "memory"),
    # image/boot.py
    "memory in the boot": (refused("boot", "the image does not boot: out of memory: the kernel ended it"), "out of memory", "memory"),
    "setting in the boot": (refused("boot", "it exited with 1: lms: SECRET_KEY is not set"), "configuration missing", "SECRET_KEY"),
    "import in the boot": (
        refused("boot", "the image cannot migrate an empty database: exit code 1: ImportError: broken on purpose"),
        "import error",
        "broken on purpose",
    ),
    # app/config.py
    "setting": (crashed("lms: BASE_URL is not set"), "configuration missing", "BASE_URL is not set"),
    "secret setting": (crashed("lms: DATABASE_URL is not set"), "configuration missing", "secret setting"),
    "bad setting": (crashed("lms: LOG_LEVEL must be one of DEBUG, INFO"), "configuration missing", "LOG_LEVEL must be"),
    # PostgreSQL 55P03 by psycopg and SQLAlchemy
    "lock": (
        migrated("sqlalchemy.exc.OperationalError: (psycopg.errors.LockNotAvailable) canceling statement due to lock timeout"),
        "migration lock timeout",
        "lock",
    ),
    "lock for ever": (refused("migrate", "the migration took more than 900 s and was stopped"), "migration lock timeout", "lock"),
    # migrations/env.py with libpq's words; then app/api/health.py
    "database": (migrated(f"lms: the database cannot be reached: {REFUSED_TCP}"), "database refused", "Connection refused"),
    "database in health": (unhealthy(LISTENS, not_ready(database=f"cannot be reached: {REFUSED_TCP}")), "database refused", "10.0.0.9"),
    "password": (crashed('FATAL:  password authentication failed for user "lms"'), "database refused", "authentication failed"),
    "bucket": (unhealthy(not_ready(storage="bucket lms-x: 403 Forbidden"), health(503)), "storage refused", "bucket lms-x: 403"),
    # gunicorn's log of a worker that cannot load its app
    "import": (crashed(worker_exception("ImportError: broken on purpose"), code=3), "import error", "broken on purpose"),
    "import in the migration": (migrated("ModuleNotFoundError: No module named 'x'"), "import error", "No module named 'x'"),
    "migration": (migrated('psycopg.errors.DuplicateTable: relation "a" exists', "x.DataError: bad"), "migration failed", "DataError: bad"),
    "migration exits 3": (migrated(code=3), "migration failed", "exit code 3"),
    "crash": (crashed(worker_exception("app.Strange.OddError: no luck"), code=3), "crash at start", "OddError: no luck"),
    "exit 0": (crashed(code=0), "crash at start", "0 by itself"),
    # AWS developer guide, CannotStartContainerError; log drivers
    "start": (
        unstarted('CannotStartContainerError: runc create failed: exec: "gunicorn": executable file not found in $PATH'),
        "cannot start",
        "gunicorn",
    ),
    # AWS developer guide, service-unhealthy-event-messages, and the reason of its tasks
    "port": (
        replace(unhealthy(LISTENS, health(200), checks="ELB health checks in (target-group arn:x)"), port=9000),
        "port mismatch",
        "listens on 8000 (task-definition.json: containerPort 9000)",
    ),
    "check": (unhealthy(LISTENS, health(200)), "health check command missing", "/health answers"),
    # DanielWinks/pwrstat_docker#9, as `boot` tells it
    "check in the boot": (
        refused("boot", 'its health check fails (exit code -1): OCI runtime exec failed: exec: "curl": executable file not found in $PATH'),
        "health check command missing",
        "curl",
    ),
    "never healthy": (unhealthy(LISTENS, health(500)), "health check never passes", "/health answered 500"),
    "slow": (unhealthy(), "starts too slowly", "its log is empty"),
    "slow to import": (unhealthy(LISTENS), "starts too slowly", "no request was answered"),
    "its log cannot be read": (replace(unhealthy(), unread=("read the log: no",)), "health check never passes", "container health checks"),
    "never healthy outside": (
        unhealthy(LISTENS, health(200), checks="ELB health checks in (target-group x)"),
        "health check never passes",
        "x",
    ),
    "alarm": (
        replace(unhealthy(), task=None, deployment=replace(FAILED, reason="", alarms=("lms-5xx",))),
        "alarm fired",
        "lms-5xx",
    ),
    # AWS developer guide, service-event-messages-list
    "capacity": (
        replace(
            unhealthy(),
            task=None,
            events=(
                "(service lms-ecs-service) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again "
                "later or in a different availability zone.",
            ),
        ),
        "no capacity",
        "Capacity is unavailable",
    ),
    "capacity for the migration": (
        refused("migrate", 'the migration\'s task was not placed: [{"reason": "RESOURCE:FARGATE"}]'),
        "no capacity",
        "RESOURCE:FARGATE",
    ),
    "breaker": (replace(unhealthy(), task=None), "circuit breaker", "threshold was exceeded"),
    "time": (refused("watch", "timed out: the deployment is not over"), "timed out", "not over"),
    # pipeline/names.py
    "no JSON": (
        refused("names", "task-definition.json is not valid JSON: Expecting property name: line 5 column 17"),
        "task definition not valid",
        "line 5",
    ),
    # pipeline/registry.py
    "tag moved": (
        refused("prepare", "lms-ecs:sha-1 is sha256:e in the registry, but sha256:d was built"),
        "image was replaced",
        "sha256:d was built",
    ),
    "other verb": (refused("prepare", "the repository variable X must be one line"), "prepare failed", "must be one line"),
    "official step": (Evidence(step="deploy"), "deploy step failed", "official action"),
    "unknown": (refused("watch", "the deployment failed: STOPPED"), "unknown", "No rule"),
    "nothing": (Evidence(), "unknown", "No rule"),
}
