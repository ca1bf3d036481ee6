# SPDX-License-Identifier: MIT
"""The supervisors that `make bench` compares: how each is set up, started and ended, and a run of one."""

import glob
import os
import shutil
import signal
import subprocess
import tempfile

from lab import Broken, fields, kill, memory_of, read, switches_of

SERVICES = "/run/service"       # on the tmpfs of the run's own that the cradle mounts on /run
NS_PER_MS = 1e6                   # ns in a ms
KIB = 1024
CLOSE_LIMIT_S = 20

# Each is set up as its users do where that is no slower than it must be: no service sleeps, no shell stands
# between the supervisor and the program, and service folders are on a tmpfs, as in images that use s6 or runit.
# What each does with output, by default and here:
#   porthole     two pipes a service, and a log worker that copies what comes to stdout and to a ring
#   s6, runit    nothing: services write to the supervisor's stdout (a logger is a second service, if asked for)
#   supervisord  a pipe a service (a second one for stderr spared), read by itself; the log file that it would
#                open for each is left out


class Supervisor:
    """How one is called, what it finds in SERVICES, and how it is told to end."""

    name = ""
    programs = ()               # what has to be installed
    tiny_init = False           # a child of a PID 1 that waits for all, instead of PID 1 itself
    end_signal = signal.SIGTERM
    start_rounds = 1000         # of the start of 1,000 services, at most
    start_limit_s = 60
    is_peer = True

    def __init__(self, lab):
        self.lab = lab

    def command(self, count):
        raise NotImplementedError

    def fill(self, folder, count, restart):
        """Makes `count` services in the folder, that come back at once where `restart`."""


class Porthole(Supervisor):
    name = "porthole-init"
    is_peer = False

    def __init__(self, lab):
        super().__init__(lab)
        self.programs = (lab.init,)

    def command(self, count):
        return [self.lab.init, "--services", SERVICES]

    def fill(self, folder, count, restart):
        text = "[Service]\nExecStart=%s\n" % self.lab.ready
        if restart:
            text = ("[Unit]\nStartLimitIntervalSec=0\n\n%sRestart=always\nRestartSec=0\n" % text)
        for number in range(count):
            write("%s/s%04d.service" % (folder, number), text)


class ServiceFolders(Supervisor):
    """One folder a service, in which `run` is the program itself."""

    def fill(self, folder, count, restart):
        for number in range(count):
            os.mkdir("%s/s%04d" % (folder, number))
            os.symlink(self.lab.ready, "%s/s%04d/run" % (folder, number))


class S6(ServiceFolders):
    name = "s6-svscan"
    programs = ("s6-svscan", "s6-supervise")

    def command(self, count):
        return [shutil.which("s6-svscan"), "-c", str(max(count, 2)), SERVICES]


class Runit(ServiceFolders):
    """On SIGHUP runsvdir tells its services to end, but does not wait for that."""

    name = "runsvdir"
    programs = ("runsvdir", "runsv")
    tiny_init = True
    end_signal = signal.SIGHUP

    def command(self, count):
        return [shutil.which("runsvdir"), "-P", SERVICES]


SUPERVISORD_CONF = """[supervisord]
nodaemon=true
user=root
logfile=/dev/null
logfile_maxbytes=0
pidfile=/run/supervisord.pid

[program:s]
command=%s
process_name=%%(program_name)s%%(process_num)04d
numprocs=%d
autorestart=true
startsecs=0
redirect_stderr=true
stdout_logfile=NONE
"""


class Supervisord(Supervisor):
    name = "supervisord"
    programs = ("supervisord",)
    start_rounds = 3

    def command(self, count):
        return [shutil.which("supervisord"), "-c", SERVICES + "/supervisord.conf"]

    def fill(self, folder, count, restart):
        write(folder + "/supervisord.conf", SUPERVISORD_CONF % (self.lab.ready, count))


