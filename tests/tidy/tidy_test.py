"""The rules of the house that no compiler checks: who may include whom, how long files may grow,
what may not be called. Python's standard library only; run by ctest and by scripts/dev tidy.

A finding is one line: file:line: what is wrong, and what to do instead.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import citations

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_FILE_LINES = {"src": 400, "tests": 600}  # A suite for every store is one long list.
MAX_LINE = 100

# Which parts of src/ a part may include (docs/architecture.md). A part is the longest entry
# that its path begins with; every part may include itself. Only the daemon sees all.
LAYERS = {
    "base": [],
    "runtime": ["base"],
    "core": ["base"],
    "wire": ["core", "base", "store/store.h"],  # The interface's values only: what /query shows.
    "store": ["core", "base"],
    "store/memory": ["store", "core", "base"],
    "store/sql": ["store", "wire", "core", "base"],
    "store/sqlite": ["store/sql", "store", "wire", "core", "base"],
    "store/mysql": ["store/sql", "store", "wire", "core", "base"],
    "participant": ["wire", "core", "base"],
    "participant/http": ["participant", "runtime", "wire", "core", "base"],
    "participant/grpc": ["participant", "runtime", "wire", "core", "base"],
    "engine": ["core", "base", "store/store.h", "participant/participant.h",
               "participant/alerts.h"],
    "api": ["core/request.h", "base"],
    "api/http": ["api", "engine", "wire", "runtime", "store/store.h", "core", "base"],
    "api/grpc": ["api", "engine", "wire", "store/store.h", "core", "base"],
    "metrics": ["api/meters.h", "engine/engine.h", "engine/meters.h", "participant/alerts.h",
                "core", "base"],
    "daemon": None,
}

# Third-party headers, and the only folders that may include them.
THIRD_PARTY = [
    (r"boost/url", ["src/wire"]),
    (r"boost/", ["src/runtime", "src/participant/http", "src/api/http", "src/daemon", "examples",
                 "bench", "tests/runtime", "tests/participant", "tests/api", "tests/fuzz"]),
    (r"openssl/", ["src/runtime", "src/participant/http", "tests/runtime", "tests/participant"]),
    (r"zlib\.h", ["src/participant/http", "tests/participant"]),
    (r"sqlite3\.h", ["src/store/sqlite", "examples", "tests/store", "tests/contract", "tests/daemon"]),
    (r"(cppconn/|mysql_driver)", ["src/store/mysql"]),
    (r"(simdjson|nlohmann/)", ["src/wire", "src/participant/result.cc", "examples", "tests"]),
    (r"grpc/health/v1/health\.grpc\.pb", ["src/api/grpc", "tests/api"]),
    (r"(grpcpp?/|dtmgimp/dtm\.grpc\.pb)",
     ["src/api/grpc", "src/participant/grpc", "examples", "bench", "tests/api",
      "tests/participant"]),
    (r"(google/protobuf|treaty/record\.pb|dtmgimp/dtm\.pb|workflow/workflow\.pb)",
     ["src/wire", "examples", "bench", "tests/api", "tests/wire", "tests/participant"]),
    (r"(spdlog/|fmt/)", ["src/daemon"]),
    (r"yaml-cpp/", ["src/daemon", "tests/daemon"]),
    (r"prometheus/", ["src/metrics"]),
    (r"CLI/", ["src/daemon", "examples", "bench", "tests/sim"]),
    (r"(gtest|gmock)/", ["tests"]),
    (r"benchmark/", ["bench"]),
]

# What may not be called: pattern, where it is looked for, where it is allowed, what to do.
BANNED = [
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(", "src", (), "use a timer of the Loop"),
    (r"(?<![\w:.>])sleep\s*\(", "src", (), "use a timer of the Loop"),
    (r"^(?!.*\bwhile\b).*\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(", "tests",
     ("tests/support", "tests/daemon"), "poll with a deadline"),
    (r"(?<![\w.>])(std::)?system\s*\(", "src", (), "no shell"),
    (r"(?<![\w.>])popen\s*\(", "src", (), "no shell"),
    (r"(?<!\w)(std::)?f?printf\s*\(", "src", ("src/base/check.cc", "src/daemon"), "use Log"),
    (r"\bstd::(cout|cerr)\b", "src", ("src/daemon",), "use Log"),
    (r"\bstd::regex\b", "src", (), "parse by hand: its time and stack have no bound"),
    (r"(?<![\w.>:])s?rand\s*\(\s*\)", "src", (), "use Random"),
    (r"\bgetenv\s*\(", "src", ("src/daemon",), "read configuration in the daemon"),
    (r"\b(TODO|FIXME|XXX)\b", "", (), "do it, or open an issue"),
    (r"\bsystem_clock::now\b", "src",
     ("src/base/time.h", "src/store/sqlite", "src/daemon", "src/runtime"),
     "use a Clock"),
    (r"\"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b[^\"]*\"\s*\+\s*(?!k[A-Z])", "src", (),
     "bind parameters; never build SQL from text"),
]

# Texts that must not be published. Written in pieces so that this file passes.
UNSAFE = [
    (r"(?<![\w/.])/(work|home/\w+|Users/\w+)/", "a path of one machine"),
    (r"https?://[\w.-]*(regis" + r"try\.|deb\.debian|proxy\.golang|pypi\.org|npm" + r"js\.)",
     "the address of a package source"),
]


def published():
    """Every file of the project, as git sees it; new ones included."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        names = listed.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # An unpacked archive: no git.
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")
                 if path.is_file() and path.relative_to(ROOT).parts[0] not in ("build", ".git")]
    return [name for name in sorted(names) if (ROOT / name).is_file()]


