"""Goal: programs that use treatyd by gRPC from Go, with stubs made from its contracts, work in
every model. Method: google.golang.org/grpc and the generators of stubs by go.sum, and the system's
protoc; the story that all languages share.
"""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import support  # noqa: E402  (Before those that it shows where the rig is.)
import grpc_story  # noqa: E402

OPTIONS, ARGUMENTS = support.options()
SOURCE = OPTIONS.work / "source"
TOOLS = OPTIONS.work / "bin"
STORY = OPTIONS.work / "story"
LOCK = [HERE / "go.mod", HERE / "go.sum"]
GENERATORS = ["google.golang.org/protobuf/cmd/protoc-gen-go",
              "google.golang.org/grpc/cmd/protoc-gen-go-grpc"]


def install():
    if shutil.which("protoc") is None:
        raise support.NotInstalled("there is no protoc")
    copy_sources()
    download()
    build()


def copy_sources():
    """Lays the module out in the work folder, where its stubs are generated too."""
    SOURCE.mkdir(exist_ok=True)
    for old in SOURCE.glob("*.go"):
        old.unlink()
    for file in [*LOCK, *HERE.glob("*.go")]:
        shutil.copy(file, SOURCE)


def go(*arguments):
    """A command of Go in that module: it takes what is locked, by the Go that is there."""
    return ["env", "-C", SOURCE, "GOFLAGS=-mod=readonly", "GOTOOLCHAIN=local", "GOWORK=off",
            f"GOBIN={TOOLS}", "go", *arguments]


def download():
    """Fetches the modules and installs the generators anew where the lock has changed."""
    stamp = support.Stamp(OPTIONS.work / "installed", LOCK, OPTIONS.work)
    if stamp.is_fresh() and TOOLS.exists():
        return
    shutil.rmtree(TOOLS, ignore_errors=True)
    support.run_install(go("mod", "download"))
    support.run_install(go("install", *GENERATORS))
    stamp.write()


def build():
    """Generates the stubs and builds the program; that it fails is a failure, never a skip."""
    sources = sorted(HERE.glob("*.go"))
    stamp = support.Stamp(OPTIONS.work / "built",
                          [*LOCK, *sources, *grpc_story.PROTO_FILES], OPTIONS.work)
    if stamp.is_fresh() and STORY.exists():
        return
    subprocess.run(["protoc", *(f"--plugin={tool}" for tool in sorted(TOOLS.iterdir())),
                    f"--go_out={SOURCE}", f"--go-grpc_out={SOURCE}",
                    *grpc_story.protoc_arguments()], check=True)
    subprocess.run(go("build", "-o", STORY, "."), check=True)
    stamp.write()


class GrpcGoTest(grpc_story.GrpcTest):
    def command(self, scenario, address):
        return [STORY, scenario, address]


if __name__ == "__main__":
    grpc_story.main(install, OPTIONS.treatyd, ARGUMENTS)
