from tests.sync.reading.bench import Bench


def test_a_contact_becomes_a_lead(bench: Bench) -> None:
    key = bench.contact(email="zhang@acme.com", lastname="张", company="Acme")
    result = bench.round()
    assert result.trouble == []
    assert bench.leads() == 1
    assert bench.state_of(key) == "active"
