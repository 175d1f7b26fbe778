"""The processes of a benchmark: a coordinator, a participant, and the load generator."""

import ctypes
import json
import mmap
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time
import urllib.request

# Loaded before any fork: a child of a threaded process must not take locks.
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def process_figures(pid):
    """Returns CPU seconds and resident bytes of a process."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = os.sysconf("SC_CLK_TCK")
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    rss = int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024
    return (int(stat[11]) + int(stat[12])) / ticks, rss


class Syncs:
    """Counters shared with sync_counter.cc: log syncs, others, and their nanoseconds."""

    def __init__(self, path):
        pathlib.Path(path).write_bytes(bytes(32))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 32)

    def read(self):
        return struct.unpack("4Q", self._map[:32])


def die_with_parent():
    """Runs in the child: no process outlives the benchmark."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Participant:
    def __init__(self, bin_dir, port=0, *flags, program="treaty_participant"):
        self._process = subprocess.Popen(
            [bin_dir / program, "--port", str(port), *flags],
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.url = self._process.stdout.readline().strip()
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self):
        self._process.kill()
        self._process.wait()


class Coordinator:
    """treatyd on a database file of its own, in a folder on a real disk."""

    def __init__(self, bin_dir, folder, config="", count_syncs=True, store="", grpc=True):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.grpc_port = free_port() if grpc else 0
        self.grpc_url = f"127.0.0.1:{self.grpc_port}"
        self.database = self.folder / "treaty.db"
        self.base = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.base}/api/dtmsvr/submit"
        file = self.folder / "treaty.yaml"
        file.write_text(f"HttpPort: {self.port}\nGrpcPort: {self.grpc_port}\n"
                        f"Store:\n  Path: {self.database}\n{store}{config}")
        environment = dict(os.environ)
        self.syncs = None
        counter = bin_dir / "libtreaty_sync_counter.so"
        if count_syncs and counter.exists():
            self.syncs = Syncs(self.folder / "syncs")
            environment |= {"LD_PRELOAD": str(counter),
                            "TREATY_BENCH_SYNCS": str(self.folder / "syncs")}
        self._log = open(self.folder / "treatyd.log", "ab")
        started = time.monotonic()
        self._process = subprocess.Popen([bin_dir / "treatyd", "-c", file], env=environment,
                                         stdout=self._log, stderr=self._log,
                                         preexec_fn=die_with_parent)
        self.pid = self._process.pid
        self.ready_s = self._wait_ready(started)

    def _wait_ready(self, started):
        while time.monotonic() - started < 120:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.base}/readyz", timeout=5):
                    return time.monotonic() - started
            except OSError:
                time.sleep(0.002)
        log = (self.folder / "treatyd.log").read_text(errors="replace")[-2000:]
        raise SystemExit(f"bench: treatyd did not become ready:\n{log}")

    def stop(self, how=signal.SIGTERM):
        self._process.send_signal(how)
        self._process.wait(60)
        self._log.close()


def generate(program, *arguments):
    """Runs a load generator; returns its figures. It ends the benchmark where it cannot."""
    out = subprocess.run([program, "--json", *map(str, arguments)], capture_output=True, text=True)
    if out.returncode != 0:
        raise SystemExit(f"bench: {out.stderr.strip()}")
    return json.loads(out.stdout)


def load(bin_dir, target, participant, *flags, grpc=False):
    """Puts a coordinator under load; returns the figures, with commits if they are counted."""
    syncs = getattr(target, "syncs", None)
    # Commits are counted over the warm-up too, which therefore is left out here.
    before = syncs.read() if syncs else None
    program, url = ("treaty_grpc_load", target.grpc_url) if grpc else ("treaty_load", target.url)
    figures = generate(bin_dir / program, "--url", url, "--pid", target.pid,
                       "--participant", participant.url, *flags)
    if any(status in ("400", "404", "413") for status in figures["by_status"]):
        raise SystemExit(f"bench: the requests are refused: {figures['by_status']}")
    if syncs and figures["replies"]:
        log, other, log_ns, _ = (b - a for a, b in zip(before, syncs.read()))
        warmup = float(flags[flags.index("--warmup") + 1]) if "--warmup" in flags else 1.0
        if "--count" in flags:
            warmup = 0.0
        share = figures["seconds"] / (figures["seconds"] + warmup)
        figures["commits_per_saga"] = log * share / figures["replies"]
        figures["commits_per_s"] = log / (figures["seconds"] + warmup)
        figures["sync_ms"] = log_ns / max(log, 1) / 1e6
        figures["checkpoint_syncs"] = other
    return figures


def sync_cost_ms(folder, size=4096, rounds=300):
    """Returns median and 99th percentile of write + fdatasync at the end of a file."""
    path = pathlib.Path(folder) / "sync-probe"
    took = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(rounds):
            start = time.perf_counter()
            file.write(bytes(size))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - start) * 1e3)
    path.unlink()
    took.sort()
    return statistics.median(took), took[int(len(took) * 0.99)]


class Folder:
    """A temporary folder; /tmp may be memory, so the build folder's disk is used."""

    def __init__(self, parent):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=parent))

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
