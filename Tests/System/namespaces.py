"""Namespaces: new ones, joined ones, mappings and offsets, and that `exec` gets into all of them."""
from changes import *
from harness import *

FILES = {"network": "net", "ipc": "ipc", "uts": "uts", "pid": "pid", "cgroup": "cgroup", "mount": "mnt", "user": "user",
         "time": "time"}


def has(kind):
    return os.path.exists(f"/proc/self/ns/{FILES[kind]}")


def link(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{FILES[kind]}")


def pid_of(context, name):
    return context.runtime.state(name)["pid"]


def no_hostname(config):
    config.pop("hostname", None)


EVERY = both(MAPPED, namespaces({"type": "cgroup"}, {"type": "time"}))


@case("every kind of namespace is a new one", needs=martlet_only)
def all_new(context):
    name = context.started(change=EVERY)
    for kind in FILES:
        check(link(pid_of(context, name), kind) != link("self", kind), kind)


@case("exec gets into every namespace", needs=martlet_only)
def all_entered(context):
    name = context.started(change=EVERY)
    text = context.must("exec", name, "sh", "-c", "for n in %s; do readlink /proc/self/ns/$n; done" % " ".join(
        FILES.values())).text
    equal(text.split(), [link(pid_of(context, name), kind) for kind in FILES])


@cases([(kind, kind) for kind in ("network", "ipc", "uts", "pid", "cgroup", "time")], "a {} namespace joined by path")
def one_joined(context, kind):
    if not context.is_martlet and kind == "time":
        raise Skip("older runtimes know no time namespaces")
    first = context.started(change=namespaces({"type": kind}, without=(kind,)))
    entry = {"type": kind, "path": f"/proc/{pid_of(context, first)}/ns/{FILES[kind]}"}
    second = context.started(change=both(namespaces(entry, without=(kind,)), no_hostname))
    equal(link(pid_of(context, second), kind), link(pid_of(context, first), kind))
    text = context.must("exec", second, "readlink", f"/proc/self/ns/{FILES[kind]}").text.strip()
    equal(text, link(pid_of(context, first), kind))


@case("a user namespace joined by path, and others that belong to it")
def user_joined(context):
    first = context.started(change=MAPPED)
    pid = pid_of(context, first)
    kinds = ("user", "network", "ipc", "uts", "pid")
    entries = [{"type": kind, "path": f"/proc/{pid}/ns/{FILES[kind]}"} for kind in kinds]
    change = both(namespaces(*entries, without=kinds), no_hostname)
    second = context.started(change=change)
    equal([link(pid_of(context, second), kind) for kind in kinds], [link(pid, kind) for kind in kinds])
    matches(r"^0\s+100000\s+65536$", context.must("exec", second, "cat", "/proc/self/uid_map").text.strip())
    equal(context.must("exec", second, "id", "-u").text, "0\n")


@cases([("the same", 100000, 0), ("other", 200000, 1)], "a user namespace joined by path with {} mappings as well", needs=martlet_only)
def mappings_too(context, outside, code):
    first = context.started(change=MAPPED)
    pid = context.runtime.state(first)["pid"]
    mapping = [{"containerID": 0, "hostID": outside, "size": 65536}]
    change = both(namespaces({"type": "user", "path": f"/proc/{pid}/ns/user"}), linux(uidMappings=mapping, gidMappings=mapping))
    result = context.run("true", change=change, code=code)
    if code:
        matches("/linux/uidMappings: .*other mappings", result.message)


WRONG = [("a path that does not exist", "/proc/self/ns/nothing", "no such file"),
         ("a namespace of another kind", "/proc/self/ns/uts", "namespace"), ("no namespace at all", "/etc/passwd", "namespace")]


@cases(WRONG, "a namespace's path to {} is refused", needs=martlet_only)
def wrong(context, path, text):
    name, bundle = context.bundle("true", change=namespaces({"type": "network", "path": path}, without=("network",)))
    message = context.must("create", "--bundle", bundle.path, name, code=1).message
    matches(text, message)
    matches("/linux/namespaces/", message)


MAPS = [("several ranges", [(0, 100000, 10), (10, 300000, 5), (1000, 200000, 1)]), ("340 ranges", [
    (n, 1000 + 2 * n, 1) for n in range(340)]), ("one id", [(0, 4242, 1)])]


@cases(MAPS, "mappings of {}")
def maps(context, ranges):
    wanted = [{"containerID": a, "hostID": b, "size": c} for a, b, c in ranges]

    def change(config):
        namespaces({"type": "user"})(config)
        config["linux"].update(uidMappings=wanted, gidMappings=wanted)
        for entry in config["mounts"]:  # a group that may not be mapped
            entry["options"] = [text for text in entry.get("options", []) if text != "gid=5"]

    for file in ("uid_map", "gid_map"):
        text = context.shell(f"cat /proc/self/{file}", change=change)
        equal([tuple(map(int, line.split())) for line in text.splitlines()], ranges)


@case("a root file system of a mapped owner can be written by the container's root, and by nobody else's")
def owners(context):
    def change(config):
        MAPPED(config)
        config["root"]["readonly"] = False
    name, bundle = context.bundle("sh", "-c", "touch /mine && stat -c %u /mine; touch /etc/x 2>&1; true", own_rootfs=True,
                                  change=change)
    os.chown(bundle.path / "rootfs", 100000, 100000)
    matches("^0\n.*ermission denied", context.must("run", "--bundle", bundle.path, name).text)
    equal((bundle.path / "rootfs/mine").stat().st_uid, 100000)


@case("in a user namespace another user keeps ambient capabilities and groups")
def mapped_user(context):
    change = both(MAPPED, capabilities(**{kind: ["KILL"] for kind in ALL_KINDS}), process(user={
        "uid": 1000, "gid": 1000, "additionalGids": [5, 6]}))
    change_caps = lambda config: (change(config), None)
    text = context.shell("id -u; id -g; grep -e Groups -e CapEff /proc/self/status", change=change_caps)
    matches(r"^1000\n1000\nGroups:\s*5 6 \nCapEff:\s0{14}20", text)


OFFSETS = [("forwards", 1000000, 0), ("with nanoseconds", 5, 500000000), ("backwards", -1, 0)]


@cases(OFFSETS, "a time namespace's monotonic clock {}", needs=lambda context: martlet_only(context) or (
    None if has("time") else "the kernel has no time namespaces"))
def offsets(context, seconds, nanoseconds):
    wanted = {"monotonic": {"secs": seconds, "nanosecs": nanoseconds}, "boottime": {"secs": seconds}}
    change = both(namespaces({"type": "time"}), linux(timeOffsets=wanted))
    name = context.started(change=change)
    found = pathlib.Path(f"/proc/{pid_of(context, name)}/timens_offsets").read_text().split()
    equal(found, ["monotonic", str(seconds), str(nanoseconds), "boottime", str(seconds), "0"])
    host = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    inside = float(context.must("exec", name, "cat", "/proc/uptime").text.split()[0])
    check(abs(inside - host - seconds) < 5, (host, inside))


@case("a cgroup namespace shows the container's cgroup as the root, to exec too")
def cgroup_root(context):
    name = context.started(change=namespaces({"type": "cgroup"}))
    for line in context.must("exec", name, "cat", "/proc/self/cgroup").text.splitlines():
        check(line.endswith(":/"), line)


@case("a host's network namespace: sysfs is the host's, mounted or bound")
def host_network(context):
    text = context.shell("readlink /proc/self/ns/net; ls -d /sys/class/net", change=namespaces(without=("network",)))
    matches(re.escape(link("self", "network")), text)


DEVICES = [("a character device", "c", 10, 229, "/dev/fuse"), ("a device of the default set", "c", 1, 3, "/dev/null")]


@cases(DEVICES, "in a user namespace {} of the host is bound")
def bound_device(context, kind, major, minor, path):
    if not os.path.exists(path):
        raise Skip(f"no {path}")
    change = both(MAPPED, linux(devices=[{"path": path, "type": kind, "major": major, "minor": minor}]))
    matches(rf"^c.* {major}, +{minor}", context.shell(f"ls -l {path}", change=change))


@case("in a user namespace a device that the host lacks is refused, by its place in the document", needs=martlet_only)
def absent_device(context):
    change = both(MAPPED, linux(devices=[{"path": "/dev/not-here", "type": "c", "major": 1, "minor": 3}]))
    matches("/linux/devices/0.*no such file", context.run("true", change=change, code=1).message)


@case("mounts of a container do not reach the host, whatever propagation it asks for")
def propagation(context):
    shared = context.folder / "shared"
    shared.mkdir(exist_ok=True)
    before = oci.mount_table()
    for value in ("private", "slave", "shared", "rshared", "rslave"):
        change = both(mount("/tmp", "bind", str(shared), "rbind", value), linux(rootfsPropagation="r" + value.lstrip("r")))
        context.run("true", change=change)
    # Others may mount meanwhile; what a container mounts is seen below its root, or at the bind's source.
    equal([line for line in oci.mount_table() - before if str(context.folder) in line], [])


VALUES = [prefix + value for value in ("private", "slave", "shared", "unbindable") for prefix in ("", "r")]
ENTRIES = [(f"{value}, {word}", value, options) for value in VALUES
           for word, options in (("pivoted to", ()), ("moved", ("--no-pivot",)))
           if not (options and value in ("private", "rprivate"))]


@cases(ENTRIES, "a root on a mount that the host shares, rootfsPropagation {}", needs=martlet_only)
def shared_host(context, value, options):
    """As where an init system shares every mount: none of the host's goes, and none of the container's comes."""
    host = context.folder / "host"
    host.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "host", host], check=True)
    try:
        subprocess.run(["mount", "--make-shared", host], check=True)
        for name, kind in (("proc", "proc"), ("proc/fs", "tmpfs")):  # with a mount below what --no-pivot hides
            (host / name).mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", kind, kind, host / name], check=True)
        shutil.copytree(context.rootfs, host / "rootfs", symlinks=True)
        before = oci.mount_table()

        def change(config):
            config["root"]["path"] = str(host / "rootfs")
            config["linux"]["rootfsPropagation"] = value
        name, bundle = context.bundle("true", change=change, own_rootfs=True)
        context.must("run", *options, "--bundle", bundle.path, name)
        ours = lambda table: sorted(line for line in table if str(host) in line)
        equal(ours(oci.mount_table()), ours(before))
    finally:
        subprocess.run(["umount", "--recursive", host], check=True)
