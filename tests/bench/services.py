# SPDX-License-Identifier: MIT
"""The sections about services: porthole-init beside s6, runit and supervisord, in a new order each round."""

import contextlib
import random
import statistics
import time

from lab import Broken, Skip, say
from supervisors import Cradle, Floor, Porthole, Runit, S6, Supervisord

MANY = 1000
SOME = 100
START_ROUNDS, START_ROUNDS_QUICK = 7, 3
END_ROUNDS, END_ROUNDS_QUICK = 5, 2
KILLS = 200             # of all rounds together, each of another service
AGE_MS = 1200           # runsv waits for nothing where the service has lived for a second
KILL_BUDGET_MS = 1500   # of a round, for those that wait for a second each time
END_LIMIT_S = 20
SETTLE_S = 0.5          # from "all run" to the look at memory
IDLE_S = 5
PERCENTILE = 95

TIMES = [("median_ms", "median ms", "%.3f"), ("p95_ms", "p95 ms", "%.3f"),
         ("count", "samples", "%d")]


class Race:
    """One section's subjects: {name: samples}, and why some have none (any more)."""

    def __init__(self, lab, kinds):
        self.lab = lab
        self.subjects = [kind(lab) for kind in kinds]
        self.samples = {subject.name: [] for subject in self.subjects}
        self.failed = {}

    def attempt(self, subject, measure):
        """measure(subject), unless the subject has failed before; a failure is its row."""
        if subject.name in self.failed:
            return
        try:
            measure(subject)
        except Skip as reason:
            self.failed[subject.name] = {"state": "skip", "reason": str(reason)}
        except (Broken, OSError, ValueError) as reason:
            problem = "%s with services: %s" % (subject.name, reason)
            self.lab.broken += [problem] * (problem not in self.lab.broken)
            self.failed[subject.name] = {"state": "broken", "reason": str(reason)}

    def once(self, measure, number=0):
        """Each subject, in a new order; not those that have had enough rounds."""
        for subject in random.sample(self.subjects, len(self.subjects)):
            if number < subject.start_rounds:
                self.attempt(subject, measure)

    def rows(self, samples=None):
        rows = []
        for name, values in (samples or self.samples).items():
            if name in self.failed:
                rows.append(dict(self.failed[name], name=name))
            elif values:
                rows.append(timed_row(name, values))
        return rows


