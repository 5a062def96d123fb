"""How gunicorn serves the LMS; read by `gunicorn wsgi:app`."""

import gc

gc.disable()  # what follows makes hundreds of thousands of objects and no garbage: looking for some is a fifth of a start
# ruff: noqa: E402
import os
from pathlib import Path
from typing import Any

from app.config import THREADS, address_or_exit, load_or_exit
from app.jobs.worker import Worker
from app.logs import stdlib_config

settings = load_or_exit(os.environ)

bind = address_or_exit(os.environ)
worker_class = "gthread"
control_socket_disable = True
workers = settings.web_concurrency
threads = THREADS
# A load balancer keeps idle connections for 60 s: whoever closes first must not be us, or it meets a closed one and answers 502.
keepalive = 75
graceful_timeout = 20
timeout = 60
limit_request_line = 8190  # lists of ids in a query are long
preload_app = settings.web_concurrency > 1
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat files: the disk may be read-only or slow
logconfig_dict = stdlib_config(settings.log_level)


def pre_fork(_server: Any, _worker: Any) -> None:
    """Collect garbage again, but not among what was imported: to look there copies the pages that the processes share."""
    gc.freeze()
    gc.enable()


def post_worker_init(worker: Any) -> None:
    """Work on jobs beside the requests, in a thread of each process that serves them."""
    gc.freeze()
    if settings.jobs:
        app = worker.wsgi
        worker.jobs = Worker(app.app_context, app.extensions["lms_storage"])
        worker.jobs.start()


def worker_exit(_server: Any, worker: Any) -> None:
    """Give back the jobs at hand, so that another process goes on with them at once."""
    if hasattr(worker, "jobs"):
        worker.jobs.stop()
