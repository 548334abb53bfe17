"""Configurations of `process`, hooks, callers and further processes."""
from table import *

MASKS = {"probe": ["@/etc", "@/data/closed", "@/data/private"]}

# ---- users, groups, capabilities ----

product("capabilities", [
    ("none", caps()), ("no object", lambda config: config["process"].pop("capabilities")),
    ("the usual three", caps(**{kind: ["AUDIT_WRITE", "KILL", "NET_BIND_SERVICE"] for kind in MOST})),
    ("all", caps(**{kind: ALL for kind in MOST})),
    ("all with inheritable and ambient", caps(**{kind: ALL for kind in SETS})),
], [("root", user()), ("another", user(uid=1000, gid=1000))],
    [("no new privileges", process(noNewPrivileges=True)), ("privileges", process(noNewPrivileges=False))])

rows("capabilities", [
    (f"{name} alone", caps(**{kind: [name] for kind in MOST}), MASKS)
    for name in ("DAC_OVERRIDE", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "NET_RAW", "SYS_PTRACE", "SETPCAP", "MKNOD", "SYS_NICE")])
rows("capabilities", [
    ("effective only", caps(effective=["KILL"])),
    ("bounding only", caps(bounding=["KILL", "CHOWN"])),
    ("permitted, not effective", caps(bounding=["KILL"], permitted=["KILL"])),
    ("permitted beyond bounding", caps(bounding=["KILL"], permitted=["KILL", "CHOWN"], effective=["KILL", "CHOWN"])),
    ("effective beyond permitted", caps(bounding=["KILL", "CHOWN"], permitted=["KILL"], effective=["KILL", "CHOWN"])),
    ("inheritable of another user", caps(**{kind: ["KILL"] for kind in (*MOST, "inheritable")}), user(uid=5, gid=5)),
    ("inheritable beyond bounding", caps(bounding=["KILL"], inheritable=["CHOWN"], permitted=["KILL", "CHOWN"])),
    ("ambient without inheritable", caps(**{kind: ["KILL"] for kind in (*MOST, "ambient")}), user(uid=5, gid=5)),
    ("ambient without permitted", caps(bounding=["KILL"], inheritable=["KILL"], ambient=["KILL"])),
    ("some of ambient can be raised", caps(bounding=["KILL", "CHOWN"], permitted=["KILL", "CHOWN"], effective=["KILL"],
                                           inheritable=["KILL"], ambient=["CHOWN", "KILL"]), user(uid=5, gid=5)),
    ("unknown name", caps(**{kind: ["KILL", "NO_SUCH_THING"] for kind in MOST})),
    ("in small letters", process(capabilities={kind: ["cap_kill"] for kind in MOST})),
    ("without prefix", process(capabilities={kind: ["KILL"] for kind in MOST})),
    ("given twice", caps(**{kind: ["KILL", "KILL"] for kind in MOST})),
    ("in a user namespace", caps(**{kind: ALL for kind in MOST}), mapped()),
    ("another user in a user namespace", caps(**{kind: ALL for kind in SETS}), mapped(), user(uid=7, gid=7)),
])

rows("user", [
    ("uid alone", user(uid=1000)), ("gid alone", user(gid=1000)), ("not in passwd", user(uid=4242, gid=4243)),
    ("additional groups", user(uid=5, gid=6, additionalGids=[10, 11, 12])),
    ("additional groups of root", user(additionalGids=[0, 5])),
    ("additional group twice", user(additionalGids=[7, 7])),
    ("groups out of order", user(additionalGids=[30, 10, 20])),
    ("sixty groups", user(additionalGids=list(range(100, 160)))),
    ("the largest id", user(uid=4294967294, gid=4294967294)),
    ("no id", user(uid=4294967295)),
    ("mapped", mapped(), user(uid=1000, gid=1000, additionalGids=[5])),
    ("not mapped", mapped(), user(uid=70000)),
    ("group not mapped", mapped(), user(gid=70000)),
    ("additional group not mapped", mapped(), user(additionalGids=[70000])),
    ("negative", process(user={"uid": -1, "gid": 0})),
    ("as text", process(user={"uid": "0", "gid": 0})),
    ("absent", lambda config: config["process"].pop("user")),
])
rows("umask", [
    (name, writable, change, {"caller": caller, **MASKS}) for name, change, caller in [
        ("absent", nothing, ""), ("absent, the caller's 0077", nothing, "umask 077"),
        ("0", user(umask=0), ""), ("0077", user(umask=0o77), ""), ("0777", user(umask=0o777), ""),
        ("0027 with the caller's 0", user(umask=0o27), "umask 0"), ("01777", user(umask=0o1777), "")]])
