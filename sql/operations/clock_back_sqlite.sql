-- Sets the clock of an embedded store back to the machine's, after a start with a clock years ahead:
-- docs/operations.md, "Clocks". With treatyd stopped and a backup at hand:
--     sqlite3 treaty.db < clock_back_sqlite.sql
BEGIN IMMEDIATE;
CREATE TEMP TABLE right_now AS SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 AS ms;
UPDATE txn SET created  = min(created,  (SELECT ms FROM right_now)),
               updated  = min(updated,  (SELECT ms FROM right_now)),
               finished = min(finished, (SELECT ms FROM right_now)),
               wake     = min(wake,     (SELECT ms FROM right_now))
  WHERE max(created, updated, finished, wake) > (SELECT ms FROM right_now);
UPDATE kv SET create_time = min(create_time, (SELECT ms FROM right_now)),
              update_time = min(update_time, (SELECT ms FROM right_now));
UPDATE clock SET last = (SELECT ms FROM right_now);
COMMIT;
