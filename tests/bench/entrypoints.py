# SPDX-License-Identifier: MIT
"""The sections about entrypoints while they run: signals passed on, and orphans reaped."""

import os
import random
import statistics
import subprocess

from lab import Broken, Skip, say

SIGNALS = 2000          # to each of a round's processes; after each everybody sleeps again
ORPHANS = 10000
ROUNDS = 5
ROUNDS_QUICK = 2
LIMIT_S = 60
PEERS = {"tini-static": ["tini-static", "--"], "dumb-init": ["dumb-init", "-c"],
         "catatonit": ["catatonit", "--"]}
NAMES = ("tini", "dumb-init", "catatonit")      # by which porthole-init is called, too


def named(lab, name):
    """A link of that name to porthole-init."""
    folder = os.path.join(lab.work, "names")
    path = os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    os.symlink(lab.init, path)
    return path


def subjects(lab):
    return {"porthole-init": [lab.init, "--"], **PEERS}


def relay(lab, what, count, inits, one_cpu=False):
    """The lines of numbers of one run, a line each of `inits`."""
    words = [word for init in inits for word in ["+"] + init][1:]
    argv = [os.path.join(lab.work, "relay"), what, str(count)] + words
    if one_cpu:
        argv = ["taskset", "-c", str(min(os.sched_getaffinity(0)))] + argv
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=lab.env,
                              timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise Broken("%s of %s: not within %d s" % (what, inits[0][0], LIMIT_S)) from None
    if done.returncode != 0:
        raise Broken("%s of %s: %s" % (what, inits[0][0], done.stderr.strip()))
    return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]


def there(lab):
    """The subjects whose programs are there, and why the others have no figures."""
    found, failed = {}, {}
    for name, argv in subjects(lab).items():
        try:
            lab.need(argv[0])
            found[name] = argv
        except Skip as reason:
            failed[name] = {"state": "skip", "reason": str(reason)}
    return found, failed


def collected(lab, rounds, run):
    """{name: results of all rounds}, subjects in a new order in each; and why some have none."""
    argvs, failed = there(lab)
    found = {name: [] for name in argvs}
    for _ in range(rounds):
        for name in random.sample(list(argvs), len(argvs)):
            if name in failed:
                continue
            try:
                found[name].append(run(argvs[name]))
            except Broken as reason:
                lab.broken.append(str(reason))
                failed[name] = {"state": "broken", "reason": str(reason)}
    return found, failed


def best_of(values):
    """The least of the peers', of {name: value}."""
    return min((value for name, value in values.items() if name in PEERS), default=None)


def rows_of(lab, failed, figures):
    """A row a subject, in their order: {column: value} of `figures`, or why there is none."""
    return [dict(failed[name], name=name) if name in failed else dict(figures[name], name=name, state="ok")
            for name in subjects(lab)]


def signals_of(lab, rounds, one_cpu):
    """{name: ns of every signal of all rounds}. In a round all run side by side, each signal goes to another one."""
    argvs, failed = there(lab)
    found = {name: [] for name in argvs}
    for _ in range(rounds):
        names = random.sample(list(argvs), len(argvs))
        try:
            for name, ns in zip(names, relay(lab, "signals", SIGNALS, [argvs[n] for n in names], one_cpu)):
                found[name] += ns
        except Broken as reason:
            lab.broken.append(str(reason))
            return {}, {name: {"state": "broken", "reason": str(reason)} for name in subjects(lab)}
    return found, failed


def signals_section(lab, rounds, one_cpu):
    where = "on one CPU" if one_cpu else "unpinned"
    say("signals %s: %d rounds of %d" % (where, rounds, SIGNALS))
    found, failed = signals_of(lab, rounds, one_cpu)
    cuts = {name: statistics.quantiles(ns, n=100) for name, ns in found.items()}
    median = {name: cut[49] for name, cut in cuts.items()}
    p99 = {name: cut[98] for name, cut in cuts.items()}
    best = best_of(median), best_of(p99)
    figures = {name: {"median_us": median[name] / 1000, "p99_us": p99[name] / 1000} for name in found}
    for name in found if best[0] else ():
        figures[name].update(median_ratio=median[name] / best[0], p99_ratio=p99[name] / best[1])
    return {"title": "signal to its handler, " + where, "rows": rows_of(lab, failed, figures),
            "columns": [("median_us", "median us", "%.1f"), ("p99_us", "p99 us", "%.1f"),
                        ("median_ratio", "x best peer", "%.3f"), ("p99_ratio", "p99 x best", "%.3f")]}


def orphans_section(lab, rounds):
    say("reaping: %d rounds of %d orphans" % (rounds, ORPHANS))
    found, failed = collected(lab, rounds, lambda init: relay(lab, "orphans", ORPHANS, [init])[0])
    cpu = {name: statistics.median(result[0] for result in results) for name, results in found.items() if results}
    best = best_of(cpu)
    figures = {name: {"cpu_ms": cpu[name] / 1e6, "zombies": max(result[1] for result in found[name])} for name in cpu}
    for name in cpu if best else ():
        figures[name]["cpu_ratio"] = cpu[name] / best
    return {"title": "PID 1's CPU for %d orphans" % ORPHANS, "rows": rows_of(lab, failed, figures),
            "columns": [("cpu_ms", "cpu ms", "%.2f"), ("cpu_ratio", "x best peer", "%.3f"),
                        ("zombies", "zombies left", "%d")]}


def entrypoint_sections(lab, sections, quick):
    """Adds the sections to those of the run, in the order of the table."""
    rounds = ROUNDS_QUICK if quick else ROUNDS
    sections["signals"] = signals_section(lab, rounds, False)
    sections["signals-one"] = signals_section(lab, rounds, True)
    sections["orphans"] = orphans_section(lab, rounds)
