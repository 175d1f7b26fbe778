"""Goal: programs that use treatyd by gRPC from Node, with its contracts loaded as they are, work in
every model. Method: @grpc/grpc-js and @grpc/proto-loader by a lock file; the story that all
languages share.
"""

import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import support  # noqa: E402  (Before those that it shows where the rig is.)
import grpc_story  # noqa: E402

OPTIONS, ARGUMENTS = support.options()
MODULES = OPTIONS.work / "node_modules"


def install():
    """Makes the folder of modules anew where the lock file has changed."""
    files = [HERE / "package.json", HERE / "package-lock.json"]
    stamp = support.Stamp(OPTIONS.work / "installed", files)
    if stamp.is_fresh() and MODULES.exists():
        return
    for file in files:
        shutil.copy(file, OPTIONS.work)
    support.run_install(["npm", "ci", "--prefix", OPTIONS.work, "--ignore-scripts", "--no-audit",
                         "--no-fund"])
    stamp.write()


class GrpcNodeTest(grpc_story.GrpcTest):
    def command(self, scenario, address):
        folders = dict.fromkeys(grpc_story.PROTO_FILES.values())
        return ["env", f"NODE_PATH={MODULES}", "node", HERE / "story.js", scenario, address,
                *folders]


if __name__ == "__main__":
    grpc_story.main(install, OPTIONS.treatyd, ARGUMENTS)
