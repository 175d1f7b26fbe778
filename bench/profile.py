#!/usr/bin/env python3
"""Says where a coordinator's CPU goes: bench/profile.py PID [seconds].

Samples the process with perf and adds up by thread and by part: our layers, the libraries,
the kernel. Flat samples only, so that optimised code without frame pointers counts right.
"""

import collections
import re
import subprocess
import sys
import tempfile

# The first that matches a symbol decides.
PARTS = [
    ("api", r"treaty::api|HttpServer|HttpConnection|Handlers"),
    ("participant", r"HttpParticipant|WriteRequestHead|ReplyParser|treaty::http_client|Destination|BranchCall"),
    ("record", r"treaty::record|RecordCodec|EncodeState|EncodeBody"),
    ("store", r"Sqlite|Writer|treaty::Store"),
    ("engine", r"Lane|Engine|Committer|Entry"),
    ("core", r"treaty::saga|treaty::Txn|treaty::Branch"),
    ("asio+beast", r"boost::|AsioLoop"),
    ("json", r"simdjson|nlohmann"),
    ("std", r"^std::|^operator|__gnu"),
    ("treaty other", r"treaty::"),
]

LIBRARIES = [("sqlite", "libsqlite3"), ("protobuf", "libprotobuf"), ("log", "libspdlog|libfmt"),
             ("malloc/libc", "libc.so"), ("libstdc++", "libstdc"), ("kernel", "kernel|unknown")]


def samples(pid, seconds):
    """Yields (thread, symbol, library)."""
    with tempfile.NamedTemporaryFile() as data:
        subprocess.run(["perf", "record", "-q", "-F", "1999", "-p", str(pid), "-o", data.name,
                        "--", "sleep", str(seconds)], check=True, stderr=subprocess.DEVNULL)
        out = subprocess.run(["perf", "script", "-i", data.name, "-F", "comm,ip,sym,dso"],
                             check=True, capture_output=True, text=True).stdout
    line = re.compile(r"^\s*(.+?)\s+[0-9a-f]{6,} (.+) \(([^()]*)\)$")
    for match in map(line.match, out.splitlines()):
        if match:
            yield match.groups()


def part_of(symbol, library):
    for name, pattern in LIBRARIES:
        if re.search(pattern, library):
            return name
    for name, pattern in PARTS:
        if re.search(pattern, symbol):
            return name
    return "other"


def show(title, counts, most):
    total = sum(counts.values())
    print(f"\n{title}")
    for key, count in counts.most_common(most):
        name = " | ".join(key) if isinstance(key, tuple) else key
        print(f"{100 * count / total:6.2f} %  {name[:150]}")


def main():
    pid = int(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5
    parts, threads, both = (collections.Counter() for _ in range(3))
    symbols = collections.Counter()
    for thread, symbol, library in samples(pid, seconds):
        thread = re.sub(r"[-: ]?\d+$", "", thread)
        part = part_of(symbol, library)
        threads[thread] += 1
        parts[part] += 1
        both[thread, part] += 1
        symbols[part, re.sub(r"\+0x[0-9a-f]+$", "", symbol)] += 1
    show("by thread", threads, 10)
    show("by part", parts, 20)
    show("by thread and part", both, 25)
    show("by symbol", symbols, 40)


if __name__ == "__main__":
    main()
