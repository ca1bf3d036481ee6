# SPDX-License-Identifier: MIT
"""A PID 1 made of answers: what porthole says to people can be held against each of them, and to none that is real."""

import shutil
import threading

from lib import *

EVENT_BYTES, EVENT_KEEP = 128, 1024


def service(name, state="up", **more):
    """The elements of one item: a service as SERVICES tells of it."""
    found = [(T_NAME, name), (T_SERVICE_STATE, SVC_STATES.index(state)), (T_RESULT, more.pop("result", 0)),
             (T_RESTARTS, more.pop("restarts", 0)), (T_MAIN_UPTIME, more.pop("ms", 5000)),
             (T_SERVICE_FLAGS, more.pop("flags", 1))]
    tags = {"pid": T_PID, "control_pid": T_CONTROL_PID, "status": T_STATUS, "due": T_DUE, "job": T_JOB,
            "culprit": T_CULPRIT, "description": T_DESCRIPTION,
            "failed_run": T_FAILED_RUN, "failed_status": T_FAILED_STATUS}
    return found + [(tags[word], value) for word, value in more.items()]


def item(elements):
    return b"".join(tlv(t, v) for t, v in elements)


def event(number, kind, name="", state=0, result=0, pid=0, value=0, time=1700000000123):
    name = name.encode()
    return struct.pack("<QQHHHHII", number + 1, time, kind, state, result, len(name), pid,
                       value).__add__(name).ljust(EVENT_BYTES, b"\0")


class Fake:
    """Listens as the container `name`; `answers` {type: function of (fake, connection, message)}."""

    def __init__(self, name="fake", services=(), answers=None, features=0x1f, page=2, status=()):
        self.name, self.features, self.page = name, features, page
        self.services, self.answers, self.status = list(services), dict(answers or {}), list(status)
        self.seen = []
        self.connections = []
        self.events_fd = os.memfd_create("events")
        self.next_event = 0

    def __enter__(self):
        os.makedirs(os.path.join(ROOT, self.name, "op"), exist_ok=True)
        folder = os.open(os.path.join(ROOT, self.name, "op"), os.O_PATH)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind("/proc/self/fd/%d/control.sock" % folder)
        os.close(folder)
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.close()
        os.close(self.events_fd)
        shutil.rmtree(os.path.join(ROOT, self.name), True)

    def close(self):
        """The container's end, as a client sees it."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in self.connections:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(s)
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def serve(self, s):
        while True:
            try:
                data = s.recv(8192)
            except OSError:
                return
            if not data:
                return s.close()
            m = Message(data, [])
            self.seen.append(m)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.answer(s, m)

    def answer(self, s, m):
        if m.kind in self.answers:
            return self.answers[m.kind](self, s, m)
        if m.kind == HELLO:
            return self.say(s, m, HELLO_OK, (T_VERSION, 1), (T_FEATURES, self.features), (T_ROLE, 1), (T_MONITORED, 1))
        if m.kind == STATUS:
            counts = [(T_SERVICES_ALL, len(self.services)), (T_SERVICES_UP, self.up())] if self.services else []
            return self.say(s, m, STATUS_OK, (T_RELEASE, "9.9"), (T_STATE, 1), (T_UPTIME, 61000), (T_PLACE, 0),
                            (T_GRACE, 10000), (T_SESSIONS, 0), (T_REAPED, 0), (T_MONITORED, 1), *counts, *self.status)
        if m.kind == SERVICES:
            return self.tell_services(s, m)
        if m.kind == EVENTS:
            data = message(EVENTS_OK, m.request)
            return s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [self.events_fd]))])
        return self.say(s, m, ERROR, (T_ERRNO, 95))

    def say(self, s, m, kind, *elements):
        s.send(message(kind, m.request, *elements))

    def up(self):
        return sum(dict(x)[T_SERVICE_STATE] in (4, 5, 6) for x in self.services)

    def tell_services(self, s, m):
        counts = [(T_SERVICES_ALL, len(self.services)), (T_SERVICES_UP, self.up())]
        if T_NAME in m.text:
            found = [x for x in self.services if dict(x)[T_NAME].encode() == m.text[T_NAME][0]]
            if not found:
                return self.say(s, m, ERROR, (T_ERRNO, 2))
            return self.say(s, m, SERVICES_OK, (T_SERVICE, item(found[0])), *counts)
        at = m.num.get(T_CURSOR, 0)
        some = [(T_SERVICE, item(x)) for x in self.services[at:at + self.page]]
        more = [(T_CURSOR, at + self.page)] if at + self.page < len(self.services) else []
        return self.say(s, m, SERVICES_OK, *some, *counts, *more)

    def put_event(self, *words, tell=False, **more):
        data = event(self.next_event, *words, **more)
        os.pwrite(self.events_fd, data, self.next_event % EVENT_KEEP * EVENT_BYTES)
        self.next_event += 1
        if tell:
            self.tell_of_events()

    def tell_of_events(self):
        for s in list(self.connections):
            with contextlib.suppress(OSError):
                s.send(message(EVENT, 0))

    def asked(self, kind):
        return [m for m in self.seen if m.kind == kind]
