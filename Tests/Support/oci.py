"""What the system tests, the sweeps and the benchmark share: runtimes, bundles, and what a container leaves.

Everything here works with any OCI command line."""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CGROUP_PARENT = "/martlet-test"
# Deadlines are this many times longer: for emulated and for crowded machines.
PATIENCE = float(os.environ.get("MARTLET_PATIENCE", "1"))
# Who makes cgroups. With `systemd` the same places are scopes in slices: see `unit`.
DRIVER = os.environ.get("MARTLET_DRIVER", "cgroupfs")
UNITS = pathlib.Path("/run/systemd/transient")  # a file for each unit that was made at run time
PR_SET_CHILD_SUBREAPER = 36
RUNNING = set()  # process ids of the commands that run now
for variable in ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"):
    os.environ.pop(variable, None)  # a service manager of the tests is none of the containers'
STARTING = threading.Lock()  # held until a new command is in RUNNING


class Result:
    """How one command ended: exit code (negative: signal), output, seconds, and whether its time was up."""

    def __init__(self, code, out, err, seconds, hung=False, where=()):
        self.code, self.out, self.err, self.seconds, self.hung = code, out, err, seconds, hung
        self.where = list(where)  # of a command that hung: its processes, and the system calls that they were in

    @property
    def text(self):
        return self.out.decode(errors="replace")

    @property
    def message(self):
        return self.err.decode(errors="replace").strip()


def bounded(argv, timeout=20, stdin=subprocess.DEVNULL, cwd=None, env=None, preserved=()):
    """Runs a command with files as its output, since a container keeps a pipe open; kills it when its time is up."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with STARTING:
            child = subprocess.Popen(argv, stdin=stdin, stdout=out, stderr=err, cwd=cwd, env=env,
                                     pass_fds=preserved, start_new_session=True)
            RUNNING.add(child.pid)
        hung = not ended(child, started + timeout * PATIENCE)
        where = standing(child.pid) if hung else ()
        if hung:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        code = child.wait()
        RUNNING.discard(child.pid)
        out.seek(0), err.seek(0)
        return Result(code, out.read(), err.read(), time.monotonic() - started, hung, where)


def standing(session):
    """What the processes of a session are doing."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            if os.getsid(int(folder.name)) == session:
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                found.append(f"{folder.name} {(folder / 'comm').read_text().strip()} {state} "
                             f"{(folder / 'wchan').read_text()} {(folder / 'syscall').read_text().strip()}")
    return found


def ended(child, deadline):
    """Waits for a command, and meanwhile reaps orphans, which a `delete` may be waiting for: as often as leaves
    most of the time to the command."""
    process, pause = os.pidfd_open(child.pid), 0.02
    try:
        while (now := time.monotonic()) < deadline:
            if select.select([process], [], [], min(pause, deadline - now))[0]:
                return True
            started = time.monotonic()
            children()
            pause = max(0.02, 5 * (time.monotonic() - started))
        return False
    finally:
        os.close(process)


class Runtime:
    """A runtime's binary with a state root of its own."""

    def __init__(self, path, root):
        self.path, self.root = os.path.abspath(shutil.which(str(path)) or path), str(root)
        self.name = os.path.basename(self.path)

    def argv(self, *arguments):
        """Only what makes a container is told the driver: it is remembered."""
        makes = DRIVER == "systemd" and {"create", "run"} & set(map(str, arguments))
        driver = ["--systemd-cgroup"] if makes else []
        return [self.path, "--root", self.root, *driver, *map(str, arguments)]

    def run(self, *arguments, **how):
        return bounded(self.argv(*arguments), **how)

    def state(self, name):
        result = self.run("state", name)
        return json.loads(result.text) if result.code == 0 else None


