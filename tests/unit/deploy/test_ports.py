import itertools
from pathlib import Path

import pytest

from deploy.local import ports


def test_a_kept_port_that_is_free_stays() -> None:
    assert ports.choose(["kafka"], {"kafka": 12_345}, lambda port: True) == {"kafka": 12_345}


def test_a_kept_port_that_is_taken_gives_way_to_a_new_one() -> None:
    chosen = ports.choose(["kafka", "api"], {"kafka": 12_345, "api": 12_346}, lambda port: port != 12_345)
    assert chosen["api"] == 12_346
    assert chosen["kafka"] not in (12_345, 12_346)


def test_no_two_names_share_a_port() -> None:
    names = [str(number) for number in range(200)]
    assert len(set(ports.choose(names, {}, lambda port: True).values())) == len(names)


def test_ports_stay_outside_the_ephemeral_range() -> None:
    low, high = ports.ephemeral_range()
    chosen = ports.choose([str(number) for number in range(200)], {}, lambda port: True).values()
    assert not [port for port in chosen if low <= port <= high]


def test_the_ephemeral_range_is_read_from_the_kernel(tmp_path: Path) -> None:
    file = tmp_path / "range"
    file.write_text("32768\t60999\n")
    assert ports.ephemeral_range(file) == (32_768, 60_999)
    assert ports.ephemeral_range(tmp_path / "absent") == ports.EPHEMERAL_DEFAULT


def test_an_ephemeral_range_without_an_outside_is_used_after_all() -> None:
    assert len(ports.candidates((1, 65_535))) == 65_535 - ports.LOWEST + 1


def test_it_says_so_when_nothing_is_free() -> None:
    tried = itertools.count()
    with pytest.raises(ports.NoPortFree):
        ports.choose(["kafka"], {}, lambda port: next(tried) < 0)