rows("oomScoreAdj", [
    (str(value), process(oomScoreAdj=value)) for value in (0, 100, 1000, -500, 1001, -1001)])
rows("oomScoreAdj", [("in a user namespace", mapped(), process(oomScoreAdj=100)),
                     ("absent, the caller's 7", {"caller": "echo 7 >/proc/self/oom_score_adj"})])

# ---- arguments, environment, directory ----

def args(*words):
    return process(args=list(words))


rows("args", [
    ("by PATH", args("probe"), process(env=["PATH=/opt/second"])),
    ("the second of PATH, the first is not executable", args("probe"), process(env=["PATH=/opt/first:/opt/second"])),
    ("a folder in PATH is passed over", args("probe"), process(env=["PATH=/opt/folder:/opt/second"])),
    ("nothing but a folder", args("probe"), process(env=["PATH=/opt/folder"])),
    ("not executable only", args("probe"), process(env=["PATH=/opt/first"])),
    ("not in PATH", args("no-such-program"), process(env=["PATH=/bin:/opt/second"])),
    ("no PATH", args("probe"), process(env=["TERM=xterm"])),
    ("an empty PATH", args("probe"), process(env=["PATH="])),
    ("an empty PATH and cwd with it", args("probe"), process(env=["PATH="], cwd="/opt/second")),
    ("an empty entry of PATH means cwd", args("probe"), process(env=["PATH=:/bin"], cwd="/opt/second")),
    ("a relative entry of PATH", args("probe"), process(env=["PATH=second"], cwd="/opt")),
    ("two PATHs, the last counts", args("probe"), process(env=["PATH=/bin", "PATH=/opt/second"])),
    ("two PATHs, the first would do", args("probe"), process(env=["PATH=/opt/second", "PATH=/bin"])),
    ("relative with a slash", args("second/probe"), process(cwd="/opt")),
    ("./ of cwd", args("./probe"), process(cwd="/opt/second")),
    ("../ of cwd", args("../probe"), process(cwd="/opt")),
    ("through a link", args("linked-probe")),
    ("absolute, missing", args("/none/probe")), ("absolute, not executable", args("/opt/first/probe")),
    ("absolute, a folder", args("/data")), ("absolute, below a file", args("/data/file/probe")),
    ("a dangling link", args("/data/dangling")),
    ("no format", args("/opt/text")), ("a script", args("/opt/script", "@/etc")), ("a script without interpreter", args("/opt/lost")),
    ("empty text", args("")), ("a slash", args("/")), ("a dot", args(".")), ("none", args()),
    ("absent", lambda config: config["process"].pop("args")),
    ("empty arguments", args("/probe", "", "a b", "-x", "ä€")), ("a hundred arguments", args("/probe", *["@/etc"] * 3, *map(str, range(100)))),
    ("not executable for the user", args("/data/private/x"), user(uid=5, gid=5)),
    ("exit code", {"probe": ["!42"]}), ("killed by a signal", args("sh", "-c", "kill -9 $$")),
    ("ended by a signal", args("sh", "-c", "kill -TERM $$; kill -USR1 $$; kill -ABRT $$")),
    ("/proc/self/exe", args("/proc/self/exe")),
])
rows("env", [
    ("none", process(env=[])), ("absent", lambda config: config["process"].pop("env")),
    ("HOME given", process(env=["HOME=/given"])), ("HOME empty", process(env=["HOME="])),
    ("HOME of a user", user(uid=1000), process(env=["A=1"])), ("HOME of nobody", user(uid=4242)),
    ("HOME and no passwd", mount("/etc", "tmpfs", "tmpfs")),
    ("a name twice", process(env=["A=1", "B=2", "A=3"])), ("no equals sign", process(env=["A"])),
    ("no name", process(env=["=x"])), ("an empty value", process(env=["A="])), ("an equals sign in the value", process(env=["A=b=c"])),
    ("a newline", process(env=["A=b\nc"])), ("a zero byte", process(env=["A=b\0c"])), ("not ASCII", process(env=["A=ä€"])),
    ("names with odd letters", process(env=["a.b-c=1", " =2"])), ("a thousand", process(env=[f"V{i}={i}" for i in range(1000)])),
    ("PWD and SHLVL", process(env=["PWD=/x", "SHLVL=9"])),
    ("what the caller has does not leak", {"caller": "export LEAKED=1 PATH=$PATH:/leaked"}),
])
rows("cwd", [
    ("a folder", process(cwd="/data")), ("through a link", process(cwd="/data/link")), ("missing", process(cwd="/made/below")),
    ("missing on a writable root", writable, process(cwd="/made/below"), {"probe": ["@/made", "@/made/below"]}),
    ("a file", process(cwd="/data/file")), ("relative", process(cwd="data")), ("empty", process(cwd="")),
    ("absent", lambda config: config["process"].pop("cwd")), ("with dots", process(cwd="/data/../etc/.")),
    ("double slashes", process(cwd="//data//below")),
    ("a dangling link", process(cwd="/data/dangling")), ("leads out", process(cwd="/data/outside")),
    ("closed to the user", process(cwd="/data/private"), user(uid=5, gid=5)),
    ("the user's own", process(cwd="/data/private"), user(uid=1000, gid=1000)),
    ("closed to all", process(cwd="/data/closed"), user(uid=1000, gid=1000)),
    ("on a mount", mount("/mnt", "tmpfs", "tmpfs"), process(cwd="/mnt")),
    ("below a mount, made", mount("/mnt", "tmpfs", "tmpfs"), process(cwd="/mnt/new"), {"probe": ["@/mnt/new"]}),
    ("a descriptor's folder", process(cwd="/proc/self/fd/7")),
    ("in a user namespace, made", mapped(), writable, process(cwd="/made"), {"probe": ["@/made"]}),
])
rows("rlimits", [
    (name, limit("RLIMIT_" + name, *values)) for name, values in {
        "AS": (1 << 40, 1 << 41), "CORE": (1, 2), "CPU": (100, 200), "DATA": (1 << 40, 1 << 41), "FSIZE": (1 << 30, 1 << 31),
        "LOCKS": (10, 20), "MEMLOCK": (4096, 8192), "MSGQUEUE": (1000, 2000), "NICE": (0, 0), "NOFILE": (512, 600),
        "NPROC": (1000, 2000), "RSS": (1 << 40, 1 << 41), "RTPRIO": (0, 0), "RTTIME": (100000, 200000),
        "SIGPENDING": (10, 20), "STACK": (1 << 22, 1 << 23)}.items()])
