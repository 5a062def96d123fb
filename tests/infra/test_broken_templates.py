"""Each promise of the templates, held against them as they are and against copies in which it is broken."""

import pytest

from tests.infra import test_templates as promised
from tests.infra.test_templates import TEXTS, Check

CHANGES: list[tuple[Check, str, str, str]] = [  # a check, and in which template what instead of what it must find
    (promised.nothing_is_public_but_the_entry, "network", "SourceSecurityGroupId: !GetAtt BalancerGroup.GroupId", "CidrIp: 0.0.0.0/0"),
    (promised.nothing_is_public_but_the_entry, "network", "SourceSecurityGroupId: !GetAtt TaskGroup.GroupId", "CidrIp: 10.20.0.0/16"),
    (promised.nothing_is_public_but_the_entry, "network", "FromPort: 443, ToPort: 443, CidrIp: 0", "FromPort: 1, ToPort: 443, CidrIp: 0"),
    (
        promised.nothing_is_public_but_the_entry,
        "network",
        "{RouteTableId: !Ref PublicRoutes, Dest",
        "{RouteTableId: !Ref IsolatedRoutes, Dest",
    ),
    (
        promised.nothing_is_public_but_the_entry,
        "network",
        "      AvailabilityZone:",
        "      MapPublicIpOnLaunch: true\n      AvailabilityZone:",
    ),
    (promised.nothing_is_public_but_the_entry, "data", "PubliclyAccessible: false", "PubliclyAccessible: true"),
    (promised.nothing_is_public_but_the_entry, "data", "BlockPublicPolicy: true", "BlockPublicPolicy: false"),
    (promised.nothing_is_public_but_the_entry, "data", ", RestrictPublicBuckets: true", ""),
    (promised.there_is_no_nat_gateway_and_files_stay_inside, "network", "AWS::EC2::InternetGateway", "AWS::EC2::NatGateway"),
    (promised.there_is_no_nat_gateway_and_files_stay_inside, "network", "VpcEndpointType: Gateway", "VpcEndpointType: Interface"),
    (promised.there_is_no_nat_gateway_and_files_stay_inside, "network", "[!Ref PublicRoutes]", "[!Ref IsolatedRoutes]"),
    (promised.there_is_no_nat_gateway_and_files_stay_inside, "service", "AssignPublicIp: ENABLED", "AssignPublicIp: DISABLED"),
    (promised.a_vpc_is_made_or_taken, "network", "AWS::EC2::RouteTable\n    Condition: Makes\n", "AWS::EC2::RouteTable\n"),
    (
        promised.a_vpc_is_made_or_taken,
        "network",
        '"${Public1},${Public2}", !Ref PublicSubnets',
        '"${Public1},${Public2}", !Ref DatabaseSubnets',
    ),
    (promised.a_star_has_its_reason, "foundation", 'Resource: "*"} # it takes no resource', 'Resource: "*"}'),
    (promised.a_star_has_its_reason, "service", ":* # its streams, one a task", ":*"),
    (promised.a_star_has_its_reason, "boundary", '"logs:*", "ec2:Describe*"] # whole services', '"logs:*", "ec2:Describe*"]'),
    (promised.what_is_kept_is_encrypted, "data", "StorageEncrypted: true", "StorageEncrypted: false"),
    (promised.what_is_kept_is_encrypted, "data", 'rds.force_ssl: "1"', 'rds.force_ssl: "0"'),
    (promised.what_is_kept_is_encrypted, "data", "BucketEncryption:", "AnalyticsConfigurations:"),
    (promised.what_is_kept_is_encrypted, "data", "Effect: Deny", "Effect: Allow"),
    (
        promised.what_is_kept_is_encrypted,
        "data",
        ', !Sub "arn:aws:s3:::${Bucket}/*"] # its objects\n            Cond',
        "]\n            Cond",
    ),
    (promised.what_matters_outlives_its_stack, "data", "DeletionPolicy: Retain\n", "DeletionPolicy: Delete\n"),
    (promised.what_matters_outlives_its_stack, "data", "DeletionPolicy: RetainExceptOnCreate\n", "DeletionPolicy: Snapshot\n"),
    (promised.what_matters_outlives_its_stack, "foundation", "UpdateReplacePolicy: Retain", "UpdateReplacePolicy: Delete"),
    (promised.what_matters_outlives_its_stack, "data", "DeletionProtection: true", "DeletionProtection: false"),
    (promised.what_matters_outlives_its_stack, "data", "Default: 14, MinValue: 7", "Default: 1, MinValue: 1"),
    (promised.what_matters_outlives_its_stack, "data", "Status: Enabled}\n      Lifecycle", "Status: Suspended}\n      Lifecycle"),
    (promised.what_matters_outlives_its_stack, "service", "LogDays: {Type: Number, Default: 90}", "LogDays: {Type: Number, Default: 7}"),
    (promised.what_exists_is_adopted, "data", "BucketName: !Ref Bucket", "BucketName: !Sub ${Bucket}-${AWS::AccountId}"),
    (promised.what_exists_is_adopted, "service", "LogGroupName: !Ref LogGroup", "LogGroupName: !Ref AWS::StackName"),
    (promised.roles_trust_exact_subjects, "foundation", "environment:production", "environment:*"),
    (promised.roles_trust_exact_subjects, "foundation", "repo:${Owner}/${Repository}:ref", "repo:${Owner}/*:ref"),
    (promised.roles_trust_exact_subjects, "foundation", "@${RepositoryId}:environment:release", ":environment:release"),
    (promised.roles_trust_exact_subjects, "foundation", "[refs/heads/main, refs/tags/v*]", "refs/*"),
    (promised.roles_trust_exact_subjects, "foundation", "actions.githubusercontent.com:aud: sts.amazonaws.com", "x:aud: sts.amazonaws.com"),
    (promised.roles_trust_exact_subjects, "boundary", "environment:infrastructure", "environment:production"),
    (promised.roles_trust_exact_subjects, "boundary", "ref: refs/heads/main", "ref: refs/heads/next"),
    (promised.roles_trust_exact_subjects, "service", "Principal: {Service: ecs-tasks.amazonaws.com}", 'Principal: {AWS: "*"}'),
    (promised.the_infra_role_cannot_outgrow_its_boundary, "boundary", "PermissionsBoundary: !Ref Boundary", "Path: /"),
    (promised.the_infra_role_cannot_outgrow_its_boundary, "boundary", "aws-service-role/*", "*"),
    (promised.the_infra_role_cannot_outgrow_its_boundary, "boundary", '"iam:PermissionsBoundary": !Sub', '"iam:PolicyARN": !Sub'),
    (promised.the_infra_role_cannot_outgrow_its_boundary, "boundary", '"secretsmanager:*"', '"iam:PutRolePolicy"'),
    (promised.the_infra_role_cannot_outgrow_its_boundary, "service", "policy/lms-ecs-boundary", "policy/Administrator"),
    (
        promised.nobody_gets_a_shell,
        "service",
        "      LaunchType: FARGATE\n",
        "      LaunchType: FARGATE\n      EnableExecuteCommand: true\n",
    ),
    (promised.nobody_gets_a_shell, "service", '["s3:GetObject", ', '["ssmmessages:OpenDataChannel", "s3:GetObject", '),
    (promised.nobody_gets_a_shell, "boundary", '["secretsmanager:*"]', '["secretsmanager:*", "ssmmessages:*"]'),
    (promised.all_tasks_find_a_connection, "service", "MaxTasks: {Type: Number, Default: 10", "MaxTasks: {Type: Number, Default: 12"),
    (promised.all_tasks_find_a_connection, "data", "Default: 225", "Default: 200"),
    (promised.load_decides_how_many_run, "service", "MinCapacity: !Ref MinTasks", "MinCapacity: 0"),
    (promised.load_decides_how_many_run, "service", "ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization"),
    (promised.a_deployment_can_go_back, "service", "{Type: COUNT, Value: 2}", "{Type: COUNT, Value: 10}"),
    (
        promised.a_deployment_can_go_back,
        "service",
        "AlarmNames: [!Ref ErrorsAlarm], Enable: true",
        "AlarmNames: [!Ref ErrorsAlarm], Enable: false",
    ),
    (promised.a_deployment_can_go_back, "service", "MinimumHealthyPercent: 100", "MinimumHealthyPercent: 50"),
    (promised.a_deployment_can_go_back, "service", "HealthCheckGracePeriodSeconds: 60", "HealthCheckGracePeriodSeconds: 0"),
    (promised.a_deployment_can_go_back, "service", "HealthCheckPath: /health", "HealthCheckPath: /"),
    (promised.a_deployment_can_go_back, "service", 'timeout_seconds, Value: "10"', 'timeout_seconds, Value: "300"'),
    (promised.the_pipeline_owns_what_runs, "service", "!If [IsIdle, !Ref Bootstrap, !Ref TaskDefinition]", "!Ref Bootstrap"),
    (promised.the_pipeline_owns_what_runs, "service", "!If [IsIdle, 0, !Ref AWS::NoValue]", "2"),
    (promised.the_pipeline_owns_what_runs, "service", "Family: !Sub ${EcsService}-bootstrap", "Family: lms-ecs-task"),
    (promised.https_is_served_when_it_can_be, "service", "Type: redirect", "Type: forward"),
    (promised.https_is_served_when_it_can_be, "service", "    Condition: ServesHttps\n", ""),
    (promised.https_is_served_when_it_can_be, "service", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"),
    (promised.browsers_may_upload_where_origins_are_given, "data", "AllowedOrigins: !Ref CorsOrigins", 'AllowedOrigins: ["https://*"]'),
    (promised.browsers_may_upload_where_origins_are_given, "data", "!Not [!Equals [!Join [", "!Not [!Equals [!Join [x, [a]], !Join ["),
    (promised.browsers_may_upload_where_origins_are_given, "data", "Default: uploads/", "Default: files/"),
    (promised.browsers_may_upload_where_origins_are_given, "data", "Id: unfinished", "Id: other"),
    (promised.images_are_kept_and_looked_at, "foundation", "ImageTagMutability: IMMUTABLE_WITH_EXCLUSION", "ImageTagMutability: MUTABLE"),
    (promised.images_are_kept_and_looked_at, "foundation", "FilterValue: latest", 'FilterValue: "v*"'),
    (promised.images_are_kept_and_looked_at, "foundation", "ScanOnPush: true", "ScanOnPush: false"),
    (promised.images_are_kept_and_looked_at, "foundation", '"countNumber": 50', '"countNumber": 5'),
    (promised.the_secret_has_what_tasks_ask_for, "data", "GenerateStringKey: SECRET_KEY", "GenerateStringKey: SECRET"),
    (promised.the_secret_has_what_tasks_ask_for, "data", '"DATABASE_URL"', '"DATABASE"'),
    (promised.the_secret_has_what_tasks_ask_for, "data", "PasswordLength: 64", "PasswordLength: 16"),
    (promised.names_are_the_pipelines, "foundation", "Default: lms-ecs-deploy", "Default: lms-deploy"),
    (promised.names_are_the_pipelines, "service", "Default: /ecs/lms-ecs", "Default: /lms"),
    (promised.they_can_be_read, "data", "\n", "\n\n\n"),
]
CHECKS = list(dict.fromkeys(check for check, *_ in CHANGES))
"""Each has at least one change that it must find."""


def test_every_promise_has_a_change_that_breaks_it() -> None:
    own = [each for each in vars(promised).values() if callable(each) and getattr(each, "__module__", "") == promised.__name__]
    assert {each for each in own if [*getattr(each, "__annotations__", {})] == ["texts", "return"]} == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_templates_keep_what_they_promise(check: Check) -> None:
    assert check(TEXTS) == []


@pytest.mark.parametrize(("check", "stack", "old", "new"), CHANGES, ids=[f"{at}-{it[0].__name__}" for at, it in enumerate(CHANGES)])
def test_a_promise_that_is_broken_is_found(check: Check, stack: str, old: str, new: str) -> None:
    assert old in TEXTS[stack]
    assert check({**TEXTS, stack: TEXTS[stack].replace(old, new)}) != []
