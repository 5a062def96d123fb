"""`make infra` from its first question to its last line, on an account that answers from a script."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from commands import aws
from commands.names import read_definition, resolve
from commands.report import Failure
from infra import __main__ as command
from infra import account, apply
from tests.pipeline.conftest import ROOT, Script, refusal

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MINE = "471112588210"
GONE = refusal("ValidationError", "Stack with id lms-ecs-network does not exist")
RUNS = "arn:aws:ecs:ap-northeast-2:471112588210:task-definition/lms-ecs-task:7"


def stack(status: str, **more: Any) -> dict[str, Any]:
    return {"Stacks": [{"StackId": "arn:stack/lms", "StackName": "lms", "CreationTime": NOW, "StackStatus": status, **more}]}


def event(number: int, status: str, reason: str = "") -> dict[str, Any]:
    about = {"StackId": "arn", "StackName": "lms", "LogicalResourceId": "Logs", "ResourceType": "AWS::Logs::LogGroup", "Timestamp": NOW}
    return {"EventId": str(number), "ResourceStatus": status, "ResourceStatusReason": reason, **about}


def events(*newest_first: dict[str, Any]) -> dict[str, Any]:
    return {"StackEvents": list(newest_first)}


def proposed(status: str = "CREATE_COMPLETE", *changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"StackId": "arn:stack/lms", "Status": status, "Changes": [{"ResourceChange": change} for change in changes], **more}


ADD = {"Action": "Add", "LogicalResourceId": "Logs", "ResourceType": "AWS::Logs::LogGroup"}
LOSS = {"Action": "Modify", "LogicalResourceId": "Db", "ResourceType": "AWS::RDS::DBInstance", "Replacement": "True", "Details": []}


def cloudformation(**answers: list[Any]) -> Script:
    """One that makes a stack well, but for these answers."""
    good: dict[str, list[Any]] = {
        "describe_stacks": [GONE],
        "get_template_summary": [{"Parameters": [{"ParameterKey": "LogDays", "DefaultValue": "90"}]}],
        "create_change_set": [{"Id": "arn:change"}],
        "describe_change_set": [proposed("CREATE_IN_PROGRESS"), proposed("CREATE_COMPLETE", ADD)],
        "delete_change_set": [{}],
        "execute_change_set": [{}],
        "delete_stack": [None],
        "describe_stack_events": [
            events(event(1, "REVIEW_IN_PROGRESS")),
            events(event(2, "CREATE_COMPLETE"), event(1, "REVIEW_IN_PROGRESS")),
        ],
        "describe_events": [{"OperationEvents": []}],
    }
    return Script("cloudformation", **(good | answers))


def service(definition: str = RUNS, **more: Any) -> dict[str, Any]:
    config = {"awsvpcConfiguration": {"subnets": ["a", "b"]}}
    about = {
        "serviceName": "lms-ecs-service",
        "status": "ACTIVE",
        "taskDefinition": definition,
        "deployments": [{"rolloutState": "COMPLETED"}],
    }
    return {"services": [{**about, "networkConfiguration": config, "loadBalancers": [{"targetGroupArn": "arn:tg"}], **more}]}


class Cloud(dict[str, Any]):
    """An account: a client of each service by its name."""

    def __call__(self, name: str) -> Any:
        return self[name]


def cloud(formation: Script, ecs: list[Any], **more: Script) -> Cloud:
    balancer = "arn:aws:elasticloadbalancing:r:1:loadbalancer/app/lms/12"
    return Cloud(
        {
            "cloudformation": formation,
            "ecs": Script("ecs", describe_services=ecs),
            "sts": Script("sts", get_caller_identity=[{"Account": MINE}]),
            "iam": Script("iam", list_open_id_connect_providers=[{"OpenIDConnectProviderList": []}], get_role=[refusal("NoSuchEntity")]),
            "secretsmanager": Script("secretsmanager", describe_secret=[refusal("ResourceNotFoundException")]),
            "ec2": Script(
                "ec2",
                describe_subnets=[{"Subnets": [{"SubnetId": "a", "VpcId": "vpc"}, {"SubnetId": "b", "VpcId": "vpc"}]}],
                describe_vpcs=[{"Vpcs": [{"VpcId": "vpc", "CidrBlock": "10.0.0.0/16"}]}],
            ),
            "elbv2": Script(
                "elbv2", describe_target_groups=[{"TargetGroups": [{"TargetGroupArn": "arn:tg", "LoadBalancerArns": [balancer]}]}]
            ),
            **more,
        }
    )


NOT_THERE: dict[str, Any] = {"services": []}
THERE = stack("CREATE_COMPLETE", Outputs=[{"OutputKey": "Address", "OutputValue": "http://lb"}])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "RUNNER_TEMP", "VARIABLES", "GITHUB_REPOSITORY_ID", "GITHUB_REPOSITORY_OWNER_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_REPOSITORY", "nationslab/lms")
    monkeypatch.setattr(account, "EVERY", 0.001)
    monkeypatch.setattr(apply, "STACKS", ("network",))
    monkeypatch.chdir(ROOT)


def run(monkeypatch: pytest.MonkeyPatch, there: Cloud, *arguments: str, says: str = "") -> int:
    monkeypatch.setattr(aws, "client", lambda name, region: there[name])
    monkeypatch.setattr("builtins.input", lambda question: says)
    return command.main(["apply", *arguments])


def test_a_stack_is_shown_made_and_followed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    formation = cloudformation(describe_stacks=[GONE, GONE, GONE, GONE, GONE, stack("CREATE_IN_PROGRESS"), THERE])
    assert run(monkeypatch, cloud(formation, [NOT_THERE]), says="y") == 0
    assert capsys.readouterr().out.splitlines() == [
        "network:",
        "  makes Logs LogGroup Logs",
        "      0 s  create complete: Logs LogGroup Logs",
        "network: CREATE_COMPLETE after 0 s",
        "Repository variables to set, where they are not (BASE_URL: your own name for it, if it has one):",
        "  gh variable set BASE_URL --body http://lb --repo nationslab/lms",
        '  gh variable set OWNER_ID --body "$(gh api repos/nationslab/lms --jq .owner.id)" --repo nationslab/lms',
        '  gh variable set REPOSITORY_ID --body "$(gh api repos/nationslab/lms --jq .id)" --repo nationslab/lms',
    ]
    (asked,) = formation.requests("create_change_set")
    assert (asked["ChangeSetType"], asked["ImportExistingResources"], asked["Parameters"]) == ("CREATE", True, [])


@pytest.mark.parametrize("says", ["", "n", "no", "yes please"])
def test_nothing_is_applied_that_nobody_agreed_to(says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    formation = cloudformation()
    assert run(monkeypatch, cloud(formation, [NOT_THERE]), says=says) == 1
    assert "network: not applied" in capsys.readouterr().err
    assert formation.requests("execute_change_set") == []
    assert formation.requests("delete_change_set") == formation.requests("describe_change_set")[:1]


def test_who_cannot_be_asked_has_not_agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    assert apply.agreed("Apply?") is False


@pytest.mark.parametrize(
    "reason", ["The submitted information didn't contain changes. Submit different", "No updates are to be performed."]
)
def test_where_nothing_changes_it_says_so_and_leaves_nothing(
    reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = [{"ParameterKey": "LogDays", "ParameterValue": "30"}]
    there = [stack("UPDATE_COMPLETE", Parameters=parameters)]
    formation = cloudformation(describe_stacks=there, describe_change_set=[proposed("FAILED", StatusReason=reason)])
    assert run(monkeypatch, cloud(formation, [service()]), "--yes") == 0
    assert capsys.readouterr().out.splitlines()[0] == "network: nothing changes"
    (asked,) = formation.requests("create_change_set")
    assert (asked["ChangeSetType"], asked["Parameters"]) == ("UPDATE", [{"ParameterKey": "LogDays", "UsePreviousValue": True}])
    assert formation.requests("delete_change_set") == formation.requests("describe_change_set")[:1]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"describe_change_set": [proposed("FAILED", StatusReason="a name is taken")]}, "network: a name is taken"),
        (
            {"describe_change_set": [proposed("CREATE_COMPLETE", LOSS)]},
            "network: it changes RDS DBInstance Db: (ANOTHER ONE TAKES ITS PLACE)",
        ),
        ({"create_change_set": [refusal("AccessDenied", "not you")]}, "look at the stack network: AccessDenied: not you"),
        ({"describe_stacks": [refusal("AccessDenied", "not you")]}, "AccessDenied: not you"),
    ],
)
def test_what_cannot_or_must_not_be_done_is_one_line(
    answers: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    formation = cloudformation(**answers)
    assert run(monkeypatch, cloud(formation, [NOT_THERE]), "--yes") == 1
    assert said in capsys.readouterr().err
    assert formation.requests("execute_change_set") == []


def test_the_first_real_error_ends_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failed = [
        event(3, "CREATE_FAILED", "Resource creation cancelled"),
        event(2, "CREATE_FAILED", "it exists"),
        event(1, "REVIEW_IN_PROGRESS"),
    ]
    formation = cloudformation(
        describe_stacks=[GONE, GONE, GONE, GONE, GONE, stack("ROLLBACK_COMPLETE")],
        describe_stack_events=[events(failed[-1]), events(*failed)],
    )
    assert run(monkeypatch, cloud(formation, [NOT_THERE]), "--yes") == 1
    assert "network: ROLLBACK_COMPLETE: Logs LogGroup Logs: it exists" in capsys.readouterr().err


def test_what_is_left_of_a_first_attempt_is_removed(capsys: pytest.CaptureFixture[str]) -> None:
    formation = cloudformation(describe_stacks=[stack("ROLLBACK_COMPLETE"), stack("DELETE_IN_PROGRESS"), stack("DELETE_COMPLETE")])
    account.propose(formation, "network", "body", {}, {})
    assert formation.requests("delete_stack") == [{"StackName": "arn:stack/lms"}]
    assert formation.requests("create_change_set")[0]["ChangeSetType"] == "CREATE"
    assert capsys.readouterr().out == "network: its first attempt failed and is removed\n"
    stuck = cloudformation(describe_stacks=[stack("ROLLBACK_COMPLETE"), stack("DELETE_FAILED")])
    with pytest.raises(Failure, match="what its first attempt left cannot be removed: DELETE_FAILED"):
        account.propose(stuck, "network", "body", {}, {})


def test_a_stack_that_was_only_proposed_is_not_there() -> None:
    assert account.stack_of(cloudformation(describe_stacks=[stack("REVIEW_IN_PROGRESS")]), "network") is None


def test_a_stack_that_does_not_come_to_rest_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "PATIENCE", 0.01)
    left = cloudformation(describe_stacks=[stack("ROLLBACK_COMPLETE"), stack("DELETE_IN_PROGRESS")])
    with pytest.raises(Failure, match="did not come to rest"):
        account.propose(left, "network", "body", {}, {})
    with pytest.raises(Failure, match="network did not come to rest"):
        account.apply(cloudformation(describe_stacks=[stack("UPDATE_IN_PROGRESS")]), "network", {"ChangeSetName": "infra-1"})


def test_pages_of_changes_are_read_to_the_end() -> None:
    pages = [proposed("CREATE_COMPLETE", ADD, NextToken="2"), proposed("CREATE_COMPLETE", ADD, ADD)]
    assert len(account.propose(cloudformation(describe_change_set=pages), "network", "body", {}, {})[1]) == 3


def test_a_stack_is_told_what_runs_and_waits_for_a_deploy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    declared = [{"Parameters": [{"ParameterKey": "TaskDefinition", "DefaultValue": ""}]}]
    formation = cloudformation(get_template_summary=declared)
    later = service(RUNS.replace(":7", ":8"))
    assert run(monkeypatch, cloud(formation, [service(), service(), later]), "--yes") == 1
    assert "network: something was shipped meanwhile; run this again" in capsys.readouterr().err
    assert formation.requests("create_change_set")[0]["Parameters"] == [{"ParameterKey": "TaskDefinition", "ParameterValue": RUNS}]
    assert run(monkeypatch, cloud(formation, [service(deployments=[{"rolloutState": "IN_PROGRESS"}])]), "--yes") == 1
    assert "a deployment of lms-ecs-service is under way" in capsys.readouterr().err


def test_what_the_account_holds_is_found() -> None:
    names = resolve(read_definition(ROOT / "task-definition.json"), apply.UNKNOWN)
    provider = f"arn:aws:iam::{MINE}:oidc-provider/token.actions.githubusercontent.com"
    there = cloud(
        cloudformation(),
        [service()],
        iam=Script(
            "iam",
            list_open_id_connect_providers=[
                {"OpenIDConnectProviderList": [{"Arn": f"arn:aws:iam::{MINE}:oidc-provider/other"}, {"Arn": provider}]}
            ],
            get_role=[
                {
                    "Role": {
                        "Path": "/",
                        "RoleName": "x",
                        "RoleId": "AROA0123456789ABCD",
                        "Arn": f"arn:aws:iam::{MINE}:role/x",
                        "CreateDate": NOW,
                    }
                }
            ],
        ),
        secretsmanager=Script("secretsmanager", describe_secret=[{"ARN": "arn:aws:secretsmanager:r:1:secret:x"}]),
    )
    found = account.found(there, names)
    assert (found["OidcProvider"], found["SecretArn"], found["RolesAreThere"]) == (provider, "arn:aws:secretsmanager:r:1:secret:x", "yes")
    assert (found["Vpc"], found["VpcCidr"], found["PublicSubnets"], found["Balancer"]) == ("vpc", "10.0.0.0/16", "a,b", "app/lms/12")
    nothing = account.found(cloud(cloudformation(), [refusal("ClusterNotFoundException")]), names)
    assert nothing == {"OidcProvider": "", "SecretArn": "", "RolesAreThere": "no"}
    with pytest.raises(Failure, match="look what the account holds: AccessDenied"):
        account.found(
            cloud(cloudformation(), [], secretsmanager=Script("secretsmanager", describe_secret=[refusal("AccessDenied")])), names
        )


def test_another_account_and_too_many_tasks_are_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VARIABLES", json.dumps({"AWS_ACCOUNT_ID": "111122223333"}))
    assert run(monkeypatch, cloud(cloudformation(), [NOT_THERE])) == 1
    assert f"you are signed in to {MINE}, not 111122223333" in capsys.readouterr().err
    monkeypatch.setenv("VARIABLES", json.dumps({"MAX_TASKS": "20"}))
    assert run(monkeypatch, cloud(cloudformation(), [NOT_THERE])) == 1
    assert "MAX_TASKS=20 may open 400 connections in a roll" in capsys.readouterr().err


def test_ci_leaves_to_administrators_what_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "STACKS", ("foundation", "boundary"))
    formation = cloudformation()
    assert run(monkeypatch, cloud(formation, [NOT_THERE]), "--yes", "--ci") == 0
    assert formation.requests("create_change_set") == []