def timed_row(name, values):
    rank = -(-len(values) * PERCENTILE // 100)      # nearest rank, from 1
    return {"name": name, "state": "ok", "median_ms": statistics.median(values),
            "p95_ms": sorted(values)[rank - 1], "count": len(values)}


def compared(title, race, rows, baselines):
    """The section of timed rows, with the ratio to each baseline: a row's name, or the best peer."""
    medians = {row["name"]: row["median_ms"] for row in rows if row["state"] == "ok"}
    peers = [medians[subject.name] for subject in race.subjects
             if subject.is_peer and subject.name in medians]
    if peers:
        medians["best peer"] = min(peers)
    columns = list(TIMES)
    for number, base in enumerate(baselines):
        columns.append(("ratio_%d" % number, "x " + base, "%.3f"))
        for row in rows:
            if row["state"] == "ok" and base in medians:
                row["ratio_%d" % number] = row["median_ms"] / medians[base]
    return {"title": title, "columns": columns, "baselines": baselines, "rows": rows}


def counted(count):
    return "1 service" if count == 1 else "{:,} services".format(count)


def memory_rows(cradle):
    """The row of the machinery is named after the supervisor; what is counted apart says whose it is."""
    time.sleep(SETTLE_S)
    name, count = cradle.supervisor.name, counted(cradle.count)
    return [dict(figures, state="ok", name="%s, %s" % (name, count) if not what
                 else "  its %s, %s" % (what, count)) for what, figures in cradle.memory()]


def start_sections(lab, rounds):
    """The start of 1,000 services, and the machinery's memory with them and with one."""
    race = Race(lab, (Floor, Porthole, S6, Runit, Supervisord))
    memory = {}

    def start(subject):
        with Cradle(lab, subject, MANY) as cradle:
            race.samples[subject.name].append(cradle.start())
            if (subject.name, MANY) not in memory and not isinstance(subject, Floor):
                memory[subject.name, MANY] = memory_rows(cradle)

    def one(subject):
        with Cradle(lab, subject, 1) as cradle:
            cradle.start()
            memory[subject.name, 1] = memory_rows(cradle)

    say("start of {:,} services: {:d} rounds of {:d} subjects".format(
        MANY, rounds, len(race.subjects)))
    for number in range(rounds):
        race.once(start, number)
    section = compared("start of {:,} services".format(MANY), race, race.rows(),
                       ["best peer", "floor"])
    race.subjects = race.subjects[1:]       # the floor is no supervisor
    race.once(one)
    rows = []
    for count in (1, MANY):
        for subject in race.subjects:
            name = "%s, %s" % (subject.name, counted(count))
            failed = [dict(race.failed.get(subject.name, {}), name=name)]
            rows += memory.get((subject.name, count), failed)
    return section, {"title": "machinery's memory", "rows": rows,
                     "columns": [("dirty_kib", "dirty KiB", "%d"), ("pss_kib", "pss KiB", "%d"),
                                 ("processes", "processes", "%d"), ("shmem_kib", "shmem KiB", "%d")]}


@contextlib.contextmanager
def all_up(race):
    """100 services of each subject, all long enough up for runsv: {name: cradle} of those that are."""
    cradles = {}

    def start(subject):
        cradle = stack.enter_context(Cradle(race.lab, subject, SOME, restart=True))
        cradle.start()
        cradles[subject.name] = cradle

    with contextlib.ExitStack() as stack:
        race.once(start)
        time.sleep(AGE_MS / 1000)
        yield cradles


def end_sections(lab, rounds):
    """Of 100 services, those that come back when killed, and then the end of all."""
    race = Race(lab, (Porthole, S6, Runit, Supervisord))
    kills = {subject.name: [] for subject in race.subjects}
    a_round = -(-KILLS // rounds)
    say("kills and the end of %d services: %d rounds of %d subjects" % (
        SOME, rounds, len(race.subjects)))
    for _ in range(rounds):
        with all_up(race) as cradles:
            race.once(lambda subject: kills[subject.name].extend(
                cradles[subject.name].kill(a_round, AGE_MS, KILL_BUDGET_MS)))
            time.sleep(AGE_MS / 1000)
            race.once(lambda subject: race.samples[subject.name].append(
                cradles[subject.name].end(END_LIMIT_S)))
    return (compared("kill to new instance", race, race.rows(kills), ["best peer"]),
            compared("end of %d services" % SOME, race, race.rows(), ["s6-svscan", "best peer"]))


def idle_section(lab):
    """Context switches of all machinery processes in one window for all subjects."""
    race = Race(lab, (Porthole, S6, Runit, Supervisord))
    before, counts = {}, {}
    say("idle wake-ups with %d services: %d s" % (SOME, IDLE_S))
    with all_up(race) as cradles:
        race.once(lambda subject: before.update({subject.name: cradles[subject.name].wakeups()}))
        time.sleep(IDLE_S)
        race.once(lambda subject: counts.update(
            {subject.name: cradles[subject.name].wakeups() - before[subject.name]}))
    rows = [dict(race.failed.get(subject.name) or
                 {"state": "ok", "wakeups": counts[subject.name]}, name=subject.name)
            for subject in race.subjects]
    return {"title": "wake-ups in %d s, %d services" % (IDLE_S, SOME), "rows": rows,
            "columns": [("wakeups", "switches", "%d")]}


def services_sections(lab, sections, quick):
    """Adds the sections to those of the run, in the order of the table."""
    sections["services"], sections["services-memory"] = start_sections(
        lab, START_ROUNDS_QUICK if quick else START_ROUNDS)
    sections["kill"], sections["end"] = end_sections(
        lab, END_ROUNDS_QUICK if quick else END_ROUNDS)
    sections["services-idle"] = idle_section(lab)
