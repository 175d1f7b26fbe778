"""The smallest participant there can be, for the sessions in docs/: writes every call down, answers
409 (a definite no) where the path contains "refuse", and 200 everywhere else.

    python3 examples/participant/participant.py 8081 > calls.txt
"""

import http.server
import sys
import urllib.parse


class Participant(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        url = urllib.parse.urlparse(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        call = (query.get("op"), query.get("branch_id"), url.path, body)
        print(*filter(None, call), flush=True)
        self.send_response(409 if "refuse" in url.path else 200)
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Participant).serve_forever()
