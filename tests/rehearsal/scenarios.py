"""The table of bad deploys: what is wrong, where the run must stop, what its verdict must be called, and what must show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.rehearsal import account_faults as account
from tests.rehearsal import faults
from tests.rehearsal.account_faults import Fault, secret
from tests.rehearsal.play import CALLER
from tests.rehearsal.repository import Change

SHIP_ONLY = Path("tests/rehearsal/ship_only.yml")


@dataclass(frozen=True)
class Scenario:
    """One bad deploy."""

    name: str
    stops: str
    """The step that is red first."""
    verdict: str
    evidence: str
    """What the verdict must show, as a regular expression."""
    change: Change | None = None
    """What is wrong in a new commit; None: the commit that serves is played again."""
    account: Fault | None = None
    """What is wrong in the account meanwhile."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Repository variables that are wrong; {good} and {older} are commits, {digest} is the good one's image."""
    caller: Path = CALLER
    new: bool = False
    """A new commit, though nothing in it is wrong."""
    then: Literal["push", "again", "later"] = "later"
    """The next good deploy: a new commit, the good commit again, or one for all in a row that stopped before the service was touched."""
    serves: tuple[str, ...] = ()
    """Commits that may answer beside the good one for a moment; {new} is the bad one. None, but where the new version works or seems to."""


def ship(commit: str, tag: str = "") -> dict[str, str]:
    """The variables that let ship_only.yml ship that commit, by the tag of it or of another one."""
    return {"SHIP_TAG": f"sha-{tag or commit}", "SHIP_DIGEST": "{digest}", "SHIP_COMMIT": commit}


def elsewhere(url: str) -> str:
    """A database's address at which nothing listens."""
    return f"{url.rpartition(':')[0]}:9/lms"


def guessed(url: str) -> str:
    """A database's address with another password."""
    user, _, place = url.rpartition("@")
    return f"{user.rpartition(':')[0]}:guessed@{place}"


# fmt: off
TABLE = (
    # Nothing of the service is touched: these share the good deploy behind them.
    Scenario("not-json", "Read the names", "task definition not valid", r"task-definition\.json is not valid JSON", faults.is_not_json),
    Scenario("import-error-at-boot", "Boot it under a task's limits", "import error", "broken on purpose", faults.cannot_import),
    Scenario("oidc-refused", "Take the deploy role", "OIDC subject refused", "step role failed", account=account.trusts_another_repository),
    Scenario("hold", "Guard", "held", "5ca1ab1e: wrong marks", account=account.on_hold),
    Scenario("superseded", "Guard", "superseded", "is older: it stays", variables=ship("{older}"), caller=SHIP_ONLY),
    Scenario("tag-missing", "Verify what it is", "image not found", "holds no image sha-0",
             variables=ship("{good}", "0" * 40), caller=SHIP_ONLY),
    Scenario("secret-missing", "Preflight", "secret missing", "is marked for deletion", account=account.secret_deleted),
    Scenario("wrong-architecture", "Preflight", "wrong architecture", "is made for arm64", account=account.made_for_arm, new=True),
    Scenario("pass-role", "Migrate", "cannot pass role", r"iam:PassRole on resource: \S+/ecsTask", account=account.no_pass_role),
    # The migration's task does not start, or its container ends; the service is not touched.
    Scenario("secret-key-missing", "Migrate", "secret key missing", "json key SECRET_KEY", account=secret(SECRET_KEY=lambda _: None)),
    Scenario("variable-missing", "Migrate", "configuration missing", "OIDC_AUDIENCE is not set",
             variables={"OIDC_ISSUER": "https://id.example.org"}),
    Scenario("variable-bad", "Migrate", "configuration missing", "LOG_LEVEL must be", variables={"LOG_LEVEL": "LOUD"}),
    Scenario("database-unreachable", "Migrate", "database refused", "Connection refused", account=secret(DATABASE_URL=elsewhere)),
    Scenario("database-password", "Migrate", "database refused", "password authentication failed", account=secret(DATABASE_URL=guessed)),
    Scenario("wrong-programs", "Migrate", "wrong architecture", "(?i)exec format error", account=account.holds_arm_programs, new=True),
    Scenario("migration-fails", "Migrate", "migration failed", "exit code 3", faults.migration_exits_3),
    Scenario("migration-locked", "Migrate", "migration lock timeout", "lock timeout", faults.migration_wants_a_lock, account.locked_table),
    # The new version's containers end, and ECS goes back: the service was touched, so a good deploy comes behind each.
    Scenario("import-error", "Watch", "import error", "broken in the cloud on purpose", faults.cannot_import_in_the_cloud, then="push"),
    Scenario("out-of-memory", "Watch", "out of memory", "OutOfMemoryError.*exit code 137", faults.needs_more_memory, then="again"),
    Scenario("exits-after-20-s", "Watch", "crash at start", "exit code 7", faults.gives_up_after_20_seconds, then="again"),
    Scenario("wrong-port", "Watch", "port mismatch", r"Listening at: http://0\.0\.0\.0:9000", faults.listens_elsewhere, then="again"),
    Scenario("health-command", "Watch", "health check command missing", r"/health.*\b200", faults.checks_with_curl, then="again",
             serves=("{new}",)),  # it is well: the load balancer sends to it, as a real one does, until ECS stops it
    Scenario("never-healthy", "Watch", "health check never passes", r"/health.*\b500", faults.is_never_healthy, then="again"),
    Scenario("starts-slowly", "Watch", "starts too slowly", "failed container health checks", faults.starts_slowly, then="again"),
    Scenario("wrong-bucket", "Watch", "storage refused", "no-such-bucket", variables={"STORAGE_URL": "s3://no-such-bucket"}, then="again"),
    Scenario("smoke-fails", "Smoke", "smoke failed", "/version says commit '0000", faults.answers_wrongly, then="again",
             serves=(faults.WRONG,)),
)
# fmt: on
NAMED = {scenario.name: scenario for scenario in TABLE}
