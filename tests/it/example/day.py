from client import ADMIN, Callback, ask, signature

token = ask("POST", "/authentication", {"username": "me", "password": "pw"})["token"]
secrets = ask("GET", "/authentication/secrets", who=f"Bearer {token}")
user = f"User {secrets['userSecret']}, Organization {secrets['organizationSecret']}"
client = "apiKey=k&apiSecret=s&callbackUrl=http://localhost/back"
page = ask("GET", f"/elements/pigeon/oauth/url?{client}")["oauthUrl"]
code, callback = ask("GET", page)["code"], Callback()
events = {"enabled": True, "callback.url": callback.url, "signature.key": "key"}
instance = ask("POST", "/elements/pigeon/instances", {"name": "Day", "providerData": {"code": code},
    "configuration": {f"event.notification.{name}": value for name, value in events.items()}}, user)
one, element = f"/instances/{instance['id']}", f"User u, Element {instance['token']}"
ask("POST", "/messages", {"to": "a@b.c", "subject": "Hello"}, element)
assert ask("GET", ADMIN + "/outbox?to=a@b.c")["messages"][0]["message"]["subject"] == "Hello"
ask("POST", "/events/pigeon", {"action": "update", "objects": [{"Id": "7"}]})  # from the provider
headers, body = callback.next()
assert headers["Elements-Webhook-Signature"] == signature("key", body)
entry = ask("GET", one + "/configuration", who=user)[0]["id"]
ask("PATCH", f"{one}/configuration/{entry}", {"propertyValue": "false"}, user)
ask("DELETE", one + "/enabled", who=user)
ask("GET", "/messages", who=element, status=403)
ask("PUT", one + "/enabled", who=user)
ask("DELETE", one, who=user)
ask("GET", "/messages", who=element, status=401)  # the token died with the instance
