"""Goal: a message goes to whoever had subscribed when it was first stored, whatever becomes of the
topic and of the process afterwards. Method: edits and a killed daemon between prepare and submit;
many editors at once, and a killed daemon after them.
"""

import json
import tempfile
import threading
import unittest
import urllib.parse

import rig

OPTIONS, ARGUMENTS = rig.options()
EDITORS = 50


class TopicsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="treaty-topics-")
        self.addCleanup(folder.cleanup)
        self.banks = [rig.Bank(folder.name, name) for name in ("a", "b", "c")]
        for bank in self.banks:
            self.addCleanup(bank.stop)
        self.treatyd = rig.Daemon(OPTIONS.treatyd, folder.name)
        self.treatyd.start()
        self.addCleanup(self.treatyd.kill)

    def restart(self):
        self.treatyd.kill()
        self.treatyd.start()

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        return rig.Client(self.treatyd.port).call("GET", f"/api/dtmsvr/{path}?{query}")

    def edit(self, path, topic, url):
        self.assertEqual(self.get(path, topic=topic, url=url)[0], 200)

    def entry(self, topic):
        status, text = self.get("queryKV", cat="topics", key=topic)
        self.assertEqual(status, 200)
        return json.loads(text)["kv"][0]

    def test_a_message_goes_to_whoever_had_subscribed_when_it_was_stored(self):
        urls = [f"{bank.url}/action" for bank in self.banks]
        for url in urls[:2]:
            self.edit("subscribe", "news", url)
        message = {"gid": "m", "trans_type": "msg", "query_prepared": urls[0],
                   "steps": [{"action": "topic://news"}],
                   "payloads": [json.dumps({"account": "a1", "delta": 5})]}
        client = rig.Client(self.treatyd.port)
        self.assertEqual(client.call("POST", "/api/dtmsvr/prepare", message)[0], 200)
        self.edit("subscribe", "news", urls[2])
        self.edit("unsubscribe", "news", urls[0])
        self.restart()
        client = rig.Client(self.treatyd.port)
        status, text = client.submit(message | {"wait_result": True})
        self.assertEqual((status, text), (200, '{"dtm_result":"SUCCESS"}'))
        effects = [[effect[:2] for effect in bank.report()["effects"]] for bank in self.banks]
        self.assertEqual(effects, [[["m", "01-01"]], [["m", "01-02"]], []])

    def test_editors_at_once_lose_nothing_and_a_kill_neither(self):
        def subscribe(i):
            self.edit("subscribe", "crowd", f"{self.banks[0].url}/{i}")

        threads = [threading.Thread(target=subscribe, args=(i,)) for i in range(EDITORS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.restart()
        entry = self.entry("crowd")
        found = {subscriber["url"] for subscriber in json.loads(entry["v"])}
        self.assertEqual(found, {f"{self.banks[0].url}/{i}" for i in range(EDITORS)})
        self.assertEqual(entry["version"], EDITORS)
        self.assertEqual(self.treatyd.bad_log_lines(), [])


if __name__ == "__main__":
    rig.main(ARGUMENTS)
