"""Who lets whom in: load balancer, tasks, and the way out, by their security groups."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from commands.report import Failure
from infra import paste
from infra.checks import groups
from infra.repository import Subject
from pipeline import preflight
from pipeline.preflight import Wrong

Rule = Mapping[str, Any]
Shut = list[tuple[str, str]]
"""What is closed, and the line that opens it."""


def covers(rule: Rule, port: int) -> bool:
    """Whether that rule is about that port."""
    if rule["IpProtocol"] == "-1":
        return True
    return bool(rule["IpProtocol"] == "tcp" and rule["FromPort"] <= port <= rule["ToPort"])


def lets(rules: list[Rule], port: int, peers: list[str], places: list[str]) -> bool:
    """Whether one lets that port through to or from one of these groups or all of these places; a list of prefixes counts as such."""
    for rule in (rule for rule in rules if covers(rule, port)):
        ranges = [IPv4Network(one["CidrIp"], strict=False) for one in rule.get("IpRanges", [])]
        around = bool(places) and all(any(IPv4Network(place).subnet_of(one) for one in ranges) for place in places)
        if around or rule.get("PrefixListIds") or {pair["GroupId"] for pair in rule.get("UserIdGroupPairs", [])} & {*peers}:
            return True
    return False


class Walls:
    """The groups and places of tasks and load balancers, as the account has them."""

    def __init__(self, on: Subject) -> None:
        config = on.service["networkConfiguration"]["awsvpcConfiguration"]
        self.ec2, self.tasks = on.client("ec2"), list(config["securityGroups"])
        self.home = self.places(config["subnets"])
        self.ports = sorted({entry["containerPort"] for entry in on.service["loadBalancers"]})

    def rules(self, members: list[str], way: str) -> list[Rule]:
        """What these groups together let through: IpPermissions in, IpPermissionsEgress out."""
        found = self.ec2.describe_security_groups(GroupIds=members)["SecurityGroups"] if members else []
        return [rule for group in found for rule in group.get(way, [])]

    def places(self, subnets: list[str]) -> list[str]:
        """The addresses of these subnets."""
        return [one["CidrBlock"] for one in self.ec2.describe_subnets(SubnetIds=subnets)["Subnets"]]

    def before(self, front: list[str], ports: list[int]) -> Shut:
        """Who comes to the load balancer, whose groups are `front`. One without a group lets everybody in."""
        rules = self.rules(front, "IpPermissions")
        return [
            (f"{front[0]} (the load balancer) lets nobody in on port {port}", paste.opened(front[0], "ingress", port, "0.0.0.0/0"))
            for port in ports
            if front and not any(covers(rule, port) for rule in rules)
        ]

    def behind(self, front: list[str], subnets: list[str]) -> Shut:
        """From the load balancer to the tasks: out of its groups, into theirs."""
        out, into, shut, own = self.rules(front, "IpPermissionsEgress"), self.rules(self.tasks, "IpPermissions"), [], self.tasks[0]
        for port in self.ports:
            if front and not lets(out, port, self.tasks, self.home):
                said = f"{front[0]} (the load balancer) does not let port {port} out to {own} (the tasks)"
                shut.append((said, paste.opened(front[0], "egress", port, own)))
            where = self.places(subnets)
            if not lets(into, port, front, where):
                peers = front[:1] or where
                said = f"{own} (the tasks) does not let {', '.join(peers)} (the load balancer) in on port {port}"
                shut.append((said, " && ".join(paste.opened(own, "ingress", port, peer) for peer in peers)))
        return shut


def doors(on: Subject) -> str:
    """Somebody comes in where the load balancer listens, it reaches the tasks, and they let it in."""
    elbv2, walls, shut = on.client("elbv2"), Walls(on), []
    arns = [*dict.fromkeys(arn for group in groups(on) for arn in group["LoadBalancerArns"])]
    for one in elbv2.describe_load_balancers(LoadBalancerArns=arns)["LoadBalancers"] if arns else []:
        front, listeners = one.get("SecurityGroups", []), elbv2.describe_listeners(LoadBalancerArn=one["LoadBalancerArn"])["Listeners"]
        shut += walls.before(front, sorted(each["Port"] for each in listeners))
        shut += walls.behind(front, [zone["SubnetId"] for zone in one["AvailabilityZones"]])
    if shut:
        raise Wrong("; ".join(said for said, _ in shut), " && ".join(line for _, line in shut))
    return f"the load balancer is let in, and goes to {walls.tasks[0]}" if arns else "no load balancer"


def way_out(on: Subject) -> str:
    """From where a task can fetch its image and its secret, and write its log."""
    try:
        return preflight.network(on)
    except Failure as problem:
        if "HTTPS out" not in str(problem):
            raise
        mine = on.service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
        said = f"{', '.join(mine)} (the tasks) does not let port 443 out: no image, no secret, no log"
        raise Wrong(said, paste.opened(mine[0], "egress", 443, "0.0.0.0/0")) from problem
