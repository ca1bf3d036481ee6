# SPDX-License-Identifier: MIT
"""What the tests in Python share: sentences, a root file system, containers, the protocol, terminals."""

import array
import atexit
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD") or os.path.join(HERE, "..", "..", "build", "release")
BUILD = os.path.abspath(BUILD)
PORTHOLE = os.path.join(BUILD, "porthole")
LIMIT = 15.0  # seconds until something awaited counts as missing

sys.dont_write_bytecode = True


# ---- sentences ------------------------------------------------------------------------------

_failed = 0


def show(value):
    """One line, printable, short."""
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= 400 else text[:400] + "..."


def check(true, sentence, seen=""):
    """One line of the report."""
    global _failed
    if true:
        print("ok - " + sentence, flush=True)
    else:
        _failed += 1
        print("not ok - %s: %s" % (sentence, show(seen)), flush=True)
    return bool(true)


def equal(seen, expected, sentence):
    return check(seen == expected, sentence, "%r, not %r" % (seen, expected))


def skip(sentence, reason):
    print("skip - %s: %s" % (sentence, reason), flush=True)


class Skip(Exception):
    """Raised by a test that cannot run here; its text is the reason."""


def main(*tests):
    """Runs each; what is raised fails the sentence in the test's first line of documentation."""
    only = sys.argv[1:]
    for test in tests:
        if only and test.__name__ not in only:
            continue
        name = (test.__doc__ or test.__name__).strip().split("\n")[0].rstrip(".")
        try:
            test()
        except Skip as e:
            skip(name, str(e))
        except Exception as e:  # a test that breaks is a finding, and the next one still runs
            where = traceback.extract_tb(e.__traceback__)
            mine = [f for f in where if not f.filename.endswith("lib.py")] or where
            check(False, name, "line %d: %s: %s" % (mine[-1].lineno, type(e).__name__, e))
    sys.exit(1 if _failed else 0)


