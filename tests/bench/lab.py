# SPDX-License-Identifier: MIT
"""One run's lab: folders, processes and containers, and what /proc says of them."""

import ctypes
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

UP_LIMIT_S = 20         # until a container, or a waiting init, is up or gone
POLL_S = 0.01
PR_SET_CHILD_SUBREAPER = 36
SLEEP = ["/bin/sleep", "1000000"]
NAMESPACES = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]

# A container of the same namespaces for nsenter to enter where porthole is not built.
STAND_IN = """
cd "$1" && ./bin/busybox mount --bind . . && cd "$1" && ./bin/busybox mount -t proc proc proc &&
./bin/busybox pivot_root . tmp && /bin/busybox umount -l /tmp && exec /bin/sleep 1000000
"""


class Broken(Exception):
    """A measurement that should have worked and did not."""


class Skip(Exception):
    """A measurement whose program is missing."""


def say(text):
    print("bench: " + text, file=sys.stderr, flush=True)


def until(condition, what):
    """Polls until condition() is true and returns its value; Broken after UP_LIMIT_S."""
    end = time.monotonic() + UP_LIMIT_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Broken("%s: not within %d s" % (what, UP_LIMIT_S))
        time.sleep(POLL_S)


# -- /proc

def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def fields(text):
    """The `Key: value …` lines of a /proc file; the first word of each value."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {key: value.split()[0] for key, value in pairs if value.split()}


def parent_of(pid):
    return int(fields(read("/proc/%d/status" % pid)).get("PPid", 0))


def children_of(pid):
    numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [number for number in numbers if parent_of(number) == pid]


def is_running(pid):
    return fields(read("/proc/%d/status" % pid)).get("State", "Z") not in ("Z", "X")


def memory_of(pid):
    """KiB of a process: private dirty, private in all, and its proportional share."""
    smaps = fields(read("/proc/%d/smaps_rollup" % pid))
    if "Private_Dirty" not in smaps:
        raise Broken("no memory figures of process %d" % pid)
    dirty = int(smaps["Private_Dirty"])
    return {"dirty_kib": dirty, "private_kib": dirty + int(smaps["Private_Clean"]),
            "pss_kib": int(smaps["Pss"])}


def switches_of(pid):
    """Context switches so far, voluntary or not, of all threads."""
    total = 0
    for path in glob.glob("/proc/%d/task/*/status" % pid):
        status = fields(read(path))
        total += int(status.get("voluntary_ctxt_switches", 0))
        total += int(status.get("nonvoluntary_ctxt_switches", 0))
    if total == 0:
        raise Broken("process %d is gone" % pid)
    return total


def sleeping_child(pid):
    return next((child for child in children_of(pid)
                 if read("/proc/%d/comm" % child).strip() == "sleep"), 0)


# -- what a run leaves to be cleaned

def mounts():
    return {line.split()[4] for line in read("/proc/self/mountinfo").splitlines()}


def file_system(path):
    found = subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True,
                           check=False)
    return found.stdout.strip() or "unknown"


def cgroups_named(name):
    """cgroup folders with a path component NAME, the deepest first."""
    found = [folder for folder, _, _ in os.walk("/sys/fs/cgroup") if name in folder.split("/")]
    return sorted(found, key=len, reverse=True)


class Lab:
    """The folders, programs and processes of one run, and how they go away again."""

    def __init__(self, options):
        self.build = os.path.abspath(options.build)
        self.work = os.path.abspath(options.work)
        self.rounds = options.rounds
        self.porthole = os.path.join(self.build, "porthole")
        self.init = os.path.join(self.build, "porthole-init")
        self.harness = os.path.join(self.work, "bench")
        self.true = os.path.join(self.work, "true")
        self.floor = os.path.join(self.work, "floor")
        self.floor_launch = os.path.join(self.work, "floor_launch")
        self.floor_services = os.path.join(self.work, "floor_services")
        self.cradle = os.path.join(self.work, "cradle")
        self.ready = os.path.join(self.work, "ready")
        self.result = os.path.join(self.work, "result.json")
        self.rootfs = os.path.join(self.work, "rootfs")
        self.stderr = os.path.join(self.work, "stderr")
        self.name = "bench-%d" % os.getpid()
        self.mounts = mounts()
        self.root = tempfile.mkdtemp(prefix="porthole-bench-", dir=self.runtime_parent())
        self.env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"}
        self.broken = []
        # What a launcher leaves behind becomes ours, so that no process can outlive the run.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def runtime_parent(self):
        """A tmpfs, as /run is on a host that booted; the programs and the rootfs stay on the disk."""
        for path in ("/run", "/dev/shm"):
            if file_system(path) == "tmpfs" and os.access(path, os.W_OK):
                return path
        return None

    def make_rootfs(self):
        shutil.rmtree(self.rootfs, ignore_errors=True)
        for folder in ("bin", "proc", "dev", "sys", "run", "tmp"):
            os.makedirs(os.path.join(self.rootfs, folder))
        shutil.copy(self.true, os.path.join(self.rootfs, "bin/true"))
        busybox = shutil.which("busybox")
        if busybox:
            shutil.copy(busybox, os.path.join(self.rootfs, "bin/busybox"))
            os.symlink("busybox", os.path.join(self.rootfs, "bin/sleep"))

    def write_back(self):
        """A page of a program that still waits to be written counts as dirty where it is mapped."""
        files = [self.porthole, self.init, self.true]
        files += glob.glob(os.path.join(self.rootfs, "bin/*"))
        for path in files:
            if os.path.exists(path):
                with open(path, "rb") as file:
                    os.fsync(file.fileno())

    def need(self, *programs):
        for program in programs:
            if not shutil.which(program):
                what = "is not built" if program.startswith(self.build) else "is not installed"
                raise Skip("%s %s" % (os.path.basename(program), what))

    def client(self):
        """The first words of every porthole command."""
        return [self.porthole, "--root", self.root]

    def command(self, argv, env=None):
        """Runs a command that may leave a daemon; its output goes to a file, not to a pipe."""
        with open(self.stderr, "w+", encoding="utf-8", errors="replace") as out:
            try:
                code = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                      env=dict(self.env, **(env or {})), check=False,
                                      timeout=UP_LIMIT_S).returncode
            except subprocess.TimeoutExpired:
                raise Broken("%s: not within %d s" % (" ".join(argv[:6]), UP_LIMIT_S)) from None
            out.seek(0)
            text = out.read()
        if code != 0:
            last = (text.strip().splitlines() or [""])[-1]
            raise Broken("%s: exit code %d: %s" % (os.path.basename(argv[0]), code, last))
        return text

    def spawn(self, argv):
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env=self.env)

    def stop(self, process):
        for child in children_of(process.pid):
            kill(child)
        if process.poll() is None:
            process.kill()
        process.wait()

    def time(self, title, baseline, subjects, more=1):
        """Runs the harness over {name: argv}, `more` times the rounds; returns the rows of its JSON."""
        rounds = self.rounds * more
        say("%s: %d rounds of %d subjects" % (title, rounds, len(subjects)))
        result = os.path.join(self.work, "section.json")
        argv = [self.harness, "--title", title, "--baseline", baseline, "--json", result,
                "--rounds", str(rounds)]
        for name, command in subjects.items():
            argv += ["--subject", name] + command + [";"]
        run = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             env=self.env, check=False)
        if run.returncode not in (0, 1):
            raise Broken("the harness ended with %d" % run.returncode)
        with open(result, encoding="utf-8") as file:
            rows = json.load(file)["subjects"]
        os.unlink(result)
        for row in rows:
            program = subjects[row["name"]][0]
            if row["state"] == "skip" and os.path.dirname(program) == self.build:
                row["reason"] = os.path.basename(program) + " is not built"
        self.broken += ["%s: %s" % (row["name"], row["reason"])
                        for row in rows if row["state"] == "broken"]
        return rows

    def finish(self):
        """Ends and removes everything; what had to be removed by force is returned by name."""
        left = ["process %d (%s)" % (pid, read("/proc/%d/comm" % pid).strip())
                for pid in children_of(os.getpid()) if is_running(pid)]
        reap_all()
        for point in sorted(mounts() - self.mounts, reverse=True):
            if point.startswith((self.work + "/", self.root + "/")):
                left.append("mount " + point)
                subprocess.run(["umount", "-l", point], check=False)
        for folder in cgroups_named(self.name):
            left.append("cgroup " + folder)
            os.rmdir(folder)
        left += ["folder " + name for name in os.listdir(self.root) if self.name in name]
        shutil.rmtree(self.root)
        shutil.rmtree(self.rootfs, ignore_errors=True)
        for path in (self.stderr, os.path.join(self.work, "stripped")):
            if os.path.exists(path):
                os.unlink(path)
        return left


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def reap_all():
    """Kills and reaps children until none is left; those of a dead child become ours."""
    while True:
        for pid in children_of(os.getpid()):
            kill(pid)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


# -- containers to look into

class Container:
    """A detached container of porthole's: PID 1 and monitor as the host sees them."""

    def __init__(self, lab, env=None):
        self.lab = lab
        lab.need(lab.porthole, lab.init, "busybox")
        try:
            self.open(env)
        except Broken:
            reap_all()
            raise

    def open(self, env):
        self.lab.command(self.lab.client() + ["run", "--detach", "--rootfs", self.lab.rootfs,
                                                   self.lab.name, "--"] + SLEEP, env)
        status = self.lab.command(self.lab.client() + ["--json", "status", self.lab.name])
        try:
            self.pid = int(json.loads(status)["pid"])
        except (ValueError, KeyError, TypeError):
            raise Broken("status --json has no pid: " + status.strip()[:80]) from None
        self.monitor = parent_of(self.pid)
        if self.monitor in (0, 1, os.getpid()):
            raise Broken("PID 1 (%d) has no monitor as its parent" % self.pid)

    def executable(self):
        link = os.readlink("/proc/%d/exe" % self.pid)
        return "memfd" if link.startswith("/memfd:") else "file"

    def close(self):
        """Shuts it down; where that fails, says so and ends it by force."""
        try:
            self.lab.command(self.lab.client() + ["shutdown", self.lab.name])
            until(lambda: not is_running(self.pid) and not is_running(self.monitor),
                  "end of PID 1 and monitor")
        except Broken as reason:
            self.lab.broken.append(str(reason))
        reap_all()


class StandIn:
    """A container made with unshare, so that nsenter has a figure without porthole."""

    def __init__(self, lab):
        self.lab = lab
        lab.need("unshare", "nsenter", "busybox")
        busybox = os.path.join(lab.rootfs, "bin/busybox")
        self.process = lab.spawn(["unshare"] + NAMESPACES +
                                 ["--fork", busybox, "sh", "-c", STAND_IN, "sh", lab.rootfs])
        self.pid = until(lambda: sleeping_child(self.process.pid), "stand-in container")

    def close(self):
        self.lab.stop(self.process)
