"""Sets Baton up and runs one command of its making, with nothing but a Python standard library.

`make` calls it, and it does the same without `make`: `python3 bootstrap.py demo|test|check|lint|run|lock`.
It must not import anything that has to be installed first, and it must start on an older Python, to be
able to say which one is needed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Step = tuple[str, Sequence[str | Path]]

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "baton-stamp"
OLDEST_PYTHON = (3, 11)
PYTHON_NAMES = ("python3.13", "python3.12", "python3.11", "python3.14", "python3", "python")
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"

USAGE = """usage: python3 bootstrap.py COMMAND [ARGUMENT ...]

  demo    the whole round on this machine, against two sandboxed systems (arguments go to `baton demo`)
  test    format, lint, types, import directions and every test; what the build server runs
  check   the same as test
  lint    the quick part of it: no tests
  run     any `baton` command, for instance: python3 bootstrap.py run status
  lock    resolve the dependencies anew into the requirements files (needs uv; --upgrade takes newer versions)
"""


class SetupError(Exception):
    """The machine lacks something; the message says what to install."""


def say(message: str) -> None:
    """Tell the person what happens now, ahead of what the programs it starts will print."""
    print("· " + message, flush=True)


def run(arguments: Sequence[str | Path], *, quiet: bool = False) -> int:
    """Run a program in the project's folder and return its exit code."""
    output = subprocess.DEVNULL if quiet else None
    command = [str(argument) for argument in arguments]
    return subprocess.call(command, cwd=str(ROOT), stdout=output, stderr=output)


def must(arguments: Sequence[str | Path], failure: str) -> None:
    """Run a program that has to succeed; `failure` says what to do when it does not."""
    if run(arguments) != 0:
        raise SetupError(failure)


# --- a Python that is new enough ------------------------------------------------------------------


def is_new_enough(python: str | Path) -> bool:
    """Whether this interpreter starts at all and is one that Baton supports."""
    question = "import sys; sys.exit(sys.version_info[:2] < %r)" % (OLDEST_PYTHON,)
    try:
        return run([python, "-c", question], quiet=True) == 0
    except OSError:
        return False


def find_python() -> str:
    """The running interpreter when it is new enough, else the first on the path that is."""
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return sys.executable
    for name in PYTHON_NAMES:
        found = shutil.which(name)
        if found and is_new_enough(found):
            return found
    raise SetupError(
        "Baton needs Python %d.%d or newer; this is %s and the path has no other.\n"
        "  Debian, Ubuntu: apt install python3.11 python3.11-venv\n"
        "  macOS: brew install python@3.12      Windows: winget install Python.Python.3.12"
        % (*OLDEST_PYTHON, sys.version.split()[0])
    )


# --- the virtual environment ----------------------------------------------------------------------


def program(name: str) -> Path:
    """Where the environment keeps a program, on this kind of machine."""
    if os.name == "nt":
        return VENV / "Scripts" / (name + ".exe")
    return VENV / "bin" / name


def find_uv() -> str | None:
    """The uv to work with, or None; pip does the same work, only slower."""
    own = program("uv")
    return shutil.which("uv") or (str(own) if own.exists() else None)


def has_pip() -> bool:
    """Whether the environment can install into itself (one made by uv cannot)."""
    return run([program("python"), "-c", "import pip"], quiet=True) == 0


def is_usable() -> bool:
    """Whether there is an environment that runs and that one of our two installers can fill."""
    if not program("python").exists() or not is_new_enough(program("python")):
        return False
    return find_uv() is not None or has_pip()


def make_venv() -> None:
    """Create .venv, replacing what is left of one that no longer works."""
    python, uv = find_python(), shutil.which("uv")
    if VENV.exists():
        say("removing .venv, which does not run any more")
        shutil.rmtree(str(VENV))
    say("creating .venv with " + python)
    if uv:
        must([uv, "venv", "--quiet", "--python", python, VENV], "uv could not create .venv; see above")
        return
    if run([python, "-c", "import ensurepip, venv"], quiet=True) != 0:
        raise SetupError("this Python cannot make virtual environments: apt install python3-venv")
    must([python, "-m", "venv", VENV], "python could not create .venv: apt install python3-venv")


