# SPDX-License-Identifier: MIT
"""The sections about entrypoints while they run: signals passed on, and orphans reaped."""

import os
import random
import statistics
import subprocess

from lab import Broken, Skip, say

SIGNALS = 300           # of one run, after each of which everybody sleeps again
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


def relay(lab, what, count, init, one_cpu=False):
    """The two numbers of one run."""
    lab.need(init[0])
    argv = [os.path.join(lab.work, "relay"), what, str(count)] + init
    if one_cpu:
        argv = ["taskset", "-c", str(min(os.sched_getaffinity(0)))] + argv
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=lab.env,
                              timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise Broken("%s of %s: not within %d s" % (what, init[0], LIMIT_S)) from None
    if done.returncode != 0:
        raise Broken("%s of %s: %s" % (what, init[0], done.stderr.strip()))
    return [int(word) for word in done.stdout.split()]


def collected(lab, rounds, run):
    """{name: results of all rounds}, subjects in a new order in each; and why some have none."""
    found, failed = {name: [] for name in subjects(lab)}, {}
    for _ in range(rounds):
        for name in random.sample(list(found), len(found)):
            if name in failed:
                continue
            try:
                found[name].append(run(subjects(lab)[name]))
            except Skip as reason:
                failed[name] = {"state": "skip", "reason": str(reason)}
            except Broken as reason:
                lab.broken.append(str(reason))
                failed[name] = {"state": "broken", "reason": str(reason)}
    return found, failed


def best_of(found, index):
    values = [statistics.median(result[index] for result in results)
              for name, results in found.items() if results and name in PEERS]
    return min(values) if values else None


def rows_of(found, failed, figures):
    return [dict(failed[name], name=name) if name in failed else
            dict(figures(results), name=name, state="ok") for name, results in found.items()]


def signals_section(lab, rounds, one_cpu):
    where = "on one CPU" if one_cpu else "unpinned"
    say("signals %s: %d rounds of %d" % (where, rounds, SIGNALS))
    found, failed = collected(lab, rounds, lambda init: relay(lab, "signals", SIGNALS, init, one_cpu))
    best = best_of(found, 0), best_of(found, 1)

    def figures(results):
        median, p99 = (statistics.median(result[i] for result in results) for i in (0, 1))
        row = {"median_us": median / 1000, "p99_us": p99 / 1000}
        if best[0]:
            row.update(median_ratio=median / best[0], p99_ratio=p99 / best[1])
        return row
    return {"title": "signal to its handler, " + where, "rows": rows_of(found, failed, figures),
            "columns": [("median_us", "median us", "%.1f"), ("p99_us", "p99 us", "%.1f"),
                        ("median_ratio", "x best peer", "%.3f"), ("p99_ratio", "p99 x best", "%.3f")]}


def orphans_section(lab, rounds):
    say("reaping: %d rounds of %d orphans" % (rounds, ORPHANS))
    found, failed = collected(lab, rounds, lambda init: relay(lab, "orphans", ORPHANS, init))
    best = best_of(found, 0)

    def figures(results):
        cpu = statistics.median(result[0] for result in results)
        row = {"cpu_ms": cpu / 1e6, "zombies": max(result[1] for result in results)}
        if best:
            row["cpu_ratio"] = cpu / best
        return row
    return {"title": "PID 1's CPU for %d orphans" % ORPHANS, "rows": rows_of(found, failed, figures),
            "columns": [("cpu_ms", "cpu ms", "%.2f"), ("cpu_ratio", "x best peer", "%.3f"),
                        ("zombies", "zombies left", "%d")]}


def entrypoint_sections(lab, sections, quick):
    """Adds the sections to those of the run, in the order of the table."""
    rounds = ROUNDS_QUICK if quick else ROUNDS
    sections["signals"] = signals_section(lab, rounds, False)
    sections["signals-one"] = signals_section(lab, rounds, True)
    sections["orphans"] = orphans_section(lab, rounds)
