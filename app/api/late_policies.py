"""The late policy of a course."""

from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from app.extensions import db
from app.http.auth import caller, require_right
from app.http.lookup import Ref, find, find_row
from app.http.params import Flag, Number, Params, absent, takes
from app.models.late_policies import LatePolicy, late_policy_rows
from app.serializers.late_policies import OneLatePolicyJSON, late_policy_json
from app.services import assignment_groups, late_policies
from app.services.permissions import Access, Right, require

blueprint = Blueprint("late_policies", __name__, url_prefix="/api/v1")
PATH = "/courses/<ref:course>/late_policy"
Percent = Annotated[Number, Field(ge=0, le=100)]


class LatePolicyFields(Params):
    """The policy; percentages are of an assignment's points."""

    late_submission_deduction_enabled: Flag = absent()
    late_submission_deduction: Percent = absent()
    """For each interval that has begun since the work was due."""
    late_submission_interval: Literal["hour", "day"] = absent()
    late_submission_minimum_percent_enabled: Flag = absent()
    late_submission_minimum_percent: Percent = absent()
    """What lateness alone never goes below."""
    missing_submission_deduction_enabled: Flag = absent()
    missing_submission_deduction: Percent = absent()


class LatePolicyParams(Params):
    """A new or changed policy."""

    late_policy: LatePolicyFields


@blueprint.get(PATH)
def get_late_policy(course: Ref) -> OneLatePolicyJSON:
    """Get the course's late policy; 404 where it has none."""
    mine = require_right(Right.GRADE)
    return late_policy_json(find_row(late_policy_rows().where(LatePolicy.course_id == mine.course_id)))


@blueprint.post(PATH)
@takes(LatePolicyParams)
def create_late_policy(params: LatePolicyParams, course: Ref) -> tuple[OneLatePolicyJSON, Literal[201]]:
    """Make the course's late policy, which has one at most; scores that are there follow it."""
    mine = _locked()
    late_policies.create(mine.course_id, params.late_policy.given(), caller())
    db.session.commit()
    return get_late_policy(course), 201


@blueprint.patch(PATH)
@takes(LatePolicyParams)
def change_late_policy(params: LatePolicyParams, course: Ref) -> tuple[str, Literal[204]]:
    """Change the course's late policy; scores that are there follow it."""
    mine = _locked()
    policy = find(select(LatePolicy).where(LatePolicy.course_id == mine.course_id).with_for_update())
    late_policies.change(policy, params.late_policy.given(), caller())
    db.session.commit()
    return "", 204


def _locked() -> Access:
    """The course, whose assignments nobody else changes now. Raises Forbidden for who may not grade all of its students."""
    mine = require_right(Right.GRADE)
    require(mine.section_ids is None)
    assignment_groups.lock_course(mine.course_id)
    return mine
