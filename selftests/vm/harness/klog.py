# SPDX-License-Identifier: GPL-2.0
"""What counts as a complaint of the kernel, and how far its report goes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from . import console

# The longest report that was seen, KASAN's, has 80 lines; one whose end is lost
# is cut here.
MAX_LINES = 120


@dataclass(frozen=True)
class Kind:
    """A family of reports: its name, how it starts and how it ends."""

    name: str
    start: re.Pattern[str]
    end: re.Pattern[str]
    # The lines after its end mark that still belong to it.
    tail: re.Pattern[str]

    @property
    def ends_with_stack(self) -> bool:
        """Whether a stack is the last of it."""
        return _TASK_END in self.end.pattern


_NOTHING = r"(?!)"


def _kind(name: str, start: str, end: str, tail: str = _NOTHING) -> Kind:
    return Kind(name, re.compile(start), re.compile(end), re.compile(tail))


_TRACE_END = r"---\[ end trace "
_TASK_END = r"^ *</TASK>"
_STACK_END = rf"{_TASK_END}|^={{60,}}"
_ONE_LINE = r""

# A stack of arm64 has no mark at its end: it is over with its last function.
_ARM64_STACK = re.compile(r"^Call trace:")
_FUNCTION = re.compile(r"^ (\S+\+0x[0-9a-f]+/)?0x[0-9a-f]+\b")

# x86 shows the registers of an oops once more, in case they scrolled away.
_REGISTERS = r"^(Code|[A-Z]{2}|R\w\w|[CD]R\d|PKRU): "

# An injected fault announces itself with a stack: no complaint, but its stack
# must not be taken for one.
INJECTION = "fault injection"

# The first that matches a line gives the report its name. The order matters
# only where one start is a special case of another.
KINDS: Sequence[Kind] = (
    # mm/kasan: framed by lines of '='
    _kind("KASAN", r"BUG: KASAN: ", r"^={60,}$"),
    _kind("KFENCE", r"BUG: KFENCE: ", r"^={60,}$"),
    _kind("KCSAN", r"BUG: KCSAN: ", r"^={60,}$"),
    # lib/ubsan.c
    _kind("UBSAN", r"^UBSAN: ", _TRACE_END),
    # kernel/locking/lockdep.c; without a stack that ends in </TASK> when it
    # reports from an interrupt
    _kind("lockdep",
          r"^WARNING: (possible (circular|recursive|irq lock inversion|.* lock order)"
          r"|inconsistent lock state|bad unlock balance|held lock freed"
          r"|suspicious RCU usage|Nested lock was not taken|bad contention detected"
          r"|chain_key collision|lock held when returning"
          r"|\S+-safe -> \S+-unsafe lock order|.* still has locks held)"
          r"|^\[ BUG: (Invalid wait context|.*lock.*) "
          r"|^INFO: trying to register non-static key", _STACK_END),
    _kind("lockdep off",
          r"INFO: lockdep is turned off|turning off the locking correctness validator"
          r"|BUG: (MAX_STACK_TRACE_ENTRIES|MAX_LOCK\w+) too low", _ONE_LINE),
    _kind("sleep in atomic",
          r"BUG: sleeping function called from invalid context"
          r"|BUG: scheduling (while atomic|in a non-blocking section)"
          r"|BUG: assuming (atomic|non migratable) context"
          r"|BUG: workqueue leaked atomic", _STACK_END),
    _kind("RCU stall", r"rcu.*: INFO: .*(detected .*stall|self-detected stall)", _STACK_END),
    _kind("lockup",
          r"watchdog: BUG: soft lockup|[Ww]atchdog detected hard LOCKUP"
          r"|BUG: workqueue lockup", _STACK_END),
    _kind("hung task", r"INFO: task .* blocked.* for more than \d+ seconds", _STACK_END),
    # arm64 says why, and shows the registers, before it panics.
    _kind("panic",
          r"Kernel panic - not syncing|^SError Interrupt on CPU|^Unhandled .* exception on CPU"
          r"|^Insufficient stack space to handle exception", r"---\[ end Kernel panic"),
    _kind("oops",
          r"^BUG: (unable to handle|kernel NULL pointer|non-canonical)"
          r"|^kernel BUG at |^Oops|^general protection fault|^double fault|^int3:"
          r"|^invalid opcode|^stack segment|^traps: .*PANIC|^kernel tried to execute NX"
          r"|^rust_kernel: panicked at|^usercopy: Kernel memory (exposure|overwrite)"
          # arm64 says the first of a bad address, and the second of all.
          r"|^Unable to handle kernel |^Internal error: ",
          _TRACE_END, _REGISTERS),
    _kind("warning", r"^WARNING: .*( at |CPU[:#])", _TRACE_END),
    _kind("slab", r"^BUG [\w:.-]+ \((Not )?[Tt]aint|^BUG [\w:.-]+:? .*: (Objects remaining|Poison)"
          r"|Slab cache still has objects|Objects remaining in \S+ on", _STACK_END),
    _kind("kmemleak", r"kmemleak: \d+ new suspected memory leak", _ONE_LINE),
    _kind("kmemleak off",
          r"kmemleak: (Memory pool empty|Cannot (allocate a kmemleak_object|insert)"
          r"|Failed to create)", _ONE_LINE),
    _kind("reference count", r"refcount_t: |percpu ref .* <= 0"
          r"|Runtime PM usage count underflow", _ONE_LINE),
    _kind("device leak", r"unregister_netdevice: waiting for", _ONE_LINE),
    _kind("list corruption", r"list_(add|del) corruption|slab-use-after-free", _STACK_END),
    _kind("double registration",
          r"sysfs: cannot create duplicate filename"
          r"|kobject: .* tried to (init|add) an (already )?initialized", _STACK_END),
    _kind("allocation failure", r"page allocation failure: order:", rf"^Mem-Info:|{_TASK_END}"),
    _kind(INJECTION, r"FAULT_INJECTION: forcing a failure", _STACK_END),
    # Everything else that calls itself a bug, and a stack that came with a
    # report that nothing above knows.
    _kind("bug", r"^BUG: |\bBUG at ", _STACK_END),
    _kind("cut here", r"------------\[ cut here \]------------", _TRACE_END),
    _kind("stack trace", r"^Call [Tt]race:", _STACK_END),
)

# After one of these the kernel may not even run the harness's own commands.
FATAL = frozenset({"panic", "oops", "lockup"})


@dataclass(frozen=True)
class Complaint:
    """One report, with its lines as the console showed them."""

    kind: str
    title: str
    lines: tuple[str, ...]


def _starts(line: str) -> Kind | None:
    return next((kind for kind in KINDS if kind.start.search(line)), None)


def _behind(lines: Sequence[str], index: int, limit: int, more: re.Pattern[str]) -> int:
    """Index behind those of the next lines that are of this form."""
    while index < limit and more.search(lines[index]):
        index += 1
    return index


def _extent(lines: Sequence[str], start: int, kind: Kind) -> int:
    """Index behind the last line of a report."""
    limit = min(len(lines), start + MAX_LINES)
    for index in range(start, limit):
        # The first line holds the start mark, except where it is all there is.
        if kind.end.pattern == _ONE_LINE or index > start and kind.end.search(lines[index]):
            return _behind(lines, index + 1, limit, kind.tail)
        if kind.ends_with_stack and _ARM64_STACK.search(lines[index]):
            return _behind(lines, index + 1, limit, _FUNCTION)
    return limit


def _framed(said: Sequence[str], start: int) -> Kind:
    """What is inside a "cut here" frame; the frame gives its extent."""
    frame = _kind("warning", "", _TRACE_END)
    for line in said[start + 1:start + 5]:
        kind = _starts(line)
        if kind and kind.end.pattern == _TRACE_END:
            return kind
        if kind and kind.name == "panic":
            break
    return frame


def _title(said: Sequence[str]) -> str:
    """The line that says most: the one that starts a report, not its frame."""
    return next((line for line in said if (kind := _starts(line)) and kind.name != "cut here"),
                said[0])


def complaints(raw: Iterable[str]) -> Iterator[Complaint]:
    """All reports in console lines, in order, each once."""
    shown = [console.clean(line) for line in raw]
    said = [console.text(line) for line in shown]
    index = 0
    while index < len(said):
        kind = _starts(said[index])
        if kind is None:
            index += 1
            continue
        if kind.name == "cut here":
            kind = _framed(said, index)
        end = _extent(said, index, kind)
        if kind.name != INJECTION:
            yield Complaint(kind.name, _title(said[index:end]), tuple(shown[index:end]))
        index = end


@dataclass(frozen=True)
class Verdict:
    """Complaints of a test, split by what its list entry declares."""

    unexpected: tuple[Complaint, ...]
    missing: tuple[str, ...]
    all: tuple[Complaint, ...]

    @property
    def fatal(self) -> bool:
        """Whether the kernel can not be asked for anything any more."""
        return any(complaint.kind in FATAL for complaint in self.all)


def judge(lines: Iterable[str], expect: Sequence[str] = ()) -> Verdict:
    """Each complaint must hold a line that is declared, each declaration must be met."""
    found = list(complaints(lines))

    def meets(complaint: Complaint, pattern: str) -> bool:
        return any(re.search(pattern, console.text(line)) for line in complaint.lines)

    unexpected = tuple(complaint for complaint in found
                       if not any(meets(complaint, pattern) for pattern in expect))
    missing = tuple(pattern for pattern in expect
                    if not any(meets(complaint, pattern) for complaint in found))
    return Verdict(unexpected, missing, tuple(found))
