#!/usr/bin/env python3
"""Writes docs/ASVS.md from asvs.toml: the requirements of OWASP ASVS 5.0, levels 1 and 2, and what shows that each holds.
Fails where a requirement is missing, says too little, or names a test, a document or a target that is not there."""

import re
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PAGE = ROOT / "docs" / "ASVS.md"

# The chapters of the standard: what they are about, and how many requirements have level 1 and level 2.
CHAPTERS = [
    ("Encoding and sanitization", 8, 19), ("Validation and business logic", 4, 7), ("Web frontend", 8, 11),
    ("API and web service", 2, 8), ("File handling", 4, 5), ("Authentication", 13, 22), ("Session management", 6, 12),
    ("Authorization", 4, 3), ("Self-contained tokens", 4, 3), ("OAuth and OIDC", 5, 24), ("Cryptography", 3, 11),
    ("Secure communication", 3, 6), ("Configuration", 1, 12), ("Data protection", 2, 7),
    ("Secure coding and architecture", 3, 10), ("Logging and error handling", 0, 16), ("WebRTC", 0, 7),
]
LEVELS = {1: 70, 2: 183}
# Sections that ask for documents; everywhere else a document alone shows nothing.
ABOUT_DOCUMENTS = {"2.1", "5.1", "6.1", "7.1", "8.1", "11.1", "13.1", "14.1", "15.1", "16.1"}
STATUSES = {"met": "met", "not_applicable": "not applicable", "not_met": "not met yet"}
# Reasons that begin with one of these are counted.
DEPLOYER, IN_WORK, UNTESTED = "deployer: ", "in work: ", "untested: "
KEYS = {"level", "subject", "status", "tests", "documents", "absent", "reason"}


def text(path):
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def is_test(source, name):
    """Whether the Rust source has a test of that name which is run."""
    lines = source.splitlines()
    for at, line in enumerate(lines):
        if re.match(rf"\s*(pub(\(.*?\))? )?(async )?fn {re.escape(name)}\(", line):
            attributes = []
            while at > 0 and re.match(r"\s*(#|//)", lines[at - 1]):
                at -= 1
                attributes.append(lines[at].strip())
            marked = any(re.match(r"#\[(tokio::)?test\b", attribute) for attribute in attributes)
            if marked and not any(attribute.startswith("#[ignore") for attribute in attributes):
                return True
    return False


def module(folder, names):
    """The files that may be the module, its tests among them."""
    path = folder.joinpath(*names)
    return [path.with_suffix(".rs"), path / "tests.rs", path / "mod.rs", path / "main.rs"]


def targets_of_ci():
    """The targets of the Makefile that a change has to pass."""
    needs = dict(re.findall(r"^([a-z][a-z-]*):(?!=)[ \t]*(.*?)[ \t]*(?:##.*)?$", text(ROOT / "Makefile"), re.MULTILINE))
    scripts = text(ROOT / ".ci" / "run") + "".join(map(text, sorted((ROOT / ".github" / "workflows").glob("*.yml"))))
    wanted, found = re.findall(r"^\s*(?:- )?make ([a-z-]+)", scripts, re.MULTILINE), set()
    while wanted:
        target = wanted.pop()
        if target in needs and target not in found:
            found.add(target)
            wanted += needs[target].split()
    return found


def wrong_with_test(name, in_ci):
    """What is wrong with the name of a test, or nothing."""
    kind, _, rest = name.partition("::")
    *names, last = rest.split("::")
    if kind == "make":
        return None if rest in in_ci else "is no target that CI runs"
    if kind == "js":
        titles = re.findall(r"^test\((['\"`])(.*?)\1", text(HERE.joinpath(*names)), re.MULTILINE)
        return None if last in [title for _, title in titles] else "is no title of a test in that file"
    places = {
        "host": module(HERE / "tests" / "host", names),
        "unit": module(HERE / "src", names),
        "core": module(ROOT / "viralforge-core" / "src", names) + module(ROOT / "viralforge-core" / "tests", names),
    }
    if kind not in places:
        return "begins with none of host::, unit::, core::, js::, make::"
    return None if any(is_test(text(path), last) for path in places[kind]) else "is not there, or is not run"


def wrong_with_document(name):
    path, _, anchor = name.partition("#")
    headings = re.findall(r"^#+ (.*)$", text(ROOT / path), re.MULTILINE)
    slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return None if anchor in slugs else "is no heading of a document"


def wrong_with_absent(name, lock, surface):
    """`crate:NAME` must not be in Cargo.lock, `api:WORD` neither in openapi.json nor in the tables."""
    kind, _, word = name.partition(":")
    if kind == "crate":
        return "is there, in Cargo.lock" if f'\nname = "{word}"\n' in lock else None
    if kind == "api":
        return "is there, in openapi.json or the migrations" if word in surface else None
    return "begins with neither crate: nor api:"


