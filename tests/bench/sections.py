# SPDX-License-Identifier: MIT
"""The sections of the benchmark: each measures porthole and its peers, and returns rows."""

import os
import shutil
import subprocess
import time

from entrypoints import NAMES, named
from lab import (NAMESPACES, SLEEP, Broken, Container, Skip, StandIn, memory_of, say,
                 sleeping_child, switches_of, until)

KIB = 1024
SETTLE_S = 0.5          # from "up" to the first look at memory
IDLE_S = 5              # window of the wake-up count
MORE_ENTRYPOINT = 10    # times the rounds: what is a hundredth apart needs a thousand to show it
MORE_LAUNCH = 5
INITS = {               # peers that are an entrypoint, and how each is asked to wait for COMMAND
    "tini-static": ["tini-static", "-s", "--"], "tini": ["tini", "-s", "--"],
    "dumb-init": ["dumb-init"], "catatonit": ["catatonit", "--"],
}

# Each section is {title, columns, rows}; a row is {name, state, …figures or reason}

TIMES = [("median_ms", "median ms", "%.3f"), ("p95_ms", "p95 ms", "%.3f"),
         ("cpu_ms", "cpu ms", "%.3f")]
MEMORY = [("dirty_kib", "dirty KiB", "%d"), ("private_kib", "private KiB", "%d"),
          ("pss_kib", "pss KiB", "%d")]


def add_ratios(rows, baselines):
    """Adds the ratio of medians to each of the baselines that have one; returns the columns."""
    columns = []
    for number, name in enumerate(baselines):
        key = "ratio_%d" % number
        base = next((row["median_ms"] for row in rows
                     if row["name"] == name and row["state"] == "ok"), None)
        columns.append((key, "x " + name, "%.3f"))
        for row in rows:
            row.pop("ratio", None)
            if base and row["state"] == "ok":
                row[key] = row["median_ms"] / base
    return columns


def timed(lab, title, baselines, subjects, more=1):
    rows = lab.time(title, baselines[0], subjects, more)
    columns = TIMES + add_ratios(rows, baselines)
    return {"title": title, "columns": columns, "baselines": baselines, "rows": rows}


def entrypoint_section(lab):
    true = [lab.true]
    return timed(lab, "entrypoint run of true", ["tini-static", "floor"], {
        "true, no init": true,
        "floor": [lab.floor] + true,
        "porthole-init": [lab.init, "--"] + true,
        **{"porthole-init as " + name: [named(lab, name)] + true for name in NAMES},
        "tini-static": ["tini-static", "--"] + true,
        "tini-static -s": ["tini-static", "-s", "--"] + true,
        "tini": ["tini", "--"] + true,
        "dumb-init": ["dumb-init"] + true,
        "catatonit": ["catatonit", "--"] + true,
    }, MORE_ENTRYPOINT)


def launch_section(lab):
    return timed(lab, "full launch of true", ["bwrap", "unshare", "floor"], {
        "porthole run": lab.client() + ["run", "--rootfs", lab.rootfs, lab.name, "--",
                                             "/bin/true"],
        "floor": [lab.floor_launch, lab.root, lab.rootfs, "/bin/true"],
        "bwrap": ["bwrap", "--unshare-all", "--bind", lab.rootfs, "/", "--proc", "/proc",
                  "--dev", "/dev", "/bin/true"],
        "unshare": ["unshare"] + NAMESPACES + ["--fork", "--root=" + lab.rootfs, "--mount-proc",
                                               "/bin/true"],
    }, MORE_LAUNCH)


def exec_section(lab, container):
    title = "exec of true"
    if isinstance(container, StandIn):
        title += " (in a stand-in)"
    return timed(lab, title, ["nsenter"], {
        "porthole exec": lab.client() + ["exec", lab.name, "--", "/bin/true"],
        "nsenter": ["nsenter", "-t", str(container.pid), "-a", "/bin/true"],
    })


def row(name, **figures):
    return dict({"name": name, "state": "ok"}, **figures)


def guarded(lab, name, measure):
    """The rows that measure() returns, or one row that says why there are none."""
    try:
        return measure()
    except Skip as reason:
        return [{"name": name, "state": "skip", "reason": str(reason)}]
    except (Broken, OSError) as reason:
        lab.broken.append("%s: %s" % (name, reason))
        return [{"name": name, "state": "broken", "reason": str(reason)}]


def container_memory(lab, container):
    kind = container.executable()
    if kind != "file":
        lab.broken.append("PID 1 should be file-backed and runs from a " + kind)
    return [row("PID 1, file-backed", **memory_of(container.pid)),
            row("its monitor", **memory_of(container.monitor))]


