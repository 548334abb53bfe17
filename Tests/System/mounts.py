"""Mount options and propagation by what /proc/self/mountinfo shows, seccomp by what calls answer."""
import contextlib

from changes import *
from harness import *

SHOW = "awk '$5 == \"/tmp\"' /proc/self/mountinfo | tail -1"
PROFILE = "/usr/share/containers/seccomp.json"

# an option, a pattern for what the mount has, a pattern for what it has not
OPTIONS = [
    ("ro", r" ro[, ]", None), ("rw", r" rw[, ]", None), ("nosuid", "nosuid", None), ("suid", None, "nosuid"),
    ("nodev", "nodev", None), ("dev", None, "nodev"), ("noexec", "noexec", None), ("exec", None, "noexec"),
    ("noatime", "noatime", None), ("atime", "relatime", None), ("nodiratime", "nodiratime", None),
    ("diratime", None, "nodiratime"), ("relatime", "relatime", None), ("strictatime", None, "relatime|noatime"),
    ("nosymfollow", "nosymfollow", None), ("silent", None, "silent"), ("loud", None, "loud"),
]
OF_THE_FILE_SYSTEM = [
    ("sync", "sync", None), ("async", None, r"\bsync"), ("dirsync", "dirsync", None), ("lazytime", "lazytime", None),
    ("iversion", "tmpfs", None), ("size=1m", "size=1024k", None), ("nr_inodes=7", "nr_inodes=7", None),
    ("mode=711", "mode=711", None), ("uid=3", "uid=3", None),
]
PROPAGATION = [
    ("private", None, "shared|master|unbindable"), ("rprivate", None, "shared|master|unbindable"),
    ("slave", None, "shared|unbindable"), ("rslave", None, "shared|unbindable"), ("shared", "shared:", None),
    ("rshared", "shared:", None), ("unbindable", "unbindable", None), ("runbindable", "unbindable", None),
]
RECURSIVE = [
    ("rro", r" ro[, ]", None), ("rnosuid", "nosuid", None), ("rnodev", "nodev", None), ("rnoexec", "noexec", None),
    ("rnoatime", "noatime", None), ("rnodiratime", "nodiratime", None), ("rstrictatime", None, "relatime|noatime"),
    ("rnosymfollow", "nosymfollow", None), ("rrw", r" rw[, ]", None),
]


def examine(text, wanted, unwanted):
    check(text.strip(), "it is not mounted")
    if wanted:
        matches(wanted, text)
    if unwanted:
        check(not re.search(unwanted, text.split(" - ")[0]), text)


def named(*tables):
    return [(row[0], *row) for table in tables for row in table]


@cases(named(OPTIONS, OF_THE_FILE_SYSTEM, PROPAGATION), "a tmpfs with {}")
def of_tmpfs(context, option, wanted, unwanted):
    text = context.shell(SHOW, change=tmpfs(option))
    check(text.strip(), "it is not mounted")
    if wanted:
        matches(wanted, text)
    if unwanted:
        check(not re.search(unwanted, text), text)


@cases(named(OPTIONS, PROPAGATION, RECURSIVE), "a bind mount with {}")
def of_bind(context, option, wanted, unwanted):
    if option == "atime" and os.statvfs("/usr/share").f_flag & os.ST_NOATIME:
        wanted = "noatime"  # a bind keeps what the host's mount has, as with the peers
    examine(context.shell(SHOW, change=mount("/tmp", "bind", "/usr/share", "bind", option)), wanted, unwanted)


@cases(named(RECURSIVE), "a recursive bind mount with {} has it on the mounts below too")
def of_tree(context, option, wanted, unwanted):
    folder = context.folder / "tree"
    (folder / "below").mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "below", folder / "below"], check=True)
    try:
        text = context.shell("grep ' /tmp/below ' /proc/self/mountinfo", change=mount("/tmp", "bind", str(folder), "rbind",
                                                                                     option))
    finally:
        subprocess.run(["umount", folder / "below"], check=True)
    examine(text, wanted, unwanted)


@case("an option that only the file system could know is handed to it, and refused by it")
def data(context):
    matches("/mounts/|/tmp", context.run("true", change=tmpfs("bogus=1"), code=1).message)


@case("a tmpfs has the mode of the folder that it covers, or its own")
def modes(context):
    for options, wanted in (((), "1770"), (("mode=711",), "711")):
        def change(config):
            config["root"]["readonly"] = False
            mount("/covered", "tmpfs", "tmpfs", *options)(config)
        name, bundle = context.bundle("stat", "-c", "%a", "/covered", own_rootfs=True, change=change)
        (bundle.path / "rootfs/covered").mkdir()
        (bundle.path / "rootfs/covered").chmod(0o1770)
        if context.is_martlet or not options:  # an older peer overrules the document
            equal(context.must("run", "--bundle", bundle.path, name).text.strip(), wanted)


