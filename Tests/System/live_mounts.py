"""Mounts that are added to a running container, and taken away."""
from changes import *
from harness import *


def bind(source, destination, *options):
    return {"destination": destination, "source": str(source), "options": ["bind", *options]}


def listed(context, *mounts):
    """A file with these mounts."""
    file = context.folder / "mounts.json"
    file.write_text(json.dumps(mounts))
    return file


def source(context):
    folder = context.folder / "source"
    folder.mkdir(exist_ok=True)
    (folder / "file").write_text("text")
    return folder


def running(context, **more):
    """A container with a root of its own, and that root."""
    name, bundle = context.bundle("sleep", "1000", own_rootfs=True, **more)
    context.must("run", "--detach", "--bundle", bundle.path, name)
    return name, bundle.path / "rootfs"


def mounted(context, name):
    pid = context.runtime.state(name)["pid"]
    lines = [line.split() for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    return {line[4]: set(line[5].split(",")) for line in lines}


def recorded(context, name):
    return json.loads(pathlib.Path(context.runtime.root, name, "state.json").read_text())["martlet"].get("mounts", [])


@case("mounts: folders, files and tmpfs are added to a running container, and taken away", needs=martlet_only)
def added(context):
    name, _ = running(context, change=lambda config: config["root"].update(readonly=False))
    folder = source(context)
    before = mounted(context, name)
    file = listed(context, bind(folder, "/new/folder", "ro", "nosuid"), bind(folder / "file", "/etc/one"),
                  {"destination": "/new/space", "type": "tmpfs", "options": ["size=1m", "noexec", "mode=700"]})
    context.must("mounts", "add", name, file)
    after = mounted(context, name)
    equal(set(after) - set(before), {"/new/folder", "/etc/one", "/new/space"})
    check({"ro", "nosuid"} <= after["/new/folder"] and "noexec" in after["/new/space"], after)
    equal(context.must("exec", name, "sh", "-c", "cat /new/folder/file /etc/one; stat -c %a /new/space").text, "texttext700\n")
    matches("Read-only", context.must("exec", name, "touch", "/new/folder/x", code=1).message)
    equal([entry["mount"]["destination"] for entry in recorded(context, name)], ["/new/folder", "/etc/one", "/new/space"])
    matches("was added on .* before", context.must("mounts", "add", name, file, code=1).message)
    context.must("mounts", "remove", name, file)
    equal(mounted(context, name), before)
    equal(recorded(context, name), [])
    matches("no mount was added on", context.must("mounts", "remove", name, file, code=1).message)
    context.must("mounts", "add", name, file)  # what is there at the end goes with the container


@case("mounts: what is mounted below an added folder stays in the container", needs=martlet_only)
def isolated(context):
    name, root = running(context)
    (root / "mnt").mkdir()
    context.must("mounts", "add", name, listed(context, bind(source(context), "/mnt")))
    (source(context) / "below").mkdir()
    pid = context.runtime.state(name)["pid"]
    subprocess.run(["nsenter", "-t", str(pid), "-m", "/bin/busybox", "mount", "-t", "tmpfs", "none", "/mnt/below"], check=True)
    check("/mnt/below" in mounted(context, name), "it is not mounted")
    check(str(source(context) / "below") not in "\n".join(oci.mount_table()), "it came back to the host")


@case("mounts: links of a hostile root lead nowhere outside, and to nothing of the kernel's", needs=martlet_only)
def hostile(context):
    name, root = running(context, change=lambda config: config["root"].update(readonly=False))
    outside = context.folder / "outside"
    outside.mkdir(exist_ok=True)
    (root / "out").symlink_to(f"/../../../../../..{outside}")
    (root / "kernel").symlink_to("/proc/self")
    (root / str(outside)[1:]).mkdir(parents=True)
    context.must("mounts", "add", name, listed(context, bind(source(context), "/out/place")))
    check(str(outside) + "/place" in mounted(context, name), mounted(context, name))
    equal(list(outside.iterdir()), [])
    context.must("mounts", "remove", name, listed(context, bind(source(context), "/out/place")))
    for place in ("/kernel/attr", "/sys/fs", "/proc/1"):
        context.must("mounts", "add", name, listed(context, bind(source(context), place)), code=1)
    context.must("mounts", "add", name, listed(context, bind(source(context), "/.")), code=1)
    equal(recorded(context, name), [])


@case("mounts: of several all are added, or none", needs=martlet_only)
def none(context):
    name, root = running(context)
    (root / "mnt").mkdir()
    before = mounted(context, name)
    for second in (bind(source(context), "/mnt/../etc/passwd"), bind(context.folder / "missing", "/mnt"),
                   {"destination": "/x", "type": "proc"}, {"destination": "/mnt", "type": "tmpfs", "options": ["nonsense"]}):
        context.must("mounts", "add", name, listed(context, bind(source(context), "/mnt"), second), code=1)
        equal((mounted(context, name), recorded(context, name)), (before, []))


@case("mounts: only what was added is taken away", needs=martlet_only)
def own(context):
    name, root = running(context)
    (root / "mnt").mkdir()
    file = listed(context, bind(source(context), "/mnt"))
    context.must("mounts", "add", name, file)
    pid = context.runtime.state(name)["pid"]
    inside = ["nsenter", "-t", str(pid), "-m", "/bin/busybox"]
    subprocess.run([*inside, "mount", "-t", "tmpfs", "none", "/mnt"], check=True)
    matches("is not what was added", context.must("mounts", "remove", name, file, code=1).message)
    subprocess.run([*inside, "umount", "/mnt"], check=True)
    context.must("mounts", "remove", name, file)
    check("/mnt" not in mounted(context, name), "it is still there")


@case("mounts: what an interrupted command left is found by its record", needs=martlet_only)
def interrupted(context):
    name, root = running(context)
    (root / "mnt").mkdir()
    file, record = listed(context, bind(source(context), "/mnt")), pathlib.Path(context.runtime.root, name, "state.json")
    context.must("mounts", "add", name, file)
    for change in ({}, {"identity": 1}):  # the command was killed after the mount, or before it
        state = json.loads(record.read_text())
        state["martlet"]["mounts"][0].update(unsettled=True, **change)
        record.write_text(json.dumps(state))
        context.must("mounts", "remove", name, file)
        equal(recorded(context, name), [])
        check("/mnt" not in mounted(context, name) or change, "it is still there")
        if not change:
            context.must("mounts", "add", name, file)


@case("mounts: other containers, other files and other words are refused", needs=martlet_only)
def refused(context):
    name, file = context.started(), listed(context, bind(source(context), "/mnt"))
    matches("want add or remove", context.must("mounts", "move", name, file, code=1).message)
    matches("does not exist", context.must("mounts", "add", "none", file, code=1).message)
    matches("no such file", context.must("mounts", "add", name, context.folder / "none", code=1).message)
    for text in ("{", "{}", "[1]", '[{"source": "/"}]'):
        file.write_text(text)
        context.must("mounts", "add", name, file, code=1)
    context.must("kill", name, "KILL")
    context.await_status(name, "stopped")
    file = listed(context, bind(source(context), "/mnt"))
    matches("container not running", context.must("mounts", "add", name, file, code=1).message)
    name, bundle = context.bundle("sleep", "1000", change=MAPPED)
    context.must("run", "--detach", "--bundle", bundle.path, name)
    matches("user namespace", context.must("mounts", "add", name, file, code=1).message)