FILES = published()
CXX = [name for name in FILES if name.endswith((".h", ".cc"))]


def lines(name):
    text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
    return list(enumerate(text.splitlines(), 1))


def within(name, folders):
    return any(name == folder or name.startswith(folder + "/") for folder in folders)


def part_of(path):
    """The entry of LAYERS that a path below src/ belongs to, or None."""
    found = [part for part in LAYERS if path.startswith(part + "/")]
    return max(found, key=len, default=None)


def allowed_include(part, target):
    if LAYERS[part] is None or part_of(target) == part:
        return True
    return any(part_of(target) == other or target == other for other in LAYERS[part])


def layer_findings(names):
    for name in names:
        part = part_of(name.removeprefix("src/"))
        if part is None:
            yield f"{name}: belongs to no layer; add it to LAYERS"
            continue
        for number, line in lines(name):
            match = re.match(r'#include "([^"]+)"', line)
            if not match or part_of(match[1]) is None:
                continue
            if not allowed_include(part, match[1]):
                yield f"{name}:{number}: {part} may not include {match[1]}"


def third_party_findings(names):
    for name in names:
        for number, line in lines(name):
            match = re.match(r'#include [<"]([^>"]+)[>"]', line)
            rule = match and next((r for r in THIRD_PARTY if re.match(r[0], match[1])), None)
            if rule and not within(name, rule[1]):
                yield f"{name}:{number}: {match[1]} belongs in {', '.join(rule[1])}"


def length_findings(names):
    for name in names:
        numbered = lines(name)
        most = MAX_FILE_LINES.get(name.split("/")[0], 400)
        if len(numbered) > most:
            yield f"{name}: {len(numbered)} lines, at most {most}; split it"
        in_table = False
        for number, line in numbered:
            if "clang-format o" in line:  # A table: one row, one line.
                in_table = line.endswith("off")
            if len(line) > MAX_LINE and not in_table:
                yield f"{name}:{number}: {len(line)} columns, at most {MAX_LINE}"


def without_comment(line):
    return re.sub(r"(?<!:)//.*", "", line)


def banned_findings(names):
    for name in names:
        for number, line in lines(name):
            for pattern, folder, exempt, instead in BANNED:
                if folder and not within(name, [folder]) or within(name, exempt):
                    continue
                searched = without_comment(line) if folder else line
                if re.search(pattern, searched):
                    yield f"{name}:{number}: {line.strip()[:60]}: {instead}"


