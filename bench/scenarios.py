"""What is measured. Each scenario returns a flat set of figures."""

import contextlib
import signal
import time

import copies
import rig


@contextlib.contextmanager
def running(setup, config="", participant_flags=()):
    """A fresh coordinator and a participant."""
    with rig.Folder(setup.folder) as folder:
        participant = rig.Participant(setup.bin, 0, *participant_flags)
        coordinator = rig.Coordinator(setup.bin, folder, config)
        try:
            yield coordinator, participant
        finally:
            coordinator.stop()
            participant.stop()


def under_load(*flags, config=""):
    """A scenario that is nothing but a load of one kind."""

    def scenario(setup):
        times = ("--seconds", setup.seconds, "--warmup", setup.warmup)
        if setup.target:
            return rig.load(setup.bin, setup.target, setup.participant, *times, *flags)
        with running(setup, config) as (coordinator, participant):
            return rig.load(setup.bin, coordinator, participant, *times, *flags)

    return scenario


def sleeping(setup, count=100_000):
    with running(setup) as (coordinator, participant):
        rig.load(setup.bin, coordinator, participant, "--seconds", 3)
        _, before = rig.process_figures(coordinator.pid)
        figures = rig.load(setup.bin, coordinator, participant, "--count", count, "--no-wait",
                           "--branches", 2, "--action", "/ongoing", "--retry-interval", 3600)
        time.sleep(5)
        cpu, after = rig.process_figures(coordinator.pid)
        time.sleep(10)
        idle, _ = rig.process_figures(coordinator.pid)
        accepted = figures["succeeded"]
        return {"sleeping": accepted, "submitted_per_s": figures["sagas_per_s"],
                "rss_mib": after / 2**20,
                "rss_bytes_per_sleeper": (after - before) / max(accepted, 1),
                "idle_cpu_percent": (idle - cpu) * 10,
                "still_unfinished": copies.unfinished(coordinator.database)}


def full_file(setup, count=1_000_000):
    with rig.Folder(setup.folder) as folder:
        participant = rig.Participant(setup.bin)
        first = rig.Coordinator(setup.bin, folder)
        rig.load(setup.bin, first, participant, "--count", 10, "--clients", 1)
        first.stop()
        copies.multiply(first.database, count, finished=True)
        second = rig.Coordinator(setup.bin, folder)
        _, rss = rig.process_figures(second.pid)
        figures = rig.load(setup.bin, second, participant, "--seconds", setup.seconds)
        size = second.database.stat().st_size
        second.stop()
        participant.stop()
        return {"finished_in_file": count, "file_mib": size / 2**20, "ready_s": second.ready_s,
                "rss_at_start_mib": rss / 2**20} | figures


def recovery(setup, count=100_000):
    with rig.Folder(setup.folder) as folder:
        hanging = rig.Participant(setup.bin, 0, "--hang")
        first = rig.Coordinator(setup.bin, folder)
        rig.load(setup.bin, first, hanging, "--count", 1, "--clients", 1, "--no-wait",
                 "--request-timeout", 600)
        first.stop(signal.SIGKILL)
        hanging.stop()
        copies.multiply(first.database, count - 1, finished=False)
        participant = rig.Participant(setup.bin, hanging.port)
        start = time.monotonic()
        second = rig.Coordinator(setup.bin, folder)
        peak = 0
        while copies.unfinished(second.database) > 0 and time.monotonic() - start < 300:
            peak = max(peak, rig.process_figures(second.pid)[1])
            time.sleep(0.25)
        cpu, _ = rig.process_figures(second.pid)
        took = time.monotonic() - start
        left = copies.unfinished(second.database)
        second.stop()
        participant.stop()
        return {"unfinished_at_start": count, "ready_s": second.ready_s, "all_finished_s": took,
                "left": left, "peak_rss_mib": peak / 2**20, "cpu_us_per_saga": cpu / count * 1e6}


def start_empty(setup):
    with running(setup) as (coordinator, _):
        _, rss = rig.process_figures(coordinator.pid)
        return {"ready_s": coordinator.ready_s, "rss_at_start_mib": rss / 2**20}


LOADS = {
    "default": under_load(),
    "behind": under_load("--update-branch-sync", 0),
    "one_client": under_load("--clients", 1),
    "ten_branches": under_load("--branches", 10),
    "concurrent": under_load("--branches", 4, "--concurrent"),
    "open_loop": under_load("--rate", 4000, "--clients", 512),
}

MODELS = {
    "tcc": under_load("--model", "tcc"),
    "xa": under_load("--model", "xa"),
    "message": under_load("--model", "msg"),
    "prepared_message": under_load("--model", "prepared-msg"),
    "workflow": under_load("--model", "workflow"),
}

PLACES = {
    "start_empty": start_empty,
    "sleeping": sleeping,
    "full_file": full_file,
    "recovery": recovery,
}
