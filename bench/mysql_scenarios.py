"""Sagas on MariaDB, with what they cost the server."""

import contextlib
import time

import database
import rig


@contextlib.contextmanager
def running(setup):
    """A fresh MariaDB, a coordinator on it and a participant."""
    with rig.Folder(setup.folder) as folder:
        server = database.Database(folder)
        participant = rig.Participant(setup.bin)
        coordinator = rig.Coordinator(setup.bin, folder, store=server.store(), count_syncs=False)
        try:
            yield server, coordinator, participant
        finally:
            coordinator.stop()
            participant.stop()
            server.stop()


def measured(setup, parts, *flags):
    server, coordinator, participant = parts
    before = server.figures()
    figures = rig.load(setup.bin, coordinator, participant, "--seconds", setup.seconds,
                       "--warmup", 0, *flags)
    cpu, questions, commits = (b - a for a, b in zip(before, server.figures()))
    sagas = max(figures["replies"], 1)
    return figures | {"database_cpu_us_per_saga": cpu / sagas * 1e6,
                      "statements_per_saga": questions / sagas,
                      "commits_per_saga": commits / sagas}


def loaded(*flags):
    def scenario(setup):
        with running(setup) as parts:
            measured(setup, parts, *flags)  # Warms up.
            return measured(setup, parts, *flags)

    return scenario


def full(setup, finished=1_000_000, sleeping=100_000):
    """The same load before and after the tables are filled."""
    with running(setup) as parts:
        measured(setup, parts, "--clients", 64)
        empty = measured(setup, parts, "--clients", 64)
        parts[0].multiply(finished, sleeping)
        measured(setup, parts, "--clients", 64)
        after = measured(setup, parts, "--clients", 64)
        return after | {"finished_in_table": finished, "sleeping_in_table": sleeping,
                        "ratio_to_empty": after["sagas_per_s"] / empty["sagas_per_s"]}


def idle(setup, seconds=10):
    """What a coordinator without work asks of the server."""
    with running(setup) as parts:
        time.sleep(3)
        before = parts[0].figures()
        time.sleep(seconds)
        _, questions, _ = (b - a for a, b in zip(before, parts[0].figures()))
        return {"statements_per_s": (questions - 1) / seconds}


MYSQL = {
    "mysql_64": loaded("--clients", 64),
    "mysql_256": loaded("--clients", 256),
    "mysql_behind_64": loaded("--clients", 64, "--update-branch-sync", 0),
    "mysql_behind_256": loaded("--clients", 256, "--update-branch-sync", 0),
    "mysql_one_client": loaded("--clients", 1),
    "mysql_full": full,
    "mysql_idle": idle,
}
