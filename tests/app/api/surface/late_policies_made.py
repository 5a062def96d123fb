"""Late policies in courses that have none."""

from tests.app.api.surface import GRADERS, Allowed, C, Feature

FEATURE = Feature({f"POST {C}/late_policy": Allowed(GRADERS, {"late_policy": {"late_submission_deduction": 5}})})
