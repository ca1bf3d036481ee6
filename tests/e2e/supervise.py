# SPDX-License-Identifier: MIT
"""porthole-init as an entrypoint with services, for the tests of what supervision means."""

from lib import *

INIT = os.path.join(BUILD, "porthole-init")
SLEEP = "ExecStart=/bin/sleep 1000"
PID1 = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
_entries = 0


def text_of(lines):
    """A unit's text; lines before the first section belong to [Service]."""
    return (lines if lines.lstrip().startswith("[") else "[Service]\n" + lines) + "\n"


class Entry:
    """
    porthole-init and the services of {name: lines}, in which @ is a folder of their own and `say WORD` writes a line to
    its file `log`. It is no PID 1, but with prefix=PID1.
    """

    def __init__(self, units, *options, command=(), prefix=(), wait=True, channel=True, **popen):
        global _entries
        _entries += 1
        self.name = "e%d" % _entries
        self.dir = os.path.join(TMP, self.name)
        self.units = os.path.join(self.dir, "units")
        self.log = os.path.join(self.dir, "log")
        os.makedirs(self.units)
        os.makedirs(ROOT, exist_ok=True)
        for unit, lines in units.items():
            self.write(unit, lines)
        self.argv = list(prefix) + [INIT] + (["--control", os.path.join(ROOT, self.name)] if channel else ["--no-control"])
        self.argv += ["--services", self.units] + list(options) + (["--"] + list(command) if command else [])
        self.popen = popen
        self.wait, self.channel, self.pid1 = wait, channel, bool(prefix)
        self.pid = 0

    def __enter__(self):
        for stream in ("stdin", "stdout"):
            self.popen.setdefault(stream, subprocess.DEVNULL)
        self.err = open(os.path.join(self.dir, "err"), "w+")
        self.popen.setdefault("stderr", self.err)
        self.process = subprocess.Popen(self.argv, **self.popen)
        self.pid = self.process.pid
        if self.pid1:
            self.pid = until(lambda: children(self.process.pid), what="PID 1")[0]
        if self.wait:
            until(lambda: self.over() or self.status()["state"] != "starting", what="the end of the boot")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            for pid in tree(self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for number in signal.SIGINT, signal.SIGTERM:  # twice the same one may come as one
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, number)
            end_of(self.process, 5)
        self.err.close()

    # ---- its units, its files, what it says

    def write(self, unit, lines):
        if "." not in unit:
            unit += ".service"
        text = text_of(lines).replace("@", self.dir)
        text = re.sub(r"\bsay ([\w$-]+)", r"echo \1 >>%s" % self.log, text)
        with open(os.path.join(self.units, unit), "w") as f:
            f.write(text)

    def path(self, name):
        return os.path.join(self.dir, name)

    def there(self, *names):
        """Waits for these files."""
        for name in names:
            until(lambda: os.path.exists(self.path(name)), what="the file " + name)

    def touch(self, *names):
        for name in names:
            open(self.path(name), "w").close()

    def said(self):
        """What services wrote by `say`."""
        with contextlib.suppress(FileNotFoundError):
            with open(self.log) as f:
                return f.read().split()
        return []

    def saying(self, *words):
        """Waits until all of these were said."""
        until(lambda: all(w in self.said() for w in words), what="the words %s" % (words,))

    def complaint(self):
        """What it has written to stderr."""
        with open(self.path("err"), errors="backslashreplace") as f:
            return f.read()

    # ---- what it is asked

    def over(self):
        return self.process.poll() is not None

    def do(self, verb, *words, **more):
        return porthole(verb, *words, **more)

    def of(self, service):
        return self.name + "/" + service

    def status(self):
        r = porthole("--json", "status", self.name)
        return json.loads(r.out) if r.code == 0 else {"state": "starting"}

    def answer(self, name):
        """What status says of a service; None while no unit is read yet."""
        r = porthole("--json", "status", self.of(name))
        early = ("is starting", "no container runs there", "no such container")
        return None if not self.over() and r.code == 125 and any(words in r.err for words in early) else r

    def service(self, name):
        r = until(lambda: self.answer(name), what="an answer about " + name)
        if r.code != 0:
            raise RuntimeError("status %s: %r, %s" % (name, r, self.complaint()))
        return json.loads(r.out)["service"]

    def states(self, *names):
        """{name: state}, or the states of the names in a tuple."""
        found = {s["name"]: s["state"] for s in self.status()["services"]}
        return tuple(found.get(n) for n in names) if names else found

    def reach(self, name, state, limit=LIMIT):
        """Waits until it is in that state, exact or as people are told; the service."""
        last = {}

        def reached():
            r = self.answer(name)
            if r is None or "no such service" in r.err:
                return False
            last.update(self.service(name))
            return state in (last["state"], last["exact_state"])
        try:
            until(reached, limit)
        except TimeoutError:
            raise TimeoutError("%s is not %s, but %r" % (name, state, last)) from None
        return last

    def quick(self, verb, *words):
        """A request that must come true."""
        r = porthole(verb, *words)
        if r.code != 0:
            raise RuntimeError("%s %s: %r" % (verb, words, r))
        return r

    # ---- its end

    def signal(self, number):
        os.kill(self.pid, number)

    def end(self, limit=LIMIT):
        """Its exit code, and what is left of a None where it does not end."""
        return end_of(self.process, limit)

    def code(self, limit=LIMIT):
        """The same, once it is told to end."""
        self.signal(signal.SIGTERM)
        return self.end(limit)


def pids(pattern):
    """Processes of this machine whose command line holds the pattern."""
    found = []
    for p in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if pattern in proc(int(p), "cmdline").replace("\0", " ") and alive(int(p)) and int(p) != os.getpid():
                found.append(int(p))
    return found
