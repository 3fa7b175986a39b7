import configparser
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import supervision
from deploy.local.components import SERVICES, Service, services
from deploy.local.stack import Stack


def parsed(stack: Stack) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(supervision.render(stack))
    return parser


@pytest.mark.parametrize("brokers", [1, 3])
def test_every_service_is_a_program_and_nothing_else_is(paper: Stack, brokers: int) -> None:
    sections = parsed(replace(paper, brokers=brokers)).sections()
    programs = {name.removeprefix("program:") for name in sections if name.startswith("program:")}
    assert programs == {service.name for service in services(brokers)}


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
def test_a_program_is_restarted_and_stopped_as_its_service_says(paper: Stack, service: Service) -> None:
    program = parsed(replace(paper, brokers=3))[f"program:{service.name}"]
    assert program.getboolean("autorestart")
    assert not program.getboolean("autostart")
    assert program.getint("stopwaitsecs") == service.stop_seconds
    assert program["stopsignal"] == service.stop_signal
    assert program.getint("priority") == service.order


def test_the_configuration_holds_no_secret(paper: Stack) -> None:
    assert not [secret for secret in paper.secrets.values() if secret in supervision.render(paper)]


def test_a_percent_sign_in_a_path_is_not_an_expansion(paper: Stack) -> None:
    odd = replace(paper, directory=Path("/srv/100%/state"))
    assert parsed(odd)["program:kafka"]["stdout_logfile"] == "/srv/100%%/state/logs/kafka.log"


def test_a_supervisor_of_yesterdays_table_is_not_current(paper: Stack) -> None:
    paper.run.mkdir(parents=True)
    assert not supervision.is_current(paper)
    (paper.run / "supervisord.conf").write_text(supervision.render(paper))
    assert supervision.is_current(paper)