def until(condition, limit=LIMIT, what="it", pause=0.01):
    """The condition's first true value; raises where it does not come in time."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError("%s did not happen in %g s" % (what, limit))
        time.sleep(pause)


# ---- places ---------------------------------------------------------------------------------

def _make_tmp():
    given = os.environ.get("TMP")
    if given:
        os.makedirs(given, exist_ok=True)
        return os.path.abspath(given)
    path = tempfile.mkdtemp(prefix="porthole-e2e-", dir="/var/tmp")  # a disk, as a rule
    atexit.register(shutil.rmtree, path, True)
    return path


TMP = _make_tmp()
os.chmod(TMP, 0o755)  # other users take part
ROOT = os.path.join(TMP, "root")

PASSWD = """root:x:0:0:root:/root:/bin/sh
www:x:33:33:www:/srv/www:/bin/sh
nogroup-user:x:44:4444::/:/bin/sh
odd:x:55:55::/srv/odd:/bin/odd-shell
"""
GROUP = """root:x:0:
tty:x:5:
www:x:33:
staff:x:50:www,root
audio:x:63:www
"""


def busybox():
    """A static busybox of this machine."""
    for path in ("/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static"):
        if os.path.exists(path):
            with open(path, "rb") as f:
                if b"/ld-linux" not in f.read():
                    return path
    raise Skip("busybox-static is not installed")


def make_rootfs(name="rootfs"):
    """A tree of busybox links with a few users. Made once a test."""
    path = os.path.join(TMP, name)
    if os.path.exists(path):
        return path
    for d in ("bin", "etc", "proc", "sys", "dev", "run", "tmp", "root", "srv/www", "srv/odd"):
        os.makedirs(os.path.join(path, d))
    shutil.copy(busybox(), os.path.join(path, "bin/busybox"))
    for applet in subprocess.check_output([busybox(), "--list"], text=True).split():
        if applet != "busybox":
            os.symlink("busybox", os.path.join(path, "bin", applet))
    with open(os.path.join(path, "etc/passwd"), "w") as f:
        f.write(PASSWD)
    with open(os.path.join(path, "etc/group"), "w") as f:
        f.write(GROUP)
    with open(os.path.join(path, "bin/odd-shell"), "w") as f:
        f.write("#!/bin/sh\necho \"odd shell, $# arguments, $0\"\n")
    os.chmod(os.path.join(path, "bin/odd-shell"), 0o755)
    with open(os.path.join(path, "bin/notexec"), "w") as f:
        f.write("#!/bin/sh\n")
    return path


def helper(name, source):
    """A static program compiled with musl-gcc; its path on the host."""
    path = os.path.join(TMP, name)
    if not os.path.exists(path):
        if shutil.which("musl-gcc") is None:
            raise Skip("musl-gcc is not installed")
        with open(path + ".c", "w") as f:
            f.write(source)
        subprocess.check_call(["musl-gcc", "-static", "-Os", "-s", "-o", path, path + ".c"])
    return path


# ---- programs -------------------------------------------------------------------------------

class Result:
    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    def __repr__(self):
        return "code %r, stdout %r, stderr %r" % (self.code, self.out[:300], self.err[:300])


def argv_of(words, root=None):
    return [PORTHOLE, "--root", root or ROOT] + [w for w in words]


def porthole(*words, root=None, limit=LIMIT, text=True, **options):
    """Runs porthole to its end. Code, stdout and stderr; a hang is code None."""
    return command(argv_of(words, root), limit=limit, text=text, **options)


def command(argv, limit=LIMIT, text=True, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    if text:
        options.setdefault("errors", "backslashreplace")
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    given = options.pop("input", None)
    if given is not None:
        options["stdin"] = subprocess.PIPE
    p = subprocess.Popen(argv, text=text, start_new_session=True, **options)
    try:
        out, err = p.communicate(given, timeout=limit)
        return Result(p.returncode, out, err)
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)  # with all that it has started
        out, _ = p.communicate()
        return Result(None, out, "(no end in %g s)" % limit if text else b"(no end)")


def start(*words, root=None, **options):
    """porthole in the background."""
    for stream in ("stdin", "stdout", "stderr"):
        options.setdefault(stream, subprocess.PIPE if stream != "stdin" else subprocess.DEVNULL)
    return subprocess.Popen(argv_of(words, root), **options)


def end_of(process, limit=LIMIT):
    """Its exit code; a hang ends it and is None."""
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def one_sentence(text):
    """One line of an error, as people are told it: 'porthole: COMMAND: …'."""
    return text.count("\n") == 1 and text.endswith("\n") and text.startswith("porthole: ")


def as_user(uid, *argv, groups=()):
    """argv run as another uid, with no other group but those given."""
    words = ["setpriv", "--reuid", str(uid), "--regid", str(uid)]
    words += ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return words + list(argv)


# ---- /proc ----------------------------------------------------------------------------------

def proc(pid, name):
    with open("/proc/%d/%s" % (pid, name), errors="backslashreplace") as f:
        return f.read()


def alive(pid):
    try:
        return proc(pid, "stat").rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def fd_count(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def fds(pid):
    found = {}
    for n in os.listdir("/proc/%d/fd" % pid):
        with contextlib.suppress(OSError):
            found[int(n)] = os.readlink("/proc/%d/fd/%s" % (pid, n))
    return found


def cpu_ms(pid):
    fields = proc(pid, "stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")


def private_kib(pid):
    text = proc(pid, "smaps_rollup")
    return sum(int(n) for n in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.M))


def waiting_for_answer(pid):
    """True once a client has asked and sleeps until PID 1 answers."""
    with contextlib.suppress(OSError):
        return re.search("poll|recv|unix|skb|datagram", proc(pid, "wchan")) is not None
    return False


def children(pid):
    with contextlib.suppress(OSError):
        return [int(p) for p in proc(pid, "task/%d/children" % pid).split()]
    return []


def tree(pid):
    """pid's descendants, as the host numbers them."""
    found = []
    for child in children(pid):
        found += [child] + tree(child)
    return found


def host_pid(pid1, inner):
    """The host's number of the container's process `inner`."""
    for p in [pid1] + tree(pid1):
        with contextlib.suppress(OSError):
            if re.search(r"^NSpid:.*\t%d$" % inner, proc(p, "status"), re.M):
                return p
    return None


def find(pid1, *words):
    """Host pids of processes whose command line holds all the words."""
    found = []
    for p in tree(pid1):
        with contextlib.suppress(OSError):
            line = proc(p, "cmdline").replace("\0", " ")
            if all(w in line for w in words):
                found.append(p)
    return found


# ---- containers -----------------------------------------------------------------------------

_count = 0


