"""A client of the Model Context Protocol, over the standard input and output of a server."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.places import in_time

VERSION = "2025-06-18"


@dataclass
class Session:
    """A conversation with one server."""

    server: subprocess.Popen[str]
    asked: int = 0

    def _send(self, message: dict[str, Any]) -> None:
        assert self.server.stdin
        self.server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.server.stdin.flush()

    def ask(self, method: str, **params: Any) -> Any:
        """The result of one request."""
        assert self.server.stdout
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        for line in self.server.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.asked:
                assert "result" in answer, f"{method}: {answer}"
                return answer["result"]
        raise AssertionError(f"the server ended while it was asked {method}")

    def start(self) -> None:
        """Introduce oneself."""
        self.ask("initialize", protocolVersion=VERSION, capabilities={}, clientInfo={"name": "clients", "version": "1"})
        self._send({"method": "notifications/initialized"})

    def tools(self) -> set[str]:
        """The names of its tools."""
        return {tool["name"] for tool in self.ask("tools/list")["tools"]}

    def answer(self, tool: str, **arguments: Any) -> tuple[str, bool]:
        """The text that a tool answers with, and whether it is an error."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        return "\n".join(part.get("text", "") for part in result["content"]), bool(result.get("isError"))

    def call(self, tool: str, **arguments: Any) -> str:
        """The text that a tool answers with; it must do what it is asked."""
        text, wrong = self.answer(tool, **arguments)
        assert not wrong, f"{tool}: {text}"
        return text

    def confirm(self, tool: str, **arguments: Any) -> str:
        """The same of a tool that shows first what it would do, and does it when it is given the token that it showed."""
        preview = self.call(tool, **arguments)
        token = re.search(r"[Cc]onfirmation[ _][Tt]oken\W+([\w.-]{40,})", preview)
        assert token, f"{tool} shows no token: {preview}"
        return self.call(tool, confirmation_token=token[1], **arguments)


@contextmanager
def talk(program: Path, environ: dict[str, str], folder: Path) -> Iterator[Session]:
    """A session with that program as the server, which ends with it; what it says of itself lies in `folder`."""
    with (folder / "server.log").open("a") as log:
        server = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environ, cwd=folder, text=True)
        try:
            with in_time(server):
                session = Session(server)
                session.start()
                yield session
        finally:
            server.terminate()
            server.communicate(timeout=30)
