-- Sets the clock of a store on MySQL or MariaDB back to the server's, after a start with a clock years
-- ahead: docs/operations.md, "Clocks". With every treatyd stopped and a backup at hand:
--     mysql DATABASE < clock_back_mysql.sql
SET SESSION sql_safe_updates = 0, @right_now = CAST(UNIX_TIMESTAMP() * 1000 AS SIGNED);
START TRANSACTION;
UPDATE treaty_part SET created = LEAST(created, @right_now) WHERE created > @right_now;
UPDATE treaty_txn SET created  = LEAST(created,  @right_now),
                      updated  = LEAST(updated,  @right_now),
                      finished = LEAST(finished, @right_now),
                      due      = LEAST(due,      @right_now)
  WHERE GREATEST(created, updated, finished, due) > @right_now;
UPDATE treaty_kv SET create_time = LEAST(create_time, @right_now),
                     update_time = LEAST(update_time, @right_now);
UPDATE treaty_clock SET last = @right_now;
DELETE FROM treaty_instance;
COMMIT;