@case("tmpcopyup copies files, links, nodes, modes and owners, the folder's own too", needs=martlet_only)
def copied(context):
    name, bundle = context.bundle("sh", "-c", "cd /t; stat -c '%n %a %u %g %F' . f d/g l p; readlink l; cat d/g",
                                  own_rootfs=True, change=mount("/t", "tmpfs", "tmpfs", "tmpcopyup"))
    root = bundle.path / "rootfs/t"
    (root / "d").mkdir(parents=True)
    (root / "d/g").write_text("deep")
    (root / "f").write_text("x")
    (root / "l").symlink_to("/etc/shadow")
    os.mkfifo(root / "p")
    for place, mode, user, group in ((root / "f", 0o4755, 5, 6), (root / "p", 0o620, 0, 7), (root, 0o1777, 3, 4)):
        os.chown(place, user, group)
        place.chmod(mode)
    lines = context.must("run", "--bundle", bundle.path, name).text.splitlines()
    equal(lines, [". 1777 3 4 directory", "f 4755 5 6 regular file", "d/g 644 0 0 regular file",
                  "l 777 0 0 symbolic link", "p 620 0 7 fifo", "/etc/shadow", "deep"])


ROOT = [("private", None), ("rprivate", None), ("slave", None), ("rslave", None), ("runbindable", "unbindable"), ("shared", "shared:"), ("rshared", "shared:"), ("unbindable", "unbindable")]


@cases(named(ROOT), "rootfsPropagation {}", needs=martlet_only)
def root_propagation(context, value, wanted):
    text = context.shell("head -1 /proc/self/mountinfo", change=linux(rootfsPropagation=value))
    examine(text, wanted, None if wanted else "shared|unbindable")


VALUES = (None, "private", "rprivate", "slave", "rslave", "unbindable", "runbindable", "shared", "rshared")