def fingerprint(requirements: str) -> str:
    """What the environment was made from; another value means that it has to be filled again."""
    digest = hashlib.sha256()
    for name in (requirements, "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_filled(requirements: str) -> bool:
    """Whether the last installation finished, and was of these requirements or of a set that holds them."""
    if not STAMP.exists():
        return False
    stamped = STAMP.read_text(encoding="utf-8").split()
    return any(name + "=" + fingerprint(name) in stamped for name in {requirements, DEVELOPMENT})


def install(requirements: str) -> None:
    """Install what the lock file pins, by hash, then Baton itself without touching any registry again."""
    uv = find_uv()
    python = str(program("python"))
    installer = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if uv is not None:
        installer = [uv, "pip", "install", "--quiet", "--python", python]
    say("installing %s with %s" % (requirements, "uv" if uv else "pip; the first time takes about a minute"))
    failure = "the installation failed; what the installer printed above says why"
    # The lock file is complete, so nothing is resolved: with extras among the dependencies, older pips would take the newest
    # release instead of the pinned one, and refuse it.
    must([*installer, "--require-hashes", "--no-deps", "-r", requirements], failure)
    must([*installer, "--no-deps", "--no-build-isolation", "-e", "."], failure)
    STAMP.write_text(requirements + "=" + fingerprint(requirements) + "\n", encoding="utf-8")


def prepare(requirements: str) -> None:
    """Leave an environment behind that has these requirements. Does nothing when it has them already."""
    if not is_usable():
        make_venv()
    if not is_filled(requirements):
        install(requirements)


# --- the commands ---------------------------------------------------------------------------------


def lint_steps() -> list[Step]:
    """The checks that need no running program, cheapest first."""
    return [
        ("format", [program("ruff"), "format", "--check", "."]),
        ("lint", [program("ruff"), "check", "."]),
        ("types", [program("mypy")]),
        ("import directions", [program("lint-imports"), "--no-logo"]),
    ]


def run_steps(steps: list[Step]) -> int:
    """Run every step, also after one failed, so that one look shows all there is to mend."""
    failed = []
    for name, arguments in steps:
        say(name)
        if run(arguments) != 0:
            failed.append(name)
    say("failed: " + ", ".join(failed) if failed else "all passed")
    return 1 if failed else 0


def lint(_arguments: list[str]) -> int:
    """Everything but the tests."""
    prepare(DEVELOPMENT)
    return run_steps(lint_steps())


def test(arguments: list[str]) -> int:
    """Everything. Arguments go to pytest. A run that collects no test (pytest's exit 5) has failed."""
    prepare(DEVELOPMENT)
    pytest: Step = ("tests", [program("python"), "-m", "pytest", "-q", "-n", "2", *arguments])
    return run_steps([*lint_steps(), pytest])


def baton(arguments: list[str]) -> int:
    """Any command of Baton's own, in the environment; its exit code is ours."""
    prepare(RUNTIME)
    return run([program("baton"), *arguments])


def demo(arguments: list[str]) -> int:
    """The whole round on one machine."""
    return baton(["demo", *arguments])


def lock(arguments: list[str]) -> int:
    """Pin the whole tree below pyproject.toml with hashes. No line may name the registry it came from."""
    uv = find_uv()
    if uv is None:
        raise SetupError("locking needs uv on the path: pip install uv")
    resolve = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    resolve += ["--generate-hashes", "--no-annotate", "--custom-compile-command", "make lock"]
    resolve += ["--group", "build", *arguments, "pyproject.toml"]
    failure = "the dependencies could not be resolved; see above"
    must([*resolve, "--output-file", RUNTIME], failure)
    must([*resolve, "--extra", "dev", "--constraint", RUNTIME, "--output-file", DEVELOPMENT], failure)
    say("wrote %s and %s" % (RUNTIME, DEVELOPMENT))
    return 0


COMMANDS = {"demo": demo, "test": test, "check": test, "lint": lint, "run": baton, "lock": lock}


def main(arguments: list[str]) -> int:
    """Run one command; 2 for a command that does not exist, 1 when the machine lacks something."""
    if not arguments or arguments[0] not in COMMANDS:
        print(USAGE, end="", file=sys.stdout if arguments[:1] in (["-h"], ["--help"]) else sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except SetupError as error:
        print("bootstrap: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