def become_subreaper():
    """Orphans of the runtime become our children, so none escapes the count."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def children():
    """Live orphans that became children of this process, without the commands that it runs itself.
    Dead ones are reaped on the way."""
    found = []
    for task in pathlib.Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    with STARTING:
        return [pid for pid in found if pid not in RUNNING and not reaped(pid)]


def reaped(pid):
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def wait_until(condition, seconds=2.0):
    """Polls: the harness watches from outside, where there is no event to wait on."""
    end = time.monotonic() + seconds * PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def kill_children():
    """Ends what is left of a container after it was counted."""
    for pid in children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return wait_until(lambda: not children())


def mount_points(*kinds):
    found = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] in kinds:
            found.append(pathlib.Path(before.split()[4]))
    return found


def unit(path):
    """The slice, prefix and name of the scope that stands for a place of cgroups `/PARENT/FOLDER/.../NAME`. What is
    two levels below the parent is in one slice, what is deeper in slices of their own."""
    parent, *middle, name = path.strip("/").split("/")
    prefix = "_".join(middle)
    slices = [parent.replace("-", "_")] + [prefix.replace("-", "_")] * (len(middle) > 1)
    return "-".join(slices) + ".slice", prefix, name


def cgroups_path(path):
    """`linux.cgroupsPath` for a place of cgroups."""
    return ":".join(unit(path)) if DRIVER == "systemd" and path.strip("/").count("/") > 1 else path


def scope(path):
    """The scope of a place of cgroups."""
    return "-".join(unit(path)[1:]) + ".scope"


def place_of_cgroup(path):
    """Where below a hierarchy's root a place of cgroups is."""
    if DRIVER != "systemd":
        return path.strip("/")
    parts = path.strip("/").split("/")
    if len(parts) < 3:
        return "/".join([parts[0].replace("-", "_") + ".slice", *parts[1:]])
    names = unit(path)[0].removesuffix(".slice").split("-")
    slices = ["-".join(names[:count]) + ".slice" for count in range(1, len(names) + 1)]
    return "/".join([*slices, scope(path)])


def units(path):
    """The unit of a place of cgroups, if it is loaded."""
    if DRIVER != "systemd" or path.strip("/").count("/") < 2:
        return []
    return [str(entry) for entry in [UNITS / scope(path)] if entry.exists()]


def systemctl(*arguments):
    subprocess.run(["systemctl", *arguments], capture_output=True, check=False)


def cgroups(path, below=False):
    """Existing cgroups at `path` on every hierarchy, also as seen from the runtime's own cgroup."""
    path = place_of_cgroup(path)
    own = {line.split(":", 2)[2].strip("/") for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines()}
    found = []
    for mount in mount_points("cgroup", "cgroup2"):
        for prefix in {"", *own}:
            place = mount / prefix / path.strip("/")
            if place.is_dir():
                found.append(place)
                if below:
                    found.extend(entry for entry in place.rglob("*") if entry.is_dir())
    return found


# Files of a cgroup that can be written and are no limits, or count what happens meanwhile.
NO_LIMIT = re.compile(r"usage|peak|stat$|pressure|failcnt|tasks|procs|threads|level|event|force_empty|reset|cpuacct")


def limits(path):
    """The text of all files that limit or allow something in the cgroups at `path`, by hierarchy and name."""
    found = {}
    for place in cgroups(path):
        for entry in place.iterdir():
            if not entry.is_file() or NO_LIMIT.search(entry.name):
                continue
            if entry.stat().st_mode & 0o600 == 0o600 or entry.name == "devices.list":
                with contextlib.suppress(OSError):
                    text = entry.read_text()
                    # No list of its own, and its parent's by name, are the same.
                    above = place.parent / f"{entry.name}.effective"
                    if above.exists() and text == above.read_text():
                        text = "\n"
                    # The list of devices has no order.
                    found[str(entry)] = "\n".join(sorted(text.split("\n"))) if entry.name == "devices.list" else text
    return found


def remove_cgroups(path):
    """Removes the cgroups at `path`, the deepest first, killing what still lives in them. A container may have made
    some that no path can name."""
    for place in cgroups(path):
        for _, names, _, folder in os.fwalk(place, topdown=False):
            for name in names:
                remove_cgroup(name, folder)
        remove_cgroup(place, None)


def remove_cgroup(name, folder):
    def processes():
        with contextlib.suppress(OSError), open(os.open(f"{name}/cgroup.procs", os.O_RDONLY, dir_fd=folder)) as file:
            return file.read().split()
        return []

    for pid in processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    wait_until(lambda: not processes())
    with contextlib.suppress(OSError):
        os.rmdir(name, dir_fd=folder)


def clean_up(parent, folder):
    """Removes what a run of tests has made: processes, its cgroup below `CGROUP_PARENT`, that where it is empty, and
    a folder."""
    kill_children()
    remove_cgroups(parent)
    if DRIVER == "systemd":
        name = os.path.basename(parent)
        systemctl("stop", f"{name}*.scope", f"*-{name.replace('-', '_')}*.slice")
    for place in cgroups(CGROUP_PARENT):
        with contextlib.suppress(OSError):
            place.rmdir()
    shutil.rmtree(folder, ignore_errors=True)


