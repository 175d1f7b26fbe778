"""Sagas by gRPC with gRPC branches, and what the second server costs those by HTTP."""

import contextlib
import statistics

import rig


@contextlib.contextmanager
def running(setup):
    """A fresh coordinator and a participant of its kind."""
    with rig.Folder(setup.folder) as folder:
        participant = rig.Participant(setup.bin, program="treaty_grpc_participant")
        coordinator = rig.Coordinator(setup.bin, folder)
        try:
            yield coordinator, participant
        finally:
            coordinator.stop()
            participant.stop()


def loaded(*flags):
    def scenario(setup):
        times = ("--seconds", setup.seconds, "--warmup", setup.warmup)
        if setup.target:
            return rig.load(setup.bin, setup.target, setup.participant, *times, *flags, grpc=True)
        with running(setup) as parts:
            return rig.load(setup.bin, *parts, *times, *flags, grpc=True)

    return scenario


def http_once(setup, participant, grpc, *flags):
    with rig.Folder(setup.folder) as folder:
        coordinator = rig.Coordinator(setup.bin, folder, grpc=grpc)
        try:
            return rig.load(setup.bin, coordinator, participant, "--seconds", setup.seconds,
                            "--warmup", setup.warmup, *flags)
        finally:
            coordinator.stop()


def http_beside(setup, rounds=2):
    """Sagas by HTTP with the gRPC server and without it, neither always first; the medians."""
    if setup.target:
        raise SystemExit("bench: http_beside_grpc measures coordinators of its own only")
    participant = rig.Participant(setup.bin)
    runs = {True: [], False: []}
    for grpc in (True, False, False, True) * rounds:
        runs[grpc].append(http_once(setup, participant, grpc, "--clients", 64))
    participant.stop()
    out = {}
    for figure in ("sagas_per_s", "cpu_us_per_saga", "p50_ms", "p99_ms"):
        on, off = (statistics.median(run[figure] for run in runs[grpc]) for grpc in (True, False))
        out |= {f"{figure}_on": on, f"{figure}_off": off, f"{figure}_ratio": on / off}
    return out


GRPC = {
    "grpc_1": loaded("--clients", 1),
    "grpc_16": loaded("--clients", 16),
    "grpc_64": loaded("--clients", 64),
    "grpc_256": loaded("--clients", 256),
    "http_beside_grpc": http_beside,
}
