"""What a container is denied beyond the specification, by annotations: Landlock, and who shares its cores."""
import ctypes

from changes import *
from harness import *

LIBC = ctypes.CDLL(None, use_errno=True)
CREATE_RULESET, SCHED_CORE = 444, 62


def landlock_version():
    """The version of the kernel's interface; below 1 when there is none."""
    return LIBC.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))


def needs(version):
    def look(context):
        if not context.is_martlet:
            return f"{context.runtime.name} has no Landlock"
        found = landlock_version()
        return None if found >= version else f"version {version} of Landlock is needed, the kernel has {max(found, 0)}"
    return look


def landlock(files=(), ports=(), scoped=(), beneath=(), net=(), **more):
    text = {"handledAccessFS": list(files), "handledAccessNet": list(ports), "scoped": list(scoped),
            "pathBeneath": [{"paths": list(paths), "allowedAccess": list(access)} for paths, access in beneath],
            "netPort": [{"ports": list(numbers), "allowedAccess": list(access)} for numbers, access in net], **more}
    return top(annotations={"io.martlet.landlock": json.dumps(text)})


READ = landlock(["read_file"], beneath=[(["/bin", "/etc/group"], ["read_file"])])
EXECUTE = landlock(["execute"], beneath=[(["/bin"], ["execute"])])
WRITE = landlock(["write_file", "make_reg", "truncate"], beneath=[(["/dev/null"], ["write_file"])])
PORTS = landlock(ports=["bind_tcp"], net=[([8080], ["bind_tcp"])])
READING = "cat /etc/group >/dev/null && echo group; cat /etc/passwd 2>&1; true"
# what it is, the version, the change, a script, a pattern that its output has to match
DENIED = [
    ("files are read where a rule allows it alone", 1, READ, READING, "^group\ncat: .*Permission denied$"),
    ("programs are executed where a rule allows it alone", 1, both(tmpfs("mode=777"), EXECUTE),
     "cp /bin/busybox /tmp/b; /bin/busybox true && echo ran; /tmp/b true 2>&1; true", "^ran\n.*Permission denied$"),
    ("files are written where a rule allows it alone", 3, both(tmpfs("mode=777"), WRITE),
     "echo x >/dev/null && echo null; echo x 2>&1 >/tmp/x; true", "^null\n.*Permission denied$"),
    ("a rule for all files allows all", 1, landlock(["read_file"], beneath=[(["/"], ["read_file"])]), READING,
     "(?s)^group\nroot:"),
    ("ports are bound where a rule allows it alone", 4, PORTS,
     "timeout 1 nc -l -p 8081 2>&1; timeout 1 nc -l -p 8080 2>&1; echo $?", r"nc: bind: Permission denied\n(Terminated\n)?1(43|24)$"),
    ("a process still signals those that it started", 6, landlock(scoped=["signal", "abstract_unix_socket"]),
     "sleep 9 & kill $! && echo sent", "^sent$"),
    ("a user namespace's root is denied as well", 1, both(MAPPED, READ), READING, "^group\ncat: .*Permission denied$"),
    ("another user is, too", 1, both(process(user={"uid": 7, "gid": 7}), READ), READING, "^group\ncat: .*Permission denied$"),
    ("a seccomp filter comes behind it", 1, both(seccomp(), READ), READING + "; mkdir /tmp/x 2>&1; true",
     "^group\ncat: .*Permission denied\nmkdir: .*not permitted"),
    ("CAP_SYS_ADMIN is as good as noNewPrivileges", 1,
     both(process(noNewPrivileges=False), capabilities(**{kind: ["SYS_ADMIN"] for kind in ALL_KINDS}), READ),
     READING, "^group\ncat: .*Permission denied$"),
    ("with best effort a rule for a missing path is left out", 1,
     landlock(["read_file"], beneath=[(["/none"], ["read_file"]), (["/bin", "/etc/group"], ["read_file"])], bestEffort=True),
     READING, "^group\ncat: .*Permission denied$"),
]


def denied(title, version, change, script, pattern):
    @case("Landlock: " + title, needs=needs(version))
    def run(context):
        matches(pattern, context.shell(script, change=change))


for row in DENIED:
    denied(*row)