class Floor(Supervisor):
    """What the kernel charges for 1,000 services with log pipes; it starts them and does no more."""

    name = "floor"
    is_peer = False

    def command(self, count):
        return [self.lab.floor_services, str(count), self.lab.ready]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Cradle:
    """A run of one supervisor in pid and mount namespaces of its own; close() ends all of it."""

    def __init__(self, lab, supervisor, count, restart=False):
        lab.need(*supervisor.programs)
        self.supervisor = supervisor
        self.count = count
        self.ready = os.stat(lab.ready)
        self.init = 0           # as the host sees it: of the namespace, 0 before start()
        self.stderr = tempfile.TemporaryFile()
        argv = [lab.cradle] + ["--tiny-init"] * supervisor.tiny_init + supervisor.command(count)
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.stderr, text=True,
                                        env=dict(lab.env, TMPDIR="/run"))
        try:
            self.answer("ready")
            folder = "/proc/%d/root%s" % (self.process.pid, SERVICES)
            os.mkdir(folder)
            supervisor.fill(folder, count, restart)
            os.utime(folder, (1, 1))    # as in an image: runsvdir waits 1 s where it is newer
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def answer(self, expected):
        """The words after `expected`; anything else is Broken, with what the supervisor said last."""
        words = self.process.stdout.readline().split()
        if words[:1] == [expected]:
            return words[1:]
        self.stderr.seek(0)
        said = self.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
        reason = " ".join(words[1:] or ["the cradle ended"])
        raise Broken(": ".join([reason] + [line[:120] for line in said]))

    def ask(self, expected, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.answer(expected)

    def start(self):
        """ms from the supervisor's execve to the first instruction of the last service."""
        pid, time_ns = self.ask("up", "start", self.count, self.supervisor.start_limit_s * 1000)
        self.init = int(pid)
        return int(time_ns) / NS_PER_MS

    def kill(self, kills, age_ms, budget_ms):
        """ms from SIGKILL to the first instruction of the next instance, of as many as the budget allows."""
        words = self.ask("kills", "kill", kills, age_ms, budget_ms)
        return [int(word) / NS_PER_MS for word in words]

    def end(self, limit_s):
        """ms from the signal to the end of the namespace's init."""
        number = int(self.supervisor.end_signal)
        time_ns, handlers = self.ask("ended", "end", number, limit_s * 1000)
        if int(handlers) != self.count:
            raise Broken("%s of %d handlers ran" % (handlers, self.count))
        return int(time_ns) / NS_PER_MS

    def machinery(self):
        """The pids of all that is neither a service nor the tiny init, the supervisor's first."""
        children = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                parent = int(fields(read("/proc/%s/status" % name)).get("PPid", 0))
                children.setdefault(parent, []).append(int(name))
        found, todo = [], [self.init]
        while todo:
            pid = todo.pop(0)
            todo += sorted(children.get(pid, []))
            if not self.is_service(pid):
                found.append(pid)
        return found[1:] if self.supervisor.tiny_init else found

    def is_service(self, pid):
        try:
            exe = os.stat("/proc/%d/exe" % pid)
        except OSError:
            return True         # a zombie, or gone: no machinery
        return (exe.st_dev, exe.st_ino) == (self.ready.st_dev, self.ready.st_ino)

    def wakeups(self):
        return sum(switches_of(pid) for pid in self.machinery())

    def memory(self):
        """[(what, figures)]: the machinery, and of porthole its log worker and its memfds apart."""
        pids, rows = self.machinery(), []
        if isinstance(self.supervisor, Porthole) and len(pids) > 1:
            worker = pids.pop(1)
            rows.append(("log worker", dict(memory_of(worker), processes=1)))
            rows += [("memfd " + name, {"shmem_kib": kib}) for name, kib in memfds(pids[0]).items()]
        total = {"processes": len(pids)}
        for pid in pids:
            for key, value in memory_of(pid).items():
                total[key] = total.get(key, 0) + value
        return [("", total)] + rows

    def close(self):
        """The end of its stdin makes the cradle kill the namespace."""
        self.process.stdin.close()
        try:
            self.process.wait(CLOSE_LIMIT_S)
        except subprocess.TimeoutExpired:
            kill(self.process.pid)
            self.process.wait()
        self.process.stdout.close()
        self.stderr.close()


def memfds(pid):
    """{name: KiB in memory} of the memfds that a process has open."""
    found = {}
    for path in glob.glob("/proc/%d/fd/*" % pid):
        try:
            link, blocks = os.readlink(path), os.stat(path).st_blocks
        except OSError:
            continue
        if link.startswith("/memfd:"):
            found[link[len("/memfd:"):].replace(" (deleted)", "")] = blocks * 512 / KIB
    return found