class Container:
    """A detached container; leaving the block ends it and all that belongs to it."""

    def __init__(self, *cmd, options=(), rootfs=None, name=None, root=None, prefix=()):
        global _count
        _count += 1
        self.name = name or "c%d" % _count
        self.root = root or ROOT
        self.cmd = list(cmd) or ["sleep", "1000"]
        self.options = list(options)
        self.rootfs = rootfs or make_rootfs()
        self.prefix = list(prefix)
        self.pid = 0
        self.monitor = 0

    def __enter__(self):
        words = self.prefix + argv_of(["run", "--detach", "--rootfs", self.rootfs] + self.options +
                                      [self.name] + self.cmd, self.root)
        r = command(words)
        if r.code != 0:
            raise RuntimeError("run: %r" % r)
        self.pid = self.connect(hello=False).listener_pid()
        self.monitor = int(re.search(r"PPid:\t(\d+)", proc(self.pid, "status")).group(1))
        return self

    def __exit__(self, *_):
        try:
            if alive(self.pid):
                with contextlib.suppress(OSError):
                    os.kill(self.pid, signal.SIGCONT)
                command(argv_of(["shutdown", "--grace", "0", self.name], self.root), limit=8)
        finally:
            for pid in (self.pid, self.monitor):
                with contextlib.suppress(OSError):
                    if pid > 0 and alive(pid) and (pid != self.monitor or self.is_monitor()):
                        if pid == self.monitor:
                            until(lambda: not alive(self.monitor), 3, "the monitor's end")
                            continue
                        os.kill(pid, signal.SIGKILL)
                        until(lambda: not alive(self.pid), 5, "the end of PID 1")
            command(argv_of(["list"], self.root), limit=8)  # clears away what is dead

    def is_monitor(self):
        return "porthole" in proc(self.monitor, "cmdline")

    def ready(self):
        """The main command has made /tmp/ready: its traps are set."""
        until(lambda: self.exec("test", "-e", "/tmp/ready").code == 0, what="the main command's readiness")

    def resting_fds(self, sockets):
        """PID 1's descriptors once only so many sockets are left among them."""
        until(lambda: sum(t.startswith("socket:") for t in fds(self.pid).values()) == sockets, what="PID 1 at rest")
        return fd_count(self.pid)

    def kill_monitor(self):
        os.kill(self.monitor, signal.SIGKILL)
        until(lambda: not alive(self.monitor), what="the monitor's end")
        c = self.connect(hello=False)  # PID 1 has noticed once it says so itself
        c.hello()
        until(lambda: c.ask(STATUS).num.get(T_MONITORED) == 0, what="PID 1 noticing it")
        c.close()

    def do(self, verb, *words, **options):
        return porthole(verb, *words, root=self.root, **options)

    def exec(self, *words, opts=(), **options):
        return porthole("exec", *opts, self.name, "--", *words, root=self.root, **options)

    def start(self, *words, opts=(), **options):
        return start("exec", *opts, self.name, "--", *words, root=self.root, **options)

    def sh(self, script, **options):
        return self.exec("sh", "-c", script, **options)

    def json(self, verb, *words, **options):
        r = porthole("--json", verb, self.name, *words, root=self.root, **options)
        if r.code != 0:
            raise RuntimeError("%s: %r" % (verb, r))
        return json.loads(r.out)

    def path(self, *parts):
        return os.path.join(self.root, self.name, *parts)

    def connect(self, sock="op/control.sock", hello=True):
        c = Conn(self.path(sock))
        if hello:
            c.hello()
        return c

    def audit(self):
        """The records of this container."""
        with open(os.path.join(self.root, "audit.log")) as f:
            records = [json.loads(line) for line in f]
        return [r for r in records if r["container"] == self.name]

    def state(self):
        with self.connect() as c:
            return c.ask(STATUS).num[T_STATE]


class Supervised(Container):
    """A detached container with the services of {name: lines of its unit} and without a command."""

    FOLDER = "etc/porthole"

    def __init__(self, units, options=(), **more):
        global _count
        rootfs = make_rootfs("rootfs-%d" % (_count + 1))
        super().__init__(options=["--services", "/" + self.FOLDER] + list(options), rootfs=rootfs, **more)
        self.cmd = []
        os.makedirs(os.path.join(rootfs, self.FOLDER), exist_ok=True)
        for unit, lines in units.items():
            self.write(unit, lines)

    def write(self, unit, lines):
        """A unit's file; lines before the first section belong to [Service]."""
        text = lines if lines.lstrip().startswith("[") else "[Service]\n" + lines
        with open(os.path.join(self.rootfs, self.FOLDER, unit + ".service"), "w") as f:
            f.write(text + "\n")

    def of(self, service):
        """NAME/SERVICE."""
        return self.name + "/" + service

    def service(self, name):
        r = porthole("--json", "status", self.of(name), root=self.root)
        if r.code != 0:
            raise RuntimeError("status %s: %r" % (name, r))
        return json.loads(r.out)["service"]

    def await_state(self, name, state, limit=LIMIT):
        """The service, once it is in the state that people are told."""
        last = {}

        def reached():
            last.update(self.service(name))
            return last["state"] == state
        try:
            until(reached, limit)
        except TimeoutError:
            raise TimeoutError("%s is not %s in %g s, but %r" % (name, state, limit, last)) from None
        return last

    def sound(self, sentence):
        """PID 1 answers, and every one of its connections is free again."""
        def rested():
            with self.connect() as k:
                return k.ask(STATUS).kind == STATUS_OK
        check(alive(self.pid) and until(rested, what="an answer"), sentence)


