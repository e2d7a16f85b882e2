"""Tests of a provisioning client. Run them with `pytest`, `pytest -n 4` or `mock-ce exec --deny-leaks -- pytest`."""

import json, urllib.error, urllib.request

import pytest


def ask(mock_ce, method, path, body=None):
    """Stands for your own client, which takes the URL and the credentials as settings."""
    headers = {"Content-Type": "application/json", "Authorization": mock_ce.authorization}
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(mock_ce.url + path, data, headers, method=method)) as reply:
        return json.loads(reply.read() or "null")


MAILJET = {"element": {"key": "mailjet"}, "name": "Test",
           "configuration": {"mailjet.api.key": "k", "mailjet.api.secret": "s"}}


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_each_test_has_instances_of_its_own(mock_ce, name):
    instance = ask(mock_ce, "POST", "/instances", {**MAILJET, "name": name})
    assert [one["name"] for one in ask(mock_ce, "GET", "/instances")] == [name]
    ask(mock_ce, "DELETE", f"/instances/{instance['id']}")
    assert [one["rule"] for one in mock_ce.admin("GET", "/requests")["requests"]][0] == "create"


def test_a_creation_is_refused_on_order(mock_ce):
    mock_ce.admin("POST", "/script", {"match": {"method": "POST"}, "when": {"first": 1}, "effect": {"status": 503}})
    with pytest.raises(urllib.error.HTTPError, match="503"):
        ask(mock_ce, "POST", "/instances", MAILJET)
