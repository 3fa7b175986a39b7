from deploy.local import kafka, registry, valkey
from deploy.local.stack import Stack


def settings(text: str, separator: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split(separator, 1) for line in lines)


def test_the_broker_listens_on_its_own_ports_and_makes_no_topic_by_itself(paper: Stack) -> None:
    rendered = settings(kafka.render(paper), "=")
    assert rendered["advertised.listeners"] == f"PLAINTEXT://127.0.0.1:{paper.ports['kafka']}"
    assert rendered["controller.quorum.voters"] == f"1@127.0.0.1:{paper.ports['kafka_controller']}"
    assert rendered["auto.create.topics.enable"] == "false"
    assert not [value for value in rendered.values() if "${" in value]


def test_valkey_keeps_what_it_acknowledged(paper: Stack) -> None:
    rendered = settings(valkey.render(paper, paper.data("valkey")), " ")
    assert (rendered["appendonly"], rendered["appendfsync"]) == ("yes", "everysec")
    assert rendered["bind"] == "127.0.0.1"
    assert rendered["save"] == '""'


def test_the_registry_keeps_its_schemas_in_the_stacks_postgresql(paper: Stack) -> None:
    told = registry.environment(paper)
    assert told["APICURIO_DATASOURCE_URL"] == f"jdbc:postgresql://127.0.0.1:{paper.ports['postgres']}/registry"
    assert told["APICURIO_STORAGE_KIND"] == "sql"
    assert told["QUARKUS_HTTP_HOST"] == told["QUARKUS_MANAGEMENT_HOST"] == "127.0.0.1"
