"""Cgroups below, above and beside a container's: nested, frozen, threaded, given away."""
from harness import *

UNIFIED = pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()


def on_v2(context):
    """A need: the container is accounted in a cgroup v2 tree with controllers."""
    return martlet_only(context) or (None if UNIFIED else "it needs cgroup v2 alone")


def on_v1(context):
    return martlet_only(context) or ("it needs the freezer of cgroup v1" if UNIFIED else None)


def places(context, name, with_file="cgroup.procs"):
    return [place for place in oci.cgroups(f"{context.parent}/{name}") if (place / with_file).exists()]


def freezer(context, name):
    """The cgroup that freezes a container, and the file that does it."""
    file, frozen, thawed = ("cgroup.freeze", "1", "0") if UNIFIED else ("freezer.state", "FROZEN", "THAWED")
    return places(context, name, file)[0], file, frozen, thawed


def writable_cgroup(config):
    """The container sees its own cgroup as the root, and may write there."""
    config["linux"]["namespaces"].append({"type": "cgroup"})
    mount = next(mount for mount in config["mounts"] if mount["type"] == "cgroup")
    mount["options"] = [option for option in mount["options"] if option != "ro"]


def members(place):
    return [int(pid) for pid in (place / "cgroup.procs").read_text().split()]


NESTING = "sleep 1000 & sleep 1000 & wait"


def nested(context, name):
    """Moves a process of the container into a frozen cgroup below the container's; its pid."""
    place, file, frozen, _ = freezer(context, name)
    check(oci.wait_until(lambda: len(members(place)) == 3), f"processes: {members(place)}")
    child = place / "below"
    child.mkdir()
    pid = members(place)[-1]
    (child / "cgroup.procs").write_text(str(pid))
    (child / file).write_text(frozen)
    return pid


@case("delete --force ends processes in frozen cgroups below the container's, and removes those", needs=martlet_only)
def delete_nested(context):
    name = context.started("sh", "-c", NESTING)
    nested(context, name)
    context.must("delete", "--force", name)
    equal(places(context, name), [])


@case("kill KILL ends processes in frozen cgroups below, where the container shares the host's processes", needs=martlet_only)
def kill_nested(context):
    def change(config):
        config["linux"]["namespaces"] = [entry for entry in config["linux"]["namespaces"] if entry["type"] != "pid"]
    name = context.started("sh", "-c", NESTING, change=change)
    nested(context, name)
    context.must("kill", name, "KILL")
    check(oci.wait_until(lambda: not any(members(place) for place in places(context, name))), "processes are left")
    context.must("delete", name)


@case("kill --all reaches every process, also in cgroups below", needs=martlet_only)
def kill_all(context):
    name = context.started("sh", "-c", NESTING)
    pid = nested(context, name)
    place, file, _, thawed = freezer(context, name)
    (place / "below" / file).write_text(thawed)
    context.must("kill", "--all", name, "TERM")

    def ended():
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True
    check(oci.wait_until(ended), "it lives")


@case("pause and resume leave what is frozen below as it is", needs=martlet_only)
def pause_nested(context):
    name = context.started("sh", "-c", NESTING)
    nested(context, name)
    place, file, frozen, _ = freezer(context, name)
    context.must("pause", name)
    equal(context.status(name), "paused")
    context.must("resume", name)
    equal(context.status(name), "running")
    equal((place / "below" / file).read_text().strip(), frozen)


@case("a process that cannot die is waited for no longer than the deadline, and named with where it stands", needs=on_v1)
def cannot_die(context):
    name, bundle = context.bundle("sleep", "1000")
    above = f"{context.parent}/above"
    bundle.config["linux"]["cgroupsPath"] = f"{above}/{name}"
    bundle.write(bundle.config)
    context.must("create", "--bundle", bundle.path, name)
    context.must("start", name)
    pid = context.runtime.state(name)["pid"]
    place = next(place for place in oci.cgroups(above) if (place / "freezer.state").exists())
    (place / "freezer.state").write_text("FROZEN")
    try:
        result = context.runtime.run("delete", "--force", name, timeout=120)
        # The deadline is one of each step: killing, waiting for the init process, removing; before and with the lock.
        check(result.code == 1 and result.seconds < 75, f"exit {result.code} after {result.seconds} s: {result.message}")
        matches(rf"timed out; in the way: {pid} \(sleep, state D, in \w+\)", result.message)
        check(context.runtime.state(name), "its record is gone")
    finally:
        (place / "freezer.state").write_text("THAWED")
    context.must("delete", "--force", name)
    oci.remove_cgroups(above)


