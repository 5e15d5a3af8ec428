"""A Dockerfile's steps, executed in a folder that stands in for the image."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

Step = tuple[str, str]
#: Where packages come from differs from machine to machine.
NETWORK = re.compile(r"(PIP_.*|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|(https?|no)_proxy)", re.IGNORECASE)


def read_steps(text: str) -> list[Step]:
    """Instruction and arguments of each step."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (name, rest.strip()) for name, rest in (line.split(None, 1) for line in joined.splitlines())
    ]


def argument(steps: Iterable[Step], name: str) -> str:
    """The argument of the last step of an instruction."""
    return [rest for instruction, rest in steps if instruction == name][-1]


class Image:
    """A folder with what the steps have made, and a virtual environment for the image's Python."""

    def __init__(self, folder: Path, context: Path) -> None:
        self.root = folder / "root"
        self.context = context
        self.work = self.root
        self.python = folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", str(self.python)], check=True)
        (self.root / "home").mkdir(parents=True)
        self.env = {name: value for name, value in os.environ.items() if NETWORK.fullmatch(name)}
        self.env["PATH"] = os.pathsep.join([str(self.python / "bin"), "/usr/bin", "/bin"])
        self.env["HOME"] = str(self.root / "home")

    def build(self, steps: Iterable[Step]) -> None:
        """Execute all steps that build."""
        for name, rest in steps:
            if name == "ENV":
                self.env.update(part.split("=", 1) for part in shlex.split(rest))
            elif name == "WORKDIR":
                self.work = self.place(rest)
                self.work.mkdir(parents=True, exist_ok=True)
            elif name == "COPY":
                *sources, target = rest.split()
                self.copy(sources, self.place(target))
            elif name == "RUN":
                self.run(["sh", "-c", rest])
            elif name not in {"FROM", "USER", "ENTRYPOINT", "CMD"}:
                raise ValueError(f"unknown step {name}")

    def place(self, path: str) -> Path:
        return self.root / path.lstrip("/") if path.startswith("/") else self.work / path

    def copy(self, sources: list[str], target: Path) -> None:
        for source in sources:
            path = self.context / source
            if path.is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(path, target, ignore=ignore, dirs_exist_ok=True)
            else:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command as the image would. Nothing else of the environment is passed on."""
        words = ["env", "-i", *(f"{name}={value}" for name, value in self.env.items()), *words]
        result = subprocess.run(words, cwd=self.work, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
        return result

    def call(self, steps: list[Step], *arguments: str) -> str:
        """Call the entry point, as `docker run` does. Returns its output."""
        return self.run([*json.loads(argument(steps, "ENTRYPOINT")), *arguments]).stdout
