"""Many services in a process of its own, each of which answers 425 after a time:
slow_ports.py COUNT SECONDS QUICK. Every third answers its first QUICK calls at once. Prints the ports
as JSON; a GET to any of them tells how many calls were answered.
"""

import asyncio
import json
import signal
import sys


class Service:
    answered = 0  # By all of them.

    def __init__(self, seconds, quick):
        self._seconds = seconds
        self._quick = quick

    async def serve(self, reader, writer):
        try:
            while await self._serve_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()

    async def _serve_one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("GET"):
            return self._say(writer, "200 OK", str(Service.answered))
        length = next(int(line.split(":")[1]) for line in head.splitlines()
                      if line.lower().startswith("content-length:"))
        await reader.readexactly(length)
        self._quick -= 1
        if self._quick < 0:
            await asyncio.sleep(self._seconds)
        Service.answered += 1
        return self._say(writer, "425 Too Early", "")

    def _say(self, writer, status, text):
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
        return True


async def main(count, seconds, quick):
    servers = [await asyncio.start_server(Service(seconds, quick if i % 3 == 0 else 0).serve,
                                          "127.0.0.1", 0) for i in range(count)]
    print(json.dumps([one.sockets[0].getsockname()[1] for one in servers]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
