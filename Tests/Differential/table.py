"""The table of configurations: what one row is, and the changes that rows are made of.

In the text of a configuration `%SOURCE%`, `%BUNDLE%` and `%LOG%` stand for folders, `%NS kind%` for the path of a
namespace that can be joined, and `%PROBE%` for the probe on the host."""
import itertools
import json
import re
import sys

import oci
from changes import *  # noqa: F401,F403
from changes import both, linux, mount, namespaces, process, top

TABLE = []
ALL = ("AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH "
       "FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN "
       "NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT "
       "SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_TIME SYS_TTY_CONFIG WAKE_ALARM").split()
SETS = ("bounding", "effective", "permitted", "inheritable", "ambient")
MOST = ("bounding", "effective", "permitted")


class Configuration:
    """One row: a name, the change of the default document, and how the runtime is called."""

    def __init__(self, name, change, probe, mode, caller, options, execs, pending, alone):
        self.name, self.change, self.probe, self.mode = name, change, list(probe), mode
        self.caller, self.options, self.execs = caller, list(options), list(execs)
        self.pending, self.alone = pending, alone

    def config(self, world):
        config = oci.default_config("/probe", *self.probe, cgroup=world.cgroup)
        if self.mode == "exec":
            config["process"]["args"] = ["/bin/sleep", "1000"]
        if self.change:
            self.change(config)
        return json.loads(self.filled(json.dumps(config), world))

    def exec_options(self, world):
        return [self.filled(option, world) for option in self.execs]

    @staticmethod
    def filled(text, world):
        for name, value in (("SOURCE", world.sources), ("BUNDLE", world.bundle), ("LOG", world.log),
                            ("PROBE", world.probe)):
            text = text.replace(f"%{name}%", str(value))
        return re.sub(r"%NS ([a-z ]+)%", lambda found: world.namespaces[found.group(1)], text)


def add(name, *changes, probe=(), mode="run", caller="", options=(), execs=(), pending=None, alone=None):
    """Adds a row. `pending` says what martlet refuses until it can do it; `alone` why it has to refuse the row, which
    is not shown to peers because they would change the host's own mounts."""
    if any(row.name == name for row in TABLE):
        sys.exit(f"two configurations are named {name}")
    TABLE.append(Configuration(name, both(*changes), probe, mode, caller, options, execs, pending, alone))


def rows(title, table):
    """Adds a row for each (name, changes...) of a table; a dictionary in it holds the keywords of `add`."""
    for name, *cells in table:
        keywords = {}
        for cell in cells:
            if isinstance(cell, dict):
                keywords.update(cell)
        add(f"{title}: {name}", *[cell for cell in cells if callable(cell)], **keywords)


def product(title, *axes):
    """Adds a row for each combination; an axis is a table of (name, change)."""
    for cells in itertools.product(*axes):
        add(f"{title}: " + ", ".join(name for name, *_ in cells), *[change for _, change in cells])


def nothing(config):
    """The change that changes nothing."""


def caps(**sets):
    """Capabilities by their short names."""
    return process(capabilities={kind: ["CAP_" + name for name in names] for kind, names in sets.items()})


def user(**values):
    return process(user={"uid": 0, "gid": 0, **values})


def limit(name, soft, hard):
    return process(rlimits=[{"type": name, "soft": soft, "hard": hard}])


def seccomp(*rules, default="SCMP_ACT_ALLOW", architectures=("SCMP_ARCH_X86_64",), **more):
    """A filter; a rule is (names, action, more of it)."""
    syscalls = [{"names": names.split(), "action": "SCMP_ACT_" + action, **(rest[0] if rest else {})}
                for names, action, *rest in rules]
    return linux(seccomp={"defaultAction": default, "architectures": list(architectures), "syscalls": syscalls, **more})


def hook(kind, label, *, host=True, **more):
    """A hook that writes down what it sees."""
    path = "%PROBE%" if host else "/probe"
    log = "%LOG%/" + kind if host else "/mnt/" + kind
    entry = {"path": path, "args": ["probe", "hook", label, log], **more}
    return lambda config: config.setdefault("hooks", {}).setdefault(kind, []).append(entry)


def program_hook(kind, *argv, **more):
    entry = {"path": argv[0], "args": list(argv), **more}
    return lambda config: config.setdefault("hooks", {}).setdefault(kind, []).append(entry)


def writable(config):
    config["root"]["readonly"] = False


def without_mount(*places):
    def change(config):
        config["mounts"] = [entry for entry in config["mounts"] if entry["destination"] not in places]
    return change


def without(section, *names):
    def change(config):
        for name in names:
            (config[section] if section else config).pop(name, None)
    return change


def mapped(outside=100000, size=65536):
    """A new user namespace; what needs ids that are not mapped there leaves the defaults."""
    def change(config):
        config["linux"]["namespaces"].append({"type": "user"})
        config["linux"]["uidMappings"] = [{"containerID": 0, "hostID": outside, "size": size}]
        config["linux"]["gidMappings"] = [{"containerID": 0, "hostID": outside, "size": size}]
    return change


def joined(*kinds, prefix=""):
    """Namespaces of the helper: OCI type and the name below /proc/PID/ns."""
    names = {"network": "net", "mount": "mnt"}
    extra = [{"type": kind, "path": f"%NS {prefix}{names.get(kind, kind)}%"} for kind in kinds]
    return namespaces(*extra, without=kinds)


def bind(place, source, *options, kind="bind"):
    return mount(place, kind, source, *options)


def no_names(config):
    config.pop("hostname", None)


__all__ = [name for name in dir() if not name.startswith("_") and name not in ("json", "re", "sys", "oci")]