def dead_file_findings(names):
    build_files = [n for n in FILES if n.endswith(("CMakeLists.txt", ".cmake"))]
    listed = set(re.findall(r"[\w./-]+\.cc", "\n".join(
        (ROOT / n).read_text(encoding="utf-8") for n in build_files)))
    listed = {pathlib.PurePath(path).name for path in listed}
    included = {m[1] for n in CXX for _, line in lines(n)
                for m in [re.match(r'#include "([^"]+)"', line)] if m}
    included = {pathlib.PurePath(path).name for path in included}
    for name in names:
        known = listed if name.endswith(".cc") else included
        if pathlib.PurePath(name).name not in known:
            yield f"{name}: built or included by nothing"


def missing_tests(text):
    defined = set()
    for name in CXX:
        for _, line in lines(name):
            match = re.match(r"TEST(?:_[FP])?\((\w+), (\w+)\)", line)
            if match:
                defined.add(".".join(match.groups()))
    for test in re.findall(r"`(\w+\.\w+)`", text):
        if "_" not in test and test[0].isupper() and test not in defined:
            yield f"tests/README.md: {test}: no such test"


def log_findings(names, page):
    """Lines of the log at warn and above whose beginning docs/operations.md does not explain."""
    for name in names:
        text = (ROOT / name).read_text(encoding="utf-8")
        for found in re.finditer(r'LogLevel::k(?:Warn|Error),\s*[\w.]*(?:""|\{\})?,\s*"([^"]+)"', text):
            if "`" + found[1][:16].rstrip() not in page:
                yield f"{name}: docs/operations.md does not explain the log's {found[1]!r}"


def types_of(name):
    """(line, qualified name) of each type that other files of the program see: outside of
    functions, classes and nameless namespaces."""
    spaces = []
    for number, line in lines(name):
        opened = re.match(r"namespace ?([\w:]*) ?\{(?!.*\})", line)
        if opened:
            spaces.append(opened[1])
        elif re.match(r"\}  // namespace", line) and spaces:
            spaces.pop()
        found = re.match(r"(?:class|struct|enum class|union) (?:\[\[\w+\]\] )?(\w[\w:]*)\b[^;]*\{", line)
        if found and "" not in spaces:
            yield number, "::".join(spaces + [found[1]])


def twin_type_findings(names):
    """Two types of one name in one program are undefined behaviour that no linker reports: the
    program takes the destructor of one for the other's."""
    first = {}
    for name in sorted(names, key=lambda n: not n.startswith("src/")):
        for number, found in types_of(name):
            other = first.setdefault(found, name) if name.startswith("src/") else first.get(found)
            if other and other != name:
                yield f"{name}:{number}: {found} is defined in {other} too; rename one"


def unsafe_findings(names):
    for name in names:
        for number, line in lines(name):
            for pattern, what in UNSAFE:
                if re.search(pattern, line):
                    yield f"{name}:{number}: {what}"


def opening_findings(names):
    for name in names:
        numbered = lines(name)
        header = (ROOT / name).with_suffix(".h")
        if name.endswith(".cc") and header.is_file():
            continue  # The header says it.
        if not numbered or not numbered[0][1].startswith(("//", "/*")):
            yield f"{name}:1: open with a sentence on what the file is for"


class TidyTest(unittest.TestCase):
    """One test per rule; every finding is shown."""

    maxDiff = None

    def expect_none(self, findings):
        found = list(findings)
        if found:
            self.fail(f"{len(found)} findings:\n" + "\n".join(found))

    def src(self):
        return [name for name in CXX if name.startswith("src/")]

    def test_there_is_something_to_look_at(self):
        self.assertGreater(len(self.src()), 50)

    def test_layers_look_only_downwards(self):
        self.expect_none(layer_findings(self.src()))

    def test_third_party_headers_stay_in_the_folder_that_wraps_them(self):
        self.expect_none(third_party_findings(CXX))

    def test_files_and_lines_are_short(self):
        self.expect_none(length_findings(CXX))

    def test_nothing_banned_is_called(self):
        scripts = [name for name in FILES if name.startswith(("scripts/", "docs/", "conf/"))]
        self.expect_none(banned_findings(CXX + scripts))

    def test_every_file_is_built(self):
        self.expect_none(dead_file_findings(
            [n for n in CXX if n.startswith(("src/", "tests/", "bench/", "examples/"))]))

    def test_no_two_types_have_one_name(self):
        self.expect_none(twin_type_findings(CXX))

    def test_every_test_that_the_readme_names_exists(self):
        readme = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
        self.expect_none(missing_tests(readme))

    def test_every_line_of_the_log_is_explained(self):
        page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
        self.expect_none(log_findings(self.src(), page))

    def test_every_section_of_the_protocol_that_is_cited_exists(self):
        page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
        folders = ("src/", "tests/", "proto/", "bench/", "examples/")
        cited = citations.in_files(ROOT, [n for n in FILES if n.startswith(folders)])
        self.assertGreater(len(cited), 50)
        self.expect_none(citations.findings(cited, page))

    def test_nothing_unsafe_is_published(self):
        self.expect_none(unsafe_findings(FILES))

    def test_every_file_says_what_it_is_for(self):
        self.expect_none(opening_findings(CXX))


