"""Sagas and the other models on MariaDB, with what they cost the server."""

import concurrent.futures
import contextlib
import pathlib
import statistics
import time

import database
import rig


@contextlib.contextmanager
def several(setup, count):
    """A fresh MariaDB, coordinators on it and a participant."""
    with rig.Folder(setup.folder) as folder:
        server = database.Database(folder)
        participant = rig.Participant(setup.bin)
        coordinators = []
        for number in range(count):
            home = pathlib.Path(folder) / f"treatyd{number}"
            home.mkdir()
            coordinators.append(
                rig.Coordinator(setup.bin, home, store=server.store(), count_syncs=False))
        try:
            yield server, coordinators, participant
        finally:
            for coordinator in coordinators:
                coordinator.stop()
            participant.stop()
            server.stop()


@contextlib.contextmanager
def running(setup):
    with several(setup, 1) as (server, coordinators, participant):
        yield server, coordinators[0], participant


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


def together(setup, server, coordinators, participant, clients):
    """One load for all of them, in equal shares."""
    share = clients // len(coordinators)
    with concurrent.futures.ThreadPoolExecutor(len(coordinators)) as pool:
        asked = [pool.submit(measured, setup, (server, coordinator, participant), "--clients",
                             share) for coordinator in coordinators]
        figures = [one.result() for one in asked]
    return {"sagas_per_s": sum(one["sagas_per_s"] for one in figures),
            "cpu_us_per_saga": sum(one["cpu_us_per_saga"] for one in figures) / len(figures)}


def side_by_side(clients=64):
    """Two and three instances on one database, and one of them alone, in turn."""

    def scenario(setup):
        with several(setup, 3) as (server, coordinators, participant):
            parts = (server, coordinators, participant)
            rates = {count: [] for count in (1, 2, 3)}
            for _ in range(3):
                for count, seen in rates.items():
                    parts = (server, coordinators[:count], participant)
                    seen.append(together(setup, *parts, clients)["sagas_per_s"])
            best = {count: statistics.median(seen) for count, seen in rates.items()}
            return {f"sagas_per_s_of_{count}": rate for count, rate in best.items()} | {
                f"ratio_of_{count}": best[count] / best[1] for count in (2, 3)}

    return scenario


def take_over(setup, count=100_000):
    """What one that is gone has left behind, for two."""
    with several(setup, 2) as (server, coordinators, participant):
        measured(setup, (server, coordinators[0], participant), "--clients", 4)
        server.leave_behind(count)
        begun = time.monotonic()
        while server.left_behind():
            time.sleep(0.2)
        taken = time.monotonic() - begun
        while server.unfinished():
            time.sleep(0.2)
        return {"left_behind": count, "taken_over_s": taken,
                "finished_s": time.monotonic() - begun}


# As scenarios.MODELS, which these are compared with: 64 clients there too.
MODELS = {
    "tcc_mysql": loaded("--clients", 64, "--model", "tcc"),
    "xa_mysql": loaded("--clients", 64, "--model", "xa"),
    "message_mysql": loaded("--clients", 64, "--model", "msg"),
    "prepared_message_mysql": loaded("--clients", 64, "--model", "prepared-msg"),
    "workflow_mysql": loaded("--clients", 64, "--model", "workflow"),
}

MYSQL = {
    "mysql_64": loaded("--clients", 64),
    "mysql_256": loaded("--clients", 256),
    "mysql_behind_64": loaded("--clients", 64, "--update-branch-sync", 0),
    "mysql_behind_256": loaded("--clients", 256, "--update-branch-sync", 0),
    "mysql_one_client": loaded("--clients", 1),
    "mysql_full": full,
    "mysql_idle": idle,
    "mysql_instances": side_by_side(),
    "mysql_take_over": take_over,
}
