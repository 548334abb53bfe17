"""`update`: what changes, what stays, and what the record says of it."""
from harness import *

V1 = {"memory": "memory.limit_in_bytes", "swap": "memory.memsw.limit_in_bytes", "pids": "pids.max",
      "shares": "cpu.shares", "quota": "cpu.cfs_quota_us", "period": "cpu.cfs_period_us", "cpus": "cpuset.cpus",
      "mems": "cpuset.mems", "soft": "memory.soft_limit_in_bytes", "burst": "cpu.cfs_burst_us", "idle": "cpu.idle"}
V2 = {"memory": "memory.max", "swap": "memory.swap.max", "pids": "pids.max", "shares": "cpu.weight", "quota": "cpu.max",
      "period": "cpu.max", "cpus": "cpuset.cpus", "mems": "cpuset.mems", "soft": "memory.low",
      "burst": "cpu.max.burst", "idle": "cpu.idle"}
UNIFIED = (pathlib.Path("/sys/fs/cgroup/cgroup.controllers")).exists()


def file(context, name, what):
    """A control file's path; `what` is a short name, or a file's."""
    known = (V2 if UNIFIED else V1).get(what, what)
    for place in oci.cgroups(f"{context.parent}/{name}"):
        if (place / known).exists():
            return place / known
    raise Skip(f"there is no {known}")


def value(context, name, what):
    return file(context, name, what).read_text().strip()


def limits(context, name):
    return oci.limits(f"{context.parent}/{name}")


def recorded(context, name):
    return json.loads((pathlib.Path(context.runtime.root) / name / "state.json").read_text())


def resources(context, name):
    return recorded(context, name)["config"]["linux"]["resources"]


def limited(context, **more):
    """A running container with limits."""
    def change(config):
        config["linux"]["resources"].update(
            memory={"limit": 64 << 20, "swap": 96 << 20}, pids={"limit": 50},
            cpu={"shares": 512, "quota": 50000, "period": 100000, "cpus": "0"}, **more)
    return context.started(change=change)


# option, its value, what it changes, what is there then on v1 and v2
OPTIONS = [
    ("memory", "32M", "memory", "33554432", "33554432"),
    ("memory-swap", "100m", "swap", "104857600", "37748736"),
    ("memory-reservation", "16m", "soft", "16777216", "16777216"),
    ("pids-limit", "7", "pids", "7", "7"),
    ("pids-limit", "-1", "pids", "max", "max"),
    ("pids-limit", "0", "pids", "0", "0"),
    ("cpu-share", "1024", "shares", "1024", "100"),
    ("cpu-quota", "20000", "quota", "20000", "20000 100000"),
    ("cpu-quota", "-1", "quota", "-1", "max 100000"),
    ("cpu-period", "200000", "period", "200000", "50000 200000"),
    ("cpu-burst", "10000", "burst", "10000", "10000"),
    ("cpuset-cpus", "0-1", "cpus", "0-1", "0-1"),
    ("cpuset-mems", "0", "mems", "0", "0"),
    ("cpu-idle", "1", "idle", "1", "1"),
]


@cases([(f"--{row[0]} {row[1]}", *row) for row in OPTIONS], "update {} changes that and nothing else", needs=martlet_only)
def option(context, name, text, what, v1, v2):
    container = limited(context)
    changed = file(context, container, what)
    before = limits(context, container)
    context.must("update", f"--{name}", text, container)
    equal(changed.read_text().strip(), v2 if UNIFIED else v1)
    after = limits(context, container)
    others = {"cpu-idle": ("cpu.shares", "cpu.weight", "cpu.weight.nice"), "memory": ("memory.swap.max",),
              "cpu-share": ("cpu.weight.nice",)}.get(name, ())
    differing = [path for path in before if before[path] != after[path]]
    check(all(path == str(changed) or path.endswith(others or ("/",)) for path in differing), differing)
    equal("updates" in recorded(context, container)["martlet"], False)


@case("update takes memory away and gives it back, swap with it", needs=martlet_only)
def memory_both_ways(context):
    container = limited(context)
    for memory, swap in (("200M", "300M"), ("20M", "20M"), ("-1", None), ("40M", "-1"), ("30M", "40M")):
        context.must("update", "--memory", memory, *(("--memory-swap", swap) if swap else ()), container)
        size = {"-1": -1}.get(memory) or int(memory[:-1]) << 20
        equal(resources(context, container)["memory"].get("limit"), size)
        if size > 0:
            equal(value(context, container, "memory"), str(size))


@case("update reads limits from a file and from standard input", needs=martlet_only)
def from_file(context):
    container = limited(context)
    path = context.folder / "limits.json"
    path.write_text(json.dumps({"pids": {"limit": 11}, "cpu": {"shares": 256}}))
    context.must("update", "--resources", path, "--pids-limit", "99", container)
    equal(value(context, container, "pids"), "11")
    path.write_text(json.dumps({"pids": {"limit": 12}}))
    with open(path) as stdin:
        context.must("update", "-r", "-", container, stdin=stdin)
    equal(value(context, container, "pids"), "12")
    equal(resources(context, container)["pids"], {"limit": 12})
    equal(resources(context, container)["cpu"]["shares"], 256)


