# SPDX-License-Identifier: MIT
"""What the tests named after the peers share: whom they test, running them, what they may differ in."""

import contextlib
import ctypes
import os
import re
import select
import signal
import subprocess
import sys
import time

from lib import BUILD, LIMIT, TMP, Result, Skip, check, children, main, proc, skip, tree, until

PACKAGES = {  # what Debian installs, by the peer's name
    "tini": ("/usr/bin/tini", "/usr/bin/tini-static"),
    "docker-init": (),
    "dumb-init": ("/usr/bin/dumb-init",),
    "catatonit": ("/usr/bin/catatonit",),
}
TINI = "0.19.0"  # the current releases, whose version lines ours prints
DUMB_INIT = "1.2.5"
CATATONIT = "0.2.1"
AS_PID_1 = ("unshare", "-pf", "--kill-child", "--mount-proc", "--")
VARIABLES = re.compile("TINI_|DUMB_INIT_|CATATONIT_|LISTEN_|POSIXLY_CORRECT")
KILLED_BY = 128
PR_SET_CHILD_SUBREAPER = 36


# ---- whom -----------------------------------------------------------------------------------

class Subject:
    """A program that is called like the peer: ours under its name, or the peer itself."""

    def __init__(self, peer, path, ours):
        self.peer = peer
        self.path = path
        self.ours = ours
        self.label = "our " + peer if ours else path

    def argv(self, *words):
        return [self.path, *words]


def ours(name):
    """porthole-init under another name: a link, as an image's author would make one."""
    folder = os.path.join(TMP, "as")
    path = os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)
    if not os.path.lexists(path):
        os.symlink(os.path.join(BUILD, "porthole-init"), path)
    return Subject(name, path, True)


def subjects(*names):
    """Ours and the installed peer for each name; a peer that is missing is a skip with its reason."""
    found = []
    for name in names:
        found.append(ours(name))
        for path in PACKAGES[name]:
            if os.access(path, os.X_OK):
                found.append(Subject(name, path, False))
            else:
                skip("what %s itself does" % path, "its package is not installed")
    return found


def bound(whom, *tests):
    """Every test with every subject, for main(), which is to name both."""
    def bind(test, subject):
        def run_it():
            return test(subject)
        run_it.__name__ = test.__name__
        run_it.__doc__ = "%s: %s" % (subject.label, (test.__doc__ or test.__name__).split("\n")[0].rstrip("."))
        return run_it
    return [bind(test, subject) for subject in whom for test in tests]


def over(whom, *tests):
    main(*bound(whom, *tests))


def differs(subject, seen, right, wrong, sentence, defect):
    """Ours must be `right`; the peer is known to be `wrong`, and may mend it without failing our run."""
    text = "%s: %s" % (subject.label, sentence)
    if subject.ours:
        return check(seen == right, text, "%r, not %r" % (seen, right))
    if seen == wrong:
        return check(True, "%s: known not to: %s" % (text, defect))
    print("# %s: was %r (%s), and is %r now" % (text, wrong, defect, seen), flush=True)
    return True


def same(subject, seen, expected, sentence):
    return check(seen == expected, "%s: %s" % (subject.label, sentence), "%r, not %r" % (seen, expected))


def matches(subject, pattern, seen, sentence):
    return check(re.fullmatch(pattern, seen, re.DOTALL), "%s: %s" % (subject.label, sentence), seen)


def holds(subject, true, sentence, seen=""):
    return check(true, "%s: %s" % (subject.label, sentence), seen)


# ---- running --------------------------------------------------------------------------------

def environment(extra=None):
    """This one, without what a peer would read, with `extra`."""
    env = {k: v for k, v in os.environ.items() if not VARIABLES.match(k)}
    env.update(extra or {})
    return env


