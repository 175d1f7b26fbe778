"""Multiplies transactions inside a stopped coordinator's database file.

Submitting a million sagas takes minutes; copying one that the coordinator itself stored takes
seconds and gives the same rows. The gid is no part of the stored body, so a copy needs a new
one only in its column.
"""

import sqlite3

COPY_TXN = """
INSERT INTO txn ({names})
SELECT {values} FROM txn, counter WHERE txn.id = :source
"""

COPY_PART = """
INSERT INTO part (id, terms, body)
SELECT (:last + n) * 65536, terms, body FROM part, counter WHERE part.id = :source * 65536
"""

COUNTER = """
WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < :count)
"""


def _columns(database):
    names = [row[1] for row in database.execute("PRAGMA table_info(txn)")]
    special = {"id": ":last + n", "gid": "'copy-' || n"}
    return ", ".join(names), ", ".join(special.get(name, name) for name in names)


def multiply(path, count, finished):
    """Makes `count` copies of the last transaction that is, or is not, finished."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    condition = "finished > 0" if finished else "finished = 0"
    (source,) = database.execute(f"SELECT max(id) FROM txn WHERE {condition}").fetchone()
    (last,) = database.execute("SELECT max(id) FROM txn").fetchone()
    names, values = _columns(database)
    given = {"count": count, "last": last, "source": source}
    with database:
        database.execute(COUNTER + COPY_TXN.format(names=names, values=values), given)
        database.execute(COUNTER + COPY_PART, given)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def unfinished(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    (count,) = database.execute("SELECT count(*) FROM txn WHERE finished = 0").fetchone()
    database.close()
    return count
