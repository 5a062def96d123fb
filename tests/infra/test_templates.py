"""What the templates promise: who gets in, what is kept, who is trusted, and that a deployment can go back."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from commands.names import Names, container_of, read_definition, resolve
from infra.stacks import POOL, STACKS, literal, named
from pipeline import preflight
from tests.infra.templates import FOLDER, Template, read

Texts = Mapping[str, str]
TEXTS = read()
DEFINITION = read_definition(FOLDER.parent / "task-definition.json")
NAMES: Names = resolve(DEFINITION, {"BASE_URL": "https://lms.example.org"})
GITHUB = "token.actions.githubusercontent.com"
RUNS = "arn:aws:ecs:ap-northeast-2:471112588210:task-definition/lms-ecs-task:7"
KEPT = ("ECR::Repository", "S3::Bucket", "RDS::DBInstance", "SecretsManager::Secret", "Logs::LogGroup", "ECS::Cluster", "IAM::Role")
ADOPTED = {"ECR::Repository": "RepositoryName", "S3::Bucket": "BucketName", "Logs::LogGroup": "LogGroupName", "ECS::Cluster": "ClusterName"}
ADOPTED |= {"IAM::Role": "RoleName", "RDS::DBInstance": "DBInstanceIdentifier"}
ANYWHERE = "0.0.0.0/0"


def load(texts: Texts, stack: str, **given: str) -> Template:
    """That template for the repository nationslab/lms."""
    return Template(texts[stack], {"Owner": "nationslab", "Repository": "lms", "OwnerId": "4711", "RepositoryId": "1147", **given})


def one(texts: Texts, stack: str, name: str, **given: str) -> dict[str, Any]:
    """The properties of a resource."""
    found: dict[str, Any] = load(texts, stack, **given).resources[name]["Properties"]
    return found


def everything(texts: Texts, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Each resource of that type with its name, of all templates."""
    templates = [load(texts, stack) for stack in texts]
    return [(name, about) for each in templates for name, about in each.resources.items() if about["Type"] == f"AWS::{kind}"]


def nothing_is_public_but_the_entry(texts: Texts) -> list[str]:
    """The load balancer lets everybody in, the tasks only it, the database only them; objects are nobody's."""
    comes_in = {"BalancerGroup": {(80, ANYWHERE), (443, ANYWHERE)}, "TaskGroup": {(8000, "<BalancerGroup.GroupId>")}}
    comes_in |= {"DatabaseGroup": {(5432, "<TaskGroup.GroupId>")}}
    problems = []
    for name, group in load(texts, "network").of("EC2::SecurityGroup").items():
        found = {(rule["FromPort"], rule.get("CidrIp") or rule["SourceSecurityGroupId"]) for rule in group["SecurityGroupIngress"]}
        wide = [rule for rule in group["SecurityGroupIngress"] if rule["FromPort"] != rule["ToPort"]]
        problems += [] if found == comes_in[name] and not wide else [f"{name} lets {found} in"]
    problems += [
        f"{name} gives addresses away" for name, it in everything(texts, "EC2::Subnet") if it["Properties"].get("MapPublicIpOnLaunch")
    ]
    ways = [it["Properties"]["RouteTableId"] for _, it in everything(texts, "EC2::Route")]
    problems += [] if ways == ["<PublicRoutes>"] else ["the isolated subnets have a way out"]
    problems += ["the database is public"] if one(texts, "data", "Database")["PubliclyAccessible"] is not False else []
    blocked = one(texts, "data", "Storage")["PublicAccessBlockConfiguration"]
    return problems + ([] if len(blocked) == 4 and all(value is True for value in blocked.values()) else ["the bucket may be public"])