@case("exec goes where the init process is once that hands controllers down", needs=on_v2)
def beside(context):
    script = """
      mkdir /sys/fs/cgroup/leaf && echo $$ >/sys/fs/cgroup/leaf/cgroup.procs &&
      echo +pids >/sys/fs/cgroup/cgroup.subtree_control && sleep 1000 & wait"""
    name = context.started("sh", "-c", script.replace(" & wait", "; exec sleep 1000"), change=writable_cgroup)
    place = places(context, name)[0]
    check(oci.wait_until(lambda: "pids" in (place / "cgroup.subtree_control").read_text()), "nothing is handed down")
    matches(r"^0::/leaf$", context.must("exec", name, "cat", "/proc/self/cgroup").text)


@case("the cgroup is the container's user's where it may write there, its limits are not", needs=on_v2)
def given_away(context):
    def change(config):
        writable_cgroup(config)
        config["process"]["user"] = {"uid": 1000, "gid": 1000}
    name = context.started(change=change)
    place = places(context, name)[0]
    listed = pathlib.Path("/sys/kernel/cgroup/delegate").read_text().split()
    owners = {entry.name: entry.stat().st_uid for entry in place.iterdir()}
    equal(place.stat().st_uid, 1000)
    equal({file for file, owner in owners.items() if owner == 1000}, {file for file in listed if file in owners})
    context.must("exec", name, "mkdir", "/sys/fs/cgroup/own")
    # A mount that is read-only, or no cgroup namespace: it stays root's.
    other = context.started(user={"uid": 1000, "gid": 1000})
    equal(places(context, other)[0].stat().st_uid, 0)


@case("below a threaded cgroup a container is threaded: limits of the process are refused by name", needs=on_v2)
def threaded(context):
    top = pathlib.Path("/sys/fs/cgroup") / context.parent.strip("/") / "threads"
    top.mkdir(parents=True)
    (top / "inner").mkdir()
    (top / "inner" / "cgroup.type").write_text("threaded")
    def made(resources):
        name, bundle = context.bundle("sleep", "1000")
        bundle.config["linux"]["cgroupsPath"] = f"{context.parent}/threads/inner/{name}"
        bundle.config["linux"]["resources"].update(resources)
        bundle.write(bundle.config)
        return name, context.runtime.run("create", "--bundle", bundle.path, name)
    name, result = made({"memory": {"limit": 64 << 20}})
    check(result.code == 1 and "controller memory is not available" in result.message, result.message)
    name, result = made({"pids": {"limit": 30}})
    check(result.code == 0, result.message)
    equal((top / "inner" / name / "cgroup.type").read_text().strip(), "threaded")
    context.must("delete", "--force", name)
    for place in (top / "inner", top):
        place.rmdir()


@case("a cgroup that has others below it keeps its list of devices, and create says so", needs=on_v1)
def others_below(context):
    name, bundle = context.bundle("true")
    place = f"{context.parent}/{name}"
    devices = next((mount for mount in oci.mount_points("cgroup") if mount.name == "devices"), None)
    if not devices:
        raise Skip("there is no devices hierarchy")
    below = devices / place.strip("/") / "below"
    below.mkdir(parents=True)
    try:
        result = context.runtime.run("create", "--bundle", bundle.path, name)
        check(result.code != 0, "it was created")
        matches(r"devices\.deny: .* has cgroups below it", result.message)
    finally:
        oci.remove_cgroups(place)
