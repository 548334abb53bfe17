"""The container that the sweeps strike: its bundle, the operations on it, and the injector."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Support"))
import live_mounts  # noqa: E402
import oci  # noqa: E402
import resctrl  # noqa: E402

NEVER_REACHED, KILLED = 200, 128 + 9
ABORTS = {128 + number for number in (4, 5, 6, 7, 8, 11)}

# What `update` changes: files of most controllers, device rules, and memory, which comes last.
UPDATE = {
    "memory": {"limit": 40 << 20, "swap": 50 << 20}, "pids": {"limit": 77}, "cpu": {
        "shares": 300, "quota": 30000, "period": 50000, "cpus": "0"},
    "devices": [{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rw"}],
}
LIMIT_SECONDS = 12

# Prints what isolates the process. Nothing in it depends on when or as which container it runs.
REPORT = """
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' /proc/self/status
cat /proc/self/limits /proc/self/oom_score_adj; umask; hostname; pwd
while read -r id parent device root rest; do echo "mount $root $rest"; done </proc/self/mountinfo
cat /proc/sys/kernel/msgmax; stat -c '%n %A %u:%g %t:%T' /dev/* /dev/pts/*; ls /proc/self/fd; ls /sys/class/net
cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/devices/devices.list
cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max
for type in mnt pid net ipc uts; do echo "$type $(readlink /proc/self/ns/$type)"; done
"""


def call_numbers():
    """Names of the system calls by number, from the kernel's headers."""
    source = subprocess.run(["gcc", "-E", "-dM", "-include", "asm/unistd.h", "-x", "c", os.devnull],
                            capture_output=True, text=True, check=True).stdout
    return {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)\n", source)}


def has_controller(name):
    """Whether a hierarchy of this machine has it. A limit that needs another one would be refused."""
    mounts = [mount / "cgroup.controllers" for mount in oci.mount_points("cgroup2")]
    return any(name in mount.name.split(",") for mount in oci.mount_points("cgroup")) or any(
        name in file.read_text().split() for file in mounts)


def build_tools(folder):
    """The injector, which needs no shared library, and the names of the system calls, for a machine that has no
    compiler."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-static", "-o", folder / "inject", HERE / "inject.c"], check=True)
    (folder / "calls.json").write_text(json.dumps(call_numbers()))


class Subject:
    """A runtime, a bundle and names of this process's own; removes everything it made.

    A cold one gives each container a cgroup parent that does not exist yet, and a state root that does not (or,
    for `run`, is empty)."""

    def __init__(self, runtime_path, cold=False, tools=None, shape=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="martlet-faults-"))
        self.runtime = oci.Runtime(runtime_path, self.folder / "state")
        self.cgroup_parent = f"{oci.CGROUP_PARENT}/{self.folder.name}"
        if not tools:
            tools = self.folder / "tools"
            build_tools(tools)
        self.injector = pathlib.Path(tools).resolve() / "inject"
        calls = json.loads((pathlib.Path(tools) / "calls.json").read_text())
        self.names = {int(number): name for number, name in calls.items()}
        self.rootfs = oci.make_rootfs(self.folder / "rootfs")
        self.serial, self.cold = 0, cold
        self.played = shape and self.play(shape)
        self.kept = set()  # what a runtime keeps in its state root for all containers
        oci.become_subreaper()
        for _ in range(2):
            self.warm_up()

    def play(self, shape):
        """A machine that divides caches, of which each container gets a class and a monitoring group."""
        played = resctrl.Double(shape, self.folder / "resctrl")
        oci.RUNNING.add(played.process.pid)
        file = self.folder / "martlet.json"
        file.write_text(json.dumps({"intelRdt": {"mount": str(played.path), "unverified": True}}))
        os.environ["MARTLET_CONFIG"] = str(file)
        return played

    def warm_up(self):
        """After the first containers nothing is made for the first time any more."""
        container, command = self.container("run")
        done = oci.bounded(command, LIMIT_SECONDS)
        if done.code:
            raise SystemExit(f"{self.runtime.name} run: {done.message}")
        self.kept = container.files()
        container.clean_by_hand()

    def close(self):
        if self.played:
            self.played.close()
            oci.RUNNING.discard(self.played.process.pid)
        oci.clean_up(self.cgroup_parent, self.folder)

    def config(self, cgroup, *args):
        config = oci.default_config(*args, cgroup=cgroup)
        limits = {"memory": {"limit": 64 << 20}, "pids": {"limit": 100}}
        config["linux"]["resources"].update({name: limits[name] for name in limits if has_controller(name)})
        config["linux"]["sysctl"] = {"kernel.msgmax": "4096"}
        config["linux"]["seccomp"] = {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": ["swapon"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}],
        }
        if self.played:
            config["linux"]["intelRdt"] = {"l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=50", "enableMonitoring": True}
        config["process"].update(user={"uid": 1000, "gid": 1000, "additionalGids": [10]}, oomScoreAdj=100)
        return config

    def container(self, operation):
        """A new container, brought to where the operation begins. Returns it and the operation's command."""
        self.serial += 1
        name = f"f{self.serial}"
        bundle_path = self.folder / f"bundle-{name}"
        payload = ("sh", "-c", REPORT) if operation == "run" else ("sleep", "1000")
        parent = f"{self.cgroup_parent}/c{self.serial}" if self.cold else self.cgroup_parent
        cgroup = f"{parent}/inner/{name}" if self.cold else f"{parent}/{name}"
        bundle = oci.Bundle(bundle_path, self.config(cgroup, *payload), self.rootfs)
        prepared, command = OPERATIONS[operation]
        runtime = self.runtime
        if self.cold:
            runtime = oci.Runtime(runtime.path, self.folder / f"cold-{self.serial}" / "deep" / "state")
            if operation == "run":
                os.makedirs(runtime.root)
        container = Container(self, runtime, name, cgroup, bundle,
                              parent if self.cold and oci.DRIVER != "systemd" else cgroup)
        if operation == "occupied":
            container.occupy()
        if operation in ("mount", "unmount"):
            live_mounts.ask(container)
        for step in prepared:
            done = runtime.run(*(container.fill(word) for word in step), timeout=LIMIT_SECONDS)
            if done.code:
                raise SystemExit(f"{self.runtime.name} {step[0]}: {done.message}")
        if operation == "update":
            container.ask_for_limits()
            if self.played:
                command = (command[0], "--l3-cache-schema", "L3:0=ff", *command[1:])
        return container, runtime.argv(*(container.fill(word) for word in command))

    def points(self, operation, role, wanted=None):
        """(call number, use) of every system call that the role's process makes in a clean run."""
        container, command = self.container(operation)
        counts = self.folder / "counts"
        done = oci.bounded([self.injector, "count", role, *command], LIMIT_SECONDS,
                           env={**os.environ, "INJECT_OUT": str(counts)})
        if operation == "update":
            self.updated = container.limits(), container.recorded()
        missing = set(EXPECTED[operation]) - set(container.leftovers(grace=0 if EXPECTED[operation] else 0.3))
        container.clean()
        if (done.code == 0) == (operation == "occupied") or missing or (operation == "run" and b"NoNewPrivs" not in done.out):
            raise SystemExit(f"a clean {operation} does not work: exit {done.code}, no {missing} {done.message}")
        pairs = [tuple(map(int, line.split())) for line in counts.read_text().splitlines()]
        return [(call, use) for call, uses in pairs for use in range(1, uses + 1)
                if (not wanted or self.names.get(call) in wanted)]

    def strike(self, action, role, point, command):
        """Runs the command with one of its calls struck; `action` is `kill` or an errno."""
        return oci.bounded([self.injector, str(action), role, *map(str, point), *command], LIMIT_SECONDS)


class Container:
    """One container of a subject."""

    def __init__(self, subject, runtime, name, cgroup, bundle, top):
        self.subject, self.runtime, self.name, self.cgroup, self.bundle = subject, runtime, name, cgroup, bundle
        self.top = top  # the outermost cgroup that is this container's alone
        self.mounts_before = oci.mount_table()
        self.stranger, self.occupied = None, None

    def occupy(self):
        """Puts a process of somebody else at the place of the cgroup, in one hierarchy."""
        mounts = oci.mount_points("cgroup", "cgroup2")
        mount = next((place for place in mounts if place.name == "pids"), mounts[0])
        self.occupied = mount / oci.place_of_cgroup(self.cgroup)
        self.occupied.mkdir(parents=True)
        with oci.STARTING:
            self.stranger = subprocess.Popen(["sleep", "1000"])
            oci.RUNNING.add(self.stranger.pid)
        (self.occupied / "cgroup.procs").write_text(str(self.stranger.pid))

    def harm(self):
        """Whether the process of somebody else was touched."""
        return bool(self.stranger) and (self.stranger.poll() is not None
                                        or self.occupied.joinpath("cgroup.procs").read_text().split() != [
                                            str(self.stranger.pid)])

    def vacate(self):
        if self.stranger:
            self.stranger.kill()
            self.stranger.wait()
            oci.RUNNING.discard(self.stranger.pid)
            oci.remove_cgroups(self.cgroup)
            self.stranger = None

    def fill(self, word):
        return {"ID": self.name, "BUNDLE": str(self.bundle.path), "LIMITS": str(self.bundle.path / "limits.json"),
                "MOUNTS": str(self.bundle.path / "mounts.json")}.get(word, word)

    def ask_for_limits(self):
        """Writes what `update` is to set, as far as this machine has the controllers, and notes what is in force."""
        usual = {"memory": "memory", "pids": "pids", "cpu": "cpu", "devices": ""}
        asked = {name: UPDATE[name] for name in UPDATE if not usual[name] or has_controller(usual[name])}
        if "cpu" in asked and not has_controller("cpuset"):
            asked["cpu"] = {name: value for name, value in asked["cpu"].items() if name != "cpus"}
        (self.bundle.path / "limits.json").write_text(json.dumps(asked))
        self.before, self.recorded_before = self.limits(), self.recorded()

    def limits(self):
        found = {path.replace(oci.place_of_cgroup(self.cgroup), "X"): text
                 for path, text in oci.limits(self.cgroup).items()}
        return {**found, "schemata": self.subject.played.read(f"{self.name}/schemata")} if self.subject.played else found

    def recorded(self):
        """The state record without what differs from container to container."""
        state = json.loads((pathlib.Path(self.runtime.root) / self.name / "state.json").read_text())
        linux = state["config"]["linux"] if "linux" in state["config"] else {}
        own = state.get("martlet", {})
        return (linux.get("resources"), linux.get("intelRdt")), own.get("updates", []) + own.get("schemata_before", [])

    def untrue(self, operation, struck):
        """How the record differs from what is there, or from what the exit code says."""
        if operation == "update":
            return self.untrue_limits(struck)
        has_failed = struck.code not in (0, KILLED, NEVER_REACHED, *ABORTS)
        return live_mounts.untrue(self, operation, struck.code, has_failed) if operation in ("mount", "unmount") else []

    def untrue_limits(self, struck):
        """How record and cgroups differ from each other, or from what the exit code says, after an update."""
        try:
            resources, updates = self.recorded()
        except (OSError, ValueError, KeyError) as error:
            return [f"no record: {error}"]
        found, wanted = self.limits(), self.subject.updated
        if struck.code == 0:
            return self.mismatch("made", found, wanted[0]) + ([] if (resources, updates) == wanted[1] else ["record: not made"])
        if struck.code not in (0, KILLED, NEVER_REACHED) and updates:
            return ["a failed update is not taken back"]
        if updates:
            # Killed on the way: the record says so, and the next command takes it back.
            settled = self.runtime.run("update", self.name, timeout=LIMIT_SECONDS)
            if settled.code:
                return [f"settle: {settled.message}"]
            found, (resources, updates) = self.limits(), self.recorded()
        # Whoever was not struck at all has made it, too.
        if struck.code in (KILLED, NEVER_REACHED) and (resources, updates) == wanted[1]:
            return self.mismatch("made before the end", found, wanted[0])
        return self.mismatch("old", found, self.before) + (
            [] if (resources, updates) == self.recorded_before else ["record: not the old one"])

    @staticmethod
    def mismatch(what, found, wanted):
        return [f"{what}: {path} is {found.get(path)!r} and not {wanted.get(path)!r}"
                for path in sorted({*found, *wanted}) if found.get(path) != wanted.get(path)]

    def leftovers(self, grace=0.0):
        """What is left; with a grace, only what outlasts it."""
        def look():
            found = oci.leftovers(self.runtime, self.name, self.cgroup, self.bundle.path, self.mounts_before)
            others = [place for place in found.pop("cgroup", []) if not self.stranger or place != str(self.occupied)]
            groups = self.subject.played.groups() if self.subject.played else []
            return {**found, **({"cgroup": others} if others else {}), **({"resctrl": groups} if groups else {})}
        if grace:
            oci.wait_until(lambda: not look(), grace)
        return look()

    def litter(self):
        """Files in the state root that are of no container and that no undisturbed one leaves."""
        return sorted(self.files() - self.subject.kept)

    def files(self):
        root = pathlib.Path(self.runtime.root)
        return {str(entry.relative_to(root)) for entry in root.rglob("*")}

    def again(self):
        """What is wrong with the same container made anew: nothing, whatever struck the first."""
        made = self.runtime.run("create", "--bundle", self.bundle.path, self.name, timeout=LIMIT_SECONDS)
        deleted = self.delete()
        return [result.message for result in (made, deleted) if result.code or result.hung]

    def delete(self):
        return self.runtime.run("delete", "--force", self.name, timeout=LIMIT_SECONDS)

    def clean(self):
        """Removes the container by the runtime, then by hand what that left."""
        self.delete()
        self.clean_by_hand()

    def clean_by_hand(self):
        self.vacate()
        oci.kill_children()
        oci.remove_cgroups(self.top)
        for group in self.subject.played.groups() if self.subject.played else ():
            if "/" not in group:
                (self.subject.played.path / group).rmdir()
        for line in oci.mount_table() - self.mounts_before:
            place = line.split()[4]
            if place.startswith(str(self.subject.folder)):
                subprocess.run(["umount", "-l", place], capture_output=True, check=False)
        for entry in pathlib.Path(self.runtime.root).glob("*"):
            if self.subject.cold or entry.name not in self.subject.kept:
                shutil.rmtree(entry, ignore_errors=True)
        shutil.rmtree(self.bundle.path, ignore_errors=True)


CREATE = ("create", "--bundle", "BUNDLE", "ID")
START = ("start", "ID")
MOUNT = ("mounts", "add", "ID", "MOUNTS")
# name: (what comes before, the command that is struck)
OPERATIONS = {
    "create": ((), CREATE),
    "start": ((CREATE,), START),
    "run": ((), ("run", "--bundle", "BUNDLE", "ID")),
    "exec": ((CREATE, START), ("exec", "ID", "true")),
    "delete": ((CREATE, START), ("delete", "--force", "ID")),
    "update": ((CREATE, START), ("update", "--resources", "LIMITS", "ID")),
    "mount": ((CREATE, START), MOUNT),
    "unmount": ((CREATE, START, MOUNT), ("mounts", "remove", "ID", "MOUNTS")),
    "occupied": ((), CREATE),  # somebody else's process is in the cgroup: it fails, and leaves that process alone
}
# What has to be there after the command in a clean run, so that a runtime that does nothing is found out.
LIVING = ("process", "cgroup", "state")
EXPECTED = {"create": LIVING, "start": LIVING, "run": (), "exec": LIVING, "delete": (), "occupied": (),
            "update": LIVING, "mount": LIVING, "unmount": LIVING}
