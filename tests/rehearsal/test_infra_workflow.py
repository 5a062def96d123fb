"""infra.yml, played: the real workflow and actions as the infra role, under its boundary's policy, on MiniStack. Needs no Docker."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from infra import __main__ as command
from infra import account as edge
from infra import apply
from infra.stacks import STACKS, named
from tests.github import REPOSITORY
from tests.rehearsal import account, cloud, play, repository
from tests.rehearsal.aws import identity
from tests.rehearsal.aws.claims import Identifiers
from tests.rehearsal.aws.identity import Identities, Refused
from tests.rehearsal.aws.lookups import Lookups
from tests.rehearsal.aws.ministack import MiniStack
from tests.rehearsal.aws.oidc import Issuer, TokenEndpoint
from tests.rehearsal.aws.serving import Exchange, Server
from tests.rehearsal.aws.upstream import Pool
from tests.rehearsal.places import ROOT, Notes
from tests.rehearsal.policies import OWNER_ID, REPOSITORY_ID
from tests.rehearsal.stacks import known
from tests.rehearsal.test_stacks import NAMES

pytestmark = pytest.mark.engine
LIMIT = 1024 * 1024
DATA = "infra/data.yaml"


class Gate:
    """MiniStack, but that a job gets a role only if the role's policy trusts it."""

    def __init__(self, ministack: MiniStack, identities: Identities) -> None:
        self._pool, self._identities = Pool(ministack.address, timeout=120), identities
        self._server = Server(("127.0.0.1", 0))
        self._server.start(self._handle)
        self.url = "http://{}:{}".format(*self._server.address)

    def close(self) -> None:
        """Stop serving."""
        self._server.close()
        self._pool.close()

    def _handle(self, exchange: Exchange) -> None:
        body = exchange.read(LIMIT)
        form = identity.form_of(body)
        if form.get("Action") == "AssumeRoleWithWebIdentity":
            try:
                exchange.answer(200, self._identities.answer(form), "text/xml")
            except Refused as refused:
                exchange.answer(refused.status, refused.xml(), "text/xml")
            return
        with closing(self._pool.send(exchange.head.for_next_hop().without("expect"), len(body), [body])) as answer:
            exchange.pass_on(answer.head, answer.framing, answer.blocks())


def templates(folder: Path) -> None:
    """Of the embedded AWS, which has not everything."""
    for stack in STACKS:
        (folder / f"infra/{stack}.yaml").write_text(known(stack, named(NAMES)))


def another_database(folder: Path) -> None:
    """A change that would replace the database."""
    templates(folder)
    (folder / DATA).write_text((folder / DATA).read_text().replace("DBName: lms", "DBName: other"))


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def endpoint(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """An account that an administrator made by `make infra`, a repository to push to, and the notes that a play needs of both."""
    state = tmp_path_factory.mktemp("infra")
    notes = Notes(state / "notes.json")
    for module, name, value in [(play, "STATE", state), (play, "NOTES", notes), (cloud, "NOTES", notes), (apply, "template", known)]:
        patch.setattr(module, name, value)
    patch.setattr(repository, "FOLDER", state / "repo")
    patch.setattr(repository.git, "__kwdefaults__", {"folder": state / "repo"})
    patch.setattr(edge, "EVERY", 0.02)
    patch.chdir(ROOT)
    issuer, at = Issuer(), {"account": NAMES.aws_account_id, "region": NAMES.aws_region}
    with closing(MiniStack(**at, state=state, enforce=True)) as ministack:
        lookups = Lookups(**at, endpoint_url="http://{}:{}".format(*ministack.address))
        tokens = TokenEndpoint(
            address=("127.0.0.1", 0),
            issuer=issuer,
            workflows=state / "repo/.github/workflows",
            identifiers=Identifiers(OWNER_ID, REPOSITORY_ID),
        )
        with closing(Gate(ministack, Identities(read=issuer.read, iam=lookups))) as gate, closing(tokens):
            made = {"endpoint": gate.url, "balancer": "https://lms.test", "oidc_url": tokens.url, "oidc_token": tokens.token}
            notes.write(docker_host=f"unix://{state}/no-docker", cloud=made)
            as_administrator(gate.url, patch)
            yield gate.url


def as_administrator(url: str, patch: pytest.MonkeyPatch) -> None:
    """`make infra`, once, from a terminal."""
    owner = {"AWS_ACCESS_KEY_ID": NAMES.aws_account_id, "AWS_SECRET_ACCESS_KEY": "owner", "AWS_ENDPOINT_URL": url}
    of = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_REPOSITORY_OWNER_ID": str(OWNER_ID), "GITHUB_REPOSITORY_ID": str(REPOSITORY_ID)}
    client = account.clients(url, NAMES)
    client("iam").create_open_id_connect_provider(Url=account.ISSUER, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40])
    for name, value in {**owner, **of, "VARIABLES": json.dumps({})}.items():
        patch.setenv(name, value)
    assert command.main(["apply", "--yes"]) == 0
    for name in (*of, *owner):
        patch.delenv(name)


def pushed(commit: str, **variables: str) -> play.Play:
    """Play the push of that commit."""
    return play.run(commit, "infra.yml", caller=play.WORKFLOWS / "infra.yml", variables=variables)


def jobs(played: play.Play) -> set[str]:
    """The jobs of which a step ran."""
    return {step.job for step in played.steps}


def retention(url: str) -> int:
    """For how many days logs are kept."""
    (group,) = account.clients(url, NAMES)("logs").describe_log_groups(logGroupNamePrefix=NAMES.log_group)["logGroups"]
    return int(group["retentionInDays"])


def test_where_nothing_changes_nobody_is_asked_again() -> None:
    played = pushed(repository.commit("Nothing new", templates))
    assert played.green, played.errors
    assert jobs(played) == {"plan"}
    assert [line for line in played.lines if line.endswith(": nothing changes")] == [
        f"{stack}: nothing changes" for stack in ("network", "data", "service")
    ]


def test_a_change_is_shown_and_then_applied(endpoint: str) -> None:
    played = pushed(repository.commit("Logs for a month", templates), LOG_DAYS="30")
    assert played.green, played.errors
    assert [(step.job, step.name) for step in played.steps if step.name in ("Show what would change", "Apply")] == [
        ("plan", "Show what would change"),
        ("apply", "Apply"),
    ]
    assert sum("changes Logs LogGroup Logs (lms-ecs): RetentionInDays (" in line for line in played.lines) >= 2
    assert retention(endpoint) == 30
    assert jobs(pushed(played.commit, LOG_DAYS="30")) == {"plan"}


def test_what_would_replace_the_database_is_red_before_anybody_could_agree(endpoint: str) -> None:
    played = pushed(repository.commit("Another database", another_database), LOG_DAYS="60")
    assert (played.green, played.failed[0].name, jobs(played)) == (False, "Show what would change", {"plan"})
    assert any("data: it changes RDS DBInstance Database" in line for line in played.errors)
    assert retention(endpoint) == 30


def test_the_role_is_for_its_environment_alone(endpoint: str) -> None:
    def elsewhere(folder: Path) -> None:
        templates(folder)
        workflow = folder / play.WORKFLOWS / "infra.yml"
        workflow.write_text(workflow.read_text().replace("environment: infrastructure", "environment: production"))

    played = pushed(repository.commit("Elsewhere", elsewhere))
    assert (played.green, jobs(played), played.failed[0].name) == (False, {"plan"}, "Ask for the role")
    assert any("Not authorized to perform sts:AssumeRoleWithWebIdentity" in line for line in played.lines)
