"""The ground that all else stands on: locked dependencies, one version, a tree that runs on any machine."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import settings

import bootstrap

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("baton", "connector", "jobs", "mappings", "webhooks")
LOCKS = ("requirements.txt", "requirements-dev.txt")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def normalised(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    """Name and version of every line of a lock file."""
    return {normalised(name): version for name, version in PINNED.findall((ROOT / lock).read_text("utf-8"))}


def names(requirements: list[str]) -> set[str]:
    """The distributions that a list of requirements asks for."""
    return {normalised(re.split(r"[<>=!~\[; ]", text, maxsplit=1)[0]) for text in requirements}


def tracked_files() -> list[Path]:
    """Every file in version control; in a source archive, where there is no git, the test has no subject."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """A file's text, or nothing for a picture."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_dependency_has_a_hash(lock: str) -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8"))
    requirements = [block for block in blocks if not block.startswith("#")]
    assert len(requirements) > 20
    assert [block.split()[0] for block in requirements if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_place_on_a_disk(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"://|index-url|find-links|trusted-host| @ |file:", text) == []


def test_the_lock_holds_what_the_project_asks_for_and_what_builds_it() -> None:
    build = names(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"])
    runtime = names(PROJECT["dependencies"]) | build
    assert runtime - pins("requirements.txt").keys() == set()
    development = runtime | names(PROJECT["optional-dependencies"]["dev"])
    assert development - pins("requirements-dev.txt").keys() == set()


def test_developers_and_users_run_the_same_versions() -> None:
    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: development.get(name) for name in runtime} == runtime


def test_the_version_has_one_value() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['version']}]" in changelog
    try:
        installed = importlib.metadata.version(PROJECT["name"])
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("Baton is not installed here, only checked out")
    assert installed == PROJECT["version"]


def test_no_file_knows_a_developers_machine_or_a_registry() -> None:
    here = [re.escape(f"{place}/") for place in (ROOT.parent, Path.home()) if place != Path(place.anchor)]
    foreign = [
        r"/(?:home|Users)/[a-z]\w*/",
        r"[A-Z]:\\Users\\",
        r"(?:pypi|npmjs|debian)[.]org",
        r"pythonhosted[.]org",
    ]
    pattern = re.compile("|".join([*here, *foreign]))
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked_files()
        for match in pattern.finditer(text_of(path))
    }
    assert found == set()


def test_every_decision_is_in_the_index_and_the_index_invents_none() -> None:
    folder = ROOT / "docs" / "decisions"
    records = {path.name for path in folder.glob("[0-9]*.md")}
    listed = re.findall(r"\]\(([0-9]{4}-[^)]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    numbers = sorted(int(name[:4]) for name in records)
    assert records <= set(listed) <= records
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_dependency_has_its_reason_on_record() -> None:
    record = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8")
    first_cells = " ".join(re.findall(r"^\| ([^|]+) \|", record, re.MULTILINE))
    explained = {normalised(word) for word in re.findall(r"[A-Za-z][\w.-]+", first_cells)}
    declared = names(PROJECT["dependencies"]) | names(PROJECT["optional-dependencies"]["dev"])
    assert declared - explained == set()


def imported_roots(path: Path) -> set[str]:
    """The top-level modules that a file imports, wherever in it."""
    roots: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.split(".")[0])
    return roots


def undeclared(paths: list[Path], declared: set[str]) -> set[str]:
    """Third-party modules that these files import though no declared distribution provides them."""
    ours = {*PACKAGES, "tests", "benchmarks", "bootstrap", *(path.stem for path in paths)}
    foreign = set().union(*map(imported_roots, paths)) - set(sys.stdlib_module_names) - ours - {"_typeshed"}
    providers = importlib.metadata.packages_distributions()
    return {root for root in foreign if not declared & {normalised(name) for name in providers.get(root, [])}}


def test_whatever_the_product_imports_is_declared() -> None:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert undeclared(paths, names(PROJECT["dependencies"])) == set()


def test_whatever_the_tests_import_is_declared() -> None:
    paths = list((ROOT / "tests").rglob("*.py"))
    declared = names(PROJECT["dependencies"]) | names(PROJECT["optional-dependencies"]["dev"])
    assert undeclared(paths, declared) == set()


CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}


def clock_readings(path: Path) -> set[str]:
    """Calls that read a clock: `datetime.now(...)`, `date.today()`, `time.time()`."""
    return {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time", "dt"}
    }


