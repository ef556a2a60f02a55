"""The image: small, without root, without tools, and quick to build again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.containers.compose_stack import ComposeStack, docker

pytestmark = pytest.mark.timeout(600)

TARGETS = ["intake", "dispatch", "shelter_beds", "notify", "identity", "jobs"]
MOST_ABOVE_BASE = 250 * 1024**2


@pytest.fixture(scope="module")
def images(stack: ComposeStack) -> dict[str, dict[str, Any]]:
    """What the engine says of each target's image, and of the base."""
    names = {target: f"zakrila/{target}:latest" for target in TARGETS} | {"base": "python:3.12-slim"}
    return {name: json.loads(docker("image", "inspect", image))[0] for name, image in names.items()}


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_is_small_and_runs_without_root(images: dict[str, dict[str, Any]], target: str) -> None:
    image = images[target]
    assert image["Size"] - images["base"]["Size"] < MOST_ABOVE_BASE
    assert image["Config"]["User"] == "10001:10001"
    assert image["Config"]["Labels"]["org.opencontainers.image.title"] == "Zakrila"
    assert ("Healthcheck" in image["Config"]) == (target != "jobs")


def test_all_targets_share_their_layers(images: dict[str, dict[str, Any]]) -> None:
    layers = {target: images[target]["RootFS"]["Layers"] for target in TARGETS}
    shared = layers["intake"]
    for target in TARGETS:
        assert layers[target][: len(shared)] == shared, target


@pytest.mark.parametrize("tool", ["pip", "gcc", "make", "git", "nats-server", "caddy", "valkey-server", "litestream"])
def test_there_are_no_tools_in_it(stack: ComposeStack, tool: str) -> None:
    found = stack.python("intake", f"import shutil; print(shutil.which('{tool}'))")
    assert found.stdout.strip() == "None"
    assert stack.python("intake", "import pip").returncode != 0


def test_another_line_of_code_installs_no_dependency_again(stack: ComposeStack) -> None:
    file = stack.clone / "shared" / "ids.py"
    before = file.read_text()
    file.write_text(before + "\n# another line\n")
    try:
        said = stack.build("intake")
    finally:
        file.write_text(before)
    assert "COPY shared /app/shared" in said
    assert "Collecting" not in said
