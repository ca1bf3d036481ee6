# SPDX-License-Identifier: MIT
"""
Real engines in a place of their own, for the tests with Docker and Podman: namespaces, a cgroup, /run and /etc, of
which nothing stays. The machine's own engines, if it has any, are neither asked nor disturbed.
"""

from lib import *

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # where packages put programs, not what somebody has laid over them
INIT = os.path.join(BUILD, "porthole-init")
ORDERLY = 6.0  # seconds: `stop -t 10` of what ends by itself is over well before the engine's SIGKILL

CONFINED = {
    "--read-only": ["--read-only"],
    "--user 1000": ["--user", "1000"],
    "--user 123456:7": ["--user", "123456:7"],
    "--cap-drop ALL": ["--cap-drop", "ALL"],
    "no-new-privileges": ["--security-opt", "no-new-privileges"],
    "all of these": ["--read-only", "--user", "1000", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
}
# Prints `none` once there is neither a running nor a dead orphan any more.
ORPHANS = """for i in 1 2 3 4 5 6 7 8; do (sleep 0.0$i &); done
n=0; while grep -qsx sleep /proc/[0-9]*/comm; do n=$((n + 1)); [ $n -lt 500 ] || exit 9; usleep 20000; done; echo none"""
READER = "echo ready; while read -r line; do echo \"got $line\"; done; exit 4"

# Outer half: a mount namespace in which /sys/fs/cgroup is cgroup v2, and a cgroup to be the root of what follows.
OUTER = """
set -e
umount -l /sys/fs/cgroup 2>/dev/null || :
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$CGROUP"
echo 0 >"/sys/fs/cgroup/$CGROUP/cgroup.procs"
exec unshare --cgroup --pid --net --fork --kill-child sh -c "$INNER" sh "$@"
"""
# Inner half: PID 1, which reaps. Engines write to /etc, /run, /dev/shm, /var/lib and /var/cache: theirs are a copy and
# tmpfs. Their storage is a tmpfs too: on a disk each container costs them half a second of fsync.
INNER = """
set -e
mount -t proc proc /proc
umount /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /sys/fs/cgroup/engine
echo 0 >/sys/fs/cgroup/engine/cgroup.procs
cp -a /etc "$PLACE/etc"
mount --bind "$PLACE/etc" /etc
for folder in "$PLACE/data" /run /var/lib /var/cache; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ip link set lo up
eval "$SETUP"
"$@" &
: >"$PLACE/up"
wait
"""
INSIDE = 'echo 0 >/sys/fs/cgroup/engine/cgroup.procs && exec "$@"'
REMOVE = """
mount -t cgroup2 cgroup2 "$PLACE/cgroup"
for round in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$PLACE/cgroup/$CGROUP" ] || exit 0
	find "$PLACE/cgroup/$CGROUP" -depth -type d -exec rmdir {} + && exit 0
	sleep 0.1
done
exit 1
"""


class Place:
    """
    Mount, PID, network and cgroup namespaces around the process `daemon`, and all that is started by inside(). Leaving
    the block kills every process in there, and the kernel takes back the mounts with the last of them.
    """

    def __init__(self, name, daemon, setup=""):
        self.dir = os.path.join(TMP, name)
        self.daemon = daemon
        self.env = dict(os.environ, PATH=PATH, PLACE=self.dir, CGROUP="porthole-%s-%d" % (name, os.getpid()), INNER=INNER,
                        SETUP=setup, HOME=self.path("home"), TMPDIR=self.path("tmp"))
        self.process = None
        self.pid = 0

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def prepare(self):
        """What has to be in its folder before it starts."""

    def __enter__(self):
        for folder in "", "home", "tmp", "cgroup", "data":
            os.mkdir(self.path(folder))
        self.prepare()
        with open(self.path("log"), "w") as log:
            self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", OUTER, "sh", *self.daemon],
                                            env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            until(lambda: os.path.exists(self.path("up")) or self.process.poll() is not None, what="the engine's place")
            if self.process.poll() is not None:
                raise Skip("no namespaces for it can be made: " + show(self.log()[-300:]))
            self.pid = children(self.process.pid)[0]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for pid in children(self.process.pid) or [self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # PID 1 in there, and so all: unshare ends after them
        end_of(self.process)
        r = command(["unshare", "--mount", "--propagation", "private", "sh", "-c", REMOVE], env=self.env)
        if r.code != 0:
            print("engines: %r" % r, file=sys.stderr)
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        with open(self.path("log"), errors="backslashreplace") as f:
            return f.read()

    def inside(self, *argv):
        """The argv that runs argv in there."""
        spaces = ["--mount", "--pid", "--net", "--cgroup"]
        return ["nsenter", "--target", str(self.pid), *spaces, "--", "sh", "-c", INSIDE, "sh", *argv]


class Engine(Place):
    """What both engines' tests do with them."""

    NETWORK = ("--network", "none")
    needed = ()
    count = 0

    def __enter__(self):
        for program in self.needed:
            if not shutil.which(program, path=PATH):
                raise Skip(program + " is not installed")
        return super().__enter__()

    def argv(self, *words):
        """How its command line is run."""
        raise NotImplementedError

    def __call__(self, *words, **more):
        return command(self.argv(*words), env=self.env, cwd="/", **more)

    def must(self, *words, **more):
        r = self(*words, **more)
        if r.code != 0:
            raise RuntimeError("%s: %r" % (" ".join(words), r))
        return r.out.strip()

    def import_image(self, name, tree, *changes):
        """An image of the tree; changes are instructions of a Dockerfile."""
        words = [word for change in changes for word in ("--change", change)]
        tar = subprocess.Popen(["tar", "-C", tree, "-c", "."], stdout=subprocess.PIPE)
        self.must("import", *words, "-", name, stdin=tar.stdout)
        tar.stdout.close()
        tar.wait()

    def run(self, *words, options=(), **more):
        """A container in the foreground, to its end."""
        return self("run", "--rm", *self.NETWORK, *options, *words, **more)

    def terminal(self, *words, options=()):
        return Terminal(self.argv("run", "--rm", "-i", "-t", *self.NETWORK, *options, *words), env=self.env, cwd="/")

    def detached(self, *words, options=()):
        return Detached(self, words, options)


class Detached:
    """A container in the background; leaving the block removes it."""

    def __init__(self, engine, words, options):
        Engine.count += 1
        self.name = "c-%d" % Engine.count
        self.engine, self.words, self.options = engine, words, options

    def __enter__(self):
        self.engine.must("run", "--detach", "--name", self.name, *self.engine.NETWORK, *self.options, *self.words)
        return self

    def __exit__(self, *_):
        self.engine("rm", "-f", self.name)

    def __call__(self, verb, *words, **more):
        """engine VERB [OPTION...] NAME"""
        return self.engine(verb, *words, self.name, **more)

    def exec(self, *argv, options=()):
        return self.engine("exec", *options, self.name, *argv)

    def logs(self):
        """Its stdout and stderr so far, line by line."""
        r = self("logs")
        return (r.out + r.err).splitlines()

    def saying(self, *words):
        """Waits until each of the words is on some line."""
        def said():
            lines.extend(self.logs()[len(lines):])
            return all(any(w in line for line in lines) for w in words)
        lines = []
        try:
            until(said, pause=0.05)
        except TimeoutError:
            raise TimeoutError("%r does not say %r but %r" % (self.words, words, lines[-10:])) from None

    def state(self, field):
        return self.engine.must("inspect", "-f", "{{.State.%s}}" % field, self.name)

    def code(self, limit=LIMIT):
        """Its exit code, once it has ended."""
        until(lambda: self.state("Running") == "false", limit, "the container's end", 0.05)
        return int(self.state("ExitCode"))

    def stop(self):
        """`stop -t 10`: its exit code, and the seconds that it took."""
        began = time.monotonic()
        r = self("stop", "-t", "10", limit=30)
        took = time.monotonic() - began
        return (self.code() if r.code == 0 else r), took

    def stops_in_order(self, sentence):
        """Checks that `stop -t 10` ends UNITS, the last first, with 0."""
        code, took = self.stop()
        down = [line for line in self.logs() if " down" in line]
        check((code, took < ORDERLY, len(down)) == (0, True, 2) and "web" in down[0], sentence, (code, took, self.logs()))


class Docker(Engine):
    """A Docker Engine without networks, whose docker-init is the program given."""

    needed = ("docker", "dockerd", "containerd", "runc")

    def __init__(self, init):
        sock = os.path.join(TMP, "docker", "sock")
        super().__init__("docker", ["dockerd", "--host", "unix://" + sock, "--init-path", init, "--bridge", "none",
                                    "--iptables=false", "--ip6tables=false", "--storage-driver", "vfs", "--exec-root",
                                    "/run/docker", "--data-root", os.path.join(TMP, "docker", "data"), "--pidfile", "/run/docker.pid"])
        self.env["DOCKER_HOST"] = "unix://" + sock

    def __enter__(self):
        super().__enter__()
        try:
            with contextlib.suppress(TimeoutError):
                until(lambda: self("version").code == 0 or self.process.poll() is not None, 30, "dockerd's answer", 0.1)
            if self("version").code != 0:
                raise Skip("dockerd does not start: " + show(self.log()[-300:]))
        except BaseException:
            self.__exit__()
            raise
        return self

    def argv(self, *words):
        return ["/usr/bin/docker", *words]


# runc wants a cgroup, crun's locked memory wants a limit raised. Limits of Podman's own are those that may be set.
CONTAINERS_CONF = """
[containers]
pids_limit = 0
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
helper_binaries_dir = ["%s"]
"""
# catatonit is ours, and there is a user with ids of its own.
PODMAN = """
for file in /usr/bin/catatonit /usr/libexec/podman/catatonit; do
	[ ! -e "$file" ] || mount --bind "$PLACE/bin/catatonit" "$file"
done
echo someone:x:$SOMEONE:$SOMEONE::/home:/bin/sh >>/etc/passwd
echo someone:x:$SOMEONE: >>/etc/group
echo someone:100000:65536 | tee -a /etc/subuid >>/etc/subgid
mkdir -m 700 -p /run/user/$SOMEONE "$PLACE/data/home"
chown $SOMEONE:$SOMEONE /run/user/$SOMEONE "$PLACE/data/home"
"""


class Podman(Engine):
    """Podman without networks, as root, and as_someone(); catatonit is the program given."""

    needed = ("podman", "conmon", "runc")
    SOMEONE = 41001

    def __init__(self, catatonit):
        super().__init__("podman", ["sleep", "infinity"], PODMAN)
        self.catatonit = catatonit
        self.env.update(SOMEONE=str(self.SOMEONE), CONTAINERS_CONF=self.path("containers.conf"), XDG_RUNTIME_DIR="/run")

    def prepare(self):
        os.mkdir(self.path("bin"))
        shutil.copy(self.catatonit, self.path("bin", "catatonit"))
        with open(self.path("containers.conf"), "w") as f:
            f.write(CONTAINERS_CONF % self.path("bin"))

    def argv(self, *words):
        storage = ["--root", self.path("data", "root"), "--runroot", "/run/containers", "--storage-driver", "vfs"]
        return self.inside("podman", "--log-level", "error", *storage, *words)

    def as_someone(self, *argv):
        home = self.path("data", "home")
        env = dict(self.env, HOME=home, TMPDIR=home, XDG_RUNTIME_DIR="/run/user/%d" % self.SOMEONE)
        return command(self.inside(*as_user(self.SOMEONE, *argv)), env=env, cwd="/")


UNITS = {
    "db": "[Service]\nExecStart=/bin/sh -c 'trap \"echo db down; exit 0\" TERM; touch /tmp/db.up 2>/dev/null; echo db up; "
          "sleep 1000 & wait'",
    "web": "[Unit]\nAfter=db.service\nRequires=db.service\n[Service]\n"
           "ExecStart=/bin/sh -c 'trap \"echo web down; exit 0\" TERM; echo web up; sleep 1000 & wait'",
}


def box(name="box"):
    """A busybox tree with porthole, porthole-init, and tini, a link to it."""
    tree = make_rootfs(name)
    if not os.path.exists(os.path.join(tree, "bin/porthole-init")):
        for program in PORTHOLE, INIT:
            shutil.copy(program, os.path.join(tree, "bin"))
        os.symlink("porthole-init", os.path.join(tree, "bin/tini"))
    return tree


def box_with_units():
    """A box whose /etc/porthole has UNITS."""
    tree = box("units")
    os.makedirs(os.path.join(tree, "etc/porthole"))
    for name, lines in UNITS.items():
        with open(os.path.join(tree, "etc/porthole", name + ".service"), "w") as f:
            f.write(lines + "\n")
    return tree