@contextlib.contextmanager
def mounted(place, *arguments):
    """A mount of the host, for a while."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", *arguments, place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@cases([(value or "absent", value) for value in VALUES], "rootfsPropagation {} of a root on a shared mount", needs=martlet_only)
def on_shared_mount(context, value):
    place = context.folder / "shared-root"
    with mounted(place, "-t", "tmpfs", "-o", "mode=755", "tmpfs"):
        subprocess.run(["mount", "--make-shared", place], check=True)
        subprocess.run(["cp", "-a", context.rootfs, place / "rootfs"], check=True)
        change = both(linux(rootfsPropagation=value) if value else lambda config: None,
                      lambda config: config["root"].update(path=str(place / "rootfs")))
        root = context.shell("head -1 /proc/self/mountinfo", change=change)
    examine(root, {"slave": "master:", "rslave": "master:"}.get(value, "shared:" if "shared" in str(value) else None),
            None if "slave" in str(value) else "master:")


LOCKED = [("stay unless they are asked for", ("ro",), r"ro,nosuid,nodev,noexec"), ("stay on a plain bind", (), r"ro,nosuid,nodev,noexec")]


@cases(LOCKED, "in a user namespace the restrictions of the host's mount {}", needs=martlet_only)
def restrictions(context, options, wanted):
    with mounted(context.folder / "restricted", "-t", "tmpfs", "-o", "ro,nosuid,nodev,noexec,noatime,mode=755", "tmpfs") as place:
        matches(wanted, context.shell(SHOW, change=both(MAPPED, mount("/tmp", "bind", str(place), "bind", *options))))


@cases(named([("suid",), ("dev",), ("exec",), ("rw",)]), "in a user namespace {} does not lift a restriction of the host's mount", needs=martlet_only)
def lifted(context, option):
    with mounted(context.folder / "restricted", "-t", "tmpfs", "-o", "ro,nosuid,nodev,noexec,mode=755", "tmpfs") as place:
        message = context.run("true", code=1, change=both(MAPPED, mount("/tmp", "bind", str(place), "bind", option))).message
        matches("operation not permitted", message)


KINDS = [("ramfs", "ramfs", "ramfs", ()), ("overlay", "overlay", "overlay", ("lowerdir=/usr/share:/usr/lib",)),
         ("a bind mount without a type", None, "/usr/share", ("rbind",)), ("a source that is left out", "tmpfs", None, ())]


@cases(KINDS, "mounts: {}")
def kinds(context, kind, source, options):
    entry = {"destination": "/tmp", "options": list(options), **({"type": kind} if kind else {}),
             **({"source": source} if source else {})}
    check(context.shell(SHOW, change=lambda config: config["mounts"].append(entry)).strip(), "it is not mounted")


FAILING = [("a type that the kernel does not know", ("/tmp", "nothing", "nothing"), "no such device"),
           ("a source that is not there", ("/tmp", "bind", "/no/where", "bind"), "no such file"),
           ("a file on a folder", ("/tmp", "bind", "/etc/hostname", "bind"), "not a directory"),
           ("a folder on a file", ("/etc/passwd", "bind", "/usr", "bind"), "not a directory")]


@cases(FAILING, "mounts: {} is an error at its place", needs=martlet_only)
def failing(context, entry, text):
    message = context.run("true", change=mount(*entry), code=1).message
    matches(text, message)
    matches(r"/mounts/7\b", message)


# the action, a pattern for what a shell says of a refused mkdir
ACTIONS = [("ERRNO", "not permitted"), ("ALLOW", "Read-only"), ("LOG", "Read-only"), ("TRACE", "not implemented"),
           ("KILL", "Bad system call"), ("KILL_THREAD", "Bad system call"), ("KILL_PROCESS", "Bad system call"),
           ("TRAP", "Bad system call")]


@cases(named(ACTIONS), "seccomp: SCMP_ACT_{}, in run and in exec")
def action(context, action, wanted):
    change = seccomp("SCMP_ACT_" + action)
    script = "mkdir /x 2>&1; grep Seccomp: /proc/self/status"
    name = context.started(change=change)
    for text in (context.shell("exec 2>&1; " + script, change=change),
                 context.must("exec", name, "sh", "-c", "exec 2>&1; " + script).text):
        matches(rf"(?s){wanted}.*Seccomp:\s+2", text)


# kill -17, -18 and -23, compared with 18: which are refused
COMPARISONS = [("NE", "101"), ("LT", "100"), ("LE", "110"), ("EQ", "010"), ("GE", "011"), ("GT", "001"),
               ("MASKED_EQ", "011")]


@cases(named(COMPARISONS), "seccomp: SCMP_CMP_{}")
def comparison(context, operator, refused):
    rule = {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [
        {"index": 1, "value": 18, "valueTwo": 18, "op": "SCMP_CMP_" + operator}]}
    change = linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]})
    text = context.shell("for s in 17 18 23; do kill -$s $$ 2>/dev/null && echo -n 0 || echo -n 1; done", change=change)
    equal(text, refused)


def profile(context):
    return None if os.path.exists(PROFILE) else f"no {PROFILE}"


@case("seccomp: Podman's profile, for create and exec, in any architecture that it names", needs=profile)
def podman_profile(context):
    def change(config):
        config["linux"]["seccomp"] = json.loads(pathlib.Path(PROFILE).read_text())
        config["process"]["noNewPrivileges"] = False
    name = context.started(change=change)
    script = "grep -e Seccomp: -e NoNewPrivs /proc/self/status"
    for text in (context.shell(script, change=change), context.must("exec", name, "sh", "-c", script).text):
        matches(r"NoNewPrivs:\s0\nSeccomp:\s2", text)


@case("seccomp: a default action with its errno, and flags", needs=martlet_only)
def default_action(context):
    change = linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG",
                                                                          "SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
                            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
                            "syscalls": [{"names": ["mkdir", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]})
    matches("not supported", context.shell("mkdir /x 2>&1; true", change=change))


PROFILES = [("an unknown architecture", {"architectures": ["SCMP_ARCH_NONE"]}, "/linux/seccomp/architectures"),
            ("an unknown flag", {"flags": ["SECCOMP_FILTER_FLAG_NONE"]}, "/linux/seccomp/flags"),
            ("an agent that is not named", {"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]},
             "/linux/seccomp/listenerPath"),
            ("an agent for write", {"listenerPath": "/x", "syscalls": [{"names": ["write"], "action": "SCMP_ACT_NOTIFY"}]},
             "/linux/seccomp/syscalls/0/names/0"),
            ("an agent for everything", {"listenerPath": "/x", "defaultAction": "SCMP_ACT_NOTIFY"}, "/linux/seccomp/defaultAction"),
            ("metadata for nobody", {"listenerMetadata": "x"}, "/linux/seccomp/listenerMetadata"),
            ("an unknown operator", {"syscalls": [{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [
                {"index": 0, "value": 1, "op": "SCMP_CMP_NONE"}]}]}, "/linux/seccomp/syscalls/0/args/0/op"),
            ("an argument that no call has", {"syscalls": [{"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [
                {"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}]}, "/linux/seccomp/syscalls/0")]


@cases(PROFILES, "seccomp: {} is refused at its place", needs=martlet_only)
def refused_profile(context, profile, pointer):
    message = context.run("true", change=linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", **profile}), code=1).message
    check(pointer in message, message)


@case("a filter is compiled once, and a broken copy is not used", needs=martlet_only)
def kept(context):
    folder = pathlib.Path(context.runtime.root) / "@seccomp"
    shutil.rmtree(folder, ignore_errors=True)
    refusal = lambda: matches("not permitted", context.shell("mkdir /x 2>&1; true", change=seccomp()))
    refusal()
    files = sorted(folder.iterdir())
    check(files and folder.stat().st_mode & 0o777 == 0o700, files)
    refusal()
    equal(sorted(folder.iterdir()), files)
    for content in (b"", b"broken", files[0].read_bytes()[:-8], bytes(8) * 100):
        for file in files:
            file.write_bytes(content)
        refusal()
    equal(context.must("list", "--quiet").text, "")
