import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import stack as stacks
from deploy.local.components import belongs, components

EARLIER = ("ports", "secrets", "postgres_home")
"""What was kept before a stack could have three brokers."""


@pytest.fixture
def stack(tmp_path: Path) -> stacks.Stack:
    directory = tmp_path / "state"
    stacks.claim(directory)
    identity = stacks.Identity(ports={"kafka": 1}, secrets=stacks.generate_secrets(), postgres_home=None)
    return stacks.bind(identity, directory, tmp_path / "cache")


def test_a_stack_comes_back_as_it_was_kept(stack: stacks.Stack) -> None:
    stacks.save(stack)
    assert stacks.load(stack.directory, stack.cache) == stack


def test_a_stack_remembers_how_many_brokers_it_has(stack: stacks.Stack) -> None:
    stacks.save(replace(stack, brokers=3))
    found = stacks.load(stack.directory, stack.cache)
    assert found is not None
    assert (found.brokers, found.cluster_id) == (3, stack.cluster_id)


def test_a_stack_remembers_whether_it_recalls_by_meaning(stack: stacks.Stack) -> None:
    stacks.save(replace(stack, embedding_model="minilm@1"))
    found = stacks.load(stack.directory, stack.cache)
    assert found is not None
    parts = {part.name for part in components(1) if belongs(part, found)}
    assert {part.name for part in components(1)} - parts == set()
    assert {part.name for part in components(1)} - {p.name for p in components(1) if belongs(p, stack)} == {
        "sink-embeddings"
    }


def test_a_stack_of_an_earlier_release_has_one_broker(stack: stacks.Stack) -> None:
    stacks.save(stack)
    file = stack.directory / "stack.json"
    file.write_text(json.dumps({name: json.loads(file.read_text())[name] for name in EARLIER}))
    found = stacks.load(stack.directory, stack.cache)
    assert found is not None
    assert found.brokers == 1


def test_the_brokers_of_a_cluster_know_it_by_an_id_that_is_never_the_same() -> None:
    one, other = stacks.generate_cluster_id(), stacks.generate_cluster_id()
    assert one != other
    assert len(one) == len(other) == 22


def test_a_stack_that_was_moved_finds_its_data_where_it_is_now(stack: stacks.Stack, tmp_path: Path) -> None:
    stacks.save(stack)
    moved = stack.directory.rename(tmp_path / "moved")
    found = stacks.load(moved, stack.cache)
    assert found is not None
    assert found.postgres_home == moved / "data"


def test_a_place_outside_is_kept_by_name(stack: stacks.Stack) -> None:
    outside = replace(stack, postgres_home=Path("/var/tmp/alluvium-0"))
    stacks.save(outside)
    assert stacks.load(stack.directory, stack.cache) == outside


def test_what_holds_secrets_is_its_owners_alone(stack: stacks.Stack) -> None:
    stacks.save(stack)
    assert stat.S_IMODE((stack.directory / "stack.json").stat().st_mode) == 0o600


def test_there_is_no_stack_before_the_first_up(tmp_path: Path) -> None:
    assert stacks.load(tmp_path, tmp_path) is None


def test_a_folder_that_holds_something_else_is_never_claimed(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(stacks.NotOurs):
        stacks.claim(tmp_path)
    assert not stacks.is_ours(tmp_path)


def test_claiming_twice_is_harmless(stack: stacks.Stack) -> None:
    stacks.claim(stack.directory)
    assert stacks.is_ours(stack.directory)


def test_the_state_directory_is_the_projects_unless_the_environment_says_otherwise(tmp_path: Path) -> None:
    assert stacks.state_directory({}) == stacks.PROJECT / ".local"
    assert stacks.state_directory({"ALLUVIUM_STATE_DIR": str(tmp_path)}) == tmp_path.resolve()


def test_the_cache_follows_the_xdg_convention(tmp_path: Path) -> None:
    assert stacks.cache_directory({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path.resolve() / "alluvium"
    assert stacks.cache_directory({}) == Path.home().resolve() / ".cache" / "alluvium"


def test_the_socket_is_near_unless_its_path_is_too_long_to_bind(stack: stacks.Stack) -> None:
    near = replace(stack, directory=Path("/srv/alluvium"))
    far = replace(stack, directory=Path("/srv") / ("deep" * 30))
    assert near.socket == Path("/srv/alluvium/run/supervisor.sock")
    assert not far.socket.is_relative_to(far.directory)
    assert len(str(far.socket)) <= stacks.SOCKET_PATH_BYTES


def test_secrets_are_long_and_never_the_same() -> None:
    one, other = stacks.generate_secrets(), stacks.generate_secrets()
    assert one.keys() == set(stacks.SECRETS)
    assert not set(one.values()) & set(other.values())
    assert all(len(secret) >= 43 for secret in one.values())


def test_an_api_key_is_recognised_by_its_prefix() -> None:
    key = stacks.generate_secrets()["api_key"]
    assert key.startswith("alv_")
    assert len(key) == len("alv_") + 43
