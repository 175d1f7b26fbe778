"""gRPC frame by frame, for what no library of it would send: a client and a participant."""

import gzip
import socket
import struct
import threading
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 3, 4, 6, 8
ACK = END_STREAM = 1
END_HEADERS = 4
CANCEL = 8
INITIAL_WINDOW_SIZE = 4
# What may be sent on a connection before the peer gives leave for more.
WINDOW = 65_535


def frame(kind, flags, stream, body=b""):
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, flags, stream) + body


def head(stream, fields, flags=END_HEADERS):
    """Literal fields, none of which the peer is to remember; none is longer than 126 bytes."""
    texts = [text.encode() for pair in fields for text in pair]
    body = b"".join((b"\0" if i % 2 == 0 else b"") + bytes([len(text)]) + text
                    for i, text in enumerate(texts))
    return frame(HEADERS, flags, stream, body)


def message(body, packed=False):
    return struct.pack(">BI", packed, len(body)) + body


def bomb(packed_bytes):
    """Zeros, packed to about so many bytes, and unpacked to a thousand times as many."""
    return gzip.compress(bytes(1_000 * packed_bytes))


class Frames:
    """What a peer sends; settings and pings are answered."""

    def __init__(self, connection):
        self._connection = connection
        self._file = connection.makefile("rb")

    def __iter__(self):
        while len(start := self._file.read(9)) == 9:
            size, kind, flags = int.from_bytes(start[:3], "big"), start[3], start[4]
            stream = int.from_bytes(start[5:], "big") & 0x7fffffff
            body = self._file.read(size)
            if kind in (SETTINGS, PING) and not flags & ACK:
                self._connection.sendall(frame(kind, ACK, 0, body if kind == PING else b""))
            yield kind, flags, stream, body


class Client:
    """One connection; calls are begun, cancelled, or waited for."""

    def __init__(self, port):
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        self._frames = map(self._seen, Frames(self._connection))
        self._last = -1
        self._first = WINDOW  # Of every stream.
        self._windows = {0: WINDOW}

    def begin(self, method, body, fields=(), packed=False):
        self._connection.sendall(self._head(method, fields) + self._data(message(body, packed)))
        return self._last

    def begin_large(self, method, body):
        """Sends as much as the server gives leave for, and waits for more."""
        self._connection.sendall(self._head(method, ()))
        rest = message(body)
        while rest:
            while (size := min(len(rest), 16_384, self._windows[0],
                              self._windows[self._last])) <= 0:
                next(self._frames)
            piece, rest = rest[:size], rest[size:]
            self._connection.sendall(frame(DATA, 0 if rest else END_STREAM, self._last, piece))
            self._sent(size)
        return self._last

    def _head(self, method, fields):
        self._last += 2
        self._windows[self._last] = self._first
        return head(self._last, [(":method", "POST"), (":scheme", "http"), (":path", method),
                                 (":authority", "treaty"), ("te", "trailers"),
                                 ("content-type", "application/grpc"), *fields])

    def _sent(self, size):
        self._windows[0] -= size
        self._windows[self._last] -= size

    def _seen(self, one):
        kind, flags, stream, body = one
        if kind == WINDOW_UPDATE and stream in self._windows:
            self._windows[stream] += int.from_bytes(body, "big")
        if kind == SETTINGS and not flags & ACK:
            for name, value in struct.iter_unpack(">HI", body):
                if name == INITIAL_WINDOW_SIZE:
                    more, self._first = value - self._first, value
                    self._windows = {of: window + (more if of else 0)
                                     for of, window in self._windows.items()}
        return one

    def _data(self, body, most=16_384):
        self._sent(len(body))
        pieces = [body[i:i + most] for i in range(0, len(body), most)]
        return b"".join(frame(DATA, END_STREAM * (piece is pieces[-1]), self._last, piece)
                        for piece in pieces)

    def cancel(self, stream):
        self._connection.sendall(frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))

    def status(self, stream):
        """Waits for the end; (status, the last head as bytes)."""
        for kind, flags, of, body in self._frames:
            if of == stream and kind == HEADERS and flags & END_STREAM:
                at = body.index(b"grpc-status") + len(b"grpc-status")
                return int(body[at + 1:at + 1 + body[at]]), body
            if of == stream and kind == RST_STREAM:
                break
        return -1, b""

    def close(self):
        self._connection.close()


class Participant:
    """Answers every call with a packed message: `bomb`, as long as the client takes so much. The
    `status` follows after a `pause`, or never where there is none."""

    def __init__(self, fields, bomb, status, pause=0, host="127.0.0.1"):
        self._fields, self._status, self._pause = fields, status, pause
        self._bomb, self._small = message(bomb, True), message(gzip.compress(b"{}"), True)
        self._listener = socket.create_server((host, 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.calls = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            connection.settimeout(30)
            try:
                connection.sendall(frame(SETTINGS, 0, 0))
                if len(connection.recv(len(PREFACE), socket.MSG_WAITALL)) == len(PREFACE):
                    self._answer_all(connection)
            except OSError:
                pass  # The client has enough.

    def _answer_all(self, connection):
        window = WINDOW
        for kind, flags, stream, body in Frames(connection):
            if kind == WINDOW_UPDATE and stream == 0:
                window += int.from_bytes(body, "big")
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                self.calls += 1
                reply = self._bomb if window >= len(self._bomb) else self._small
                window -= len(reply)
                self._answer(connection, stream, reply)

    def _answer(self, connection, stream, reply):
        fields = [(":status", "200"), ("content-type", "application/grpc"), *self._fields]
        connection.sendall(head(stream, fields))
        time.sleep(self._pause)
        out = b"".join(frame(DATA, 0, stream, reply[i:i + 16_384])
                       for i in range(0, len(reply), 16_384))
        if self._status is not None:
            out += head(stream, [("grpc-status", str(self._status))], END_HEADERS | END_STREAM)
        connection.sendall(out)

    def close(self):
        self._listener.close()


def saga(gid, target, wait=False, request_timeout=0, payload=b"p", steps=1):
    """A DtmRequest of equal steps."""
    options = b"\x08\x01" * wait
    if request_timeout:
        options += b"\x30" + _varint(request_timeout)
    texts = ",".join(steps * [f'{{"action":"{target}"}}'])
    return (_text(1, gid.encode()) + _text(2, b"saga") + _text(3, options)
            + steps * _text(5, payload) + _text(7, f"[{texts}]".encode()))


def _varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def _text(field, text):
    return bytes([field << 3 | 2]) + _varint(len(text)) + text
