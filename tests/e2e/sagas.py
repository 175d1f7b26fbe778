"""Random sagas that move money between two banks and misbehave on the way."""

import json

ACTION_FAULTS = ["ongoing", "error", "done_error", "cut", "slow", "hang"]


class Maker:
    """Makes sagas from a random source; the same source gives the same sagas."""

    def __init__(self, random, banks, prefix):
        self._random = random
        self._banks = banks
        self._prefix = prefix
        self._count = 0

    def _faults(self, share):
        if self._random.random() >= share:
            return []
        # Each hang costs a request time-out; the others are cheap.
        weights = [3, 3, 3, 3, 3, 1]
        return self._random.choices(ACTION_FAULTS, weights, k=self._random.randint(1, 2))

    def _deltas(self, branches):
        """Amounts that add up to nothing."""
        deltas = [self._random.randint(-9, 9) for _ in range(branches - 1)]
        return [*deltas, -sum(deltas)]

    def _payload(self, delta, refused):
        faults = {"action": self._faults(0.05), "compensate": self._faults(0.1)}
        if refused:
            faults["action"] = [*faults["action"], "refuse"]
        return json.dumps({"account": f"a{self._random.randrange(20)}", "delta": delta,
                           "faults": faults})

    def next(self):
        self._count += 1
        branches = self._random.randint(2, 4)
        refused = self._random.randrange(branches) if self._random.random() < 0.1 else None
        saga = {
            "gid": f"{self._prefix}-{self._count}", "trans_type": "saga",
            "steps": [self._step() for _ in range(branches)],
            "payloads": [self._payload(delta, i == refused)
                         for i, delta in enumerate(self._deltas(branches))],
            "wait_result": self._random.random() < 0.5,
            "update_branch_sync": self._random.randrange(2),
        }
        if self._random.random() < 0.3:
            saga["custom_data"] = json.dumps({"concurrent": True})
        return saga

    def _step(self):
        url = self._random.choice(self._banks)
        return {"action": f"{url}/move", "compensate": f"{url}/undo"}


def other_content(saga):
    """The same gid for something else, which must be refused."""
    return saga | {"payloads": [json.dumps({"account": "a0", "delta": 1000})
                                for _ in saga["payloads"]]}