class RulesTest(unittest.TestCase):
    """The rules themselves can fail."""

    def test_missing_tests_are_found(self):
        self.assertEqual(len(list(missing_tests("`SagaTest.IsNotThere`"))), 1)
        self.assertEqual(list(missing_tests("`Handlers.AnswerUnknownGids`")), [])

    def test_citations_of_the_protocol_are_read_in_every_form(self):
        def read(text):
            return [citation.place for citation in citations.in_text("x.h", text)]
        self.assertEqual(read("// protocol §4.2 and §18, 7."), ["4.2", "18, 7"])
        self.assertEqual(read("// (protocol §4.1, 4.2, 4.5)"), ["4.1", "4.2", "4.5"])
        self.assertEqual(read("// §1.9 to §1.11; Protocol\n// §2"), ["1.9", "1.11", "2"])
        self.assertEqual(read("// protocol §1.2 and design §4, reliability §99"), ["1.2"])
        self.assertEqual(read("// RFC 9112 §3.2.2: a server"), [])

    def test_citations_of_what_is_not_there_are_found(self):
        page = "## 4 Calls\n### 4.2 HTTP\n## 18 Decisions\n1. One.\n2. Two.\n## 19 More\n3. Three."
        cited = citations.in_text("x.h", "protocol §4, §4.2, §18, 2;\n§18, 3 and §4.3")
        self.assertEqual([finding.split(" of")[0] for finding in citations.findings(cited, page)],
                         ["x.h:2: there is no §18, 3", "x.h:2: there is no §4.3"])

    def test_unexplained_lines_of_the_log_are_found(self):
        found = list(log_findings(["src/engine/scanner.cc", "src/engine/committer.cc",
                                   "src/engine/committer_trouble.cc"], ""))
        self.assertEqual(len(found), 6)

    def test_layers(self):
        self.assertFalse(allowed_include("core", "engine/engine.h"))
        self.assertFalse(allowed_include("engine", "store/sqlite/sqlite_store.h"))
        self.assertFalse(allowed_include("store/sqlite", "store/memory/memory_store.h"))
        self.assertTrue(allowed_include("engine", "store/store.h"))
        self.assertTrue(allowed_include("store/sqlite", "store/store.h"))

    def test_folders(self):
        self.assertTrue(within("src/daemon/main.cc", ["src/daemon"]))
        self.assertFalse(within("src/daemonic/main.cc", ["src/daemon"]))

    def test_banned_calls(self):
        def hit(text):
            return [b for b in BANNED if re.search(b[0], text)]
        self.assertTrue(hit("std::this_thread::sleep_for(x);"))
        self.assertTrue(hit('system("ls")'))
        self.assertTrue(hit('"DELETE FROM txn WHERE gid=" + gid'))
        self.assertFalse(hit("file_system(x)"))
        self.assertFalse(hit("snprintf(buffer, 3, text)"))

    def test_twin_types(self):
        with tempfile.TemporaryDirectory(dir=ROOT / "src") as folder:
            names = []
            for name in ("one.h", "other.h"):
                path = pathlib.Path(folder) / name
                path.write_text("namespace treaty {\nclass [[nodiscard]] Twin final {\n};\n"
                                "}  // namespace treaty\nnamespace {\nstruct Own {\n};\n")
                names.append(str(path.relative_to(ROOT)))
            found = list(twin_type_findings(names))
        self.assertEqual([f.split(": ", 1)[1].split(" is")[0] for f in found], ["treaty::Twin"])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
