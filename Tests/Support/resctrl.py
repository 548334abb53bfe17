#!/usr/bin/env python3
"""A file system that plays resctrl, for machines whose processors have no such thing.

  resctrl.py SHAPE MOUNTPOINT      mounts a machine of that shape, prints `ready`, and serves until it is unmounted

It keeps to Documentation/filesystems/resctrl.rst of the kernel: which files there are, what they hold, which writes
are refused and what `info/last_cmd_status` says then, that a new directory comes filled and that a filled one can be
removed, that tasks leave one group by joining another. What it cannot play is hardware: no cache is divided."""
import contextlib
import ctypes
import errno
import os
import pathlib
import signal
import struct
import subprocess
import sys

DEFAULT_EVENTS = ("llc_occupancy", "mbm_total_bytes", "mbm_local_bytes")
LARGEST = 0xFFFFFFFF


class Refused(Exception):
    """A file operation that fails; its text is what `last_cmd_status` says then."""

    def __init__(self, number, status=""):
        super().__init__(status)
        self.number, self.status = number, status


class Cache:
    """A cache that is divided part by part."""

    def __init__(self, name, mask, domains, closids=16, minimum=1, sparse=0, shareable=0):
        self.name, self.mask, self.domains, self.closids = name, mask, domains, closids
        self.minimum, self.sparse, self.shareable = minimum, sparse, shareable

    def default(self):
        return self.mask

    def info(self, model):
        usage = ";".join(f"{domain}={model.usage(self, domain)}" for domain in self.domains)
        files = {"num_closids": self.closids, "cbm_mask": f"{self.mask:x}", "min_cbm_bits": self.minimum,
                 "shareable_bits": f"{self.shareable:x}", "bit_usage": usage}
        return files if self.sparse is None else {**files, "sparse_masks": self.sparse}

    def shown(self, value):
        return f"{value:0{len(f'{self.mask:x}')}x}"

    def parsed(self, text, model, group, domain):
        try:
            value = int(text, 16)
        except ValueError:
            raise Refused(errno.EINVAL, f"Non-hex character in the mask {text}") from None
        if (self.minimum and not value) or value > self.mask or value < 0:
            raise Refused(errno.EINVAL, "Mask out of range")
        low = (value & -value).bit_length() - 1 if value else 0
        row = value >> low
        length = ((row + 1) & ~row).bit_length() - 1
        if not self.sparse and self.sparse is not None and row >> length:
            raise Refused(errno.EINVAL, f"The mask {value:x} has non-consecutive 1-bits")
        if length < self.minimum:
            raise Refused(errno.EINVAL, f"Need at least {self.minimum} bits in the mask")
        model.check_overlap(self, group, domain, value)
        return value


