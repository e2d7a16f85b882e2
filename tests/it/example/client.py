"""What a client's day needs beside Python's own library: a request, and a callback for webhooks."""

import base64, hashlib, hmac, http.client, http.server, json, os
from urllib.parse import parse_qsl, urlsplit

ADMIN = os.environ["MOCK_CE_ADMIN_URL"]


def ask(method, url, body=None, who="", status=200):
    """The answer's JSON, or what a redirect says in its address."""
    at = urlsplit(url if url.startswith("http") else os.environ["MOCK_CE_URL"] + url)
    connection = http.client.HTTPConnection(at.netloc)
    headers = {"Authorization": who, "Content-Type": "application/json"}
    connection.request(method, at._replace(scheme="", netloc="").geturl(), json.dumps(body) if body else None, headers)
    reply = connection.getresponse()
    text = reply.read()
    if reply.status == 302:
        return dict(parse_qsl(urlsplit(reply.headers["Location"]).query))
    assert reply.status == status, (reply.status, text)
    return json.loads(text or "null")


def signature(key, body):
    return "sha256=" + base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


class Callback(http.server.HTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Webhook)
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def next(self):
        """The headers and the body of the next webhook."""
        self.handle_request()
        return self.got


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.got = self.headers, self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass
