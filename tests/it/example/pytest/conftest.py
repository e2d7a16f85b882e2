"""Fixtures for pytest: one mock-ce for the session, an organization for each test. They work under pytest-xdist."""

import json, os, subprocess, urllib.request, uuid

import pytest


class Organization:
    """One organization of the server: its test sees nothing of what other tests do."""

    def __init__(self, url):
        self.url = url
        self.secret = f"test-{uuid.uuid4()}"
        self.authorization = f"User u, Organization {self.secret}"

    def admin(self, method, path, body=None):
        """Calls the control API for this organization alone: admin("GET", "/requests")."""
        url = f"{self.url.split('/elements/')[0]}/__admin{path}{'&' if '?' in path else '?'}organization={self.secret}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)


@pytest.fixture(scope="session")
def mock_ce_url():
    """The base URL of the server of `mock-ce exec -- pytest`, or of one that is started here."""
    if "MOCK_CE_URL" in os.environ:
        yield os.environ["MOCK_CE_URL"]
        return
    serve = ["mock-ce", "serve", "--listen", "127.0.0.1:0", "--log", "off"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture
def mock_ce(mock_ce_url):
    """An organization of its own for a test, which is forgotten afterwards."""
    organization = Organization(mock_ce_url)
    yield organization
    organization.admin("DELETE", "/state")
