"""Fixtures: a world without an engine for quick tests, a stage with one for true ones (it costs nothing where none of those runs)."""

import base64
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.rehearsal.ecs import stand
from tests.rehearsal.ecs.stage import ACCOUNT, LOG_GROUP, NETWORK, REGION, Stage, until
from tests.rehearsal.ecs.world import Door, World


@pytest.fixture(scope="module")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """AWS but ECS; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    settings = {
        "GATEWAY_PORT": port,
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
    }
    environment = {name: value for name, value in os.environ.items() if name != "HOSTNAME"} | settings | {"MINISTACK_REGION": REGION}
    log: Path = tmp_path_factory.mktemp("ministack") / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", "from ministack.app import main; main()"], env=environment, stdout=output, stderr=output
        )

        def up() -> bool:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2):
                return True
            return False

        try:
            until(up, 20)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="module")
def stage(ministack: str, docker_host: str) -> Iterator[Stage]:
    """One ECS for all tests, an image in its registry, a secret, a log group."""
    import docker

    from tests.rehearsal.ecs.service import Ecs

    engine = docker.DockerClient(base_url=docker_host)
    session = boto3.session.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="x", region_name=REGION)
    ecr, logs, secrets = (session.client(name, endpoint_url=ministack) for name in ("ecr", "logs", "secretsmanager"))
    ecr.create_repository(repositoryName="lms-ecs")
    logs.create_log_group(logGroupName=LOG_GROUP)
    secret = secrets.create_secret(Name="lms-ecs/app", SecretString=json.dumps({"SECRET_KEY": "open sesame"}))["ARN"]
    image = f"{ministack.removeprefix('http://')}/lms-ecs:v1"
    engine.images.build(fileobj=stand.build_context(), custom_context=True, tag=image, rm=True)
    token = base64.b64decode(ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]).decode()
    user, _, password = token.partition(":")
    assert "digest: sha256:" in engine.images.push(image, auth_config={"username": user, "password": password})
    pool = docker.types.IPAMPool(subnet="172.31.200.0/24")
    network = engine.networks.list(names=[NETWORK]) or [engine.networks.create(NETWORK, ipam=docker.types.IPAMConfig(pool_configs=[pool]))]
    balancer = stand.Balancer()
    ecs = Ecs(
        account=ACCOUNT,
        region=REGION,
        docker_host=docker_host,
        network=NETWORK,
        endpoint_url=ministack,
        balancer=balancer,
        roles=stand.Roles(),
        container_environment={"COMMON": "to all"},
    )
    with stand.served(ecs) as url:
        client = session.client("ecs", endpoint_url=url)
        client.create_cluster(clusterName="lms-ecs")
        yield Stage(engine, client, logs, image, secret, balancer)
        ecs.close()
        client.close()
    names = [container.name for container in engine.containers.list(all=True, filters={"network": NETWORK})]
    network[0].remove()
    engine.images.remove(image, force=True)
    for other in (ecr, logs, secrets, engine):
        other.close()
    assert names == [], "close() leaves containers behind"


@pytest.fixture(scope="module")
def door() -> Door:
    """One for all tests."""
    return Door()


@pytest.fixture
def world(door: Door) -> World:
    """An ECS of its own for each test."""
    door.world = World()
    return door.world


@pytest.fixture(scope="module")
def client(door: Door) -> Iterator[Any]:
    """A real client."""
    with stand.served(door) as url:
        session = boto3.session.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="x", region_name=REGION)
        made = session.client("ecs", endpoint_url=url)
        yield made
        made.close()


@pytest.fixture
def ecs(world: World, client: Any) -> Any:
    """The client, with a cluster made in the test's world."""
    client.create_cluster(clusterName="lms-ecs")
    return client
