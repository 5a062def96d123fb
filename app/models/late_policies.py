"""Late policies: what late and missing work costs in a course."""

from sqlalchemy import ForeignKey, String, false, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base
from app.models.types import BigId, CreatedAt, Key, Number, OptionalInstant, Rows, UpdatedAt


class LatePolicy(Base):
    """The one policy of a course."""

    __tablename__ = "late_policies"

    id: Mapped[Key]
    course_id: Mapped[int] = mapped_column(BigId, ForeignKey("courses.id"), unique=True)
    late_submission_deduction_enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    late_submission_deduction: Mapped[Number] = mapped_column(default=0.0)
    late_submission_interval: Mapped[str] = mapped_column(String(4), default="day")
    late_submission_minimum_percent_enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    late_submission_minimum_percent: Mapped[Number] = mapped_column(default=0.0)
    missing_submission_deduction_enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    missing_submission_deduction: Mapped[Number] = mapped_column(default=0.0)
    missing_scored_until: Mapped[OptionalInstant]
    """Missing work that was due until then has its score; None: nobody has looked yet."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def late_policy_rows() -> Rows:
    """Late policies by columns."""
    return select(*LatePolicy.__table__.columns)
