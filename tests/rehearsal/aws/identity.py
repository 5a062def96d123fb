"""STS AssumeRoleWithWebIdentity: whether AWS would grant it, decided as AWS does and refused in its words."""

import html
import re
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from tests.rehearsal.aws.claims import ISSUER
from tests.rehearsal.aws.trust import allows, trusts
from tests.rehearsal.ecs.errors import ApiError

ACTION = "sts:AssumeRoleWithWebIdentity"
HOST = ISSUER.removeprefix("https://")
Claims = Mapping[str, Any]


class Refused(Exception):
    """An error of STS."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message

    def xml(self) -> bytes:
        """The body of the answer."""
        error = f"<Type>Sender</Type><Code>{self.code}</Code><Message>{html.escape(self.message)}</Message>"
        return f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>{error}</Error></ErrorResponse>'.encode()


class Iam(Protocol):
    """What is asked of IAM."""

    def trust_policy(self, role_arn: str) -> Mapping[str, Any] | None:
        """The trust policy of a role; None if there is no such role."""
        ...

    def audiences(self, provider_arn: str) -> list[str] | None:
        """The client ids of an OIDC provider; None if there is no such provider."""
        ...

    def policies(self, role: str) -> Iterable[Mapping[str, Any]]:
        """The policies of a role, by its name."""
        ...

    def web_session(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """What MiniStack answers to the call, which it grants unseen."""
        ...


def decide(form: Mapping[str, str], *, read: Callable[[str], dict[str, Any]], iam: Iam, now: float | None = None) -> Claims:
    """The claims of the token if the call is granted; `read` checks the signature of a token and gives its claims, or raises ValueError.

    Raises:
        Refused: as AWS would.

    """
    role_arn, now = form.get("RoleArn", ""), time.time() if now is None else now
    try:
        found = read(form.get("WebIdentityToken", ""))
    except ValueError as error:
        raise Refused(
            400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        ) from error
    account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    provider = f"arn:aws:iam::{account}:oidc-provider/{HOST}"
    audiences = iam.audiences(provider)
    if audiences is None or found.get("iss") != ISSUER:
        raise Refused(400, "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {found.get('iss')}")
    if now >= found["exp"]:
        raise Refused(
            400,
            "ExpiredTokenException",
            f"Token expired: current date/time {int(now)} must be before the expiration date/time {found['exp']}",
        )
    if found.get("aud") not in audiences:
        raise Refused(400, "InvalidIdentityToken", "Incorrect token audience")
    policy = iam.trust_policy(role_arn)
    if policy is None or not trusts(policy, kind="Federated", principal=provider, action=ACTION, context=context_of(found)):
        raise Refused(403, "AccessDenied", f"Not authorized to perform {ACTION}")
    return found


def context_of(found: Claims) -> dict[str, str | list[str]]:
    """The condition keys of a token: each claim, under the host of its issuer."""
    return {
        f"{HOST}:{name}".lower(): [str(each) for each in value] if isinstance(value, list) else str(value) for name, value in found.items()
    }


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a call in AWS's query protocol; the last of several counts."""
    return dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def granted(claims: Claims, session: Mapping[str, Any]) -> bytes:
    """The answer of STS: `session` is what MiniStack answered."""
    found = session["Credentials"]
    fields = {
        "Credentials": {**found, "Expiration": found["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ")},
        "AssumedRoleUser": session["AssumedRoleUser"],
        "SubjectFromWebIdentityToken": claims["sub"],
        "Audience": claims["aud"],
        "Provider": claims["iss"],
    }
    return (
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>'
        f"{_elements(fields)}</AssumeRoleWithWebIdentityResult>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"
    ).encode()


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_elements(value) if isinstance(value, Mapping) else html.escape(str(value))}</{name}>" for name, value in fields.items()
    )


KEY = re.compile(r"Credential=([^/]+)/")
PASS_ROLE, TO = "iam:PassRole", {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}


class Identities:
    """Grants AssumeRoleWithWebIdentity and knows those sessions.

    `read` checks the signature of a token and gives its claims, or raises ValueError.
    """

    def __init__(self, *, read: Callable[[str], dict[str, Any]], iam: Iam) -> None:
        self._read, self._iam = read, iam
        self._sessions: dict[str, str] = {}  # the ARN of a session, by its access key

    def answer(self, form: Mapping[str, str]) -> bytes:
        """The answer to a call.

        Raises:
            Refused: as AWS would.

        """
        claims = decide(form, read=self._read, iam=self._iam)
        session = self._iam.web_session(form)
        self._sessions[session["Credentials"]["AccessKeyId"]] = session["AssumedRoleUser"]["Arn"]
        return granted(claims, session)

    def check_passing(self, authorization: str, definition: Mapping[str, Any]) -> None:
        """Whether the session that registers a task definition may hand its roles to ECS; the account's owner may.

        Raises:
            ApiError: in the words of AWS.

        """
        key = KEY.search(authorization)
        user = self._sessions.get(key[1] if key else "")
        roles = [definition[name] for name in ("executionRoleArn", "taskRoleArn") if definition.get(name)]
        for role in roles if user else ():
            if not allows(self._iam.policies(str(user).split("/")[1]), action=PASS_ROLE, resource=role, context=TO):
                why = f"because no identity-based policy allows the {PASS_ROLE} action"
                raise ApiError("AccessDeniedException", f"User: {user} is not authorized to perform: {PASS_ROLE} on resource: {role} {why}")