def memfd_memory(lab):
    container = Container(lab, {"PORTHOLE_INIT": "memfd"})
    try:
        time.sleep(SETTLE_S)
        if container.executable() != "memfd":
            raise Broken("PORTHOLE_INIT=memfd was not heeded")
        return [row("PID 1, from a memfd", **memory_of(container.pid))]
    finally:
        container.close()


def waiting(lab, command):
    """Starts an init that waits for a sleep; returns its process once the sleep runs."""
    lab.need(command[0], "busybox")
    process = lab.spawn(command + [os.path.join(lab.rootfs, "bin/sleep"), SLEEP[1]])
    try:
        until(lambda: sleeping_child(process.pid), command[0])
    except Broken:
        lab.stop(process)
        raise
    return process


def waiting_memory(lab, name, command):
    process = waiting(lab, command)
    try:
        time.sleep(SETTLE_S)
        return [row(name, **memory_of(process.pid))]
    finally:
        lab.stop(process)


def idle_counts(lab, names):
    """Context switches in one idle window shared by all: {name: pid, or argv of an init}."""
    rows, watched, started = [], {}, []

    def start(name, subject):
        if isinstance(subject, list):
            started.append(waiting(lab, subject))
            subject = started[-1].pid
        watched[name] = subject
        return []

    def count(name):
        return [row(name, wakeups=switches_of(watched[name]) - before[name])]

    try:
        for name, subject in names.items():
            rows += guarded(lab, name, lambda: start(name, subject))
        time.sleep(SETTLE_S)
        before = {name: switches_of(pid) for name, pid in watched.items()}
        time.sleep(IDLE_S)
        for name in watched:
            rows += guarded(lab, name, lambda: count(name))
    finally:
        for process in started:
            lab.stop(process)
    return rows


def stripped_size(lab, program):
    lab.need(program, "strip")
    copy = os.path.join(lab.work, "stripped")
    shutil.copy(shutil.which(program), copy)
    stripped = subprocess.run(["strip", "-s", copy], stderr=subprocess.DEVNULL, check=False)
    if stripped.returncode != 0:
        raise Broken("strip refuses it")
    size = os.path.getsize(copy)
    os.unlink(copy)
    return [row(os.path.basename(program), bytes=size, kib=size / KIB)]


def size_section(lab):
    rows = []
    for program in [lab.init, lab.porthole, "tini-static", "dumb-init", "catatonit"]:
        rows += guarded(lab, os.path.basename(program), lambda: stripped_size(lab, program))
    return {"title": "size, stripped", "rows": rows,
            "columns": [("bytes", "bytes", "%d"), ("kib", "KiB", "%.1f")]}


def open_container(lab):
    """The detached container, or the stand-in; with it the rows that explain what is missing."""
    try:
        return Container(lab), []
    except Skip as reason:
        missing = {"state": "skip", "reason": str(reason)}
    except Broken as reason:
        lab.broken.append("detached container: %s" % reason)
        missing = {"state": "broken", "reason": str(reason)}
    rows = [dict(missing, name=name) for name in ("PID 1, file-backed", "its monitor")]
    return StandIn(lab), rows


def container_sections(lab):
    """exec, memory and idle wake-ups, of one detached container, alone while it is measured."""
    container, missing = open_container(lab)
    real = not missing
    try:
        time.sleep(SETTLE_S)
        memory = container_memory(lab, container) if real else list(missing)
        say("idle wake-ups: %d s" % IDLE_S)
        idle = {"PID 1": container.pid, "its monitor": container.monitor} if real else {}
        idle.update({name: INITS[name] for name in ("tini-static", "catatonit", "dumb-init")})
        idle_rows = idle_counts(lab, idle)
        execs = exec_section(lab, container)
        if real:
            memory.append(row("PID 1, after the exec rows", **memory_of(container.pid)))
            memory.append(row("its monitor, likewise", **memory_of(container.monitor)))
    finally:
        container.close()
    say("memory of waiting inits")
    memory += guarded(lab, "PID 1, from a memfd", lambda: memfd_memory(lab))
    waits = dict({"porthole-init": [lab.init, "--"]}, **INITS)
    for name, command in waits.items():
        memory += guarded(lab, name + " -- sleep",
                          lambda: waiting_memory(lab, name + " -- sleep", command))
    if not real:
        idle_rows = [dict(entry, name=name) for entry, name in
                     zip(missing, ("PID 1", "its monitor"))] + idle_rows
    return (execs, {"title": "memory", "columns": MEMORY, "rows": memory},
            {"title": "wake-ups in %d idle seconds" % IDLE_S, "rows": idle_rows,
             "columns": [("wakeups", "switches", "%d")]})
