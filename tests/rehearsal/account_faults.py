"""What is wrong in the account while a push is played: each is a context that puts everything back."""

import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from commands.names import Names
from commands.report import Failure
from image.docker import docker
from pipeline.guard import HOLD
from pipeline.registry import REVISION
from tests.github import REPOSITORY
from tests.rehearsal.account import clients
from tests.rehearsal.engine import LABEL, NETWORK
from tests.rehearsal.faults import LOCKED
from tests.rehearsal.places import STATE

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ARM_PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(9) + (2).to_bytes(2, "little") + (183).to_bytes(2, "little") + bytes(44)
"""The head of a program for AArch64: no other processor's kernel runs it."""
SESSION = f"""
import sys, psycopg
with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("LOCK TABLE {LOCKED} IN ACCESS SHARE MODE")
    print("locked", flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Account:
    """The embedded AWS's account, to its owner."""

    endpoint: str
    names: Names
    commit: str
    """The commit that is about to be played."""

    def __call__(self, service: str) -> Any:
        """A client of that service."""
        return clients(self.endpoint, self.names)(service)


Fault = Callable[[Account], AbstractContextManager[None]]


def secret(**changes: Callable[[str], str | None]) -> Fault:
    """Keys of the app's secret have other values, or (None) are gone."""

    @contextmanager
    def fault(account: Account) -> Iterator[None]:
        manager, name = account("secretsmanager"), account.names.secret_name
        good = manager.get_secret_value(SecretId=name)["SecretString"]
        values = json.loads(good)
        changed = values | {key: change(values[key]) for key, change in changes.items()}
        manager.put_secret_value(
            SecretId=name, SecretString=json.dumps({key: value for key, value in changed.items() if value is not None})
        )
        try:
            yield
        finally:
            manager.put_secret_value(SecretId=name, SecretString=good)

    return fault


@contextmanager
def secret_deleted(account: Account) -> Iterator[None]:
    """Somebody has deleted the app's secret; it can be restored for a week."""
    manager, name = account("secretsmanager"), account.names.secret_name
    manager.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    try:
        yield
    finally:
        manager.restore_secret(SecretId=name)


@contextmanager
def no_pass_role(account: Account) -> Iterator[None]:
    """The deploy role's policy allows everything but to pass roles."""
    iam, role = account("iam"), account.names.deploy_role
    good = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    less = good | {"Statement": [each for each in good["Statement"] if "iam:PassRole" not in each["Action"]]}
    iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(good))


@contextmanager
def trusts_another_repository(account: Account, name_of: str = "deploy_role") -> Iterator[None]:
    """A role, that of deploys if no other is said, trusts a repository that this one is not called any more."""
    iam, role = account("iam"), getattr(account.names, name_of)
    good = json.dumps(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
    owner, _, name = REPOSITORY.partition("/")
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=re.sub(rf"(repo:{owner}(?:@\d+)?/){name}\b", r"\1before", good))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=good)


@contextmanager
def on_hold(account: Account) -> Iterator[None]:
    """Somebody has rolled back, and pushes are held."""
    ecs, names = account("ecs"), account.names
    arn = ecs.describe_services(cluster=names.ecs_cluster, services=[names.ecs_service])["services"][0]["serviceArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": HOLD, "value": "5ca1ab1e: wrong marks"}])
    try:
        yield
    finally:
        ecs.untag_resource(resourceArn=arn, tagKeys=[HOLD])


@contextmanager
def locked_table(account: Account) -> Iterator[None]:
    """A session of somebody else reads a table in a transaction that it does not end."""
    url = json.loads(account("secretsmanager").get_secret_value(SecretId=account.names.secret_name)["SecretString"])["DATABASE_URL"]
    image = f"{urlsplit(account.endpoint).netloc}/{account.names.ecr_repository}:latest"
    command = ["docker", "run", "--rm", "--interactive", "--label", LABEL, "--network", NETWORK, image, "python3", "-c", SESSION, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
        try:
            assert session.stdout
            if session.stdout.readline() != "locked\n":
                raise Failure("no session could lock the table")
            yield
        finally:
            assert session.stdin
            session.stdin.close()  # it ends with its input


@contextmanager
def made_for_arm(account: Account) -> Iterator[None]:
    """The registry holds an image for the other processor under the commit's tag: somebody has built it on a laptop and pushed it."""
    token = account("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    base = f"{account.endpoint}/v2/{account.names.ecr_repository}"
    with requests.Session() as registry:
        registry.headers.update({"Authorization": f"Basic {token}", "Accept": MANIFEST})
        manifest = registry.get(f"{base}/manifests/latest", timeout=10).json()
        config = registry.get(f"{base}/blobs/{manifest['config']['digest']}", timeout=10).json()
        config["config"]["Labels"][REVISION] = account.commit
        changed = json.dumps(config | {"architecture": "arm64"}).encode()
        manifest["config"] |= {"digest": f"sha256:{hashlib.sha256(changed).hexdigest()}", "size": len(changed)}
        upload = urljoin(base, registry.post(f"{base}/blobs/uploads/", timeout=10).headers["Location"])
        done = registry.put(upload, changed, params={"digest": manifest["config"]["digest"]}, timeout=10)
        done.raise_for_status()
        put = registry.put(
            f"{base}/manifests/sha-{account.commit}", json.dumps(manifest).encode(), headers={"Content-Type": MANIFEST}, timeout=10
        )
        put.raise_for_status()
    yield


@contextmanager
def holds_arm_programs(account: Account) -> Iterator[None]:
    """The registry holds an image under the commit's tag that says it is for our processor, and whose programs are not."""
    folder = STATE / "arm"
    folder.mkdir(exist_ok=True)
    (folder / "program").write_bytes(ARM_PROGRAM)
    registry = urlsplit(account.endpoint).netloc
    name = f"{registry}/{account.names.ecr_repository}"
    programs = ("/opt/venv/bin/flask", "/opt/venv/bin/gunicorn", "/usr/bin/dash")  # a shell would be asked to read what does not run
    (folder / "Dockerfile").write_text(
        f"FROM {name}:latest\nLABEL {REVISION}={account.commit}\n" + "".join(f"COPY --chmod=755 program {each}\n" for each in programs)
    )
    token = account("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    (folder / "config.json").write_text(json.dumps({"auths": {registry: {"auth": token}}}))
    docker("--config", str(folder), "build", "--quiet", "--tag", f"{name}:sha-{account.commit}", str(folder))
    docker("--config", str(folder), "push", "--quiet", f"{name}:sha-{account.commit}")
    yield
