"""A provisioning client's test, in Python without packages. Run it with: mock-ce exec --deny-leaks -- python3 provisioning.py"""

import http.client, json, os, urllib.error, urllib.request

ORGANIZATION = os.environ["MOCK_CE_ORGANIZATION"]
MAILJET = {"element": {"key": "mailjet"}, "name": "Test",
           "configuration": {"mailjet.api.key": "k", "mailjet.api.secret": "s"}}


def ask(url, method, body=None):
    headers = {"Content-Type": "application/json", "Authorization": f"User u, Organization {ORGANIZATION}"}
    data = json.dumps(body).encode() if body is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as reply:
            return reply.status, json.loads(reply.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def api(method, path, body=None):
    return ask(os.environ["MOCK_CE_URL"] + path, method, body)


def steer(method, path, body=None):  # only what belongs to this test's organization
    return ask(f"{os.environ['MOCK_CE_ADMIN_URL']}{path}?organization={ORGANIZATION}", method, body)


# The reply to the first creation is lost, but the instance is there.
steer("POST", "/script", {"match": {"method": "POST"}, "when": {"first": 1}, "effect": "loseReply"})
try:
    raise SystemExit(f"the reply was not lost: {api('POST', '/instances', MAILJET)}")
except http.client.RemoteDisconnected:
    pass
status, instances = api("GET", "/instances/")
assert (status, [instance["id"] for instance in instances]) == (200, [1234])

# The journal knows both what happened and what the client saw of it.
lost = steer("GET", "/requests")[1]["requests"][0]
assert (lost["instance"], lost["status"], lost["rule"], lost["effect"]) == (1234, 200, "create", "loseReply")

# An element that nobody knows is refused, naming the nearest; which status the service gives is an assumption.
status, error = api("POST", "/instances", {**MAILJET, "element": {"key": "mailjett"}})
assert status == 404 and "mailjet" in error["message"], error

# Nothing is left behind, or --deny-leaks makes the run fail.
assert api("DELETE", "/instances/1234")[0] == 200
print("provisioned, lost, found and deleted")
