"""The systemd driver, whatever driver the other subjects run with. Needs systemd as the first process."""
from harness import *

LIMITS = {
    "memory": {"limit": 64 << 20, "swap": 96 << 20, "reservation": 16 << 20}, "pids": {"limit": 50},
    "cpu": {"shares": 2048, "quota": 33333, "period": 100000, "cpus": "0"},
    "hugepageLimits": [{"pageSize": "2MB", "limit": 2 << 20}], "blockIO": {"weight": 200},
    "devices": [{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rw"}],
}
SLICE = "martlet_systemd.slice"


def needs(context):
    if not pathlib.Path("/run/systemd/system").is_dir():
        return "the first process is not systemd"
    if not pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return "the host has hierarchies of cgroup version 1"
    return martlet_only(context)


class Unit:
    """A container in a scope of its own, made by the driver, whatever the other cases use."""

    def __init__(self, context, options=("--systemd-cgroup",), path=None, env=None, **config):
        self.context, self.env = context, env
        self.name, self.bundle = context.bundle("sleep", "1000")
        self.scope = f"mt-{context.folder.name}{self.name}.scope"
        self.config = self.bundle.config
        self.config["linux"]["cgroupsPath"] = path or f"{SLICE}:mt:{context.folder.name}{self.name}"
        self.config["linux"]["resources"] = config.pop("resources", LIMITS)
        self.config.update(config)
        self.bundle.write(self.config)
        self.options = options

    @property
    def directory(self):
        return pathlib.Path("/sys/fs/cgroup") / SLICE / self.scope

    def command(self, *arguments, code=0, options=()):
        argv = [self.context.runtime.path, "--root", self.context.runtime.root, *options, *arguments]
        result = oci.bounded(argv, timeout=40, env={**os.environ, **(self.env or {})})
        check(code is None or result.code == code, f"{arguments[0]}: exit {result.code}: {result.message}")
        return result

    def create(self, code=0):
        return self.command("create", "--bundle", self.bundle.path, self.name, code=code, options=self.options)

    def start(self):
        self.create()
        self.command("start", self.name)
        return self

    def show(self, *properties):
        text = subprocess.run(["systemctl", "show", self.scope, *(f"-p{name}" for name in properties)],
                              capture_output=True, text=True, check=True).stdout
        return dict(line.split("=", 1) for line in text.splitlines())

    def file(self, name):
        return (self.directory / name).read_text().strip()

    @property
    def is_loaded(self):
        return (oci.UNITS / self.scope).exists()

    def delete(self):
        """Without a flag: the driver is remembered. Nothing is left, the unit included."""
        self.command("delete", "--force", self.name)
        check(oci.wait_until(lambda: not self.is_loaded), f"{self.scope} is still loaded")
        check(not self.directory.exists(), f"{self.directory} is still there")


def exact(unit):
    """All limits as they were asked for, in the files."""
    equal({name: unit.file(name) for name in ("cpu.max", "cpu.weight", "pids.max", "cpuset.cpus", "memory.max",
                                               "memory.swap.max", "memory.low", "hugetlb.2MB.max")},
          {"cpu.max": "33333 100000", "cpu.weight": "174", "pids.max": "50", "cpuset.cpus": "0",
           "memory.max": str(64 << 20), "memory.swap.max": str(32 << 20), "memory.low": str(16 << 20),
           "hugetlb.2MB.max": str(2 << 20)})


@case("limits are exact in the files, and known to systemd", needs=needs)
def limits(context):
    unit = Unit(context).start()
    exact(unit)
    shown = unit.show("MemoryMax", "MemorySwapMax", "MemoryLow", "CPUWeight", "CPUQuotaPerSecUSec", "TasksMax",
                      "AllowedCPUs", "IOWeight", "DevicePolicy", "Delegate", "Slice", "Description")
    equal(shown, {"MemoryMax": str(64 << 20), "MemorySwapMax": str(32 << 20), "MemoryLow": str(16 << 20),
                  "CPUWeight": "174", "CPUQuotaPerSecUSec": "340ms", "TasksMax": "50", "AllowedCPUs": "0",
                  "IOWeight": "1920", "DevicePolicy": "strict", "Delegate": "yes", "Slice": SLICE,
                  "Description": f"martlet container {unit.name}"})
    unit.delete()


DEVICES = "exec 3<>/dev/null && echo null; rm -f /tmp/fuse /tmp/x; mknod /tmp/fuse c 10 229 && exec 4<>/tmp/fuse && echo fuse; mknod /tmp/x c 1 1; (: <>/tmp/x) && echo mem; true"


def opened(unit):
    text = unit.command("exec", "--cap", "CAP_MKNOD", unit.name, "sh", "-c", DEVICES, code=None).text
    return [word for word in text.split() if word in ("null", "fuse", "mem")]


@case("a reload of systemd undoes neither limits nor device rules", needs=needs)
def reload(context):
    unit = Unit(context)
    unit.config["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"})
    unit.bundle.write(unit.config)
    unit.start()
    before = {entry.name: entry.read_text() for entry in unit.directory.iterdir()
              if entry.is_file() and entry.stat().st_mode & 0o600 == 0o600 and not oci.NO_LIMIT.search(entry.name)}
    wanted = opened(unit)
    check("null" in wanted and "mem" not in wanted, wanted)
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    after = {name: (unit.directory / name).read_text() for name in before}
    for name in [name for name in before if name != "cpu.max"]:
        equal((name, after[name]), (name, before[name]))
    # systemd counts in hundredths of a processor: after a reload a quota may be up to one of them larger.
    check(after["cpu.max"] in ("33333 100000\n", "34000 100000\n"), after["cpu.max"])
    equal(opened(unit), wanted)
    unit.delete()


@case("an update is known to systemd, and taken back where it is refused", needs=needs)
def update(context):
    unit = Unit(context).start()
    unit.command("update", "--pids-limit", "77", "--memory", "80M", "--memory-swap", "120M", unit.name)
    equal(unit.show("TasksMax", "MemoryMax", "MemorySwapMax", "CPUWeight"),
          {"TasksMax": "77", "MemoryMax": str(80 << 20), "MemorySwapMax": str(40 << 20), "CPUWeight": "174"})
    equal((unit.file("pids.max"), unit.file("memory.max")), ("77", str(80 << 20)))
    failed = unit.command("update", "--pids-limit", "99", "--cpuset-cpus", "4000", unit.name, code=None)
    check(failed.code != 0, "an update to a processor that is not there is taken")
    equal((unit.file("pids.max"), unit.file("cpuset.cpus")), ("77", "0"))
    equal(unit.show("TasksMax", "AllowedCPUs"), {"TasksMax": "77", "AllowedCPUs": "0"})
    unit.delete()


ANNOTATIONS = {"TimeoutStopUSec": ("uint64 10000000", "10s"), "KillSignal": ("15", "15"),
               "CollectMode": ("'inactive'", "inactive"), "After": ("['dbus.service']", None),
               "RuntimeMaxSec": ("3600", None)}


@case("annotations are properties of the unit", needs=needs)
def annotations(context):
    unit = Unit(context, annotations={f"org.systemd.property.{name}": text for name, (text, _) in ANNOTATIONS.items()})
    unit.start()
    shown = unit.show(*ANNOTATIONS, "RuntimeMaxUSec")
    for name, (_, wanted) in ANNOTATIONS.items():
        if wanted:
            equal((name, shown[name]), (name, wanted))
    check("dbus.service" in shown["After"], shown)
    equal(shown["RuntimeMaxUSec"], "1h")
    unit.delete()


@cases([("no property", "NoSuchThing", "true"), ("no text of GVariant", "KillSignal", "[1"), ("reserved", "PIDs", "[uint32 1]"),
        ("no name", "a-b", "1"), ("of the wrong type", "Description", "5")], "an annotation that is {} is an error", needs=needs)
def wrong_annotation(context, name, text):
    unit = Unit(context, annotations={f"org.systemd.property.{name}": text})
    result = unit.create(code=1)
    # systemd does not say which property is of the wrong type.
    matches("Unexpected message" if name == "Description" else name, result.message)
    check(not unit.is_loaded and not unit.directory.exists(), "something is left")


@case("later commands need no flag", needs=needs)
def remembered(context):
    unit = Unit(context).start()
    equal(unit.command("exec", unit.name, "cat", "/proc/self/cgroup").text.strip(), f"0::/{SLICE}/{unit.scope}")
    unit.command("pause", unit.name)
    equal(json.loads(unit.command("state", unit.name).text)["status"], "paused")
    unit.command("resume", unit.name)
    unit.command("kill", unit.name, "KILL")
    context.await_status(unit.name, "stopped")
    unit.command("delete", unit.name)
    check(oci.wait_until(lambda: not unit.is_loaded), "the unit is still loaded")


@cases([("the document's path, where nothing is chosen", ()), ("--cgroup-manager", ("--cgroup-manager", "systemd"))],
       "the driver is taken by {}", needs=needs)
def chosen(context, options):
    unit = Unit(context, options=options)
    unit.create()
    check(unit.is_loaded, "no scope")
    unit.delete()


@cases([("a path", "/a/b"), ("a slice without .slice", "a:b:c"), ("an empty part of a slice", "a--b.slice:b:c"),
        ("a slice instead of a scope", "a.slice:b:c.slice")], "{} is refused by the driver", needs=needs)
def wrong_path(context, path):
    unit = Unit(context, path=path)
    matches("cgroupsPath|slice", unit.create(code=1).message)


@case("without a path the scope is in system.slice", needs=needs)
def default_place(context):
    unit = Unit(context)
    unit.config["linux"].pop("cgroupsPath")
    unit.bundle.write(unit.config)
    unit.start()
    state = json.loads((pathlib.Path(context.runtime.root) / unit.name / "state.json").read_text())
    directory = pathlib.Path(state["cgroup_paths"][""])
    matches(rf"^/sys/fs/cgroup/system.slice/martlet-{unit.name}-[0-9a-f]{{8}}.scope$", str(directory))
    check(directory.is_dir(), "it is not there")
    unit.command("delete", "--force", unit.name)
    check(not directory.exists() and not (oci.UNITS / directory.name).exists(), "it is still there")


@case("a cgroup below the scope, where the annotation names one", needs=needs)
def subgroup(context):
    unit = Unit(context, annotations={"run.oci.systemd.subgroup": "container"}).start()
    equal(unit.command("exec", unit.name, "cat", "/proc/self/cgroup").text.strip(), f"0::/{SLICE}/{unit.scope}/container")
    equal((unit.directory / "container/pids.max").read_text().strip(), "50")
    check("memory" in (unit.directory / "cgroup.subtree_control").read_text(), "controllers are not handed down")
    unit.command("pause", unit.name)
    unit.delete()


@case("a unit that failed is replaced, and one that runs is left alone", needs=needs)
def taken(context):
    unit = Unit(context)
    subprocess.run(["systemd-run", "--scope", "--unit", unit.scope, "--slice", SLICE, "-pRuntimeMaxSec=1", "sleep", "100"],
                   capture_output=True)
    check(oci.wait_until(lambda: unit.show("ActiveState")["ActiveState"] == "failed", 5), unit.show("ActiveState"))
    unit.start()
    equal(unit.show("ActiveState")["ActiveState"], "active")
    unit.delete()
    other = subprocess.Popen(["systemd-run", "--scope", "--unit", unit.scope, "--slice", SLICE, "sleep", "1000"],
                             stderr=subprocess.DEVNULL)
    oci.RUNNING.add(other.pid)
    check(oci.wait_until(unit.directory.exists, 5), "no scope of somebody else")
    matches("not empty", unit.create(code=1).message)
    check(other.poll() is None and unit.is_loaded, "somebody else's scope was touched")
    other.kill(), other.wait()
    oci.RUNNING.discard(other.pid)


@cases([("the bus", {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/run/dbus/system_bus_socket"}, None),
        ("no socket", {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}, "connect"),
        ("no address", {"DBUS_SYSTEM_BUS_ADDRESS": "nonsense"}, "malformed bus address")], "systemd is reached by {}", needs=needs)
def bus(context, env, wanted):
    unit = Unit(context, env=env)
    if wanted:
        matches(wanted, unit.create(code=1).message)
        return
    unit.start()
    exact(unit)
    unit.delete()


@case("a container outlives systemd that executes itself anew", needs=needs)
def executed_anew(context):
    unit = Unit(context).start()
    subprocess.run(["systemctl", "daemon-reexec"], check=True)
    equal((unit.file("memory.max"), unit.file("pids.max")), (str(64 << 20), "50"))
    unit.command("update", "--pids-limit", "60", unit.name)
    equal(unit.show("TasksMax"), {"TasksMax": "60"})
    unit.delete()


@case("a container that ends takes its unit along", needs=needs)
def ended(context):
    unit = Unit(context)
    unit.config["process"]["args"] = ["true"]
    unit.bundle.write(unit.config)
    unit.command("run", "--bundle", unit.bundle.path, unit.name, options=unit.options)
    check(oci.wait_until(lambda: not unit.is_loaded), "the unit is still loaded")