# ---- protocol (init/PROTOCOL.md) ------------------------------------------------------------

(HELLO, STATUS, PROC, SIGNAL, EXEC, WAIT, SHUTDOWN, MONITOR, SERVICES, START, STOP, RESTART, RELOAD,
 LOGS, EVENTS) = range(1, 16)
(HELLO_OK, OK, ERROR, STATUS_OK, PROC_OK, STARTED, EXIT, STATE, UP, FAILED, AUDIT, SERVICES_OK,
 LOGS_OK, EVENTS_OK, EVENT) = range(128, 143)
(T_VERSION, T_VERSION_MIN, T_FEATURES, T_ROLE, T_INSTANCE, T_ERRNO, T_STEP, T_OBJECT, T_SIGNAL,
 T_SESSION, T_PID, T_STATE, T_CODE, T_STATUS, T_GRACE, T_ARG, T_ENV, T_USER, T_WORKDIR, T_FLAGS,
 T_ROWS, T_COLUMNS, T_UPTIME, T_MAIN_UPTIME, T_SESSIONS, T_PLACE, T_RELEASE, T_MONITORED, T_CAPS,
 T_NAMESPACE, T_REAPED, T_VERB, T_UID, T_TIME, T_LOST, T_PHASE, T_CLIENT_PID,
 T_NAME, T_CURSOR, T_SERVICE, T_SERVICE_STATE, T_RESULT, T_RESTARTS, T_SERVICES_ALL,
 T_SERVICES_UP, T_DESCRIPTION, T_CONTROL_PID, T_DUE, T_JOB, T_CULPRIT, T_SERVICE_FLAGS) = range(1, 52)
(T_FAILED_RUN, T_FAILED_STATUS) = (56, 57)
CRITICAL = 0x8000
(TTY, STDIN, SHELL, ARGS_FD, NEW_PRIVS) = (1, 2, 4, 8, 16)
TEXTS = {T_INSTANCE, T_OBJECT, T_ARG, T_ENV, T_USER, T_WORKDIR, T_RELEASE, T_NAMESPACE, T_NAME,
         T_SERVICE, T_DESCRIPTION, T_CULPRIT}
(STARTING_, UP_, STOPPING_, ENDING_, KILLING_, GONE_) = range(6)
SVC_STATES = ("stopped start-pre start start-post up reload done stop stop-term stop-kill stop-post final-term "
              "final-kill back-off failed").split()
SVC_RESULTS = "success exit-code signal core-dump timeout start-limit-hit resources dependency bad-unit".split()
(NO_WAIT, FOLLOW) = (1, 2)


def tlv(tag, value):
    if isinstance(value, int):
        value = struct.pack("<Q", value)
    elif isinstance(value, str):
        value = os.fsencode(value)
    return struct.pack("<HHI", tag, 0, len(value)) + value


def message(kind, request, *elements):
    body = b"".join(tlv(t, v) for t, v in elements)
    return struct.pack("<HHIII", kind, 0, request, 16 + len(body), 0) + body


def elements_of(data):
    """The numbers by tag, and the texts by tag in lists."""
    num, text, at = {}, {}, 0
    while at < len(data):
        tag, _, n = struct.unpack_from("<HHI", data, at)
        value = data[at + 8:at + 8 + n]
        at += 8 + n
        tag &= ~CRITICAL
        if tag in TEXTS:
            text.setdefault(tag, []).append(value)
        else:
            num[tag] = struct.unpack("<Q", value)[0]
    return num, text


class Message:
    def __init__(self, data, fds):
        self.kind, _, self.request, length, _ = struct.unpack_from("<HHIII", data)
        self.fds = fds
        assert length == len(data), "length %d in %d bytes" % (length, len(data))
        self.num, self.text = elements_of(data[16:])

    def __repr__(self):
        return "message %d %r %r" % (self.kind, self.num, self.text)

    @property
    def errno(self):
        return self.num.get(T_ERRNO) if self.kind == ERROR else None


