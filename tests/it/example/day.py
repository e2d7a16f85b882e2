"""A client's whole day, in Python without packages. Run it with: mock-ce exec --deny-leaks -- python3 day.py"""

import json, os, urllib.error, urllib.request


def ask(method, path, body=None, who=None, base=os.environ["MOCK_CE_URL"]):
    headers = {"Content-Type": "application/json"} | ({"Authorization": who} if who else {})
    data = json.dumps(body).encode() if body is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(base + path, data, headers, method=method)) as reply:
            return reply.status, json.loads(reply.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


login = ask("POST", "/authentication", {"username": "me@example.com", "password": "secret"})[1]
secrets = ask("GET", "/authentication/secrets", who=f"Bearer {login['token']}")[1]
user = f"User {secrets['userSecret']}, Organization {secrets['organizationSecret']}"

instance = ask("POST", "/instances", {"element": {"key": "mailjet"}, "name": "Day", "configuration":
               {"mailjet.api.key": "k", "mailjet.api.secret": "s"}}, user)[1]
element = f"User {secrets['userSecret']}, Element {instance['token']}"
mail = {"from": "me@example.com", "to": "you@example.com", "subject": "Hello", "message": "Good morning"}
assert ask("POST", "/hubs/messaging/messages", mail, element)[0] == 200
outbox = ask("GET", "/outbox?to=you@example.com", base=os.environ["MOCK_CE_ADMIN_URL"])[1]
assert [sent["message"]["subject"] for sent in outbox["messages"]] == ["Hello"]

one = f"/instances/{instance['id']}"
entry = next(e for e in ask("GET", f"{one}/configuration", who=user)[1] if e["key"] == "mailjet.api.key")
assert ask("PATCH", f"{one}/configuration/{entry['id']}", {"propertyValue": "k2"}, user)[0] == 200

assert ask("DELETE", f"{one}/enabled", who=user)[0] == 200
assert ask("POST", "/messages", mail, element)[0] == 403  # disabled
assert ask("PUT", f"{one}/enabled", who=user)[0] == 200
assert ask("DELETE", one, who=user)[0] == 200
assert ask("POST", "/messages", mail, element)[0] == 401  # the token died with the instance
print("logged in, sent, changed, refused and deleted")
