"""The house rules that no linter knows: names that are ours alone, documents that tell the truth."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from topology.metric_reference import reference
from topology.stages import STAGES
from topology.topics import TOPICS

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "topology", "streams", "sinks", "api", "deploy")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_top_level_names(package: str) -> None:
    """Names like `schemas` belong to nobody: a dependency that ships one would shadow ours, or be shadowed."""
    assert set(packages_distributions().get(package, [])) <= {"alluvium"}


def test_no_package_marker_hides_a_package_from_its_tests() -> None:
    assert not list((PROJECT / "tests").rglob("__init__.py"))


def test_the_page_of_metrics_is_what_the_topology_says() -> None:
    assert (PROJECT / "docs" / "metrics.md").read_text("utf-8") == reference()


def test_the_readme_shows_every_topic_and_stage() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    shown = [topic.name for topic in TOPICS if not topic.name.endswith("changelog")]
    assert [name for name in [*shown, *(stage.name for stage in STAGES)] if name not in readme] == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/rules.md"])
def test_every_make_command_in_a_document_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?<![\w/])make ([a-z][a-z0-9-]*)", (PROJECT / document).read_text("utf-8")))
    assert named <= targets


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/rules.md"])
def test_every_file_named_in_a_document_exists(document: str) -> None:
    text = (PROJECT / document).read_text("utf-8")
    named = re.findall(r"`((?:schemas|topology|streams|sinks|api|deploy|tests)/[\w/.-]*)`", text)
    assert [path for path in named if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("schemas/planted.py", "import topology.topics"),
        ("streams/planted.py", "import sinks.ports"),
        ("streams/processors/planted.py", "import confluent_kafka"),
        ("sinks/planted.py", "import faust"),
        ("topology/planted.py", "import psycopg"),
        ("api/planted.py", "import sinks.postgres.writer"),
    ],
)
def test_a_planted_import_breaks_a_contract(tmp_path: Path, module: str, planted: str) -> None:
    for package in PACKAGES:
        (tmp_path / package).symlink_to(PROJECT / package) if not module.startswith(f"{package}/") else _copy(
            PROJECT / package, tmp_path / package
        )
    (tmp_path / "pyproject.toml").symlink_to(PROJECT / "pyproject.toml")
    assert _contracts_hold(tmp_path)
    (tmp_path / module).write_text(planted + "\n", "utf-8")
    assert not _contracts_hold(tmp_path)


def _copy(package: Path, to: Path) -> None:
    for source in package.rglob("*.py"):
        target = to / source.relative_to(package)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


def _contracts_hold(folder: Path) -> bool:
    """Whether import-linter accepts the packages below `folder`."""
    linted = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Analyzed" in linted.stdout, linted.stdout + linted.stderr
    return linted.returncode == 0