class Conn:
    """A connection to PID 1, as raw as one likes."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(LIMIT)
        self.request = 0
        here = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)  # sun_path is short
        try:
            self.sock.connect("/proc/self/fd/%d/%s" % (here, os.path.basename(path)))
        except BaseException:
            self.sock.close()
            raise
        finally:
            os.close(here)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def listener_pid(self):
        pid = struct.unpack("3i", self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        self.close()
        return pid

    def send(self, data, fds=()):
        if fds:
            self.sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
        else:
            self.sock.send(data)

    def say(self, kind, *elements, fds=()):
        self.request += 1
        self.send(message(kind, self.request, *elements), fds)
        return self.request

    def receive(self, limit=LIMIT):
        """The next message; None at the end of the connection."""
        self.sock.settimeout(limit)
        try:
            data, control, _, _ = self.sock.recvmsg(8192, socket.CMSG_SPACE(16 * 4))
        except ConnectionResetError:
            return None
        fds = array.array("i")
        for level, kind, value in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(value[:len(value) - len(value) % fds.itemsize])
        return Message(data, list(fds)) if data else None

    def ask(self, kind, *elements, fds=(), limit=LIMIT):
        """A request and its answer; None where the connection ends instead."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a refusal may have come first
            self.say(kind, *elements, fds=fds)
        answer = self.receive(limit)
        if answer is not None and answer.request not in (self.request, 0):
            raise AssertionError("request %d answered as %d" % (self.request, answer.request))
        return answer

    def hello(self, version=1, least=1, features=0xff):
        return self.ask(HELLO, (T_VERSION, version), (T_VERSION_MIN, least), (T_FEATURES, features),
                        (T_CLIENT_PID, os.getpid()))

    def gone(self, limit=LIMIT):
        """True once PID 1 has closed the connection; answers on the way are dropped."""
        try:
            while self.receive(limit) is not None:
                pass
        except TimeoutError:
            return False
        return True

    def exec(self, *argv, flags=0, fds=None, extra=()):
        """EXEC with fresh pipes. Returns the read ends of stdout and stderr."""
        words = [(T_FLAGS | CRITICAL, flags)] + [(T_ARG, a) for a in argv] + list(extra)
        if fds is not None:
            self.say(EXEC, *words, fds=fds)
            return None
        out, err = os.pipe(), os.pipe()
        try:
            self.say(EXEC, *words, fds=[out[1], err[1]])
        finally:
            os.close(out[1])
            os.close(err[1])
        return out[0], err[0]

    def exec_end(self, *argv, **more):
        """The whole of a command: its EXIT or ERROR."""
        ends = self.exec(*argv, **more)
        try:
            while True:
                m = self.receive()
                if m is None or m.kind in (EXIT, ERROR):
                    return m
        finally:
            for fd in ends or ():
                os.close(fd)


# ---- terminals ------------------------------------------------------------------------------

class Terminal:
    """A program on a terminal of its own, seen from the side of the person in front of it."""

    def __init__(self, argv, rows=43, columns=117, before=None, **options):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        if before:
            before(self.slave)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""

        def own():
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

        for stream in ("stdin", "stdout", "stderr"):
            options.setdefault(stream, self.slave)
        self.process = subprocess.Popen(argv, preexec_fn=own, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    @classmethod
    def of(cls, container, *words, opts=("-i", "-t"), **options):
        return cls(argv_of(["exec", *opts, container.name, "--", *words], container.root), **options)

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text if isinstance(text, bytes) else text.encode())

    def read_some(self, limit):
        if not select.select([self.master], [], [], max(0, limit))[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += data
        return bool(data)

    def expect(self, pattern, limit=LIMIT):
        """Waits for the pattern in what is shown; the match. What is before it is forgotten."""
        end = time.monotonic() + limit
        pattern = pattern.encode() if isinstance(pattern, str) else pattern
        while True:
            m = re.search(pattern, self.seen)
            if m:
                self.seen = self.seen[m.end():]
                return m
            if not self.read_some(end - time.monotonic()) and time.monotonic() >= end:
                raise TimeoutError("%r not shown, but %r" % (pattern, self.seen[-300:]))

    def finish(self, limit=LIMIT):
        """Reads until the program's end. Its exit code; None where it does not end."""
        end = time.monotonic() + limit
        while self.process.poll() is None:
            if time.monotonic() > end:
                return None
            self.read_some(0.02)
        while self.read_some(0):
            pass
        return self.process.returncode

    def termios(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.termios()[3] & termios.ICANON

    def restored(self, limit=3):
        """True once the terminal is as it was."""
        try:
            return until(lambda: self.termios() == self.before, limit)
        except TimeoutError:
            return False
