"""What belongs to the host stays as it is, and out of reach, whatever a container or its document tries."""
import contextlib

from changes import *
from harness import *

THREADS = r"grep -q '^Threads:[[:space:]]*1$' /proc/$PPID/status"


@contextlib.contextmanager
def tmpfs_at(folder, *options):
    """A file system of the host's, with options of the mount itself."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=777", "tmpfs", folder], check=True)
    try:
        if options:
            subprocess.run(["mount", "-o", ",".join(("remount", "bind", *options)), folder], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "--recursive", "--lazy", folder], check=True)


def host_line(folder):
    return [line for line in oci.mount_table() if f" {folder} " in line][0]


def through_descriptors(run):
    """Runs `cat` of the host, and of the container, through each descriptor that the runtime may have open."""
    for number in range(3, 48):
        for path in (f"{number}/../bin/busybox", f"{number}/../usr/bin/busybox", f"{number}/1/root/bin/busybox",
                     f"{number}/bin/busybox", f"{number}"):
            result = run(f"/proc/self/fd/{path}", "cat", "/proc/self/mountinfo")
            check(result.code not in (0, 127), f"/proc/self/fd/{path}: exit {result.code}: {result.text}")


WAITING = [("as spec writes it", None, ()), ("in a user namespace", MAPPED, ()), ("without pivot_root", None, ("--no-pivot",)),
           ("in the host's pid namespace", namespaces(without=("pid",)), ())]


@cases(WAITING, "a process that waits for start holds nothing of the host: {}")
def waiting(context, change, options):
    name, bundle = context.bundle("sleep", "1000", change=change)
    context.must("create", *options, "--bundle", bundle.path, name)
    held = pathlib.Path(f"/proc/{context.runtime.state(name)['pid']}/fd")
    kinds = []
    for number in sorted(int(entry.name) for entry in held.iterdir()):
        place = held / str(number)
        if number < 3:
            continue
        kinds.append("fifo" if place.is_fifo() else "folder" if place.is_dir() else os.readlink(place))
        for folder in (place, place / ".."):
            names = os.listdir(folder) if place.is_dir() else []
            check(not set(names) & {"sys", "uptime", "bin", "1"} or all(n.isdigit() for n in names),
                  f"descriptor {number} leads to {names}")
    check(kinds == ["fifo", "folder"], f"held: {kinds}")
    context.must("start", name)


@case("no program is executed through a descriptor of the runtime: exec")
def exec_through_descriptor(context):
    name = context.started()
    through_descriptors(lambda *args: context.runtime.run("exec", name, *args))


@case("no program is executed through a descriptor of the runtime: a link of the image", needs=tool("busybox"))
def link_through_descriptor(context):
    name, bundle = context.bundle("sleep", "1000", own_rootfs=True)
    context.must("run", "--detach", "--bundle", bundle.path, name)
    link = bundle.path / "rootfs/bin/tool"
    for number in range(3, 48):
        link.unlink(missing_ok=True)
        link.symlink_to(f"/proc/self/fd/{number}/../{shutil.which('busybox')}")
        result = context.runtime.run("exec", name, "tool", "cat", "/proc/self/mountinfo")
        check(result.code != 0, f"descriptor {number}: {result.text}")


@case("no program is executed through a descriptor of the runtime: run in a user namespace")
def run_through_descriptor(context):
    for number in range(3, 32):
        result = context.run(f"/proc/self/fd/{number}/../usr/bin/env", change=MAPPED, code=None)
        check(result.code != 0, f"descriptor {number}: {result.text}")


POWERFUL = capabilities(**{kind: ["FOWNER", "CHOWN", "KILL"] for kind in ("bounding", "effective", "permitted")})


@cases([("run",), ("exec",)], "the null device that {} passes on is the container's own")
def null_device(context, command="exec"):
    before = os.stat("/dev/null")
    script = "for n in 0 1 2; do chmod 0640 /proc/self/fd/$n; chown 7:7 /proc/self/fd/$n; done"
    argv = ["exec", context.started(change=POWERFUL)]
    if command == "run":
        name, bundle = context.bundle("sh", "-c", script, change=POWERFUL)
        argv = ["run", "--bundle", bundle.path, name]
    else:
        argv += ["sh", "-c", script]
    with open("/dev/null", "r+b") as null:
        subprocess.run(context.runtime.argv(*argv), stdin=null, stdout=null, stderr=null, timeout=20, check=False)
    after = os.stat("/dev/null")
    os.chmod("/dev/null", before.st_mode & 0o7777), os.chown("/dev/null", before.st_uid, before.st_gid)
    equal((after.st_mode, after.st_uid, after.st_gid), (before.st_mode, before.st_uid, before.st_gid))


@case("a bind mount that is remounted changes the mount, not the host's file system")
def remounted_bind(context):
    with tmpfs_at(context.folder / "volume") as volume:
        before = host_line(volume)
        found = context.shell("grep ' /volume ' /proc/self/mountinfo", change=both(
            mount("/volume", "bind", str(volume), "rbind"), mount("/volume", "bind", str(volume), "remount", "bind", "ro")))
        check(" ro," in found, found)
        equal(host_line(volume), before)


@cases([(place, place) for place in ("/dev", "/dev/", "//dev", "/./dev", "/tmp/../dev")],
       "nothing is made in a folder of the host that is bound on {}")
def own_dev(context, place):
    folder = context.folder / "dev"
    folder.mkdir(exist_ok=True)
    for name, minor in (("ptmx", 2), ("null", 3)):
        if not (folder / name).exists():
            os.mknod(folder / name, 0o020666, os.makedev(5 if name == "ptmx" else 1, minor))

    def change(config):
        config["mounts"] = [entry for entry in config["mounts"] if not entry["destination"].startswith("/dev")]
        mount(place, "bind", str(folder), "rbind")(config)

    context.run("true", change=change)
    equal(sorted(os.listdir(folder)), ["null", "ptmx"])
    check(not (folder / "ptmx").is_symlink(), "the multiplexer was replaced")


@case("in a user namespace, flags and covers of the host's mounts cannot be taken away", needs=martlet_only)
def locked_mounts(context):
    # The container's root may not write the root file system, so the mount point has to be there.
    (context.rootfs / "volume").mkdir(exist_ok=True)
    with tmpfs_at(context.folder / "volume") as volume:
        (volume / "covered").mkdir()
        (volume / "covered/secret").write_text("secret")
        with tmpfs_at(volume / "covered"):
            subprocess.run(["mount", "-o", "remount,bind,ro,nosuid,nodev", volume], check=True)
            found = context.shell(
                "mount -o remount,bind,rw,suid,dev /volume; umount /volume/covered; touch /volume/written"
                " && echo WRITTEN; ls /volume/covered; grep ' /volume ' /proc/self/mountinfo",
                change=both(MAPPED, mount("/volume", "bind", str(volume), "rbind", "ro"), process(noNewPrivileges=False),
                            capabilities(**{kind: ["SYS_ADMIN"] for kind in ("bounding", "effective", "permitted")})))
        check("WRITTEN" not in found and "secret" not in found, found)
        check(" ro,nosuid,nodev" in found, found)


@case("a runtime whose standard streams are closed writes into nothing else")
def closed_streams(context):
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        for args, code in ((("sh", "-c", "echo x; echo y >&2; read z; exit 7"), 7), (("/missing",), 1)):
            name, bundle = context.bundle(*args)
            command = " ".join(context.runtime.argv("run", "--bundle", bundle.path, name))
            done = subprocess.run(["sh", "-c", f"exec {command} {closed}"], capture_output=True, timeout=20, check=False)
            equal(done.returncode, code)
            check(not oci.leftovers(context.runtime, name, f"{context.parent}/{name}", bundle.path, oci.mount_table()),
                  f"{closed}: something is left")


@case("signals that the caller ignores are not ignored by the program", needs=martlet_only)
def ignored_signals(context):
    name, bundle = context.bundle("grep", "SigIgn", "/proc/self/status")
    command = " ".join(context.runtime.argv("run", "--bundle", bundle.path, name))
    done = subprocess.run(["sh", "-c", f"trap '' PIPE TERM HUP USR1; exec {command}"], capture_output=True, text=True,
                          timeout=20, check=False)
    equal(done.stdout.split(), ["SigIgn:", "0" * 16])


@case("the runtime has one thread", needs=martlet_only)
def one_thread(context):
    context.run("true", change=top(hooks={kind: [{"path": "/bin/sh", "args": ["sh", "-c", THREADS]}]
                                          for kind in ("createRuntime", "poststart", "poststop")}))


@case("a filter that does not know close_range", needs=martlet_only)
def narrow_filter(context):
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
               "syscalls": [{"names": ["close_range", "openat2", "faccessat2", "statx"], "action": "SCMP_ACT_ERRNO"}]}
    for quiet in (True, False):
        context.run("true", change=both(linux(seccomp=profile), process(noNewPrivileges=quiet)))
