"""A network of the test's own between a client and a server, as a process: it forwards, and does
what it is told by the lines that it reads: pass, cut, swallow, delay MILLISECONDS.

cut ends every connection; swallow holds back what is sent, in both directions, while connections
stay open, and pass lets it through, as a network does that loses packets and comes back.
"""

import asyncio
import os
import sys


class Network:
    def __init__(self, target):
        self._target = target
        self._open = set()
        self._passing = asyncio.Event()
        self._delay = 0.0
        self._passing.set()

    def obey(self, line):
        word, *arguments = line.split()
        self._delay = int(arguments[0]) / 1000 if word == "delay" else 0.0
        if word == "swallow":
            self._passing.clear()
        else:
            self._passing.set()
        if word == "cut":
            for writer in self._open:
                writer.transport.abort()

    async def _pump(self, reader, writer):
        while data := await reader.read(65536):
            if self._delay:
                await asyncio.sleep(self._delay)
            await self._passing.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(self, reader, writer):
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            return writer.close()
        both = {writer, back}
        self._open |= both
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer),
                             return_exceptions=True)
        self._open -= both
        for one in both:
            one.transport.abort()


async def main(target):
    network = Network(target)
    server = await asyncio.start_server(network.serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        network.obey(line.decode())
        print("done", flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
