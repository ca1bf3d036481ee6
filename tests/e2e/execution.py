# SPDX-License-Identifier: MIT
"""Units that are executed and judged by what they print: launched, and with porthole-init as an entrypoint."""

from lib import *

SETTLED = ("done", "up", "failed")
SHOW = "#!/bin/sh\n[ $# = 0 ] || printf '<%s>' \"$@\"\necho\n"  # its arguments, each in brackets
PREPARE = 'mount --bind /dev "$1/dev" && mount -t proc proc "$1/proc" && cd / && R=$1 && shift && exec "$@"'


class Executed(Supervised):
    """Each unit is a oneshot that remains, where it does not say otherwise."""

    def __init__(self, units, **more):
        units = dict(units, anchor="Type=simple\nExecStart=/bin/sleep 1000")  # one that is idle ends
        super().__init__(units, **more)
        self.count = len(units)
        self.said = []
        os.makedirs(os.path.join(self.rootfs, "out"), exist_ok=True)
        os.chmod(os.path.join(self.rootfs, "out"), 0o1777)
        self.put("bin/show", SHOW, 0o755)

    def put(self, path, text, mode=0o644):
        """A file of the container."""
        path = os.path.join(self.rootfs, path.lstrip("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)

    def got(self, path):
        with open(os.path.join(self.rootfs, path.lstrip("/"))) as f:
            return f.read()

    def write(self, unit, lines):
        if "Type=" not in lines:
            kind = "Type=oneshot\nRemainAfterExit=yes\n"
            lines = lines.replace("[Service]\n", "[Service]\n" + kind) if "[Service]\n" in lines else kind + lines
        super().write(unit, lines)

    def __enter__(self):
        super().__enter__()
        self.settle()
        return self

    def settle(self):
        """Every service has started or failed."""
        last = {}

        def settled():
            last.update((s["name"], s) for s in self.json("status")["services"])
            return len(last) >= self.count and all(s["state"] in SETTLED for s in last.values())
        try:
            until(settled, what="the start of all")
        except TimeoutError:
            raise TimeoutError("not settled: %r" % {n: s["exact_state"] for n, s in last.items() if s["state"] not in SETTLED}) from None
        self.services = last

    def read(self):
        r = porthole("--json", "logs", self.name, root=self.root, text=False)
        if r.code != 0:
            raise RuntimeError("logs: %r" % r)
        self.said = [json.loads(line) for line in r.out.splitlines()]

    def lines(self, name, enough=lambda found: found, stream=None):
        """What the service has written, once that is enough."""
        def found():
            lines, open_line = [], {}
            for e in self.said:
                if e["service"] == name and stream in (None, e["stream"]):
                    # a line whose end is late comes in pieces
                    text = open_line.pop(e["stream"], "") + e["text"]
                    if e["partial"]:
                        open_line[e["stream"]] = text
                    else:
                        lines.append(text)
            return lines + list(open_line.values())
        with contextlib.suppress(TimeoutError):
            until(lambda: enough(found()) or (self.read() or enough(found())), 4, pause=0.05)
        return found()

    def says(self, name, expected, sentence):
        """Its lines are these, and no others."""
        expected = [expected] if isinstance(expected, str) else list(expected)
        return equal(self.lines(name, lambda found: found == expected), expected, "%s: %s" % (self.how, sentence))

    def fails(self, name, code, words, sentence):
        """It has failed with this code, and a sentence in its log."""
        seen = (self.services[name]["state"], self.services[name]["exit_code"])
        said = self.lines(name, lambda found: any(words in line for line in found))
        return check(seen == ("failed", code) and any(words in line and line.startswith("porthole-init: %s: " % name) for line in said),
                     "%s: %s" % (self.how, sentence), (seen, said))

    def environment(self, name):
        return dict(line.split("=", 1) for line in self.lines(name) if "=" in line)

    def status(self, name):
        """The fields of a /proc/PID/status that it has written."""
        text = "\n".join(self.lines(name, lambda found: any(line.startswith("nonvoluntary") for line in found)))
        return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.M))


class Launched(Executed):
    how = "launched"


class Entrypoint(Executed):
    """porthole-init as PID 1 of fresh pid and mount namespaces, in the same root file system."""

    how = "entrypoint"

    def __init__(self, units, before=(), within=(), **more):
        self.before = list(before)  # words before chroot
        self.within = list(within)  # chroot's options
        self.process = None
        super().__init__(units, **more)
        self.root = os.path.join(self.rootfs, "run/porthole")
        self.name = "self"

    def words(self):
        shutil.copy(os.path.join(BUILD, "porthole-init"), os.path.join(self.rootfs, "porthole-init"))
        words = ["unshare", "-fpm", "--kill-child", "sh", "-c", PREPARE, "sh", self.rootfs] + self.before
        words += ["chroot", *self.within, self.rootfs, "/porthole-init", "--services", "/" + self.FOLDER]
        return words

    def __enter__(self):
        words = self.words()
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            until(lambda: self.process.poll() is not None or self.do("status", "self").code == 0, what="an answer")
            if self.process.poll() is not None:
                raise RuntimeError("porthole-init: %r" % self.process.stderr.read())
            self.pid = children(self.process.pid)[0]
            self.settle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None and self.pid:
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGTERM)
        end_of(self.process, 12)
        self.process.stderr.close()


def both(units, judge, files=None):
    """judge(container) of both kinds."""
    for kind in (Launched, Entrypoint):
        c = kind(units)
        for path, text in (files or {}).items():
            c.put(path, text)
        with c:
            judge(c)