def leftovers(runtime, name, cgroup, bundle, mounts_before):
    """What is still there of a container, by kind. An empty dictionary is what `delete` promises."""
    found = {
        "process": children(),
        "cgroup": [str(place) for place in cgroups(cgroup)],
        "unit": units(cgroup),
        "state": [str(entry) for entry in pathlib.Path(runtime.root).glob("*") if name in entry.name],
        "mount": [line for line in mount_table() - mounts_before if str(bundle) in line or runtime.root in line],
        "resctrl": [str(place) for mount in mount_points("resctrl") for place in mount.glob(f"*{name}*")],
    }
    return {kind: entries for kind, entries in found.items() if entries}


def mount_table():
    return set(pathlib.Path("/proc/self/mountinfo").read_text().splitlines())


def make_rootfs(folder):
    """A busybox root file system."""
    root = pathlib.Path(folder)
    for name in ("bin", "proc", "dev", "sys", "tmp", "etc", "root"):
        (root / name).mkdir(parents=True, exist_ok=True)
    busybox = shutil.which("busybox")
    if not busybox:
        raise SystemExit("busybox is missing: scripts/install-dependencies run")
    shutil.copy(busybox, root / "bin/busybox")
    for name in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if name != "busybox":
            (root / "bin" / name).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nuser:x:1000:\n")
    return root


def default_config(*args, cgroup=None, **process):
    """The configuration that `spec` prints, without a terminal."""
    capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
    plain = ["nosuid", "noexec", "nodev"]
    linux = {
        "resources": {"devices": [{"allow": False, "access": "rwm"}]},
        "namespaces": [{"type": name} for name in ("pid", "network", "ipc", "uts", "mount")],
        "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    }
    if cgroup:
        linux["cgroupsPath"] = cgroups_path(cgroup)
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False, "user": {"uid": 0, "gid": 0}, "args": list(args or ("true",)), "cwd": "/",
            "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "capabilities": {kind: capabilities for kind in ("bounding", "effective", "permitted")},
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": True, **process,
        },
        "root": {"path": "rootfs", "readonly": True},
        "hostname": "martlet",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": plain + ["mode=1777", "size=65536k"]},
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": plain},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": plain + ["ro"]},
            {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
             "options": plain + ["relatime", "ro"]},
        ],
        "linux": linux,
    }


class Bundle:
    """A folder with a configuration and a root file system, its own or a shared one."""

    def __init__(self, folder, config, rootfs=None):
        self.path = pathlib.Path(folder)
        self.path.mkdir(parents=True, exist_ok=True)
        if rootfs:
            config["root"]["path"] = str(rootfs)
        elif not (self.path / "rootfs").exists():
            make_rootfs(self.path / "rootfs")
        self.write(config)

    def write(self, config):
        self.config = config
        (self.path / "config.json").write_text(json.dumps(config, indent=1))


@contextlib.contextmanager
def hugetlb_as_v1():
    """Some runtimes refuse a v2 tree that holds a controller beside v1 ones. Where hugetlb is the only one
    there, it becomes a v1 hierarchy for a while. Tells whether it did."""
    place, v2 = pathlib.Path("/sys/fs/cgroup/hugetlb"), pathlib.Path("/sys/fs/cgroup/unified/cgroup.controllers")
    if os.geteuid() == 0 and place.is_dir() and not os.path.ismount(place):
        # Podman goes on making its folders and files there once the hierarchy is gone.
        subprocess.run(["rm", "-rf", "--one-file-system", place], check=False)
    wanted = os.geteuid() == 0 and v2.exists() and v2.read_text().split() == ["hugetlb"] and not place.exists()
    if not wanted:
        yield False
        return
    place.mkdir()
    done = subprocess.run(["mount", "-t", "cgroup", "-o", "hugetlb", "hugetlb", place], capture_output=True)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            for entry in sorted((e for e in place.rglob("*") if e.is_dir()), key=lambda e: -len(str(e))):
                with contextlib.suppress(OSError):
                    entry.rmdir()
            subprocess.run(["umount", place], check=False)
        if not os.path.ismount(place):
            subprocess.run(["rm", "-rf", "--one-file-system", place], check=False)
