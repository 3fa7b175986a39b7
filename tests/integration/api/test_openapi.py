"""The OpenAPI document against the service: schemathesis sends a real process what it allows and what it forbids."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.infrastructure import PROJECT, Infrastructure
from support.serving import environment_of, serving

pytestmark = pytest.mark.integration

EXAMPLES = os.environ.get("EXAMPLES", "3")
"""Of the fuzzing of each operation; its examples and the edges of its schema are all sent."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


def test_nothing_fails_and_nothing_is_answered_that_is_not_documented(
    infrastructure: Infrastructure, database_url: str, api_topics: None, api_schemas: None, tmp_path: Path
) -> None:
    with serving(environment_of(infrastructure, database_url), tmp_path, workers=1) as api:
        told = subprocess.run(
            [
                *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
                *("run", f"{api.url}/openapi.json", "--header", f"Authorization: Bearer {api.key}"),
                *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--workers", "2"),
                *(
                    "--max-examples",
                    EXAMPLES,
                    "--seed",
                    "7",
                    "--warnings",
                    "off",
                    "--no-color",
                    "--request-timeout",
                    "60",
                ),
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "SCHEMATHESIS_HOOKS": "support.schemathesis_hooks",
                "PYTHONPATH": f"{PROJECT / 'tests'}",
            },
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "No issues found" in told.stdout