def there_is_no_nat_gateway_and_files_stay_inside(texts: Texts) -> list[str]:
    """Tasks have addresses of their own, and reach S3 through a gateway that costs nothing."""
    problems = ["there is a NAT gateway"] if everything(texts, "EC2::NatGateway") else []
    (endpoint,) = [it["Properties"] for _, it in everything(texts, "EC2::VPCEndpoint")]
    wanted = {"VpcEndpointType": "Gateway", "ServiceName": "com.amazonaws.ap-northeast-2.s3", "RouteTableIds": ["<PublicRoutes>"]}
    problems += [] if wanted.items() <= endpoint.items() else ["S3 is not reached by a gateway endpoint"]
    config = one(texts, "service", "Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    return problems + ([] if config["AssignPublicIp"] == "ENABLED" else ["the tasks have no way out"])


def a_vpc_is_made_or_taken(texts: Texts) -> list[str]:
    """With a VPC given nothing is made in it but the groups."""
    template = load(texts, "network", Vpc="vpc-1", PublicSubnets="a,b", DatabaseSubnets="c,d")
    handed = {name: template.value(it["Value"]) for name, it in template.tree["Outputs"].items()}
    expected = {"Network": "vpc-1", "TaskSubnets": "a,b", "IsolatedSubnets": "c,d"}
    kinds = {it["Type"] for it in template.resources.values()}
    return ([] if kinds == {"AWS::EC2::SecurityGroup"} else [f"made in it: {kinds}"]) + (
        [] if expected.items() <= handed.items() else [f"handed on: {handed}"]
    )


def a_star_has_its_reason(texts: Texts) -> list[str]:
    """Whatever is allowed on everything, or everything that is allowed, says why on its line."""
    lines = [(stack, line) for stack, text in texts.items() for line in text.splitlines() if "tagPatternList" not in line]
    return [f"{stack}: {line.strip()}" for stack, line in lines if "*" in line.split(" # ")[0] and " # " not in line]


def what_is_kept_is_encrypted(texts: Texts) -> list[str]:
    """On disk, and on the way to the bucket and the database."""
    (database,), (bucket,) = load(texts, "data").of("RDS::DBInstance").values(), load(texts, "data").of("S3::Bucket").values()
    rules = bucket.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration")
    (statement,) = one(texts, "data", "StoragePolicy")["PolicyDocument"]["Statement"]
    plain = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    return [
        *([] if database["StorageEncrypted"] is True else ["the database is in the clear"]),
        *([] if one(texts, "data", "Settings")["Parameters"]["rds.force_ssl"] == "1" else ["the database talks in the clear"]),
        *([] if rules else ["the bucket is in the clear"]),
        *([] if plain.items() <= statement.items() and len(statement["Resource"]) == 2 else ["the bucket answers without TLS"]),
        *([] if one(texts, "foundation", "Images")["EncryptionConfiguration"] else ["images are in the clear"]),
    ]


def what_matters_outlives_its_stack(texts: Texts) -> list[str]:
    """Data, logs, images and roles stay when a stack goes; the database has backups and must be unlocked first."""
    problems = []
    for kind in KEPT:
        for name, about in everything(texts, kind):
            policies = about.get("DeletionPolicy"), about.get("UpdateReplacePolicy")
            problems += (
                [] if policies[0] in ("Retain", "RetainExceptOnCreate") and policies[1] == "Retain" else [f"{name} goes with its stack"]
            )
    database = one(texts, "data", "Database")
    problems += [] if database["DeletionProtection"] is True else ["the database can be deleted"]
    problems += [] if int(database["BackupRetentionPeriod"]) >= 7 else ["there are few backups"]
    problems += [] if one(texts, "data", "Storage")["VersioningConfiguration"] == {"Status": "Enabled"} else ["files have no versions"]
    return problems + ([] if int(one(texts, "service", "Logs")["RetentionInDays"]) >= 30 else ["logs are forgotten at once"])


def what_exists_is_adopted(texts: Texts) -> list[str]:
    """CloudFormation imports what has a literal name and is retained."""
    problems = []
    for stack, text in texts.items():
        for name, about in Template(literal(text, named(NAMES)), {}).tree["Resources"].items():
            key = ADOPTED.get(about["Type"].removeprefix("AWS::"))
            literally = key is None or isinstance(about["Properties"].get(key), str)
            problems += [] if literally else [f"{stack}: {name} has no literal name"]
    return problems


def roles_trust_exact_subjects(texts: Texts) -> list[str]:
    """One repository, in both forms of its name; one environment or branch; and the refs that may say so."""
    main, tags = "refs/heads/main", "refs/tags/v*"
    trusted: dict[tuple[str, str], tuple[str, Any]] = {
        ("foundation", "Build"): (f"ref:{main}", main),
        ("foundation", "Deploy"): ("environment:production", [main, tags]),
        ("foundation", "Release"): ("environment:release", tags),
        ("foundation", "Read"): (f"ref:{main}", main),
        ("boundary", "Infra"): ("environment:infrastructure", main),
    }
    problems = []
    for (stack, name), (subject, refs) in trusted.items():
        exact: dict[str, Any] = {f"{GITHUB}:aud": "sts.amazonaws.com"}
        exact[f"{GITHUB}:sub"] = [f"repo:nationslab/lms:{subject}", f"repo:nationslab@4711/lms@1147:{subject}"]
        like = {"StringLike": {f"{GITHUB}:ref": refs}} if tags in refs else {}
        wanted = {"StringEquals": exact if like else exact | {f"{GITHUB}:ref": refs}} | like
        (statement,) = one(texts, stack, name, OidcProvider="arn", Provider="arn")["AssumeRolePolicyDocument"]["Statement"]
        same = statement["Condition"] == wanted and statement["Principal"] == {"Federated": "arn"}
        problems += [] if same else [f"{name} trusts {statement}"]
    for name in ("Execution", "Task"):
        (statement,) = one(texts, "service", name)["AssumeRolePolicyDocument"]["Statement"]
        problems += [] if statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"} else [f"{name} trusts {statement}"]
    return problems


def the_infra_role_cannot_outgrow_its_boundary(texts: Texts) -> list[str]:
    """It makes and changes roles of the tasks only, and those under the same boundary; it touches no policy and no other role."""
    statements = one(texts, "boundary", "Boundary")["PolicyDocument"]["Statement"]
    roles = [f"arn:aws:iam::471112588210:role/{name}" for name in ("ecsTaskExecutionRole", "ecsTaskRole", "aws-service-role/*")]
    arn = "arn:aws:iam::471112588210:policy/lms-ecs-boundary"
    problems = [] if one(texts, "boundary", "Infra").get("PermissionsBoundary") == "<Boundary>" else ["it has none"]
    for statement in statements:
        actions, resources = statement["Action"], statement["Resource"]
        looks = "iam:ListOpenIDConnectProviders"  # takes no resource
        of_iam = [action for action in actions if (action.startswith("iam:") and action != looks) or action == "*"]
        listed = resources if isinstance(resources, list) else [resources]
        problems += [f"{of_iam} on {listed}"] if of_iam and not set(listed) <= set(roles) else []
        makes = [action for action in of_iam if action in {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}]
        bound = statement.get("Condition") == {"StringEquals": {"iam:PermissionsBoundary": arn}}
        problems += [f"{makes} without the boundary"] if makes and not bound else []
    kept = {one(texts, "service", name).get("PermissionsBoundary") for name in ("Execution", "Task")}
    return problems + ([] if kept == {arn} else ["a role of the tasks has no boundary"])


def nobody_gets_a_shell(texts: Texts) -> list[str]:
    """ECS Exec is off, and no task could open its channel: neither its role's policies nor the boundary know the action."""
    listed = [policy["PolicyDocument"]["Statement"] for policy in one(texts, "service", "Task")["Policies"]]
    allowed = [action for statements in [*listed, one(texts, "boundary", "Boundary")["PolicyDocument"]["Statement"]]
               for statement in statements for action in statement["Action"]]  # fmt: skip
    opening = [action for action in allowed if action.startswith(("ssm", "*"))]
    return opening + (["the service has it on"] if one(texts, "service", "Service").get("EnableExecuteCommand") else [])


def all_tasks_find_a_connection(texts: Texts) -> list[str]:
    """A roll has twice as many tasks as scaling allows, each with a whole pool."""
    tasks, limit = int(one(texts, "service", "Scale")["MaxCapacity"]), int(one(texts, "data", "Settings")["Parameters"]["max_connections"])
    return [] if tasks * 2 * POOL < limit and POOL == preflight.POOL else [f"{tasks} tasks, {limit} connections"]


def load_decides_how_many_run(texts: Texts) -> list[str]:
    """Between two and ten tasks, by their CPU."""
    target, policy = one(texts, "service", "Scale"), one(texts, "service", "Load")
    wanted = {"ResourceId": "service/lms-ecs/<Service.Name>", "MinCapacity": "2", "MaxCapacity": "10"}
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    known = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}, "TargetValue": 60}
    return ([] if wanted.items() <= target.items() else ["who is scaled?"]) + ([] if known.items() <= tracking.items() else ["by what?"])


