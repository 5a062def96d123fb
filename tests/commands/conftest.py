"""What these tests share with the pipeline's."""

from tests.pipeline.conftest import commits, definition, hub, names, no_workflow, signals, workflow

__all__ = ["commits", "definition", "hub", "names", "no_workflow", "signals", "workflow"]