class Bandwidth:
    """A memory bandwidth: a percentage, or mebibytes a second."""

    def __init__(self, domains, closids=8, minimum=10, step=10, mebibytes=False, most=100, name="MB"):
        self.name, self.domains, self.closids = name, domains, closids
        self.minimum, self.step, self.mebibytes, self.most = minimum, step, mebibytes, most

    def default(self):
        return LARGEST if self.mebibytes else self.most

    def info(self, _):
        return {"num_closids": self.closids, "min_bandwidth": self.minimum, "bandwidth_gran": self.step,
                "delay_linear": 1, "thread_throttle_mode": "max"}

    def shown(self, value):
        return f"{value:4d}"

    def parsed(self, text, *_):
        if not text.isdigit() or int(text) > LARGEST:
            raise Refused(errno.EINVAL, f"Invalid MB value {text}")
        value = int(text)
        if self.mebibytes:
            return value
        if not self.minimum <= value <= self.most:
            raise Refused(errno.EINVAL, f"MB value {value} out of range [{self.minimum},{self.most}]")
        return -(-value // self.step) * self.step


class Group:
    """A class of service, or with a parent a monitoring group of it."""

    def __init__(self, name, parent=None):
        self.name, self.parent, self.mode, self.shares, self.children = name, parent, "shareable", {}, {}
        self.locked = None  # (resource, domain, mask) of a pseudo-locked region

    def path(self):
        if self.parent:
            return f"{self.parent.path()}/mon_groups/{self.name}".lstrip("/")
        return self.name


class Model:
    """What the kernel knows: groups, shares, who is where."""

    def __init__(self, resources=(), events=DEFAULT_EVENTS, rmids=32, mon_domains=(0, 1), counts=None):
        self.resources, self.events, self.rmids = list(resources), events, rmids
        self.mon_domains, self.counts = mon_domains, counts or {}
        self.status, self.root, self.groups, self.members = "", Group(""), {}, {}
        for resource in self.resources:
            for domain in resource.domains:
                self.root.shares[resource.name, domain] = resource.default()

    # groups

    def classes(self):
        return [self.root, *self.groups.values()]

    def allocated(self):
        return [group for group in self.classes() if group.mode in ("shareable", "exclusive")]

    def all_groups(self):
        return [found for group in self.classes() for found in (group, *group.children.values())]

    def make_class(self, name):
        if not self.resources:
            raise Refused(errno.EPERM)
        self.status = ""
        if len(self.groups) + 1 >= min(resource.closids for resource in self.resources):
            raise Refused(errno.ENOSPC, "Out of CLOSIDs")
        group = Group(name)
        self.check_counters()
        for resource in self.resources:
            for domain in resource.domains:
                group.shares[resource.name, domain] = self.first_share(resource, domain)
        self.groups[name] = group

    def make_monitor(self, parent, name):
        self.status = ""
        if name == "mon_groups" or not self.events:
            raise Refused(errno.EPERM)
        if parent.mode.startswith("pseudo"):
            raise Refused(errno.EINVAL, "Pseudo-locking in progress")
        self.check_counters()
        parent.children[name] = Group(name, parent)

    def check_counters(self):
        if self.events and len(self.all_groups()) >= self.rmids:
            raise Refused(errno.ENOSPC, "Out of RMIDs")

    def first_share(self, resource, domain):
        if isinstance(resource, Bandwidth):
            return resource.default()
        used, mask = resource.shareable, resource.shareable
        for group in self.allocated():
            for peer in self.peers(resource):
                used |= group.shares[peer.name, domain]
                if group.mode == "shareable":
                    mask |= group.shares[peer.name, domain]
        used |= self.locked(resource, domain)
        mask = (mask | ~used) & resource.mask
        if not resource.sparse and mask:  # the first row of bits
            low = mask & -mask
            mask &= (mask + low) ^ mask if (mask + low) & mask else mask
        if bin(mask).count("1") < resource.minimum:
            raise Refused(errno.ENOSPC, f"No space on {resource.name}:{domain}")
        return mask

    def peers(self, resource):
        """The resource, and with code and data apart the other half of its cache."""
        family = resource.name.removesuffix("CODE").removesuffix("DATA")
        return [other for other in self.resources if other.name.removesuffix("CODE").removesuffix("DATA") == family]

    def locked(self, resource, domain):
        return sum(group.locked[2] for group in self.groups.values()
                   if group.locked and group.locked[0] == resource.name and group.locked[1] == domain)

    def check_overlap(self, resource, group, domain, mask):
        if mask & self.locked(resource, domain):
            raise Refused(errno.EINVAL, "CBM overlaps with pseudo-locked region")
        for other in self.allocated():
            taken = 0 if other is group else other.shares.get((resource.name, domain), 0)
            if other.mode == "exclusive" and taken & mask:
                raise Refused(errno.EINVAL, "Overlaps with exclusive group")
            if taken & mask and group.mode in ("exclusive", "pseudo-locksetup"):
                raise Refused(errno.EINVAL, "Overlaps with other group")

    def usage(self, resource, domain):
        def by(mode):
            found = 0
            for group in self.classes():
                if group.mode == mode:
                    found |= group.shares.get((resource.name, domain), 0)
            return found
        shared, exclusive, locked, text = by("shareable"), by("exclusive"), self.locked(resource, domain), ""
        for place in reversed(range(resource.mask.bit_length())):
            bit = 1 << place
            hardware = bool(resource.shareable & bit)
            text += ("X" if shared & bit else "H") if hardware else (
                "S" if shared & bit else "E" if exclusive & bit else "P" if locked & bit else "0")
        return text

    def remove(self, group):
        if group is self.root:
            raise Refused(errno.EPERM)
        heir = group.parent or self.root
        gone = [group, *group.children.values()]
        self.members = {task: heir if at in gone else at for task, at in self.members.items()}
        (group.parent.children if group.parent else self.groups).pop(group.name)

    # tasks

    def started(self, pid):
        try:
            return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        except (OSError, ValueError):
            return None

    def tasks(self, group):
        """Who is in a group: children are where their parents are, unless they were moved."""
        if not self.members:
            return [] if group is not self.root else sorted(self.processes())
        running = self.processes()
        where = {pid: self.members[pid, started] for pid, (_, started) in running.items()
                 if (pid, started) in self.members}

        def place(pid):
            while pid not in where and pid in running:
                pid = running[pid][0]
            return where.get(pid, self.root)

        at = {pid: place(pid) for pid in running}
        return sorted(pid for pid, found in at.items() if found is group or found.parent is group)

    def processes(self):
        """(parent, start time) by process id."""
        found = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    fields = pathlib.Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
                    found[int(name)] = int(fields[1]), int(fields[19])
        return found

    def move(self, group, text):
        self.status = ""
        if group.mode.startswith("pseudo"):
            raise Refused(errno.EINVAL, "Pseudo-locking in progress")
        for word in text.strip().split(","):
            try:
                pid = int(word, 0)
            except ValueError:
                raise Refused(errno.EINVAL, f"Task list parsing error pid {word}") from None
            started = self.started(pid)
            if started is None:
                raise Refused(errno.ESRCH, f"No task {pid}\nError while processing task {pid}")
            now = self.members.get((pid, started), self.root)
            if group.parent and (now.parent or now) is not group.parent:
                raise Refused(errno.EINVAL, "Can't move task to different control group\n"
                              f"Error while processing task {pid}")
            if now.parent is not group:
                self.members[pid, started] = group

    # files

    def schemata(self, group):
        if group.mode == "pseudo-locksetup":
            return "".join(f"{resource.name}:uninitialized\n" for resource in self.resources)
        if group.locked:
            return f"{group.locked[0]}:{group.locked[1]}={group.locked[2]:x}\n"
        width = max((len(resource.name) for resource in self.resources), default=0)
        return "".join(
            f"{resource.name:>{width}}:" + ";".join(
                f"{domain}={resource.shown(group.shares[resource.name, domain])}" for domain in resource.domains) + "\n"
            for resource in self.resources)

    def write_schemata(self, group, text):
        if not text.endswith("\n"):
            raise Refused(errno.EINVAL, self.status)
        self.status, staged = "", {}
        if group.mode == "pseudo-locked":
            raise Refused(errno.EINVAL, "Resource group is pseudo-locked")
        for line in text[:-1].split("\n"):
            name, colon, rest = line.partition(":")
            name = name.strip()
            if not colon:
                raise Refused(errno.EINVAL, "Missing ':'")
            if not rest:
                raise Refused(errno.EINVAL, f"Missing '{name}' value")
            resource = next((known for known in self.resources if known.name == name), None)
            if not resource:
                raise Refused(errno.EINVAL, f"Unknown or unsupported resource name '{name}'")
            self.stage(resource, group, rest, staged)
        if group.mode == "pseudo-locksetup":
            (name, domain), mask = next(iter(staged.items()))
            group.mode, group.locked, group.shares = "pseudo-locked", (name, domain, mask), {}
        else:
            group.shares.update(staged)

    def stage(self, resource, group, text, staged):
        for part in text.split(";"):
            if not part:
                return
            domain, equals, value = part.partition("=")
            if not equals or not domain.isdigit():
                raise Refused(errno.EINVAL, "Missing '=' or non-numeric domain")
            key = resource.name, int(domain)
            if key[1] not in resource.domains:
                raise Refused(errno.EINVAL)
            if key in staged:
                raise Refused(errno.EINVAL, f"Duplicate domain {key[1]}")
            staged[key] = resource.parsed(value.strip(), self, group, key[1])

    def write_mode(self, group, text):
        mode, self.status = text.strip(), ""
        if mode == "exclusive":
            for resource in self.resources:
                for domain in resource.domains:
                    taken = 0
                    for other in self.allocated():
                        if other is not group and isinstance(resource, Cache):
                            taken |= other.shares[resource.name, domain]
                    if taken & group.shares.get((resource.name, domain), 0):
                        raise Refused(errno.EINVAL, "Schemata overlaps")
        elif mode == "pseudo-locksetup":
            if group is self.root or self.tasks(group):
                raise Refused(errno.EINVAL, "Tasks assigned to resource group")
            group.shares = {}
        elif mode != "shareable":
            raise Refused(errno.EINVAL, "Unknown or unsupported mode")
        group.mode = mode

    def count(self, group, domain, event):
        special = self.counts.get((domain, event))
        return special or str((self.events.index(event) + 1) * 1000 + domain)


class Tree:
    """Directories and files of a model, by path."""

    def __init__(self, model):
        self.model, self.known = model, None

    def entries(self):
        """Path -> None for a directory, or (read, write); write is None where nothing can be written."""
        if self.known is None:
            self.known = self.listed()
        return self.known

    def listed(self):
        model = self.model
        found = {"": None, "info": None, "info/last_cmd_status": (lambda: (model.status or "ok") + "\n", None)}
        for resource in model.resources:
            found[f"info/{resource.name}"] = None
            for name in resource.info(model):
                found[f"info/{resource.name}/{name}"] = (
                    lambda resource=resource, name=name: f"{resource.info(model)[name]}\n", None)
        if model.events:
            found["info/L3_MON"] = None
            found["info/L3_MON/num_rmids"] = (lambda: f"{model.rmids}\n", None)
            found["info/L3_MON/mon_features"] = (lambda: "".join(f"{event}\n" for event in model.events), None)
        for group in model.all_groups():
            found.update(self.of_group(group))
        return found

    def of_group(self, group):
        model, path = self.model, group.path()
        place = path + "/" if path else ""
        found = {path: None, place + "tasks": (
            lambda: "".join(f"{pid}\n" for pid in model.tasks(group)), lambda text: model.move(group, text)),
            place + "cpus": (lambda: "0\n", None), place + "cpus_list": (lambda: "\n", None)}
        if not group.parent and model.resources:
            found[place + "schemata"] = (lambda: model.schemata(group), lambda text: model.write_schemata(group, text))
            found[place + "mode"] = (lambda: group.mode + "\n", lambda text: model.write_mode(group, text))
            found[place + "size"] = (lambda: "", None)
            if any(getattr(resource, "mebibytes", False) for resource in model.resources):
                found[place + "mba_MBps_event"] = (lambda: "mbm_local_bytes\n", None)
        if model.events:
            if not group.parent:
                found[place + "mon_groups"] = None
            found[place + "mon_data"] = None
            for domain in model.mon_domains:
                found[f"{place}mon_data/mon_L3_{domain:02}"] = None
                for event in model.events:
                    found[f"{place}mon_data/mon_L3_{domain:02}/{event}"] = (
                        lambda domain=domain, event=event: model.count(group, domain, event) + "\n", None)
        return found

    def group_at(self, path):
        return next((group for group in self.model.all_groups() if group.path() == path), None)

    def make(self, parent, name):
        self.known = None
        if "\n" in name:
            raise Refused(errno.EINVAL)
        if parent == "" and self.model.resources:
            return self.model.make_class(name)
        owner, _, last = parent.rpartition("/")
        if last != "mon_groups" or (group := self.group_at(owner)) is None or group.parent:
            raise Refused(errno.EPERM)
        return self.model.make_monitor(group, name)

    def remove(self, path):
        group, self.known = self.group_at(path), None
        if group is None:
            raise Refused(errno.EPERM)
        self.model.remove(group)


def caches(name, mask, **more):
    return Cache(name, mask, (0, 1), **more)


def locked():
    model = Model([caches("L3", 0xFF), Bandwidth((0, 1))])
    model.write_schemata(model.root, "L3:1=fc\n")
    model.make_class("locked")
    model.write_mode(model.groups["locked"], "pseudo-locksetup\n")
    model.write_schemata(model.groups["locked"], "L3:1=3\n")
    return model


def exclusive():
    model = Model([caches("L3", 0xFF)])
    model.write_schemata(model.root, "L3:0=fc;1=fc\n")
    model.make_class("alone")
    model.write_schemata(model.groups["alone"], "L3:0=3;1=3\n")
    model.write_mode(model.groups["alone"], "exclusive\n")
    return model


SHAPES = {
    "cat": lambda: Model([caches("L3", 0x7FF, shareable=0x600), Bandwidth((0, 1))]),
    "cat-only": lambda: Model([caches("L3", 0xFFFFF, minimum=2, sparse=None)], events=()),
    "cdp": lambda: Model([caches("L3CODE", 0xFFF, closids=8), caches("L3DATA", 0xFFF, closids=8)]),
    "l2": lambda: Model([Cache("L2", 0xFF, (0, 1, 2, 4)), caches("L3", 0x7FF)], mon_domains=(0, 1)),
    "mba": lambda: Model([Bandwidth((0, 1))]),
    "mba-mbps": lambda: Model([caches("L3", 0x7FF), Bandwidth((0, 1), mebibytes=True)]),
    "eighths": lambda: Model([caches("L3", 0xFFFF, minimum=0, sparse=1), Bandwidth((0, 1), minimum=0, step=1, most=2048)]),
    "monitoring": lambda: Model([]),
    "sparse": lambda: Model([caches("L3", 0x7FF, sparse=1), Bandwidth((0, 1))]),
    "few": lambda: Model([caches("L3", 0x7FF, closids=2)], rmids=3),
    "locked": locked,
    "exclusive": exclusive,
    "domains": lambda: Model([Cache("L3", 0x7FFF, tuple(range(0, 32, 4)))], mon_domains=tuple(range(0, 32, 4))),
    "unavailable": lambda: Model([caches("L3", 0x7FF)], counts={
        (0, "mbm_total_bytes"): "Unavailable", (1, "mbm_local_bytes"): "Error", (1, "mbm_total_bytes"): "Unassigned"}),
}


class Server:
    """Answers the kernel's requests at /dev/fuse."""

    OPERATIONS = {1: "lookup", 3: "getattr", 4: "setattr", 9: "mkdir", 11: "rmdir", 14: "open", 15: "read", 16: "write",
                  17: "statfs", 18: "done", 25: "done", 26: "init", 27: "opendir", 28: "readdir", 29: "done", 34: "done"}
    SILENT = (2, 36, 42)  # forget, interrupt, forget several

    def __init__(self, model, mountpoint):
        self.tree, self.mountpoint = Tree(model), os.fsencode(mountpoint)
        self.paths, self.numbers, self.last, self.open_files = {1: ""}, {"": 1}, 1, {}
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.device},rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions"
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"resctrl-double", self.mountpoint, b"fuse.resctrl", 0, options.encode()):
            raise OSError(ctypes.get_errno(), "mount")
        self.unmount = lambda *_: libc.umount2(self.mountpoint, 2)

    def serve(self):
        while True:
            try:
                request = os.read(self.device, 1 << 17)
            except OSError as error:
                if error.errno == errno.ENODEV:  # unmounted
                    return
                if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                raise
            _, code, unique, node, *_ = struct.unpack_from("<IIQQIII", request)
            if code in self.SILENT:
                continue
            number, answer = self.answer(code, node, request[40:])
            reply = struct.pack("<IiQ", 16 + len(answer), -number, unique) + answer
            try:
                os.write(self.device, reply)
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ENODEV):  # the caller was killed meanwhile
                    raise

    def answer(self, code, node, body):
        if code not in self.OPERATIONS:
            return errno.ENOSYS, b""
        try:
            return 0, getattr(self, self.OPERATIONS[code])(node, body)
        except Refused as refused:
            if refused.status:
                self.tree.model.status = refused.status
            return refused.number, b""

    # nodes

    def path(self, node):
        path = self.paths.get(node)
        if path is None:
            raise Refused(errno.ENOENT)
        return path

    def entry(self, node):
        path, entries = self.path(node), self.tree.entries()
        if path not in entries:
            self.forget(path)
            raise Refused(errno.ENOENT)
        return path, entries[path]

    def forget(self, path):
        """A directory that is made anew is another one."""
        for known in [known for known in self.numbers if known == path or known.startswith(path + "/")]:
            self.paths.pop(self.numbers.pop(known), None)

    def number(self, path):
        if path not in self.numbers:
            self.last += 1
            self.numbers[path], self.paths[self.last] = self.last, path
        return self.numbers[path]

    def attributes(self, path, entry):
        mode = 0o040755 if entry is None else 0o100644 if entry[1] else 0o100444
        return struct.pack("<QQQQQQIIIIIIIIII", self.number(path), 0, 0, 0, 0, 0, 0, 0, 0, mode,
                           2 if entry is None else 1, 0, 0, 0, 4096, 0)

    def described(self, path):
        entries = self.tree.entries()
        if path not in entries:
            self.forget(path)
            raise Refused(errno.ENOENT)
        return struct.pack("<QQQQII", self.number(path), 0, 0, 0, 0, 0) + self.attributes(path, entries[path])

    # operations

    def init(self, _, body):
        major, minor = struct.unpack_from("<II", body)
        return struct.pack("<IIIIHHIIHHI28x", major, min(minor, 31), 0, 0, 12, 9, 1 << 16, 1, 0, 0, 0)

    def done(self, *_):
        return b""

    def statfs(self, *_):
        return struct.pack("<QQQQQIIII24x", 0, 0, 0, 0, 0, 4096, 255, 4096, 0)

    def lookup(self, node, body):
        parent = self.path(node)
        return self.described((parent + "/" if parent else "") + os.fsdecode(body[:-1]))

    def getattr(self, node, _):
        path, entry = self.entry(node)
        return struct.pack("<QII", 0, 0, 0) + self.attributes(path, entry)

    def setattr(self, node, body):
        return self.getattr(node, body)  # the only change that comes is to cut a file before it is written

    def mkdir(self, node, body):
        parent, name = self.path(node), os.fsdecode(body[8:-1])
        path = (parent + "/" if parent else "") + name
        if path in self.tree.entries():
            raise Refused(errno.EEXIST)
        self.tree.make(parent, name)
        self.forget(path)
        return self.described(path)

    def rmdir(self, node, body):
        parent = self.path(node)
        path = (parent + "/" if parent else "") + os.fsdecode(body[:-1])
        self.tree.remove(path)
        self.forget(path)
        return b""

    def open(self, node, _):
        self.entry(node)
        # Past the page cache, and closed without being asked: a process that ends must not wait for this one, which
        # may be looking at it.
        return struct.pack("<QII", 0, 1 | 1 << 5, 0)

    def opendir(self, node, _):
        self.entry(node)
        return struct.pack("<QII", 0, 0, 0)

    def read(self, node, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        _, entry = self.entry(node)
        if entry is None:
            raise Refused(errno.EISDIR)
        return entry[0]().encode()[offset:offset + size]

    def write(self, node, body):
        _, _, size = struct.unpack_from("<QQI", body)
        _, entry = self.entry(node)
        if not entry or not entry[1]:
            raise Refused(errno.EACCES)
        if size > 4096:
            raise Refused(errno.E2BIG)
        entry[1](body[40:40 + size].decode(errors="replace"))
        return struct.pack("<II", size, 0)

    def readdir(self, node, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        path, _ = self.entry(node)
        place, entries = path + "/" if path else "", self.tree.entries()
        names = sorted(known[len(place):] for known in entries
                       if known != path and known.startswith(place) and "/" not in known[len(place):])
        listing = [(".", path), ("..", path), *((name, place + name) for name in names)]
        data = b""
        for index, (name, known) in enumerate(listing[offset:], offset + 1):
            raw = os.fsencode(name)
            kind = 4 if entries[known] is None else 8
            entry = struct.pack("<QQII", self.number(known), index, len(raw), kind) + raw
            entry += b"\0" * (-len(entry) % 8)
            if len(data) + len(entry) > size:
                break
            data += entry
        return data


class Double:
    """A mounted machine of some shape, by a process of its own; unmounts at the end."""

    def __init__(self, shape, mountpoint):
        self.path = pathlib.Path(mountpoint)
        self.path.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen([sys.executable, __file__, shape, str(self.path)], stdout=subprocess.PIPE,
                                        start_new_session=True)
        if self.process.stdout.readline() != b"ready\n":
            self.process.wait()
            raise OSError("resctrl could not be played: is there /dev/fuse?")

    def groups(self):
        """The groups that are neither the default class nor its files."""
        classes = [entry for entry in self.path.iterdir() if (entry / "tasks").exists()]
        monitors = [entry for place in [self.path, *classes] if (place / "mon_groups").is_dir()
                    for entry in (place / "mon_groups").iterdir()]
        return sorted(str(entry.relative_to(self.path)) for entry in classes + monitors)

    def read(self, name):
        return (self.path / name).read_text()

    def write(self, name, text):
        with open(self.path / name, "w") as file:
            file.write(text)

    def close(self):
        ctypes.CDLL(None).umount2(os.fsencode(self.path), 2)
        # Whoever made a mount namespace meanwhile has the mount still, so it does not end by itself.
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in SHAPES:
        raise SystemExit(f"{__doc__}\nShapes: {', '.join(SHAPES)}")
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    server = Server(SHAPES[sys.argv[1]](), sys.argv[2])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.unmount)
    print("ready", flush=True)
    server.serve()


if __name__ == "__main__":
    main()