def test_rules_and_mappings_read_no_clock_and_open_no_file() -> None:
    paths = [path for room in ("mappings", "connector/domain") for path in (ROOT / room).rglob("*.py")]
    assert set().union(*map(clock_readings, paths)) == set()
    opened = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"open", "print"}
    }
    assert opened == set()


def test_make_help_lists_every_target() -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make on this machine; bootstrap.py does the same")
    listed = subprocess.run([make, "-s"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"help", "demo", "test", "check", "lock"} <= set(targets)
    assert [name for name in targets if f"make {name} " not in listed] == []


def test_every_make_target_is_a_command_of_the_bootstrap_script() -> None:
    asked = re.findall(r"bootstrap\.py ([a-z]+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert set(asked) <= bootstrap.COMMANDS.keys()
    assert all(f"\n  {name} " in bootstrap.USAGE for name in bootstrap.COMMANDS)


def test_the_build_server_runs_the_test_command_of_the_readme() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_an_unknown_bootstrap_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["fly"]) == 2
    assert "usage:" in capsys.readouterr().err


def test_a_failing_check_fails_the_run_but_lets_the_others_speak(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []

    def run(arguments: list[str]) -> int:
        seen.append(arguments[0])
        return 5 if arguments[0] == "empty" else 0

    monkeypatch.setattr(bootstrap, "run", run)
    assert bootstrap.run_steps([("tests", ["empty"]), ("types", ["fine"])]) == 1
    assert seen == ["empty", "fine"]
    assert "failed: tests" in capsys.readouterr().out


def test_bootstrap_installs_again_only_when_the_lock_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (*LOCKS, "pyproject.toml"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    stamp = tmp_path / "stamp"
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMP", stamp)
    assert not bootstrap.is_filled("requirements.txt")
    stamp.write_text(
        "requirements-dev.txt=" + bootstrap.fingerprint("requirements-dev.txt"), encoding="utf-8"
    )
    assert bootstrap.is_filled("requirements-dev.txt")
    assert bootstrap.is_filled("requirements.txt"), "the development set holds the runtime set"
    (tmp_path / "requirements-dev.txt").write_text("changed", encoding="utf-8")
    assert not bootstrap.is_filled("requirements-dev.txt")


def test_bootstrap_says_which_python_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 99\.0 or newer"):
        bootstrap.find_python()


def test_the_bootstrap_script_needs_nothing_installed() -> None:
    assert imported_roots(ROOT / "bootstrap.py") - set(sys.stdlib_module_names) == set()
    ast.parse((ROOT / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_links_between_documents_lead_somewhere() -> None:
    documents = [path for path in tracked_files() if path.suffix == ".md"]
    broken = {
        f"{path.relative_to(ROOT)} → {target}"
        for path in documents
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    }
    assert broken == set()


def test_pictures_are_well_formed_and_described() -> None:
    pictures = [path for path in tracked_files() if path.suffix == ".svg"]
    assert pictures
    for path in pictures:
        picture = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - our own file
        assert picture.find("{http://www.w3.org/2000/svg}title") is not None, f"{path.name} has no title"


def test_a_test_cannot_leave_this_machine() -> None:
    with socket.socket() as outside, pytest.raises(RuntimeError, match="loopback only"):
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match="loopback only"):
        socket.getaddrinfo("example.com", 80)


def test_a_test_cannot_wait_for_the_wall_clock() -> None:
    with pytest.raises(RuntimeError, match="waits 30 s"):
        time.sleep(30)


def test_examples_have_no_deadline_on_a_busy_machine() -> None:
    assert settings().deadline is None


SMALL_ROOMS = ("mappings/", "connector/domain/")
LONGEST_FUNCTION, LONGEST_MODULE, LONGEST_RULE_MODULE = 40, 400, 250


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_and_modules_stay_small_enough_to_read() -> None:
    too_long: list[str] = []
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        limit = LONGEST_RULE_MODULE if name.startswith(SMALL_ROOMS) else LONGEST_MODULE
        if text.count("\n") > limit:
            too_long.append(f"{name}: {text.count(chr(10))} lines, at most {limit}")
        too_long += [
            f"{name}:{node.lineno} {node.name}: {body_lines(node)} lines, at most {LONGEST_FUNCTION}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef) and body_lines(node) > LONGEST_FUNCTION
        ]
    assert too_long == []
