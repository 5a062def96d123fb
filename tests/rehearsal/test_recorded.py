"""What plays called, held against the templates' policies: nothing is called that is not allowed, nothing is allowed without need."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.stub import Stubber

from tests.rehearsal import recorded
from tests.rehearsal.policies import DEPLOY, Policy, Role, filled
from tests.rehearsal.recorded import NAMES, Book, added, new, read, text, wrong

SERVICE = "arn:aws:ecs:ap-northeast-2:471112588210:service/lms-ecs/lms-ecs-service"


def policy_of(role: Role) -> Policy:
    return filled(role, NAMES)


def deploy(change: Callable[[Policy], Any]) -> Callable[[Role], Policy]:
    """The policies, the deploy role's changed in one place."""

    def changed(role: Role) -> Policy:
        policy = copy.deepcopy(policy_of(role))
        if role == DEPLOY:
            change(policy)
        return policy

    return changed


def statement(policy: Policy, action: str) -> dict[str, Any]:
    """The statement that allows it."""
    found: dict[str, Any] = next(one for one in policy["Statement"] if action in one["Action"])
    return found


def test_every_recorded_call_is_allowed_and_every_allowed_one_is_recorded_or_has_its_reason() -> None:
    assert wrong(read(), policy_of) == []


def test_every_role_was_played() -> None:
    assert all(entry["recorded"] for entry in read().values())


def test_the_file_is_as_the_command_writes_it() -> None:
    assert recorded.FILE.read_text() == text(read())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda policy: statement(policy, "ecs:UpdateService")["Action"].remove("ecs:UpdateService"),
            f"deploy calls ecs:UpdateService on {SERVICE}, which its policy does not allow",
        ),
        (
            lambda policy: statement(policy, "ecs:UpdateService").update(Resource=SERVICE.replace("lms-ecs-service", "other")),
            f"deploy calls ecs:UpdateService on {SERVICE}, which its policy does not allow",
        ),
        (
            lambda policy: policy["Statement"].append({"Effect": "Deny", "Action": "ecs:Update*", "Resource": "*"}),
            f"deploy calls ecs:UpdateService on {SERVICE}, which its policy does not allow",
        ),
        (
            lambda policy: statement(policy, "ecs:RunTask")["Condition"]["ArnEquals"].update({"ecs:cluster": "arn:aws:ecs:other"}),
            "deploy calls ecs:RunTask on arn:aws:ecs:ap-northeast-2:471112588210:task-definition/lms-ecs-task-migrate:*, "
            "which its policy does not allow",
        ),
        (
            lambda policy: statement(policy, "ecs:UpdateService")["Action"].append("ecs:DeleteService"),
            "deploy may do ecs:DeleteService, which no play calls: without a reason",
        ),
        (
            lambda policy: policy["Statement"].append({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
            "deploy may do s3:*, which no play calls: without a reason",
        ),
    ],
)
def test_a_policy_that_lets_too_little_or_too_much_is_found(change: Callable[[Policy], Any], words: str) -> None:
    assert words in wrong(read(), deploy(change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda book: book["deploy"]["recorded"].update({"ecs:DeleteService": [SERVICE]}),
            f"deploy calls ecs:DeleteService on {SERVICE}, which its policy does not allow",
        ),
        (
            lambda book: book["deploy"]["recorded"].pop("ecs:UpdateService"),
            "deploy may do ecs:UpdateService, which no play calls: without a reason",
        ),
        (
            lambda book: book["deploy"]["unrecorded"].update({"ecs:UpdateService": "no play ships anything, they say"}),
            "deploy: ecs:UpdateService has a reason, but is recorded",
        ),
        (
            lambda book: book["task"]["unrecorded"].update({"s3:AbortMultipartUpload": "a reason of more than four words"}),
            "task: s3:AbortMultipartUpload has a reason, but is not allowed",
        ),
        (lambda book: book["execution"]["unrecorded"].popitem(), "without a reason"),
        (
            lambda book: book["execution"]["unrecorded"].update({"ecr:GetDownloadUrlForLayer": "because"}),
            "execution: the reason of ecr:GetDownloadUrlForLayer says nothing",
        ),
        (lambda book: book.pop("read"), "the file has the roles build, deploy, execution, infra, release, task"),
    ],
)
def test_a_file_that_says_too_little_or_what_no_longer_holds_is_found(change: Callable[[Book], Any], words: str) -> None:
    book = read()
    change(book)
    assert any(words in each for each in wrong(book, policy_of))