rows("rlimits", [
    ("none", process(rlimits=[])), ("unknown name", limit("RLIMIT_NONE", 1, 1)), ("soft above hard", limit("RLIMIT_NOFILE", 20, 10)),
    ("without prefix", limit("NOFILE", 10, 20)),
    ("given twice", process(rlimits=[{"type": "RLIMIT_CORE", "soft": n, "hard": n} for n in (1, 2)])),
    ("no limit", limit("RLIMIT_FSIZE", (1 << 64) - 1, (1 << 64) - 1)), ("beyond 64 bits", limit("RLIMIT_FSIZE", 1 << 64, 1 << 64)),
    ("above the caller's hard limit", limit("RLIMIT_NOFILE", 100000, 100000)), ("of 0", limit("RLIMIT_CORE", 0, 0)),
    ("in a user namespace", mapped(), limit("RLIMIT_NOFILE", 100, 200)),
    ("the caller's stay", process(rlimits=[]), {"caller": "ulimit -n 333; ulimit -c 0"}),
    ("few descriptors", limit("RLIMIT_NOFILE", 4, 4)),
])

# ---- what is not there yet ----

rows("scheduler", [
    (name, process(scheduler=value), {"pending": "process.scheduler"}) for name, value in {
        "other with nice": {"policy": "SCHED_OTHER", "nice": 5}, "batch": {"policy": "SCHED_BATCH"}, "idle": {"policy": "SCHED_IDLE"},
        "reset on fork": {"policy": "SCHED_BATCH", "flags": ["SCHED_FLAG_RESET_ON_FORK"]},
        "fifo": {"policy": "SCHED_FIFO", "priority": 5}, "priority of other": {"policy": "SCHED_OTHER", "priority": 5},
        "unknown": {"policy": "SCHED_NONE"}, "deadline": {"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 10000000, "period": 10000000},
    }.items()])
rows("ioPriority", [
    (name, process(ioPriority=value), {"pending": "process.ioPriority"}) for name, value in {
        "best effort 3": {"class": "IOPRIO_CLASS_BE", "priority": 3}, "idle": {"class": "IOPRIO_CLASS_IDLE", "priority": 0},
        "real time": {"class": "IOPRIO_CLASS_RT", "priority": 1}, "too high": {"class": "IOPRIO_CLASS_BE", "priority": 8},
        "unknown": {"class": "IOPRIO_CLASS_X", "priority": 0}}.items()])
rows("personality", [
    ("32 bits", linux(personality={"domain": "LINUX32"}), {"pending": "linux.personality"}),
    ("64 bits", linux(personality={"domain": "LINUX"}), {"pending": "linux.personality"}),
    ("unknown", linux(personality={"domain": "BSD"}), {"pending": "linux.personality"})])
rows("labels", [
    ("AppArmor where there is none", process(apparmorProfile="unconfined"), {"pending": "process.apparmorProfile"}),
    ("SELinux where there is none", process(selinuxLabel="a:b:c:s0"), {"pending": "process.selinuxLabel"}),
    ("a mount label where there is no SELinux", linux(mountLabel="a:b:c:s0"), {"pending": "linux.mountLabel"})])
rows("memoryPolicy", [
    ("bind", linux(memoryPolicy={"mode": "MPOL_BIND", "nodes": "0"}), {"pending": "linux.memoryPolicy"}),
    ("default", linux(memoryPolicy={"mode": "MPOL_DEFAULT"}), {"pending": "linux.memoryPolicy"})])

# ---- callers ----

rows("caller", [
    ("open descriptors", {"caller": "exec 3</dev/null 7</dev/null 9>/dev/null"}),
    ("one of them preserved", {"caller": "exec 3</dev/null 7</dev/null", "options": ["--preserve-fds", "1"]}),
    ("preserved that is not open", {"options": ["--preserve-fds", "2"]}),
    ("two of three preserved", {"caller": "exec 3</dev/null 4</dev/null 5</dev/null", "options": ["--preserve-fds", "2"]}),
    ("ignored signals", {"caller": "trap '' USR1 PIPE HUP"}),
    ("no standard input", {"caller": "exec <&-"}), ("no standard error", {"caller": "exec 2>&-"}),
    ("a nice value", {"caller": "renice -n 3 $$ >/dev/null"}),
    ("one processor", {"caller": "taskset -pc 0 $$ >/dev/null"}),
    ("a group and session of its own", {"caller": "true"}),
    ("LISTEN_FDS", {"caller": "export LISTEN_FDS=1 LISTEN_PID=$$; exec 3</dev/null"}),
    ("no new keyring", {"options": ["--no-new-keyring"]}),
    ("no pivot", {"options": ["--no-pivot"]}),
    ("no pivot in a user namespace", mapped(), {"options": ["--no-pivot"]}),
    ("file limits", {"caller": "ulimit -f 100000"}),
])

# ---- terminals ----

TERMINAL = process(terminal=True)
rows("terminal", [
    ("in the foreground", TERMINAL, {"mode": "terminal"}),
    ("of another user", TERMINAL, user(uid=1000, gid=1000), {"mode": "terminal", "probe": ["@/dev/console", "@/dev/pts/0"]}),
    ("over a socket", TERMINAL, {"mode": "console"}),
    ("with a size", TERMINAL, process(consoleSize={"height": 30, "width": 100}), {"mode": "console"}),
    ("with half a size", TERMINAL, process(consoleSize={"height": 30, "width": 0}), {"mode": "console"}),
    ("in a user namespace", TERMINAL, mapped(), without_mount("/dev/pts"),
     mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"), {"mode": "console"}),
    ("without devpts", TERMINAL, without_mount("/dev/pts"), {"mode": "console"}),
    ("with a writable root", TERMINAL, writable, {"mode": "console", "probe": ["@/dev/console"]}),
    ("a socket and no terminal", {"mode": "console"}), ("a size and no terminal", process(consoleSize={"height": 3, "width": 4})),
    ("no terminal at a terminal", {"mode": "terminal"}),
    ("without privileges", TERMINAL, caps(), {"mode": "console"}),
])

# ---- hooks ----

KINDS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
LOG = both(writable, bind("/mnt", "%LOG%", "rbind"))
rows("hooks", [(kind, LOG, hook(kind, kind, host=kind != "startContainer")) for kind in KINDS])
rows("hooks", [(f"{kind} in a user namespace", mapped(), LOG, hook(kind, kind, host=kind != "startContainer")) for kind in KINDS])
# A program that is running when a poststart hook fails must not have ended by then.
LASTING = {"poststart": args("sleep", "1000")}
rows("hooks", [(f"{kind} fails", LOG, program_hook(kind, "/bin/false"), LASTING.get(kind, nothing)) for kind in KINDS])
rows("hooks", [(f"{kind} is missing", program_hook(kind, "/none/such"), LASTING.get(kind, nothing)) for kind in KINDS])
rows("hooks", [
    ("all six", LOG, *[hook(kind, kind, host=kind != "startContainer") for kind in KINDS]),
    ("two of a kind", LOG, hook("createRuntime", "first"), hook("createRuntime", "second")),
    ("the second fails", LOG, hook("createRuntime", "first"), program_hook("createRuntime", "/bin/false"), hook("createRuntime", "third")),
    ("an environment", LOG, hook("createRuntime", "env", env=["A=1", "PATH=/x"])), ("an empty environment", LOG, hook("createRuntime", "env", env=[])),
    ("no arguments", lambda config: config.update(hooks={"createRuntime": [{"path": "/bin/true"}]})),
    ("a relative path", program_hook("createRuntime", "bin/true")), ("time is up", program_hook("createRuntime", "/bin/sleep", "20", timeout=1)),
    ("a timeout of 0", program_hook("createRuntime", "/bin/true", timeout=0)), ("a negative timeout", program_hook("createRuntime", "/bin/true", timeout=-1)),
    ("annotations in the state", top(annotations={"a.b": "c", "d": ""}), LOG, hook("createRuntime", "state"), hook("poststop", "stop")),
    ("by create and start", LOG, *[hook(kind, kind, host=kind != "startContainer") for kind in KINDS], {"mode": "created"}),
    ("no process after poststop fails", program_hook("poststop", "/bin/false"), hook("poststop", "last")),
    ("a mount made by createContainer", LOG, program_hook("createContainer", "/bin/sh", "-c", "mount -t tmpfs hook %BUNDLE%/rootfs/opt"), {"probe": ["@/opt"]}),
    ("a caller with open descriptors", LOG, hook("createRuntime", "fds"), hook("createContainer", "fds"), hook("startContainer", "fds", host=False),
     {"caller": "exec 3</dev/null 7</dev/null"}),
])

# ---- created, and further processes ----

rows("created", [("and started", {"mode": "created"}), ("another user", user(uid=1000, gid=1000), {"mode": "created"}),
                 ("in a user namespace", mapped(), {"mode": "created"}), ("missing program", args("/none"), {"mode": "created"}),
                 ("no format", args("/opt/text"), {"mode": "created"})])
EXEC = {"mode": "exec"}
rows("exec", [
    ("plain", EXEC), ("as a user", {**EXEC, "execs": ["--user", "1000"]}), ("as user and group", {**EXEC, "execs": ["--user", "1000:5"]}),
    ("of a container of another user", user(uid=5, gid=6, additionalGids=[7]), EXEC),
    ("with the container's umask", user(umask=0o77), EXEC),
    ("cwd", {**EXEC, "execs": ["--cwd", "/data"]}), ("a missing cwd", {**EXEC, "execs": ["--cwd", "/none"]}),
    ("env", {**EXEC, "execs": ["--env", "A=1", "--env", "B=2,3"]}), ("env over the container's", process(env=["A=0", "PATH=/bin"]), {**EXEC, "execs": ["--env", "A=1"]}),
    ("a capability", {**EXEC, "execs": ["--cap", "CAP_SYS_ADMIN"]}),
    ("a capability of a user", caps(**{kind: ["CHOWN"] for kind in SETS}), {**EXEC, "execs": ["--user", "5", "--cap", "CAP_KILL"]}),
    ("without privileges", caps(), EXEC), ("privileges in the container", process(noNewPrivileges=False), EXEC),
    ("no new privileges", process(noNewPrivileges=False), {**EXEC, "execs": ["--no-new-privs"]}),
    ("open descriptors", {**EXEC, "caller": "exec 3</dev/null 7</dev/null 9>/dev/null"}),
    ("preserved descriptors", {**EXEC, "caller": "exec 3</dev/null 7</dev/null", "execs": ["--preserve-fds", "1"]}),
    ("in a user namespace", mapped(), EXEC), ("as a user in a user namespace", mapped(), {**EXEC, "execs": ["--user", "1000:1000"]}),
    ("with seccomp", seccomp(("mkdir", "ERRNO", {"errnoRet": 2})), EXEC),
    ("with seccomp and privileges", seccomp(("mkdir", "ERRNO", {"errnoRet": 2})), process(noNewPrivileges=False), EXEC),
    ("rlimits of the container", limit("RLIMIT_NOFILE", 100, 200), EXEC), ("oomScoreAdj of the container", process(oomScoreAdj=200), EXEC),
    ("a time namespace", namespaces({"type": "time"}), linux(timeOffsets={"monotonic": {"secs": 100, "nanosecs": 5}}), EXEC),
    ("a cgroup namespace", namespaces({"type": "cgroup"}), EXEC),
    ("the host's processes", namespaces(without=("pid",)), EXEC), ("the caller's umask", {**EXEC, "caller": "umask 077"}),
    ("missing program", {**EXEC, "probe": ["!3"]}), ("a mapped user that is none", mapped(), {**EXEC, "execs": ["--user", "70000"]}),
])
