"""What the image's tests share with the pipeline's."""

from tests.pipeline.conftest import definition, engine, lms, no_workflow, workflow

__all__ = ["definition", "engine", "lms", "no_workflow", "workflow"]
