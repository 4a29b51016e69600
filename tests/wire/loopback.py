"""A server on 127.0.0.1 that gives a set reply and keeps what it was sent, for the SDKs' clients."""

import base64
import http.server
import json
import os
import threading

# The clients must reach the loopback itself, whatever the environment says about proxies and keys.
for name in list(os.environ):
    if name.lower().endswith("_proxy") or name.startswith(("OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "MISTRAL_")):
        del os.environ[name]


def wire_bytes(fixture):
    """The body of a fixture's reply, as it goes over the wire."""
    if "gzip_base64" in fixture:
        return base64.b64decode(fixture["gzip_base64"])
    if "text" in fixture:
        return fixture["text"].encode()
    return json.dumps(fixture["body"]).encode()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each reply waits 40 ms for the client's acknowledgement

    def do_POST(self):
        length = int(self.headers.get("content-length") or 0)
        sent = self.rfile.read(length)
        status, headers, body = self.server.reply
        self.server.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, sent))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Loopback:
    """`with Loopback() as server:`, then set `reply`, call a client at `url`, look at `seen`."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.daemon_threads = True
        self.server.reply = (200, {"content-type": "application/json"}, b"{}")
        self.server.seen = []
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answers(self, status, headers, body):
        self.server.reply = (status, headers, body)
        self.server.seen.clear()

    @property
    def seen(self):
        return self.server.seen
