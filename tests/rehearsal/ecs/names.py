"""ARNs in their long form, and the identifiers in them."""

import secrets
import string
import uuid
from dataclasses import dataclass

ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Names:
    """Makes ARNs of one account in one region."""

    account: str
    region: str

    def arn(self, kind: str, *path: str) -> str:
        """``arn:aws:ecs:REGION:ACCOUNT:KIND/PATH``."""
        return f"arn:aws:ecs:{self.region}:{self.account}:{kind}/{'/'.join(path)}"

    def within(self, kind: str, cluster: str, *path: str) -> str:
        """The ARN of something in a cluster, which is given by name or ARN; `path` may begin with an ARN of that thing, too."""
        return self.arn(kind, last_part(cluster), *(last_part(part) for part in path))


def last_part(arn_or_name: str) -> str:
    """The name at the end of an ARN; a bare name is its own."""
    return arn_or_name.rsplit("/", 1)[-1]


def new_task_id() -> str:
    """32 hexadecimal digits, as tasks have them."""
    return uuid.uuid4().hex


def new_revision_id() -> str:
    """19 decimal digits: one number names a service revision and the ``ecs-svc/…`` deployment that carries it out."""
    return str(10**18 + secrets.randbelow(8 * 10**18))


def new_deployment_id() -> str:
    """21 letters and digits, as service deployments have them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(21))