@case("update sets limits of block I/O by device, and takes them away", needs=martlet_only)
def block_io(context):
    container = limited(context)
    device = next((path.read_text().strip() for path in pathlib.Path("/sys/block").glob("*/dev")), None)
    if not device:
        raise Skip("there is no block device")
    major, minor = map(int, device.split(":"))
    path = context.folder / "limits.json"
    what = "io.max" if UNIFIED else "blkio.throttle.read_bps_device"
    for rate, v1, v2 in ((1 << 20, f"{device} 1048576", f"{device} rbps=1048576 wbps=max riops=max wiops=max"), (0, "", "")):
        path.write_text(json.dumps({"blockIO": {"throttleReadBpsDevice": [{"major": major, "minor": minor, "rate": rate}]}}))
        context.must("update", "--resources", path, container)
        equal(value(context, container, what), v2 if UNIFIED else v1)


@case("update changes device rules, and takes them back when another limit is refused", needs=martlet_only)
def devices(context):
    def change(config):
        config["linux"]["devices"] = [{"path": "/dev/x", "type": "c", "major": 10, "minor": 229, "fileMode": 0o666}]
        config["mounts"][1]["options"].append("dev")
    def opens(container):
        return context.runtime.run("exec", container, "sh", "-c", "true </dev/zero && mknod /dev/y$$ c 1 5").code == 0
    container = context.started(change=lambda config: (
        config["linux"]["resources"].update(pids={"limit": 50}),
        [config["process"]["capabilities"][kind].append("CAP_MKNOD") for kind in ("bounding", "effective", "permitted")]))
    check(opens(container), "no /dev/zero before")
    path = context.folder / "limits.json"
    rules = [{"allow": False, "access": "rwm"}, {"allow": False, "type": "c", "major": 1, "minor": 5, "access": "rwm"}]
    path.write_text(json.dumps({"devices": rules, "cpu": {"cpus": "4000"}}))
    context.must("update", "--resources", path, container, code=1)
    check(opens(container), "no /dev/zero after a refused update")
    path.write_text(json.dumps({"devices": rules}))
    context.must("update", "--resources", path, container)
    check(not opens(container), "/dev/zero after it was denied")
    equal(len(resources(context, container)["devices"]), 2)


@case("update that the kernel refuses changes nothing", needs=martlet_only)
def refused(context):
    container = limited(context)
    path = context.folder / "limits.json"
    path.write_text(json.dumps({"pids": {"limit": 5}, "cpu": {"shares": 100, "cpus": "4000"}, "memory": {"limit": 20 << 20}}))
    before = limits(context, container), recorded(context, container)
    result = context.must("update", "--resources", path, container, code=1)
    matches(r"cpuset\.cpus", result.message)
    equal((limits(context, container), recorded(context, container)), before)


@case("checkBeforeUpdate refuses a limit below what is used", needs=martlet_only)
def check_before(context):
    container = limited(context)
    context.must("exec", container, "sh", "-c", "head -c 8000000 /dev/zero >/dev/shm/x")
    path = context.folder / "limits.json"
    path.write_text(json.dumps({"memory": {"limit": 4 << 20, "swap": 4 << 20, "checkBeforeUpdate": True}, "pids": {"limit": 3}}))
    before = limits(context, container)
    matches(r"rejecting memory.* <= usage", context.must("update", "-r", path, container, code=1).message)
    equal(limits(context, container), before)


@case("update of a created and of a paused container, and of one that has stopped", needs=martlet_only)
def by_status(context):
    name = context.created()
    context.must("update", "--pids-limit", "20", name)
    equal(value(context, name, "pids"), "20")
    context.must("start", name)
    context.must("pause", name)
    context.must("update", "--pids-limit", "21", name)
    context.must("resume", name)
    equal(value(context, name, "pids"), "21")
    context.must("kill", name, "KILL")
    context.await_status(name, "stopped")
    matches("container not running", context.must("update", "--pids-limit", "22", name, code=1).message)
    matches("container does not exist", context.must("update", "--pids-limit", "22", "nobody", code=1).message)


@case("limits of huge pages: set, changed and removed with the cgroup", needs=martlet_only)
def huge_pages(context):
    folders = sorted(entry.name for entry in pathlib.Path("/sys/kernel/mm/hugepages").glob("hugepages-*kB"))
    if not folders:
        raise Skip("the kernel has no huge pages")
    trees = [mount / "cgroup.controllers" for mount in oci.mount_points("cgroup2")]
    if not any("hugetlb" in tree.read_text().split() for tree in trees) and not any(
            mount.name == "hugetlb" for mount in oci.mount_points("cgroup")):
        raise Skip("no mounted hierarchy has the hugetlb controller")
    kilobytes = int(folders[0].split("-")[1][:-2])
    size = f"{kilobytes >> 20}GB" if kilobytes >= 1 << 20 else f"{kilobytes >> 10}MB"
    page = kilobytes << 10
    name = context.started(change=lambda config: config["linux"]["resources"].update(
        hugepageLimits=[{"pageSize": size, "limit": page}]))
    def shown():
        for place in oci.cgroups(f"{context.parent}/{name}"):
            for suffix in ("max", "limit_in_bytes"):
                if (place / f"hugetlb.{size}.{suffix}").exists():
                    return [(place / f"hugetlb.{size}.{kind}{suffix}").read_text().strip() for kind in ("", "rsvd.")]
        raise Wrong("no hugetlb file")
    equal(shown(), [str(page)] * 2)
    path = context.folder / "limits.json"
    path.write_text(json.dumps({"hugepageLimits": [{"pageSize": size, "limit": 2 * page}]}))
    context.must("update", "-r", path, name)
    equal(shown(), [str(2 * page)] * 2)
