"""Hostile input: broken documents, hostile root file systems. Always a clear error of one line, nothing left."""
from harness import *


def refused(context, name, bundle, code=1):
    """The create fails with one line of text, quickly, and leaves nothing."""
    result = context.must("create", "--bundle", bundle.path, name, code=code, timeout=20)
    check(result.message, "no message")
    if context.is_martlet:
        equal(result.message.count("\n"), 0)
        check(len(result.message) < 4096, f"a message of {len(result.message)} characters")
    check(not oci.leftovers(context.runtime, name, f"{context.parent}/{name}", bundle.path, oci.mount_table()),
          "something is left")
    return result.message


WHOLE = json.dumps(oci.default_config("true")).encode()
BYTES = [
    ("nothing", b""), ("white space", b" \n"), ("half a document", WHOLE[:len(WHOLE) // 2]),
    ("a document and more", WHOLE + b"{}"), ("an array", b"[]"), ("a number", b"7"),
    ("100,000 nested arrays", b'{"a":' + b"[" * 100000), ("nested objects", b'{"a":' * 100000),
    ("bytes that are no UTF-8", b'{"hostname":"\xff\xfe"}'), ("NUL bytes", b"\0" * 100),
    ("a lone surrogate", b'{"hostname":"\\ud800"}'), ("an unfinished escape", b'{"hostname":"\\'),
]


@cases(BYTES, "config.json of {}")
def broken(context, content):
    name, bundle = context.bundle("true")
    (bundle.path / "config.json").write_bytes(content)
    refused(context, name, bundle)


@case("config.json of null", needs=martlet_only)
def null(context):
    name, bundle = context.bundle("true")
    (bundle.path / "config.json").write_bytes(b"null")
    refused(context, name, bundle)


@case("config.json of 100 MB", needs=martlet_only)
def huge(context):
    name, bundle = context.bundle("true")
    (bundle.path / "config.json").write_bytes(b'{"hostname":"' + b"a" * 100_000_000 + b'"}')
    refused(context, name, bundle)


@case("no config.json")
def absent(context):
    name, bundle = context.bundle("true")
    (bundle.path / "config.json").unlink()
    matches("config.json", refused(context, name, bundle))


@case("config.json is a fifo or a folder", needs=martlet_only)
def no_file(context):
    for make in (os.mkfifo, os.mkdir):
        name, bundle = context.bundle("true")
        (bundle.path / "config.json").unlink()
        make(bundle.path / "config.json")
        refused(context, name, bundle)


# JSON pointer, a value of the wrong kind or out of range
WRONG = [
    ("/process/args", "true"), ("/process/args", [7]), ("/process/args", []), ("/process/cwd", 7),
    ("/process/cwd", "relative"), ("/process/user/uid", -1), ("/process/user/uid", 1 << 40),
    ("/process/user/uid", "root"), ("/process/env", {"A": "b"}), ("/process/terminal", "yes"),
    ("/process/rlimits", [{"type": "RLIMIT_WRONG", "soft": 1, "hard": 1}]), ("/process/capabilities", []),
    ("/root", "rootfs"), ("/root/path", ""), ("/mounts", {}), ("/mounts", [7]), ("/hostname", ["a"]),
    ("/linux/namespaces", [{"type": "wrong"}]), ("/linux/namespaces", [{"type": "pid"}, {"type": "pid"}]),
    ("/linux/resources/memory", {"limit": 1 << 70}), ("/linux/resources/memory", {"limit": "1m"}),
    ("/linux/resources/pids", {"limit": 1.5}), ("/linux/devices", [{"path": "/dev/x", "type": "z"}]),
    ("/linux/rootfsPropagation", "upwards"), ("/linux/sysctl", {"kernel.panic": "1"}),
    ("/linux/seccomp", {"defaultAction": "SCMP_ACT_WRONG"}), ("/linux/uidMappings", [{"containerID": 0}]),
]


def put(config, pointer, value):
    *path, last = pointer.strip("/").split("/")
    for key in path:
        config = config.setdefault(key, {})
    config[last] = value


@cases([(f"{pointer} = {json.dumps(value)[:60]}", pointer, value) for pointer, value in WRONG], "{}",
       needs=martlet_only)
def wrong(context, pointer, value):
    name, bundle = context.bundle("true", change=lambda config: put(config, pointer, value))
    message = refused(context, name, bundle)
    check(pointer.split("/")[1] in message and pointer.split("/")[-1] in message, message)


@case("all violations are reported, joined by semicolons", needs=martlet_only)
def several(context):
    def change(config):
        put(config, "/process/cwd", "relative")
        put(config, "/process/args", [])
    name, bundle = context.bundle("true", change=change)
    message = refused(context, name, bundle)
    check("; " in message and "cwd" in message and "args" in message, message)


@case("the last of duplicate keys wins")
def duplicate(context):
    name, bundle = context.bundle("sh", "-c", "hostname")
    text = json.dumps(bundle.config)
    (bundle.path / "config.json").write_text(text.replace('"hostname":', '"hostname": "first", "hostname":', 1))
    equal(context.must("run", "--bundle", bundle.path, name).text, "martlet\n")


LINKED = [("/proc", "proc"), ("/sys", "sys"), ("/dev", "dev")]


@cases(LINKED, "a root file system whose {} is a symbolic link is refused", needs=martlet_only)
def linked(context, folder):
    name, bundle = context.bundle("true", own_rootfs=True)
    outside = context.folder / "outside"
    outside.mkdir(exist_ok=True)
    (bundle.path / "rootfs" / folder).rmdir()
    (bundle.path / "rootfs" / folder).symlink_to(outside)
    refused(context, name, bundle)
    equal(list(outside.iterdir()), [])


ESCAPES = [("an absolute link", "/escape"), ("a link upwards", "../../../../../../escape")]


@cases(ESCAPES, "a mount target behind {} stays inside the root file system")
def escape(context, shape):
    outside = context.folder / "escape"
    outside.mkdir(exist_ok=True)
    name, bundle = context.bundle("sh", "-c", "ls /target/inside", own_rootfs=True, change=lambda config: (
        config["root"].update(readonly=False), config["mounts"].append(
            {"destination": "/target/inside", "type": "tmpfs", "source": "tmpfs"})))
    target = str(outside) if shape.startswith("/") else f"../../../../../..{outside}"
    (bundle.path / "rootfs/target").symlink_to(target)
    before = oci.mount_table()
    context.runtime.run("run", "--bundle", bundle.path, name)
    equal(list(outside.iterdir()), [])
    equal(oci.mount_table(), before)


@case("links that images need are followed inside the root file system")
def images(context):
    name, bundle = context.bundle("sh", "-c", "cat /run/lock/file; cat /etc/resolv.conf", own_rootfs=True,
                                  change=lambda config: (config["root"].update(readonly=False), config["mounts"].extend(
                                      [{"destination": "/var/run", "type": "tmpfs", "source": "tmpfs"},
                                       {"destination": "/etc/resolv.conf", "type": "bind", "source": "/etc/hostname",
                                        "options": ["bind"]}])))
    root = bundle.path / "rootfs"
    for folder in ("run", "var", "run2"):
        (root / folder).mkdir(exist_ok=True)
    (root / "var/run").symlink_to("/run2")
    (root / "etc/resolv.conf").symlink_to("../run2x/resolv.conf")
    (root / "run2x").mkdir()
    (root / "run2x/resolv.conf").write_text("")
    bundle.config["process"]["args"] = ["sh", "-c", "grep -c run2 /proc/mounts; wc -c </etc/resolv.conf"]
    bundle.write(bundle.config)
    counts = context.must("run", "--bundle", bundle.path, name).text.split()
    check(int(counts[0]) >= 1 and int(counts[1]) == len(pathlib.Path("/etc/hostname").read_text()), counts)


@case("a hostile /etc/passwd does no harm", needs=martlet_only)
def passwd(context):
    name, bundle = context.bundle("sh", "-c", "echo home:$HOME", own_rootfs=True)
    lines = ["x" * 100000, ":::::::", "root:x:99999999999999999999:0::/a:", "\0\0", "root:x:0:0:root:/root:/bin/sh"]
    (bundle.path / "rootfs/etc/passwd").write_text("\n".join(lines))
    check(context.must("run", "--bundle", bundle.path, name).text.startswith("home:/"), "no home")


@case("/etc/passwd is a fifo or a link to the host's", needs=martlet_only)
def passwd_fifo(context):
    for make in (os.mkfifo, lambda path: os.symlink("/dev/zero", path)):
        name, bundle = context.bundle("true", own_rootfs=True)
        (bundle.path / "rootfs/etc/passwd").unlink()
        make(bundle.path / "rootfs/etc/passwd")
        result = context.runtime.run("run", "--bundle", bundle.path, name, timeout=5)
        check(not result.hung, "it hangs")


@case("the runtime's own binary cannot be overwritten from a container", needs=martlet_only)
def own_binary(context):
    before = pathlib.Path(context.runtime.path).read_bytes()
    context.run("/proc/self/exe", code=None, own_rootfs=True)
    name, bundle = context.bundle("/bin/entry", own_rootfs=True)
    (bundle.path / "rootfs/bin/entry").write_text("#!/proc/self/exe\n")
    (bundle.path / "rootfs/bin/entry").chmod(0o755)
    context.runtime.run("run", "--bundle", bundle.path, name, timeout=5)
    check(pathlib.Path(context.runtime.path).read_bytes() == before, "it was changed")


@case("a working directory outside the container is refused", needs=martlet_only)
def leaked_directory(context):
    for number in range(3, 12):
        result = context.run("true", code=None, cwd=f"/proc/self/fd/{number}")
        check(result.code != 0, f"/proc/self/fd/{number} was a working directory")


# what it is, the rootfs's link, the mount on it
FORGED = [("a folder of /proc", "/proc", ("/link/sys", "bind", "/usr/share", "bind")),
          ("a file of /proc", "proc", ("/link/self/attr/exec", "bind", "/etc/hostname", "bind")),
          ("/proc itself", "/proc", ("/link", "tmpfs", "tmpfs"))]


def with_mount(destination, kind, source, *options):
    return lambda config: (config["root"].update(readonly=False), config["mounts"].append(
        {"destination": destination, "type": kind, "source": source, "options": list(options)}))


@cases(FORGED, "a mount over {} behind a link of the image is refused", needs=martlet_only)
def forged(context, target, mount):
    name, bundle = context.bundle("true", own_rootfs=True, change=with_mount(*mount))
    (bundle.path / "rootfs/link").symlink_to(target)
    matches("cannot be mounted because it is inside /proc", refused(context, name, bundle))


FALSE = [("a bind of another file system", ("/proc", "bind", "/usr/share", "bind")),
         ("a tmpfs", ("/proc", "tmpfs", "tmpfs")), ("a tmpfs by another spelling", ("//./proc/", "tmpfs", "tmpfs"))]


@cases(FALSE, "{} on /proc is refused", needs=martlet_only)
def false_proc(context, mount):
    name, bundle = context.bundle("true", own_rootfs=True, change=with_mount(*mount))
    matches("cannot be mounted because it is not of type proc", refused(context, name, bundle))


@case("the host's own procfs may be bound on /proc, and another version on its files")
def bound_proc(context):
    context.run("test", "-d", "/proc/1", change=with_mount("/proc", "bind", "/proc", "rbind"))
    text = context.run("cat", "/proc/meminfo", change=with_mount("/proc/meminfo", "bind", "/etc/hostname", "bind")).text
    equal(text, pathlib.Path("/etc/hostname").read_text())


PLAIN = [(f"/{folder} {what}", folder, make) for folder in ("proc", "sys", "dev") for what, make in (
    ("a dangling link", lambda place: place.symlink_to("/nothing")),
    ("a link to the root", lambda place: place.symlink_to(".")),
    ("a link to itself", lambda place: place.symlink_to(place.name)),
    ("a file", lambda place: place.write_text("")), ("a fifo", os.mkfifo))]


@cases(PLAIN, "a root file system with {} is refused", needs=martlet_only)
def not_plain(context, folder, make):
    name, bundle = context.bundle("true", own_rootfs=True)
    (bundle.path / "rootfs" / folder).rmdir()
    make(bundle.path / "rootfs" / folder)
    refused(context, name, bundle)


DANGLING = [("an absolute one", "/target", "/no/where", "/no/where"), ("a relative one", "/target", "no/where", "/no/where"),
            ("one that climbs", "/target", "../../../no/where", "/no/where"),
            ("one on the way", "/target/below", "/no", "/no/below")]


@cases(DANGLING, "a dangling link is completed inside the root file system: {}")
def dangling(context, destination, link, place):
    name, bundle = context.bundle("sh", "-c", "awk '$3 == \"tmpfs\" {print $2}' /proc/mounts", own_rootfs=True,
                                  change=with_mount(destination, "tmpfs", "tmpfs"))
    (bundle.path / "rootfs/target").symlink_to(link)
    check(place in context.must("run", "--bundle", bundle.path, name).text.split(), "it is mounted elsewhere")
    check(not os.path.exists("/no"), "it was made on the host")


@case("a dangling link is completed inside the root file system: a file")
def dangling_file(context):
    name, bundle = context.bundle("cat", "/etc/resolv.conf", own_rootfs=True,
                                  change=with_mount("/etc/resolv.conf", "bind", "/etc/hostname", "bind"))
    (bundle.path / "rootfs/etc/resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    equal(context.must("run", "--bundle", bundle.path, name).text, pathlib.Path("/etc/hostname").read_text())


LOOPS = [("a link to itself", [("target", "target")]), ("two links to each other", [("target", "b"), ("b", "target")]),
         ("a chain of 60 links", [("target", "l0"), *[(f"l{n}", f"l{n + 1}") for n in range(60)]])]


@cases(LOOPS, "a mount on {} is refused")
def loop(context, links):
    name, bundle = context.bundle("true", own_rootfs=True, change=with_mount("/target", "tmpfs", "tmpfs"))
    for link, target in links:
        (bundle.path / "rootfs" / link).symlink_to(target)
    refused(context, name, bundle)


ODD = [("a newline", "/a\nb"), ("quotation marks", '/a"b'), ("an escape character", "/a\x1b[31mb")]


@cases(ODD, "a message with {} of the document stays on one line", needs=martlet_only)
def odd(context, destination):
    change = lambda config: config["mounts"].append(
        {"destination": destination, "type": "nothing", "source": "x\ny", "options": ["a\nb"]})
    name, bundle = context.bundle("true", own_rootfs=True, change=change)
    log = context.folder / "log.json"
    log.unlink(missing_ok=True)
    result = oci.bounded([context.runtime.path, "--root", context.runtime.root, "--log", str(log), "--log-format", "json",
                          "run", "--bundle", str(bundle.path), name])
    equal((result.code, result.message.count("\n")), (1, 0))
    check("\x1b" not in result.message, result.message)
    json.loads(log.read_text())


@case("an id of 2,000 characters is refused by every command", needs=martlet_only)
def long_id(context):
    _, bundle = context.bundle("true")
    for command in ("create", "run", "start", "state", "delete", "kill", "pause", "resume", "ps", "exec"):
        arguments = [command, "--bundle", bundle.path] if command in ("create", "run") else [command]
        result = context.must(*arguments, "x" * 2000, *(["true"] if command == "exec" else []),
                              code=255 if command == "exec" else 1)
        check(result.message.count("\n") == 0 and len(result.message) < 400, result.message[:300])


@case("a document as large as is taken, of many small parts", needs=martlet_only)
def many(context):
    name, bundle = context.bundle("true")
    bundle.config["annotations"] = {f"k{n}": "v" * 20 for n in range(100000)}
    bundle.write(bundle.config)
    result = context.runtime.run("run", "--bundle", bundle.path, name, timeout=20)
    check(result.code in (0, 1) and not result.hung and result.message.count("\n") == 0, result.message[:300])
