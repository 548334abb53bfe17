"""Mounts with mapped ids, links as sources and destinations, locked flags, and mounts of cgroups."""
from changes import *
from harness import *

OWN = [{"containerID": 0, "hostID": 0, "size": 5}, {"containerID": 5, "hostID": 4000, "size": 10}]
# ids of the file system, ids of the host that stand for them
TO_CONTAINER = [{"containerID": 0, "hostID": 100000, "size": 1000}]


def entry(destination, source, *options, kind="bind", **more):
    return lambda config: config["mounts"].append(
        {"destination": destination, "type": kind, "source": str(source), "options": list(options), **more})


def can_map(context):
    return None if context.is_martlet else "older peers map binds of some kinds only"


def owned(context, *owners):
    """A folder with one file for each owner, by the name of the owner."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=context.folder))
    folder.chmod(0o755)
    for owner in owners:
        (folder / str(owner)).touch()
        os.chown(folder / str(owner), owner, owner)
    return folder


STAT = "cd /tmp; stat -c '%n %u %g' *"


@case("idmap: mappings given in the mount, without a user namespace", needs=can_map)
def given(context):
    folder = owned(context, 0, 5, 300)
    for options in (("bind",), ("bind", "idmap"), ("rbind", "ridmap")):
        change = entry("/tmp", folder, *options, uidMappings=OWN, gidMappings=OWN)
        equal(context.shell(STAT, change=change), "0 0 0\n300 65534 65534\n5 4000 4000\n")


@case("idmap: mappings given in the mount, in a user namespace", needs=can_map)
def given_inside(context):
    folder = owned(context, 0, 7)
    change = both(MAPPED, entry("/tmp", folder, "bind", "idmap", uidMappings=TO_CONTAINER, gidMappings=TO_CONTAINER))
    equal(context.shell(STAT + "; touch new; stat -c %u new", change=change), "0 0 0\n7 7 7\n0\n")
    equal((folder / "new").stat().st_uid, 0)


@case("idmap: taken from the container's new user namespace", needs=can_map)
def from_container(context):
    folder = owned(context, 0, 42)
    equal(context.shell(STAT, change=both(MAPPED, entry("/tmp", folder, "bind", "idmap"))), "0 0 0\n42 42 42\n")
    equal(context.shell(STAT, change=both(MAPPED, entry("/tmp", folder, "bind"))), "0 65534 65534\n42 65534 65534\n")


@case("idmap: taken from a user namespace that is joined by path, whose mappings are compared", needs=can_map)
def from_path(context):
    first = context.started(change=MAPPED)
    path = f"/proc/{context.runtime.state(first)['pid']}/ns/user"
    folder = owned(context, 0, 42)
    joined = namespaces({"type": "user", "path": path})
    same = lambda config: (MAPPED(config), joined(config), config["linux"].update(namespaces=[
        one for one in config["linux"]["namespaces"] if one["type"] != "user" or "path" in one]))
    equal(context.shell(STAT, change=both(joined, entry("/tmp", folder, "bind", "idmap"))), "0 0 0\n42 42 42\n")
    equal(context.shell(STAT, change=both(same, entry("/tmp", folder, "bind", "idmap"))), "0 0 0\n42 42 42\n")
    other = both(same, lambda config: config["linux"].update(uidMappings=[{"containerID": 0, "hostID": 100000, "size": 9}]))
    message = context.run("true", change=other, code=1).message
    matches("/linux/uidMappings: .*other mappings", message)


@case("idmap: ranges in the option, some relative to the container's", needs=can_map)
def in_option(context):
    folder = owned(context, 0, 3)
    for text in ("idmap=uids=0-100000-10;gids=0-100000-10", "idmap=uids=@0-0-10;gids=@0-0-2#@2-2-8"):
        equal(context.shell(STAT, change=both(MAPPED, entry("/tmp", folder, "bind", text))), "0 0 0\n3 3 3\n")


@case("idmap leaves the mounts below alone, ridmap does not", needs=can_map)
def below(context):
    folder = owned(context)
    (folder / "below").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "below", folder / "below"], check=True)
    try:
        for option, wanted in (("idmap", "0"), ("ridmap", "77")):
            mapping = [{"containerID": 0, "hostID": 77, "size": 1}]
            change = entry("/tmp", folder, "rbind", option, uidMappings=mapping, gidMappings=mapping)
            equal(context.shell("stat -c %u /tmp /tmp/below", change=change), f"77\n{wanted}\n")
    finally:
        subprocess.run(["umount", folder / "below"], check=True)


@case("idmap of a file, read-only", needs=can_map)
def of_file(context):
    folder = owned(context, 5)
    change = entry("/etc/passwd", folder / "5", "bind", "idmap", "ro", uidMappings=OWN, gidMappings=OWN)
    matches("^4000\n.*Read-only", context.shell("stat -c %u /etc/passwd; (echo x >/etc/passwd) 2>&1; true", change=change))


@case("idmap of a tmpfs, with a user namespace and without", needs=can_map)
def of_tmpfs(context):
    text = context.shell("stat -c %u /tmp; touch /tmp/x && stat -c %u /tmp/x; grep -c ' /tmp .*size=1024k' /proc/self/mountinfo",
                         change=both(MAPPED, entry("/tmp", "tmpfs", "idmap", "size=1m", "mode=755", kind="tmpfs")))
    equal(text, "0\n0\n1\n")
    mapping = [{"containerID": 0, "hostID": 9, "size": 1}]
    change = entry("/tmp", "tmpfs", "mode=700", "nosuid", "ro", kind="tmpfs", uidMappings=mapping, gidMappings=mapping)
    matches("^9 700\n.* ro,nosuid", context.shell("stat -c '%u %a' /tmp; grep ' /tmp ' /proc/self/mountinfo", change=change))


@case("idmap of a tmpfs takes what it covers with it", needs=can_map)
def copied(context):
    change = both(MAPPED, entry("/etc", "tmpfs", "idmap", "tmpcopyup", kind="tmpfs"))
    matches("^user:x:1000", context.shell("cat /etc/group", change=change))


REFUSED = [("of proc", ("/proc", "proc", "idmap=uids=0-1-1;gids=0-1-1"), "proc", r"/mounts/7/type: .*cannot be id-mapped"),
           ("without mappings and user namespace", ("/tmp", "/usr", "bind", "idmap"), "bind", r"/mounts/7: .*needs mappings"),
           ("of a file system that cannot", ("/tmp", "ramfs", "idmap=uids=0-1-1;gids=0-1-1"), "ramfs",
            r"/mounts/7: mount_setattr .*invalid argument")]


@cases(REFUSED, "idmap: {} is an error at its place", needs=can_map)
def refused(context, arguments, kind, text):
    matches(text, context.run("true", change=entry(*arguments, kind=kind), code=1).message)


@case("idmap: no process stays behind", needs=can_map)
def no_process(context):
    folder = owned(context, 0)
    context.started(change=entry("/tmp", folder, "bind", "idmap", uidMappings=OWN, gidMappings=OWN))
    children = subprocess.run(["pgrep", "-P", str(os.getpid()), "-a"], capture_output=True, text=True).stdout.splitlines()
    equal([line for line in children if "sleep" not in line and "pgrep" not in line], [])


# ---- links

def linked(context):
    folder = pathlib.Path(tempfile.mkdtemp(dir=context.folder))
    folder.chmod(0o755)
    (folder / "target").write_text("content")
    (folder / "link").symlink_to("target")
    return folder


@case("copy-symlink makes a link anew, and binds anything else", needs=martlet_only)
def copy_symlink(context):
    folder = linked(context)
    change = both(tmpfs(), entry("/tmp/a/l", folder / "link", "bind", "copy-symlink"),
                  entry("/tmp/f", folder / "target", "bind", "copy-symlink"))
    equal(context.shell("readlink /tmp/a/l; cat /tmp/f", change=change), "target\ncontent")


@case("copy-symlink leaves a link that leads to the same place, and refuses anything else", needs=martlet_only)
def copy_symlink_again(context):
    folder = linked(context)
    for target, code in (("target", 0), ("other", 1)):
        name, bundle = context.bundle("readlink", "/l", own_rootfs=True, change=entry("/l", folder / "link", "bind", "copy-symlink"))
        (bundle.path / "rootfs/l").symlink_to(target)
        result = context.must("run", "--bundle", bundle.path, name, code=code)
        matches("^target$" if code == 0 else "/mounts/7.*file exists", result.text.strip() if code == 0 else result.message)


@case("src-nofollow binds a link itself", needs=martlet_only)
def source_link(context):
    folder = linked(context)
    change = both(tmpfs(), entry("/tmp/l", folder / "link", "bind", "src-nofollow"))
    equal(context.shell("readlink /tmp/l", change=change), "target\n")


@case("dest-nofollow covers a link itself", needs=martlet_only)
def target_link(context):
    folder = linked(context)
    for options, wanted in ((("dest-nofollow",), "/etc/group\ncontent"), ((), "/etc/group\n")):
        name, bundle = context.bundle("sh", "-c", "ls /l >/dev/null; head -c7 /l", own_rootfs=True,
                                      change=entry("/l", folder / "target", "bind", *options))
        (bundle.path / "rootfs/l").symlink_to("/etc/hollow")
        (bundle.path / "rootfs/etc/hollow").write_text("hollow")
        equal(context.must("run", "--bundle", bundle.path, name).text, "content")
        equal((bundle.path / "rootfs/l").is_symlink(), True)
        script = "cat /etc/hollow"
        name, bundle = context.bundle("sh", "-c", script, own_rootfs=True,
                                      change=entry("/l", folder / "target", "bind", *options))
        (bundle.path / "rootfs/l").symlink_to("/etc/hollow")
        (bundle.path / "rootfs/etc/hollow").write_text("hollow")
        equal(context.must("run", "--bundle", bundle.path, name).text, "hollow" if options else "content")


@case("a relative destination counts from the root, with a warning", needs=martlet_only)
def relative(context):
    result = context.run("sh", "-c", "grep ' /tmp ' /proc/self/mountinfo", change=mount("tmp", "tmpfs", "tmpfs"))
    matches("tmpfs", result.text)


@case("mount points are made: folders and files, deep, through links that stay in the root", needs=martlet_only)
def places(context):
    def change(config):
        entry("/link/deep/folder", "/usr/share", "bind")(config)
        entry("/link/deep/file", "/etc/hostname", "bind")(config)
    name, bundle = context.bundle("sh", "-c", "ls -d /real/deep/folder/doc; cat /real/deep/file", own_rootfs=True, change=change)
    (bundle.path / "rootfs/real").mkdir()
    (bundle.path / "rootfs/link").symlink_to("../../../real")
    matches("^/real/deep/folder/doc\n.", context.must("run", "--bundle", bundle.path, name).text)
    made = bundle.path / "rootfs/real/deep"
    equal([(made / "folder").stat().st_mode & 0o7777, (made / "file").stat().st_mode & 0o7777], [0o755, 0o644])


@case("a bind that asks for nothing keeps the flags of its source; in a user namespace they stay whatever is asked",
      needs=martlet_only)
def locks(context):
    folder = pathlib.Path(tempfile.mkdtemp(dir=context.folder))
    folder.chmod(0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "nosuid,nodev,nodiratime", "locks", folder], check=True)
    show = "awk '$5 == \"/tmp\" {print $6}' /proc/self/mountinfo | tail -1"
    try:
        equal(context.shell(show, change=entry("/tmp", folder, "bind")).strip(), "rw,nosuid,nodev,nodiratime,relatime")
        equal(context.shell(show, change=entry("/tmp", folder, "bind", "ro")).strip(), "ro,nodiratime,relatime")
        equal(context.shell(show, change=both(MAPPED, entry("/tmp", folder, "bind", "ro"))).strip(),
              "ro,nosuid,nodev,nodiratime,relatime")
        for option in ("suid", "dev", "noatime", "diratime"):
            message = context.run("true", change=both(MAPPED, entry("/tmp", folder, "bind", option)), code=1).message
            matches("/mounts/7.*not permitted", message)
        equal(context.shell(show, change=both(MAPPED, entry("/tmp", folder, "bind", "relatime", "exec"))).strip(),
              "rw,nosuid,nodev,nodiratime,relatime")
    finally:
        subprocess.run(["umount", folder], check=True)


REMOUNTS = [("proc, with an option of its own", "/proc", ("remount", "hidepid=2"), "hidepid=(2|invisible)"),
            ("a mount alone", "/dev/shm", ("remount", "bind", "ro", "nosuid"), r" ro,nosuid.* - tmpfs \S+ rw"),
            ("a tmpfs to read-only", "/dev/shm", ("remount", "ro"), r" - tmpfs \S+ ro")]


@cases(REMOUNTS, "remount: {}", needs=martlet_only)
def remounts(context, place, options, wanted):
    matches(wanted, context.shell(f"grep ' {place} ' /proc/self/mountinfo", change=entry(place, "x", *options, kind="x")))


@case("tmpcopyup: an owner whom the user namespace does not know is not copied", needs=martlet_only)
def unknown_owner(context):
    small = [{"containerID": 0, "hostID": 100000, "size": 10}]

    def change(config):
        both(namespaces({"type": "user"}), linux(uidMappings=small, gidMappings=small), mount("/etc", "tmpfs", "tmpfs", "tmpcopyup"))(config)
        for one in config["mounts"]:
            one["options"] = [text for text in one.get("options", []) if text != "gid=5" or one["type"] != "devpts"]
    equal(context.shell("stat -c '%u %g' /etc /etc/group", change=change), "0 0\n0 0\n")


@case("tmpcopyup copies extended attributes", needs=martlet_only)
def attributes(context):
    name, bundle = context.bundle("sleep", "1000", own_rootfs=True, change=mount("/t", "tmpfs", "tmpfs", "tmpcopyup"))
    root = bundle.path / "rootfs/t"
    (root / "d").mkdir(parents=True)
    (root / "f").write_text("x")
    value = bytes.fromhex("0100000200040000000000000000000000000000")  # cap_net_bind_service=ep
    try:
        os.setxattr(root / "f", "security.capability", value)
        os.setxattr(root / "d", "trusted.mine", b"1\0002")
    except OSError as error:
        raise Skip(f"the file system has none: {error}")
    context.must("create", "--bundle", bundle.path, name)
    there = pathlib.Path(f"/proc/{context.runtime.state(name)['pid']}/root/t")
    equal(os.getxattr(there / "f", "security.capability"), value)
    equal(os.getxattr(there / "d", "trusted.mine"), b"1\0002")


# ---- cgroups

def cgroup(*options):
    def change(config):
        config["mounts"] = [one for one in config["mounts"] if one["type"] != "cgroup"]
        entry("/sys/fs/cgroup", "cgroup", *options, kind="cgroup")(config)
    return change


COMBINATIONS = [(f"{users}, {namespace}, {how}", users, namespace, how)
                for users in ("the host's users", "other users") for namespace in ("host's", "own") for how in ("ro", "rw")]


@cases(COMBINATIONS, "cgroup mounts: {} cgroup namespace", needs=martlet_only)
def cgroups(context, users, namespace, how):
    change = both(cgroup(how), MAPPED if users == "other users" else both(),
                  namespaces({"type": "cgroup"}) if namespace == "own" else both())
    script = "grep '/sys/fs/cgroup' /proc/self/mountinfo; find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs | wc -l"
    name = context.started(change=change)
    lines = context.must("exec", name, "sh", "-c", script).text.splitlines()
    mounted = [line.split() for line in lines[:-1]]
    check(mounted, "nothing is mounted")
    for fields in mounted:
        kept = fields[4] == "/sys/fs/cgroup" and len(mounted) > 1 and how == "rw"
        check(fields[5].split(",")[0] == how or kept, fields)
    check(int(lines[-1]) >= len(mounted) - 1 >= 0, lines)
    hierarchies = [line for line in open("/proc/self/mountinfo") if " - cgroup " in line]
    if not hierarchies:
        return  # one tree
    equal(len(mounted), len(hierarchies) + 1)
    # Nobody sees the cgroups of others: its own process is at the top of each hierarchy.
    text = context.must("exec", name, "sh", "-c", "cat /sys/fs/cgroup/pids/cgroup.procs").text.split()
    check("1" in text, text)