def test_what_was_just_called_is_found_unless_the_file_has_it_and_is_added() -> None:
    called = {"deploy": {"ecs:UpdateService": [SERVICE, f"{SERVICE}2"]}, "execution": {"ecr:GetDownloadUrlForLayer": ["*"]}}
    assert new(called, read()) == [f"deploy: ecs:UpdateService on {SERVICE}2", "execution: ecr:GetDownloadUrlForLayer on *"]
    book = added(called, read())
    assert new(called, book) == []
    assert book["deploy"]["recorded"]["ecs:UpdateService"] == [SERVICE, f"{SERVICE}2"]
    assert "ecr:GetDownloadUrlForLayer" not in book["execution"]["unrecorded"], "a reason that no longer holds goes"
    assert new({"deploy": read()["deploy"]["recorded"]}, read()) == []


def test_a_check_lists_what_the_file_lacks_and_the_command_adds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FILE": tmp_path / "file.json", "BUILD": tmp_path, "FOUND": tmp_path / "found.json", "STATE": tmp_path}.items():
        monkeypatch.setattr(recorded, name, value)
    recorded.FILE.write_text(text({}))
    with pytest.raises(AssertionError, match="a play calls something"):
        recorded.check()
    (tmp_path / "calls.json").write_text('{"lms-ecs-deploy": {"ecs:ListTasks": ["*"]}, "another": {"ecs:ListTasks": ["*"]}}')
    with pytest.raises(AssertionError, match=r"adds it:\nanother: ecs:ListTasks on \*\ndeploy: ecs:ListTasks on \*$"):
        recorded.check()
    (tmp_path / "calls.json").unlink()  # taken down
    with pytest.raises(AssertionError, match=r"adds it:\nread: ecs:ListTasks on arn:x$"):
        recorded.check({"read": {"ecs:ListTasks": ["arn:x"]}})
    assert recorded.main() == 0
    assert {role: entry["recorded"] for role, entry in read().items()} == {
        "another": {"ecs:ListTasks": ["*"]},
        "deploy": {"ecs:ListTasks": ["*"]},
        "read": {"ecs:ListTasks": ["arn:x"]},
    }
    recorded.check({"deploy": {"ecs:ListTasks": ["*"]}})
    assert not recorded.FOUND.exists()


def test_what_this_process_calls_is_heard() -> None:
    session = boto3.Session(aws_access_key_id="ASIA1", aws_secret_access_key="x", region_name=NAMES.aws_region)
    cloudformation, sts = session.client("cloudformation"), session.client("sts")
    call = BaseClient._make_api_call
    with Stubber(cloudformation) as stub, Stubber(sts) as who, recorded.heard() as called:
        stub.add_response("delete_stack", {})
        stub.add_response("execute_change_set", {})
        who.add_response("get_caller_identity", {})
        cloudformation.delete_stack(StackName="arn:aws:cloudformation:ap-northeast-2:471112588210:stack/lms-ecs-data/0123")
        cloudformation.execute_change_set(StackName="lms-ecs-data", ChangeSetName="infra-1")
        sts.get_caller_identity()
    stack = ["arn:aws:cloudformation:ap-northeast-2:471112588210:stack/lms-ecs-data/*"]
    assert called == {"infra": {"cloudformation:DeleteStack": stack, "cloudformation:ExecuteChangeSet": stack}}
    assert BaseClient._make_api_call is call


def test_what_a_scenario_asks_for_to_be_refused_is_nobodys_need() -> None:
    called = {
        "s3:ListBucket": ["arn:aws:s3:::no-such-bucket", "arn:aws:s3:::b"],
        "s3:GetObject": ["arn:aws:s3:::no-such-bucket"],
        "x:Y": [],
    }
    assert recorded.meant(called) == {"s3:ListBucket": ["arn:aws:s3:::b"], "x:Y": []}