def a_deployment_can_go_back(texts: Texts) -> list[str]:
    """After two failed tasks or an alarm; and no request is lost while tasks are replaced."""
    service = one(texts, "service", "Service")
    breaker = {"Enable": True, "Rollback": True, "ThresholdConfiguration": {"Type": "COUNT", "Value": 2}, "ResetOnHealthyTask": False}
    alarms = {"AlarmNames": ["<ErrorsAlarm>"], "Enable": True, "Rollback": True}
    wanted = {"MinimumHealthyPercent": 100, "MaximumPercent": 200, "DeploymentCircuitBreaker": breaker, "Alarms": alarms}
    problems = [] if service["DeploymentConfiguration"] == wanted else [str(service["DeploymentConfiguration"])]
    problems += [] if service["HealthCheckGracePeriodSeconds"] == 60 else ["a task has no time to start"]
    group = one(texts, "service", "Targets")
    health = {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 4, "HealthyThresholdCount": 2}
    health |= {"UnhealthyThresholdCount": 5, "TargetType": "ip", "Port": container_of(DEFINITION)["portMappings"][0]["containerPort"]}
    health |= {"TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}]}
    return problems + ([] if health.items() <= group.items() else ["the target group is not as the pipeline needs it"])


def the_pipeline_owns_what_runs(texts: Texts) -> list[str]:
    """A service is made idle with a revision that is nobody's; one that runs keeps its revision and its count."""
    idle, runs = one(texts, "service", "Service"), one(texts, "service", "Service", TaskDefinition=RUNS)
    problems = [] if (idle["TaskDefinition"], idle["DesiredCount"]) == ("<Bootstrap>", 0) else ["a new service is not idle"]
    problems += [] if (runs["TaskDefinition"], runs.get("DesiredCount")) == (RUNS, None) else ["what runs is rolled or counted anew"]
    family = one(texts, "service", "Bootstrap")["Family"]
    return problems + (
        [] if family == f"{NAMES.ecs_service}-bootstrap" != DEFINITION["family"] else ["the bootstrap's family is the pipeline's"]
    )


def https_is_served_when_it_can_be(texts: Texts) -> list[str]:
    """Without a certificate HTTP; with one HTTPS, and HTTP only leads there."""
    plain = load(texts, "service").of("ElasticLoadBalancingV2::Listener")
    secure = load(texts, "service", Certificate="arn:aws:acm:x").of("ElasticLoadBalancingV2::Listener")
    kinds = {name: (it["Protocol"], it["DefaultActions"][0]["Type"]) for name, it in secure.items()}
    problems = [] if kinds == {"Http": ("HTTP", "redirect"), "Https": ("HTTPS", "forward")} else [f"with a certificate: {kinds}"]
    problems += [] if secure.get("Https", {}).get("SslPolicy", "").startswith("ELBSecurityPolicy-TLS13") else ["old TLS is taken"]
    return problems + (
        [] if [it["DefaultActions"][0]["Type"] for it in plain.values()] == ["forward"] else ["without one nothing is served"]
    )


def browsers_may_upload_where_origins_are_given(texts: Texts) -> list[str]:
    """CORS for those origins alone; what was never finished or confirmed goes after two days."""
    closed, opened = one(texts, "data", "Storage"), one(texts, "data", "Storage", CorsOrigins="https://a.example,https://b.example")
    (rule,) = opened["CorsConfiguration"]["CorsRules"]
    problems = [] if "CorsConfiguration" not in closed else ["CORS without origins"]
    problems += (
        [] if rule["AllowedOrigins"] == ["https://a.example", "https://b.example"] and "POST" in rule["AllowedMethods"] else [str(rule)]
    )
    rules = {rule["Id"]: rule for rule in closed["LifecycleConfiguration"]["Rules"]}
    parts = rules.get("unfinished", {}).get("AbortIncompleteMultipartUpload")
    below = rules.get("unconfirmed", {}).get("Prefix"), rules.get("unconfirmed", {}).get("ExpirationInDays")
    return problems + ([] if parts == {"DaysAfterInitiation": 2} and below == ("uploads/", 2) else ["leftovers stay for ever"])


def images_are_kept_and_looked_at(texts: Texts) -> list[str]:
    """A tag never moves but `latest`; every push is scanned; versions stay, and fifty pushes."""
    images = one(texts, "foundation", "Images")
    moving = [{"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "latest"}]
    problems = [] if images["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION" else ["tags move"]
    problems += [] if images["ImageTagMutabilityExclusionFilters"] == moving else ["other tags move"]
    problems += [] if images["ImageScanningConfiguration"] == {"ScanOnPush": True} else ["nobody looks into images"]
    rules = [rule["selection"] for rule in json.loads(images["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]]
    counts = [(rule.get("tagPatternList"), rule["countNumber"]) for rule in rules]
    return problems + ([] if counts == [(["v*"], 9999), (["sha-*"], 50), (None, 14)] else [str(counts)])


def the_secret_has_what_tasks_ask_for(texts: Texts) -> list[str]:
    """Exactly the keys that the task definition names."""
    generated = one(texts, "data", "App")["GenerateSecretString"]
    keys = {*json.loads(generated["SecretStringTemplate"]), generated["GenerateStringKey"]}
    wanted = {entry["valueFrom"].split(":")[7] for entry in container_of(DEFINITION)["secrets"]}
    return [] if keys == wanted and generated["PasswordLength"] >= 32 and generated["ExcludePunctuation"] else [f"{keys}, not {wanted}"]


def names_are_the_pipelines(texts: Texts) -> list[str]:
    """What a parameter is by default is what the pipeline calls it."""
    expected = named(NAMES)
    return [
        f"{stack}: {name} is {about.get('Default')}"
        for stack, text in texts.items()
        for name, about in load({stack: text}, stack).tree["Parameters"].items()
        if name in expected and about.get("Default") != expected[name]
    ]


def they_can_be_read(texts: Texts) -> list[str]:
    """At one sitting, by people and by CloudFormation."""
    return [stack for stack, text in texts.items() if text.count("\n") > 300 or len(text.encode()) > 51_200]


Check = Callable[[Texts], list[str]]


def test_there_is_a_template_for_each_stack() -> None:
    assert set(TEXTS) == set(STACKS)
