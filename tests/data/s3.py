"""A folder as S3 serves it, over HTTP: objects whole or in ranges, their sizes, and listings; a script: FOLDER.

It prints its port, then a line for each request.
"""

import re
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ERROR = "<Error><Code>{0}</Code><Message>{0}</Message></Error>"
OBJECT = (
    "<Contents><Key>{}</Key><Size>{}</Size><ETag>x</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    "</Contents>"
)


class Objects(BaseHTTPRequestHandler):
    """Keys are paths below `folder`, the first part of which is the bucket."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        # In one piece: requests come from several threads.
        print(f"{self.command} {unquote(url.path)} {self.headers['Range']}\n", end="", flush=True)
        path = self.folder / unquote(url.path)[1:]
        if "list-type" in url.query:
            self.listing(path, parse_qs(url.query).get("prefix", [""])[0])
        elif path.is_file():
            self.contents(path.read_bytes(), self.headers["Range"])
        else:
            self.answer(HTTPStatus.NOT_FOUND, ERROR.format("NoSuchKey").encode())

    do_HEAD = do_GET

    def contents(self, content: bytes, wanted: str | None) -> None:
        if wanted is None:
            self.answer(HTTPStatus.OK, content)
            return
        first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted).groups()
        part = content[int(first) : int(last) + 1 if last else None]
        if not part:
            self.answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, ERROR.format("InvalidRange").encode())
            return
        place = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        self.answer(HTTPStatus.PARTIAL_CONTENT, part, {"Content-Range": place})

    def listing(self, bucket: Path, prefix: str) -> None:
        files = {path.relative_to(bucket).as_posix(): path for path in sorted(bucket.rglob("*")) if path.is_file()}
        objects = [OBJECT.format(escape(key), path.stat().st_size) for key, path in files.items()
                   if key.startswith(prefix)]  # fmt: skip
        content = f"<ListBucketResult><KeyCount>{len(objects)}</KeyCount>{''.join(objects)}</ListBucketResult>"
        self.answer(HTTPStatus.OK, content.encode())

    def answer(self, status: HTTPStatus, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), "ETag": '"x"', **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_) -> None:
        pass


if __name__ == "__main__":
    Objects.folder = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Objects)
    print(server.server_port, flush=True)
    server.serve_forever()
