# SPDX-License-Identifier: MIT
"""Launches under strace: to see the order of system calls, to hold one up, to make one fail."""

import os
import re
import shutil
import signal
import subprocess
import threading

from lib import BUILD, LIMIT, PORTHOLE, TMP, Skip, busybox, children, until

SOMEBODY = 41002  # an ordinary user, whom nobody else is


def need_strace():
    if shutil.which("strace") is None:
        raise Skip("strace is not installed")
    r = subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.PIPE, text=True)
    if r.returncode != 0:
        raise Skip("strace may not trace here: " + r.stderr.strip().split("\n")[0])


def need_userns():
    t = Traced(user=True)
    code, _, err = t.run(["true"])
    t.done()
    if code != 0 and "user namespace" in err:
        raise Skip(err.strip())


def tiny_rootfs(path, folders=()):
    """busybox, three of its names and nothing else, so that the launch has to make every mount point."""
    os.makedirs(os.path.join(path, "bin"))
    shutil.copy(busybox(), os.path.join(path, "bin/busybox"))
    for name in ("sh", "true", "sleep"):
        os.symlink("busybox", os.path.join(path, "bin", name))
    for name in folders:
        os.mkdir(os.path.join(path, name))
    return path


def listing(path):
    return sorted(os.path.join(where, f) for where, folders, files in os.walk(path) for f in folders + files)


class Traced:
    """One launch of container `name` with a root file system and a runtime root of its own."""

    _lock = threading.Lock()
    _count = 0

    def __init__(self, folders=(), user=False):
        with Traced._lock:
            Traced._count += 1
            self.number = Traced._count
        self.name = "t%d-%03d" % (os.getpid(), self.number)
        self.top = os.path.join(TMP, self.name)
        os.mkdir(self.top)
        self.rootfs = tiny_rootfs(os.path.join(self.top, "rootfs"), folders)
        self.root = os.path.join(self.top, "run")
        self.trace = os.path.join(self.top, "trace")
        self.user = user
        self.program = PORTHOLE
        self.strace = None
        if user:
            for program in ("porthole", "porthole-init"):
                shutil.copy(os.path.join(BUILD, program), self.top)
            self.program = os.path.join(self.top, "porthole")
            subprocess.check_call(["chown", "-R", "%d:%d" % (SOMEBODY, SOMEBODY), self.top])
        self.before = listing(self.rootfs)

    def argv(self, command, options=(), strace=()):
        words = ["setpriv", "--reuid=%d" % SOMEBODY, "--regid=%d" % SOMEBODY, "--clear-groups"] if self.user else []
        if strace:
            words += ["strace", "-f", "-qq", "-o", self.trace] + list(strace)
        return words + [self.program, "--root", self.root, "run", "--rootfs", self.rootfs, *options, self.name, "--",
                        *command]

    def run(self, command, options=(), strace=(), limit=30):
        """To its end; code, stdout, stderr."""
        r = subprocess.run(self.argv(command, options, strace), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, timeout=limit)
        return r.returncode, r.stdout, r.stderr

    def start(self, command, options=(), strace=()):
        """In the background; the pid of porthole itself."""
        self.strace = subprocess.Popen(self.argv(command, options, strace), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        return until(self.launcher, what="the launcher")

    def launcher(self):
        """0 until it runs: strace has other children before it."""
        for child in children(self.strace.pid):
            try:
                if os.readlink("/proc/%d/exe" % child) == self.program:
                    return child
            except OSError:
                pass
        return 0

    def lines(self):
        try:
            with open(self.trace, errors="replace") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def await_call(self, call):
        """Until the trace shows that the call is being made (or held up)."""
        until(lambda: any(re.match(r"\d+ +%s" % call, line) for line in self.lines()), what=call)

    def end(self, limit=LIMIT):
        """The exit code once every process traced has ended; None where one has not."""
        try:
            _, self.stderr = self.strace.communicate(timeout=limit)
            return self.strace.returncode
        except subprocess.TimeoutExpired:
            self.strace.kill()
            for pid in {int(line.split()[0]) for line in self.lines()}:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.strace.wait()
            return None

    def left(self):
        """What this launch has left behind, as words."""
        found = [f for f in listing(self.root) if not f.endswith("/audit.log")]
        if listing(self.rootfs) != self.before:
            found += sorted(set(listing(self.rootfs)) - set(self.before)) or ["less in the rootfs"]
        for where in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            if os.path.isdir(where):
                found += [os.path.join(where, d) for d in os.listdir(where) if d.startswith("porthole-" + self.name)]
        return found

    def done(self):
        shutil.rmtree(self.top)
