# SPDX-License-Identifier: GPL-2.0
"""The mutations of a Rust source file.

This is no parser. It relies on how rustfmt writes: binary operators have a blank on both sides, unary
operators have none behind, a body's last line is a brace as far to the left as its `fn`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

# Each operator with what it is replaced by, one at a time.
BINARY = {
    "==": ["!="], "!=": ["=="],
    "<": ["<=", ">"], "<=": ["<", ">"], ">": [">=", "<"], ">=": [">", "<"],
    "&&": ["||"], "||": ["&&"],
    "&": ["|", "^"], "|": ["&", "^"], "^": ["&", "|"],
    "<<": [">>"], ">>": ["<<"],
    "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["/"],
    "|=": ["&=", "^="], "&=": ["|=", "^="],
    "+=": ["-="], "-=": ["+="],
    "..": ["..="], "..=": [".."],
}
CALLS = {
    "wrapping_add": "wrapping_sub", "wrapping_sub": "wrapping_add",
    "checked_add": "checked_sub", "checked_sub": "checked_add",
    "is_some": "is_none", "is_none": "is_some", "is_ok": "is_err", "is_err": "is_ok",
    "any": "all", "all": "any", "take": "skip", "skip": "take",
    "is_some_and": "is_none_or", "is_none_or": "is_some_and",
    "true": "false", "false": "true",
}
# What a field of this attribute becomes: what a guest could tell from it.
ATTRIBUTES = {
    "RO": "RW", "HwInit": "RW", "RW": "RO", "RWL": "RW", "RWO": "RW", "RW1C": "RW", "RW1CS": "RW1C",
    "Doorbell": "RW", "RsvdP": "RW", "RsvdZ": "RW",
}
# What a function of this type returns instead.
RETURNS = [
    (r"bool", ["true", "false"]),
    (r"[ui](8|16|32|64|size)", ["0", "1", "!0"]),
    (r"Option<.*>", ["None"]),
    (r"Result<\(\), .*>", ["Ok(())"]),
    (r"Effects", ["Effects::NONE"]),
    (r"&'static str", ['""', '"mutant"']),
]

_OPERATOR = re.compile(r"(?<= )(" + "|".join(
    re.escape(operator) for operator in sorted(BINARY, key=len, reverse=True)) + r")(?=[ \n])")
_RANGE = re.compile(r"(?<=[\w)\]])(\.\.=?)(?=[\w(])")
_NOT = re.compile(r"(?<![\w!])!(?=[\w(*])")
_CALL = re.compile(r"\b(" + "|".join(CALLS) + r")\b")
_NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-f_]+|[0-9][0-9_]*)(?![\w.])")
_FIELD = re.compile(r"^ +\d+:\d+ +\w+ +(\w.*);", re.M)
_ATTRIBUTE = re.compile(r"\b(" + "|".join(ATTRIBUTES) + r")\b")
_IF = re.compile(r"\bif (?!let\b)([^{}]*?) (?=\{|=>)")
_STATEMENT = re.compile(r"^ +(?:self\.[\w.\[\]()]+ (?:[|&^+-]?=) [^;{}]*|[\w.]+\([^;{}]*\));$", re.M)
_FN = re.compile(r"^( *)(?:pub(?:\([a-z]+\))? )?(?:const )?fn (\w+)(?:<[^{]*?>)?\(", re.M)


@dataclass(frozen=True)
class Mutant:
    """One change: the text between `start` and `end` becomes `new`."""

    file: str
    start: int
    end: int
    new: str
    line: int
    name: str

    def apply(self, text: str) -> str:
        return text[:self.start] + self.new + text[self.end:]


def blank(text: str) -> str:
    """Comments, strings and attributes as blanks, so that every offset stays."""
    pattern = r"//[^\n]*|b?\"(?:[^\"\\]|\\.)*\"|#!?\[[^\]]*\]"
    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def functions(code: str) -> list[tuple[int, int, str, str]]:
    """Start and end of every body, the function's name, and the type that it returns."""
    found = []
    for match in _FN.finditer(code):
        brace = re.compile(r"(?:-> ([^{;]*?) )?\{").search(code, match.end())
        end = re.compile(rf"^{match[1]}\}}$", re.M).search(code, match.end())
        if brace and end and brace.end() < end.start():
            found.append((brace.end(), end.start(), match[2], " ".join((brace[1] or "").split())))
    return found


def _changes(code: str, bodies: list[tuple[int, int, str, str]]) -> Iterator[tuple[int, int, str]]:
    for start, end, _, kind in bodies:
        if not kind:
            yield start, end, " "
        for pattern, values in RETURNS:
            if re.fullmatch(pattern, kind):
                yield from ((start, end, f" {value} ") for value in values)
    for match in (*_OPERATOR.finditer(code), *_RANGE.finditer(code)):
        yield from ((*match.span(1), new) for new in BINARY[match[1]])
    for match in _NOT.finditer(code):
        yield *match.span(), ""
    for match in _CALL.finditer(code):
        yield *match.span(), CALLS[match[1]]
    for match in _NUMBER.finditer(code):
        value = int(match[1].replace("_", ""), 0)
        yield *match.span(), hex(value + 1)
        # A table has many numbers, and most of what is not next to them does not compile.
        if value > 1 and any(start <= match.start() < end for start, end, _, _ in bodies):
            yield *match.span(), "0"
    for field in _FIELD.finditer(code):
        for match in _ATTRIBUTE.finditer(code, *field.span(1)):
            yield *match.span(), ATTRIBUTES[match[1]]
    for match in _IF.finditer(code):
        yield *match.span(1), "true"
        yield *match.span(1), "false"
    for match in _STATEMENT.finditer(code):
        yield *match.span(), ""


def mutants(file: str, text: str) -> list[Mutant]:
    """Every mutant of a file, in its order."""
    code = blank(text)
    bodies = functions(code)
    seen: Counter[str] = Counter()
    found = []
    for start, end, new in sorted(set(_changes(code, bodies))):
        inside = [name for first, last, name, _ in bodies if first <= start and end <= last]
        old = " ".join(text[start:end].split())
        what = f"{old[:60]} -> {new.strip() or 'nothing'}"
        name = f"{file}: {inside[-1] if inside else 'item'}: {what}"
        seen[name] += 1
        if seen[name] > 1:
            name += f" #{seen[name]}"
        found.append(Mutant(file, start, end, new, text.count("\n", 0, start) + 1, name))
    return found
