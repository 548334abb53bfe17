"""The container that the sweeps strike: its bundle, the operations on it, and the injector."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Support"))
import oci  # noqa: E402

NEVER_REACHED = 200
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


class Subject:
    """A runtime, a bundle and names of this process's own; removes everything it made."""

    def __init__(self, runtime_path):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="martlet-faults-"))
        self.runtime = oci.Runtime(runtime_path, self.folder / "state")
        self.cgroup_parent = f"{oci.CGROUP_PARENT}/{self.folder.name}"
        self.injector = self.folder / "inject"
        subprocess.run(["gcc", "-O2", "-o", self.injector, HERE / "inject.c"], check=True)
        self.rootfs = oci.make_rootfs(self.folder / "rootfs")
        self.names = call_numbers()
        self.serial = 0
        oci.become_subreaper()

    def close(self):
        oci.kill_children()
        oci.remove_cgroups(self.cgroup_parent)
        for place in oci.cgroups(oci.CGROUP_PARENT):
            try:
                place.rmdir()
            except OSError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def config(self, cgroup, *args):
        config = oci.default_config(*args, cgroup=cgroup)
        config["linux"]["resources"].update(memory={"limit": 64 << 20}, pids={"limit": 100})
        config["linux"]["sysctl"] = {"kernel.msgmax": "4096"}
        config["linux"]["seccomp"] = {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": ["swapon"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}],
        }
        config["process"].update(user={"uid": 1000, "gid": 1000, "additionalGids": [10]}, oomScoreAdj=100)
        return config

    def container(self, operation):
        """A new container, brought to where the operation begins. Returns it and the operation's command."""
        self.serial += 1
        name = f"f{self.serial}"
        bundle_path = self.folder / f"bundle-{name}"
        payload = ("sh", "-c", REPORT) if operation == "run" else ("sleep", "1000")
        cgroup = f"{self.cgroup_parent}/{name}"
        bundle = oci.Bundle(bundle_path, self.config(cgroup, *payload), self.rootfs)
        prepared, command = OPERATIONS[operation]
        container = Container(self, name, cgroup, bundle)
        for step in prepared:
            done = self.runtime.run(*(container.fill(word) for word in step), timeout=LIMIT_SECONDS)
            if done.code:
                raise SystemExit(f"{self.runtime.name} {step[0]}: {done.message}")
        return container, self.runtime.argv(*(container.fill(word) for word in command))

    def points(self, operation, role, wanted=None):
        """(call number, use) of every system call that the role's process makes in a clean run."""
        container, command = self.container(operation)
        counts = self.folder / "counts"
        done = oci.bounded([self.injector, "count", role, *command], LIMIT_SECONDS,
                           env={**os.environ, "INJECT_OUT": str(counts)})
        missing = set(EXPECTED[operation]) - set(container.leftovers(grace=0 if EXPECTED[operation] else 0.3))
        container.clean()
        if done.code or missing or (operation == "run" and b"NoNewPrivs" not in done.out):
            raise SystemExit(f"a clean {operation} does not work: exit {done.code}, no {missing} {done.message}")
        pairs = [tuple(map(int, line.split())) for line in counts.read_text().splitlines()]
        return [(call, use) for call, uses in pairs for use in range(1, uses + 1)
                if (not wanted or self.names.get(call) in wanted)]

    def strike(self, action, role, point, command):
        """Runs the command with one of its calls struck; `action` is `kill` or an errno."""
        return oci.bounded([self.injector, str(action), role, *map(str, point), *command], LIMIT_SECONDS)


class Container:
    """One container of a subject."""

    def __init__(self, subject, name, cgroup, bundle):
        self.subject, self.name, self.cgroup, self.bundle = subject, name, cgroup, bundle
        self.mounts_before = oci.mount_table()

    def fill(self, word):
        return {"ID": self.name, "BUNDLE": str(self.bundle.path)}.get(word, word)

    def leftovers(self, grace=0.0):
        """What is left; with a grace, only what outlasts it."""
        def look():
            return oci.leftovers(self.subject.runtime, self.name, self.cgroup, self.bundle.path, self.mounts_before)
        if grace:
            oci.wait_until(lambda: not look(), grace)
        return look()

    def delete(self):
        return self.subject.runtime.run("delete", "--force", self.name, timeout=LIMIT_SECONDS)

    def clean(self):
        """Removes the container by the runtime, then by hand what that left."""
        self.delete()
        self.clean_by_hand()

    def clean_by_hand(self):
        oci.kill_children()
        oci.remove_cgroups(self.cgroup)
        for line in oci.mount_table() - self.mounts_before:
            place = line.split()[4]
            if place.startswith(str(self.subject.folder)):
                subprocess.run(["umount", "-l", place], capture_output=True, check=False)
        for entry in pathlib.Path(self.subject.runtime.root).glob("*"):
            shutil.rmtree(entry, ignore_errors=True)
        shutil.rmtree(self.bundle.path, ignore_errors=True)


CREATE = ("create", "--bundle", "BUNDLE", "ID")
START = ("start", "ID")
# name: (what comes before, the command that is struck)
OPERATIONS = {
    "create": ((), CREATE),
    "start": ((CREATE,), START),
    "run": ((), ("run", "--bundle", "BUNDLE", "ID")),
    "exec": ((CREATE, START), ("exec", "ID", "true")),
    "delete": ((CREATE, START), ("delete", "--force", "ID")),
}
# What has to be there after the command in a clean run, so that a runtime that does nothing is found out.
LIVING = ("process", "cgroup", "state")
EXPECTED = {"create": LIVING, "start": LIVING, "run": (), "exec": LIVING, "delete": ()}
