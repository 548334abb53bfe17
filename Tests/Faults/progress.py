"""The record of a sweep that goes on where an earlier call ended: one line of JSON for each point that was struck."""
import json
import os
import pathlib
import time

# What names a point, whatever binary was struck there.
KEY = ("runtime", "driver", "rdt", "operation", "role", "action", "call", "use")


def key(place):
    return tuple(place.get(name) or "" for name in KEY)


class Progress:
    """Points that were struck, in this call and in those before it. Without a file it knows this call's alone.

    `seconds` is how long this call may go on; `is_bad` with `again` strikes points once more where that was found."""

    def __init__(self, file=None, seconds=None, is_bad=None, again=False):
        self.records, self.new = {}, 0
        self.end = None if seconds is None else time.monotonic() + seconds
        for record in read(file) if file else ():
            self.records[key(record)] = record
        self.done = {name for name, record in self.records.items() if not (again and is_bad(record))}
        self.log = open_log(file) if file else None

    def left(self, places):
        """Those that nobody has struck, in their order, until the time is up."""
        for place in places:
            if key(place) in self.done:
                continue
            if self.end is not None and time.monotonic() >= self.end:
                return
            yield place

    def add(self, record):
        self.records[key(record)] = record
        self.done.add(key(record))
        self.new += 1
        if self.log:
            print(json.dumps(record), file=self.log, flush=True)

    def missing(self, places):
        return sum(key(place) not in self.done for place in places)

    def of(self, places):
        """What was found at these points."""
        return [self.records[key(place)] for place in places if key(place) in self.records]


def read(file):
    """The records of a file. A call that was killed may have left half a line, which is no record."""
    records = []
    for line in pathlib.Path(file).read_text().splitlines() if os.path.exists(file) else ():
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    return records


def open_log(file):
    """Opened for further lines, the first of which begins a line."""
    log = open(file, "a+")
    log.seek(0, os.SEEK_END)
    if log.tell():
        log.seek(log.tell() - 1)
        if log.read(1) != "\n":
            log.write("\n")
    return log