def subreaper():
    """For preexec_fn: what is executed will be a subreaper already."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def stat(pid):
    """The fields behind the name: state, ppid, pgrp, session, ..."""
    return proc(pid, "stat").rsplit(")", 1)[1].split()


def state(pid):
    try:
        return stat(pid)[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def stopped(pid):
    return state(pid) in "Tt"


def ended(pid):
    return state(pid) in ("gone", "Z", "X")


def born(pid):
    """Tells a process from a later one of the same number."""
    try:
        return int(stat(pid)[19])
    except (FileNotFoundError, ProcessLookupError):
        return None


def runs(pid, name):
    """True once the process has executed the program of that name."""
    with contextlib.suppress(OSError):
        return proc(pid, "comm").strip() == name
    return False


class Running:
    """A program in the background; leaving the block ends it and every descendant that was seen."""

    def __init__(self, argv, env=None, as_pid_1=False, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        for stream in ("stdout", "stderr"):
            options.setdefault(stream, subprocess.PIPE)
        self.as_pid_1 = as_pid_1
        words = [*AS_PID_1, *argv] if as_pid_1 else argv
        self.process = subprocess.Popen(words, env=environment(env), start_new_session=True, **options)
        self.seen = {}
        self.said = {}
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.note()
        for pid, start in self.seen.items():
            if born(pid) == start:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def note(self):
        """Remembers all that is there now; the init itself is our child until it is waited for."""
        if not self.ended:
            for pid in [self.process.pid] + tree(self.process.pid):
                self.seen.setdefault(pid, born(pid))
        return [pid for pid in self.seen if pid != self.process.pid]

    @property
    def init(self):
        """The init as the host numbers it: with a namespace around it, unshare's child."""
        if not self.as_pid_1:
            return self.process.pid
        return self.until(lambda: children(self.process.pid), "PID 1")[0]

    def until(self, condition, what):
        """As lib.until(), but what has ended is not waited for."""
        def looked():
            over_ = ended(self.process.pid)
            value = condition()
            if not value and over_:
                raise RuntimeError("%s did not come: it has ended" % what)
            return value
        return until(looked, what=what)

    def child(self, name):
        """The main child, once it runs the program `name`."""
        init = self.init
        found = self.until(lambda: [p for p in children(init) if runs(p, name)], "the main child as " + name)[0]
        self.note()
        return found

    def signal(self, number):
        os.kill(self.init, number)

    def end(self, limit=LIMIT):
        """The exit code; None where it does not end."""
        self.note()
        try:
            code = self.process.wait(limit)
            self.ended = True
            return code
        except subprocess.TimeoutExpired:
            return None

    def line(self, stream="stdout", limit=LIMIT):
        """The next line; '' at the end of the stream, None where nothing comes."""
        f = getattr(self.process, stream)
        data = self.said.get(stream, b"")
        end = time.monotonic() + limit
        while b"\n" not in data:
            if not select.select([f], [], [], max(0, end - time.monotonic()))[0]:
                return None
            more = os.read(f.fileno(), 4096)
            if not more:
                break
            data += more
        first, _, self.said[stream] = data.partition(b"\n")
        return first.decode(errors="backslashreplace")


def run(argv, env=None, limit=LIMIT, given=None, as_pid_1=False, **options):
    """To its end: code, stdout, stderr. A hang is code None, and all that it has started is ended."""
    options.setdefault("stdin", subprocess.PIPE if given is not None else subprocess.DEVNULL)
    with Running(argv, env, as_pid_1, **options) as r:
        try:
            out, err = r.process.communicate(given.encode() if given is not None else None, timeout=limit)
            r.ended = True
            code = r.process.returncode
        except subprocess.TimeoutExpired as e:
            code, out, err = None, e.stdout or b"", e.stderr or b""
    return Result(code, (out or b"").decode(errors="backslashreplace"), (err or b"").decode(errors="backslashreplace"))


# ---- programs to run under them --------------------------------------------------------------

def script(name, text):
    path = os.path.join(TMP, name)
    if not os.path.exists(path):
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o755)
    return path


# Python, without what makes its start slow.
PYTHON = (sys.executable, "-I", "-S")

CATCHER = """import os, signal
signals = set(range(1, 65)) - {9, 17, 19, 32, 33}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print("ready %d" % os.getpid(), flush=True)
while True:
    print(int(signal.sigwait(signals)), flush=True)
"""


def catcher():
    """A program that prints its pid and then the number of each signal it gets; only SIGKILL ends it."""
    return [*PYTHON, script("catcher.py", CATCHER)]


def ready(running):
    """The catcher's pid, once it catches."""
    line = running.line()
    running.note()
    if line is None or not line.startswith("ready "):
        raise RuntimeError("the catcher is not ready, but %r" % line)
    return int(line.split()[1])


def need(*programs):
    for program in programs:
        if not any(os.access(os.path.join(d, program), os.X_OK) for d in os.environ["PATH"].split(":")):
            raise Skip("%s is not installed" % program)


def segments(path):
    """{type: flags} of an ELF file's program headers, and the file's type."""
    with open(path, "rb") as f:
        data = f.read(4096)
    half = lambda at: int.from_bytes(data[at:at + 2], "little")  # noqa: E731
    word = lambda at: int.from_bytes(data[at:at + 4], "little")  # noqa: E731
    start, size, count = int.from_bytes(data[32:40], "little"), half(54), half(56)
    return {word(start + n * size): word(start + n * size + 4) for n in range(count)}, half(16)


PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO = 3, 0x6474e551, 0x6474e552
PF_X = 1
