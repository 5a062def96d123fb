"""@kth/canvas-api of npm: kth.mjs does its work, and says in lines of JSON what came of it."""

import json
import subprocess
from pathlib import Path

from tests.acceptance.live import Lms
from tests.clients.checks import Checks
from tests.clients.places import BUILD, SECONDS, environment, in_time, node

SCRIPT = Path(__file__).with_suffix(".mjs")


def work(lms: Lms, home: Path, checks: Checks) -> None:
    """Run the script, note its checks. The script must come to its end."""
    environ = environment(home, LMS_URL=lms.url, LMS_TOKEN=lms.admin_token)
    with subprocess.Popen([node(), SCRIPT], cwd=BUILD, env=environ, stdout=subprocess.PIPE, text=True) as script, in_time(script):
        assert script.stdout
        for line in script.stdout:
            if line.startswith("{"):  # the client greets when it is loaded
                told = json.loads(line)
                checks.note(told["what"], told.get("problem"))
        assert script.wait(SECONDS) == 0, f"the script ended with {script.returncode}"
