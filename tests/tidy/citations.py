"""Which sections of docs/protocol.md the sources cite, and whether they are there.

A citation is "protocol §4.2", several are "protocol §4.1, 4.2" or "§1.9 to §1.11", and a numbered
item of a section "protocol §18, 7". A § without a word before it means the protocol too. Other
works are named, as in "RFC 9112 §3.2" or "design §6": they are not looked at.
"""

import re
from typing import NamedTuple

OTHER_WORKS = r"RFC \d+|design|reliability"
# The word before it may stand in the line above, behind the signs of a comment.
BEGIN = re.compile(rf"(?:\b(?P<other>{OTHER_WORKS}),?[\s/#*]*)?§ ?(?P<first>\d+(?:\.\d+)*)")
NEXT = re.compile(r"(?:,|,? and|,? to)[\s/#*]+(?P<sign>§ ?)?(?P<number>\d+(?:\.\d+)*)\b")


class Citation(NamedTuple):
    file: str
    line: int
    place: str  # "4.2"; of an item "18, 7".


def read_on(text, end, section):
    """What follows a citation of `section` that ends at `end`: its places, and where they end."""
    places = []
    while more := NEXT.match(text, end):
        end = more.end()
        if more["sign"] or "." in more["number"]:
            section = more["number"]
            places.append(section)
        else:
            places.append(f"{section}, {more['number']}")
    return places, end


def with_items_alone(places):
    """"18, 7" cites the item; that its section is there goes without saying."""
    return [place for i, place in enumerate(places)
            if not (i + 1 < len(places) and places[i + 1].startswith(place + ", "))]


def in_text(name, text):
    found = []
    covered = 0
    for begin in BEGIN.finditer(text):
        if begin.start() < covered:
            continue
        more, covered = read_on(text, begin.end(), begin["first"])
        if begin["other"] is None:
            line = text.count("\n", 0, begin.start("first")) + 1
            found += [Citation(name, line, place)
                      for place in with_items_alone([begin["first"], *more])]
    return found


def in_files(root, names):
    found = []
    for name in names:
        if name.startswith("tests/tidy/"):
            continue  # Here are examples of what is wrong.
        found += in_text(name, (root / name).read_text(encoding="utf-8", errors="replace"))
    return found


def places_of(page):
    """Every section of the page, and every item of a numbered list with its section."""
    places = set()
    section = None
    for line in page.splitlines():
        if heading := re.match(r"#+ (\d+(?:\.\d+)*)\.? ", line):
            section = heading[1]
            places.add(section)
        elif section and (item := re.match(r"(\d+)\. ", line)):
            places.add(f"{section}, {item[1]}")
    return places


def findings(cited, page):
    there = places_of(page)
    for file, line, place in cited:
        if place not in there:
            yield f"{file}:{line}: there is no §{place} of docs/protocol.md"