def problems_of(requirements):
    problems = []
    in_ci, lock = targets_of_ci(), text(ROOT / "Cargo.lock")
    surface = text(HERE / "openapi.json") + "".join(map(text, sorted((HERE / "migrations").glob("*/*.up.sql"))))
    for chapter, (about, *counts) in enumerate(CHAPTERS, 1):
        for level, count in enumerate(counts, 1):
            there = [n for n, r in requirements.items() if n.startswith(f"{chapter}.") and r.get("level") == level]
            if len(there) != count:
                problems.append(f"chapter {chapter} ({about}) has {count} requirements of level {level}, not {len(there)}")
    for level, count in LEVELS.items():
        there = sum(requirement.get("level") == level for requirement in requirements.values())
        if there != count:
            problems.append(f"there are {count} requirements of level {level}, not {there}")
    for number, requirement in requirements.items():
        def complain(problem):
            problems.append(f"{number}: {problem}")

        if not re.fullmatch(r"([1-9]|1[0-7])\.\d\.\d+", number):
            complain("is no number of a requirement")
        for key in sorted(set(requirement) - KEYS):
            complain(f"{key} is not one of {', '.join(sorted(KEYS))}")
        status, reason = requirement.get("status"), requirement.get("reason", "")
        tests, documents, absent = (requirement.get(key, []) for key in ["tests", "documents", "absent"])
        if requirement.get("level") not in LEVELS:
            complain("level is not 1 or 2")
        if not requirement.get("subject"):
            complain("subject is missing: a few words of our own")
        if status not in STATUSES:
            complain(f"status is not one of {', '.join(STATUSES)}")
        if status == "met":
            by_document = documents and number.rpartition(".")[0] in ABOUT_DOCUMENTS
            if not (tests or absent or by_document):
                complain("met needs a test that would fail without it")
        elif not reason:
            complain(f"{status} needs a reason")
        if reason.startswith(DEPLOYER) and not documents:
            complain("what is the deployer's needs a document that tells them")
        for name in tests:
            if problem := wrong_with_test(name, in_ci):
                complain(f"the test {name} {problem}")
        for name in documents:
            if problem := wrong_with_document(name):
                complain(f"{name} {problem}")
        for name in absent:
            if problem := wrong_with_absent(name, lock, surface):
                complain(f"{name} {problem}")
    return problems


def evidence(requirement):
    parts = [requirement["reason"]] if requirement.get("reason") else []
    parts += [f"`{name}`" for name in requirement.get("tests", [])]
    # docs/SECURITY.md lies beside the page.
    parts += [f"[{name}]({name.removeprefix('docs/')})" for name in requirement.get("documents", [])]
    if absent := requirement.get("absent"):
        parts.append("not there: " + ", ".join(f"`{name.partition(':')[2]}`" for name in absent))
    return "<br>".join(parts).replace("|", "\\|")


def row(about, requirements):
    def count(status, beginning=""):
        return sum(r["status"] == status and r.get("reason", "").startswith(beginning) for r in requirements)

    return (f"| {about} | {len(requirements)} | {count('met')} | {count('not_applicable')} | "
            f"{count('not_applicable', DEPLOYER)} | {count('not_met')} | {count('not_met', IN_WORK)} | "
            f"{count('not_met', UNTESTED)} |\n")


def page(requirements):
    def order(number):
        return [int(part) for part in number.split(".")]

    chapters = {chapter: [] for chapter in range(1, len(CHAPTERS) + 1)}
    for number in sorted(requirements, key=order):
        chapters[order(number)[0]].append(number)
    out = """# OWASP ASVS 5.0, levels 1 and 2

Generated from `viralforge-server/asvs.toml` by `make asvs`, which checks that every requirement is there once and that every test and document exists. The subjects are our own short words; the [standard](https://owasp.org/www-project-application-security-verification-standard/) has the requirements themselves.

*Met* has a test that would fail without it; where a document is asked for, it has the document. Names of tests begin with where they are: `host::` in `viralforge-server/tests/host`, `unit::` in `viralforge-server/src`, `core::` in `viralforge-core`, `js::` in `viralforge-server`, `make::` in the Makefile. *Not there* are crates, and words of the interface and the tables, whose absence `make asvs` checks.

| chapter | requirements | met | not applicable | of these the deployer's | not met yet | of these in work | of these only untested |
|---|--:|--:|--:|--:|--:|--:|--:|
"""
    for chapter, numbers in chapters.items():
        out += row(f"V{chapter} {CHAPTERS[chapter - 1][0]}", [requirements[number] for number in numbers])
    out += row("all", list(requirements.values()))
    for chapter, numbers in chapters.items():
        out += f"\n## V{chapter} {CHAPTERS[chapter - 1][0]}\n\n| number | level | about | status | shown by, or why |\n|---|--:|---|---|---|\n"
        for number in numbers:
            requirement = requirements[number]
            status = STATUSES[requirement["status"]]
            status = f"**{status}**" if requirement["status"] == "not_met" else status
            subject = requirement["subject"].replace("|", "\\|")
            out += f"| {number} | {requirement['level']} | {subject} | {status} | {evidence(requirement)} |\n"
    return out


def main():
    try:
        requirements = tomllib.loads(text(HERE / "asvs.toml"))
    except tomllib.TOMLDecodeError as error:
        # A number that is there twice is found here.
        sys.exit(f"asvs.toml: {error}")
    if problems := problems_of(requirements):
        sys.exit("".join(f"asvs.toml: {problem}\n" for problem in problems) + "nothing was written")
    PAGE.write_text(page(requirements), encoding="utf-8")


if __name__ == "__main__":
    main()