# what it is, the change, what the error says
REFUSED = [
    ("neither noNewPrivileges nor CAP_SYS_ADMIN", both(process(noNewPrivileges=False), READ), "needs noNewPrivileges"),
    ("unknown names, each by its place", landlock(["exec", "read_file", "x"]),
     "handledAccessFS/0: unknown Landlock access.*handledAccessFS/2"),
    ("a member that is misspelt", landlock(["execute"], handledAccessFs=[]), "handledAccessFs: unknown property"),
    ("no JSON", top(annotations={"io.martlet.landlock": "{"}), "io.martlet.landlock"),
    ("a rule for a missing path", landlock(["read_file"], beneath=[(["/none"], ["read_file"])]),
     "below .*/none.*no such file"),
    ("a program that may not be executed", landlock(["execute"]), "permission denied"),
]


@cases(REFUSED, "Landlock: {} is an error", needs=needs(1))
def refused(context, change, pattern):
    result = context.run("true", change=change, code=None)
    check(result.code != 0, "it ran")
    matches(pattern, result.message)


@case("Landlock: a created container waits before it is denied the fifo", needs=needs(3))
def created(context):
    name = context.created("sh", "-c", "sleep 1000", change=landlock(
        ["write_file", "read_file", "truncate"], beneath=[(["/bin"], ["read_file"])]))
    context.must("start", name)
    context.await_status(name, "running")
    matches("Permission denied", context.must("exec", name, "sh", "-c", "cat /etc/passwd 2>&1; true").text)


@case("Landlock: exec has the same rules, in a domain of its own", needs=needs(6))
def executed(context):
    name = context.started(change=landlock(["read_file"], scoped=["signal"], beneath=[(["/bin", "/etc/group"], ["read_file"])]))
    matches("^group\ncat: .*Permission denied$", context.must("exec", name, "sh", "-c", READING).text)
    matches("not permitted", context.must("exec", name, "sh", "-c", "kill -0 1 2>&1; true").text)
    process = {"args": ["true"], "cwd": "/", "user": {"uid": 0, "gid": 0}}
    path = context.folder / "process.json"
    path.write_text(json.dumps(process))
    matches("needs noNewPrivileges", context.must("exec", "--process", path, name, code=255).message)


@case("Landlock: a path leads through links inside the root alone", needs=needs(1))
def links(context):
    folder = context.folder / "links"
    folder.mkdir()
    (folder / "up").symlink_to("/../../etc")
    rules = landlock(["read_file"], beneath=[(["/bin", "/tmp/up"], ["read_file"])])
    matches("^group\nroot:", context.shell(READING, change=both(mount("/tmp", "bind", str(folder), "bind"), rules)))


@case("Landlock: nothing of it stays open", needs=needs(1))
def closed(context):
    equal(context.shell("ls /proc/self/fd", change=landlock(["read_file"], beneath=[(["/"], ["read_file"])])).split(),
          ["0", "1", "2", "3"])


def cookie(pid):
    """What a process shares its cores by; the number of the error where the kernel does not say."""
    value = ctypes.c_ulong()
    failed = LIBC.prctl(SCHED_CORE, ctypes.c_ulong(0), ctypes.c_ulong(pid), ctypes.c_ulong(0), ctypes.byref(value))
    return -ctypes.get_errno() if failed else value.value


def cores(scope):
    return top(annotations={"io.martlet.core-scheduling": scope})


def has_cores(context):
    if not context.is_martlet:
        return f"{context.runtime.name} has no core scheduling"
    seen = cookie(0)
    return f"the kernel has no core scheduling here: {os.strerror(-seen)}" if seen < 0 else None


@cases([("container", True), ("process", False)], "core scheduling: {}", needs=has_cores)
def shared_cores(context, together):
    scope = "container" if together else "process"
    name = context.started(change=cores(scope))
    mine = cookie(context.runtime.state(name)["pid"])
    check(mine > 0, mine)
    context.must("exec", "-d", "--pid-file", context.folder / "pid", name, "sleep", "100")
    other = cookie(int((context.folder / "pid").read_text()))
    check(other > 0 and (other == mine) == together, f"{other:x} and {mine:x}")
    equal(cookie(0), 0)


@case("core scheduling: an unknown scope is an error", needs=martlet_only)
def unknown_scope(context):
    matches("core-scheduling.*is not", context.run("true", change=cores("host"), code=1).message)


@case("core scheduling: a kernel without it is an error, one without siblings is not", needs=martlet_only)
def without_cores(context):
    seen = cookie(0)
    if seen == -22:
        matches("the kernel has no core scheduling", context.run("true", change=cores("container"), code=1).message)
    else:
        context.run("true", change=cores("container"))
