"""Properties of config.json, each by what the process inside sees."""
from changes import *
from harness import *

SHOW = "awk '$5 == \"{}\"' /proc/self/mountinfo | tail -1"

# what it is, the change, a script, a pattern that its output has to match
INSIDE = [
    ("hostname", top(hostname="other"), "hostname", r"^other$"),
    ("a read-only root", process(), "touch /x 2>&1; true", "Read-only file system"),
    ("args with PATH from env", process(env=["PATH=/nowhere:/bin"]), "echo $PATH", "^/nowhere:/bin$"),
    ("HOME from the container's passwd", process(user={"uid": 1000, "gid": 1000}), "echo $HOME", "^/home/user$"),
    ("HOME as env has it", process(env=["PATH=/bin", "HOME=/h"]), "echo $HOME", "^/h$"),
    ("the last of two variables wins", process(env=["PATH=/bin", "A=1", "A=2"]), "echo $A", "^2$"),
    ("cwd", process(cwd="/etc"), "pwd", "^/etc$"),
    ("user and group", process(user={"uid": 5, "gid": 6}), "id -u; id -g", "^5\n6$"),
    ("additionalGids", process(user={"uid": 5, "gid": 6, "additionalGids": [10, 11]}),
     "grep Groups /proc/self/status", r"Groups:\s*10 11"),
    ("umask given", process(user={"uid": 0, "gid": 0, "umask": 0o77}), "umask", "^0077$"),
    ("umask absent", process(), "umask", "^0022$"),
    ("noNewPrivileges", process(), "grep NoNewPrivs /proc/self/status", r"NoNewPrivs:\s*1"),
    ("no noNewPrivileges", process(noNewPrivileges=False), "grep NoNewPrivs /proc/self/status", r"NoNewPrivs:\s*0"),
    ("oomScoreAdj", process(oomScoreAdj=321), "cat /proc/self/oom_score_adj", "^321$"),
    ("rlimits", process(rlimits=[{"type": "RLIMIT_CORE", "soft": 1, "hard": 2}]),
     "grep core /proc/self/limits", r"core file size\s+1\s+2"),
    ("an address space that has room for the program only", process(
        rlimits=[{"type": "RLIMIT_AS", "soft": 6 << 20, "hard": 6 << 20}]), "ulimit -v", "^6144$"),
    ("capability sets", capabilities(**{kind: ["KILL"] for kind in ALL_KINDS}), "grep ^Cap /proc/self/status",
     r"CapInh:\s0{14}20\nCapPrm:\s0{14}20\nCapEff:\s0{14}20\nCapBnd:\s0{14}20\nCapAmb:\s0{14}20"),
    ("no capabilities", capabilities(), "grep ^Cap /proc/self/status", r"CapEff:\s0{16}\nCapBnd:\s0{16}"),
    ("ambient capabilities of another user",
     both(capabilities(**{kind: ["KILL"] for kind in ALL_KINDS}),
          lambda config: config["process"].update(user={"uid": 9, "gid": 9})),
     "grep CapEff /proc/self/status", r"CapEff:\s0{14}20"),
    ("process 1 of its own pid namespace", process(), "echo $$", "^1$"),
    ("loopback is up in a new network namespace", process(), "ip addr show lo 2>/dev/null || ifconfig lo", "UP"),
    ("only loopback in a new network namespace", process(), "ls /sys/class/net", "^lo$"),
    ("a user namespace with mappings", MAPPED, "cat /proc/self/uid_map; id -u", r"0\s+100000\s+65536\n0"),
    ("the message queues of a user namespace belong to its root", MAPPED, "ls -ldn /dev/mqueue", r"^drwxrwxrwt +\d+ 0 "),
    ("a cgroup namespace", namespaces({"type": "cgroup"}), "grep pids /proc/self/cgroup || cat /proc/self/cgroup",
     r":/$"),
    ("tmpfs with options", tmpfs("nosuid", "nodev", "noexec", "size=1m", "mode=700"), SHOW.format("/tmp"),
     r"nosuid,nodev,noexec.*size=1024k,mode=700"),
    ("a read-only tmpfs", tmpfs("ro"), SHOW.format("/tmp"), r" /tmp ro"),
    ("noatime", tmpfs("noatime"), SHOW.format("/tmp"), "noatime"),
    ("tmpcopyup", mount("/etc", "tmpfs", "tmpfs", "tmpcopyup"), "cat /etc/group; " + SHOW.format("/etc"),
     r"(?s)user:x:1000.*tmpfs"),
    ("a bind mount", mount("/tmp", "bind", "/usr/share", "bind", "ro"), "ls -d /tmp/doc; " + SHOW.format("/tmp"),
     r"^/tmp/doc\n.* ro"),
    ("a bind mount of a file", mount("/etc/passwd", "none", "/etc/hostname", "bind", "ro"),
     SHOW.format("/etc/passwd"), "/etc/hostname /etc/passwd ro"),
    ("rbind with rprivate", mount("/tmp", "bind", "/dev", "rbind", "rprivate"), "ls -d /tmp/pts/ptmx", "ptmx"),
    ("shared propagation", tmpfs("shared"), SHOW.format("/tmp"), r"shared:"),
    ("a bind mount that stays nosuid", mount("/tmp", "bind", "/usr", "bind", "nosuid", "nodev"),
     SHOW.format("/tmp"), "nosuid,nodev"),
    ("mqueue", process(), SHOW.format("/dev/mqueue"), "mqueue"),
    ("devpts of its own", process(), "ls /dev/pts", "^ptmx$"),
    ("default devices", process(), "ls /dev", r"(?s)fd.*full.*mqueue.*null.*ptmx.*pts.*random.*shm.*stderr.*"
     r"stdin.*stdout.*tty.*urandom.*zero"),
    ("a listed device", linux(devices=[{"path": "/dev/mine", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640,
                                        "uid": 3, "gid": 4}]), "ls -ln /dev/mine",
     r"^crw-r----- +1 3 +4 +1, +5"),
    ("a listed pipe", linux(devices=[{"path": "/dev/pipe", "type": "p", "fileMode": 0o600}]), "ls -l /dev/pipe", "^prw-"),
    ("a masked file", linux(maskedPaths=["/etc/passwd"]), "wc -c </etc/passwd", "^0$"),
    ("a masked folder", linux(maskedPaths=["/etc"]), "ls /etc | wc -l; touch /etc/x 2>&1; true",
     "^0\n.*Read-only"),
    ("a masked path that does not exist", linux(maskedPaths=["/none", "/etc/none"]), "echo on", "^on$"),
    ("the root as a read-only path", both(lambda config: config["root"].update(readonly=False), linux(readonlyPaths=["/tmp/../"])),
     "touch /x 2>&1; true", "Read-only"),
    ("a read-only path", both(tmpfs(), linux(readonlyPaths=["/tmp"])), "touch /tmp/x 2>&1; true", "Read-only"),
    ("sysctl", linux(sysctl={"net.ipv4.ip_forward": "1", "kernel.msgmax": "4096"}),
     "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax", "^1\n4096$"),
    ("sysctl with a slash", linux(sysctl={"net/ipv4/conf/lo/forwarding": "1"}),
     "cat /proc/sys/net/ipv4/conf/lo/forwarding", "^1$"),
    ("seccomp with an errno", seccomp(errnoRet=2), "mkdir /x 2>&1; grep ^Seccomp: /proc/self/status",
     r"No such file(?s:.*)Seccomp:\s+2"),
    ("seccomp by argument", linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
         "args": [{"index": 1, "value": 18, "op": "SCMP_CMP_EQ"}]}]}),
     "kill -CONT $$ 2>&1; kill -URG $$ && echo sent", "ermission denied(?s:.*)sent"),
    ("seccomp without noNewPrivileges", both(seccomp(), process(noNewPrivileges=False)),
     "mkdir /x 2>&1; true", "not permitted"),
    ("empty objects ask nothing", resources(memory={}, cpu={}, pids={}, blockIO={}, network={}), "echo on", "^on$"),
    ("an unknown property is ignored", top(xOther={"a": [1]}), "echo on", "^on$"),
    ("annotations are ignored", top(annotations={"a": "b"}), "echo on", "^on$"),
]


@cases(INSIDE, "{}")
def inside(context, change, script, pattern):
    matches(pattern, context.shell(script, change=change).strip())


# Where the peers that Debian ships differ.
RECENT = [
    ("domainname", top(domainname="example.org"), "cat /proc/sys/kernel/domainname", r"^example\.org$"),
    ("cgroup, read-only", process(), "awk '$5 ~ \"^/sys/fs/cgroup\" {print $6}' /proc/self/mountinfo",
     r"\A(ro\S*\n?)+\Z"),
    ("rootfsPropagation", linux(rootfsPropagation="rshared"), "head -1 /proc/self/mountinfo", "shared:"),
]


@cases(RECENT, "{}", needs=martlet_only)
def recent(context, change, script, pattern):
    matches(pattern, context.shell(script, change=change).strip())


# what it is, the change, {v1 controller/file or v2 file: value}
LIMITS = [
    ("memory limit", resources(memory={"limit": 33554432}),
     {"memory/memory.limit_in_bytes": "33554432", "memory.max": "33554432"}),
    ("memory reservation", resources(memory={"reservation": 16777216}),
     {"memory/memory.soft_limit_in_bytes": "16777216", "memory.low": "16777216"}),
    ("pids limit", resources(pids={"limit": 20}), {"pids/pids.max": "20", "pids.max": "20"}),
    ("cpu shares", resources(cpu={"shares": 512}), {"cpu/cpu.shares": "512", "cpu.weight": "59"}),
    ("cpu quota and period", resources(cpu={"quota": 50000, "period": 100000}),
     {"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000", "cpu.max": "50000 100000"}),
    ("cpuset", resources(cpu={"cpus": "0", "mems": "0"}),
     {"cpuset/cpuset.cpus": "0", "cpuset/cpuset.mems": "0", "cpuset.cpus": "0", "cpuset.mems": "0"}),
]


@cases(LIMITS, "{}")
def limits(context, change, files):
    name = context.created(change=change)
    found = 0
    for place in oci.cgroups(f"{context.parent}/{name}"):
        for file, value in files.items():
            controller, _, base = file.rpartition("/")
            if (not controller or controller in str(place).split("/")) and (place / base).is_file():
                if file != "cpu.weight" or context.is_martlet:  # older peers convert by another formula
                    equal((file, (place / base).read_text().strip()), (file, value))
                found += 1
    check(found, "no such file on this host")


def controller(name):
    """A need: this host has a controller, on either version."""
    names = pathlib.Path("/sys/fs/cgroup/cgroup.controllers")
    # A folder alone is none: only what is mounted there counts, which may be by another name.
    there = os.path.ismount(os.path.realpath(f"/sys/fs/cgroup/{name}")) or (names.exists() and name in names.read_text().split())
    return lambda context: None if there else f"no {name} controller"


def either(*names):
    needs = [controller(name) for name in names]
    return lambda context: None if not all(need(context) for need in needs) else needs[0](context)


BLOCK = next((path.read_text().strip() for path in sorted(pathlib.Path("/sys/block").glob("[!l]*/dev"))), "7:0")
MAJOR, MINOR = map(int, BLOCK.split(":"))
OTHER_LIMITS = [
    ("huge pages", resources(hugepageLimits=[{"pageSize": "2MB", "limit": 4194304}]),
     {"hugetlb/hugetlb.2MB.limit_in_bytes": "4194304", "hugetlb.2MB.max": "4194304",
      "hugetlb/hugetlb.2MB.rsvd.limit_in_bytes": "4194304", "hugetlb.2MB.rsvd.max": "4194304"}, controller("hugetlb")),
    ("unified", resources(unified={"memory.high": "67108864", "memory.max": "134217728\n"}),
     {"memory.high": "67108864", "memory.max": "134217728"},
     lambda context: None if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else "cgroup v1"),
    ("block I/O rates", resources(blockIO={
        "throttleReadBpsDevice": [{"major": MAJOR, "minor": MINOR, "rate": 1048576}],
        "throttleWriteIOPSDevice": [{"major": MAJOR, "minor": MINOR, "rate": 7}]}),
     {"blkio/blkio.throttle.read_bps_device": f"{BLOCK} 1048576", "blkio/blkio.throttle.write_iops_device": f"{BLOCK} 7",
      "io.max": f"{BLOCK} rbps=1048576 wbps=max riops=max wiops=7"}, either("blkio", "io")),
    ("a network class", resources(network={"classID": 1048577}), {"net_cls/net_cls.classid": "1048577"},
     controller("net_cls")),
    ("a network priority", resources(network={"priorities": [{"name": "lo", "priority": 3}]}),
     {"net_prio/net_prio.ifpriomap": "lo 3"}, controller("net_prio")),
]

for title, change, files, need in OTHER_LIMITS:
    case(title, need)(lambda context, change=change, files=files: limits(context, change, files))


@case("unified is refused on cgroup v1", needs=martlet_only)
def unified_v1(context):
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        raise Skip("this host is cgroup v2")
    name, bundle = context.bundle("true", change=resources(unified={"memory.high": "1"}))
    result = context.runtime.run("run", "--bundle", bundle.path, name)
    check(result.code != 0 and "cannot use unified on cgroup v1" in result.message, result.message)


LOOP_CONTROL = linux(devices=[{"path": "/dev/lc", "type": "c", "major": 10, "minor": 237, "fileMode": 0o666}])
OPEN = "head -c1 /dev/zero | wc -c; (: </dev/lc) 2>&1 && echo open; true"


@case("devices: what no rule allows is refused")
def devices(context):
    denied = resources(devices=[{"allow": False, "access": "rwm"}])
    matches(r"^1\n(?s:.*)not permitted", context.shell(OPEN, change=both(LOOP_CONTROL, denied)))


@case("devices: a rule allows one")
def allowed_device(context):
    rules = resources(devices=[{"allow": False, "access": "rwm"},
                               {"allow": True, "type": "c", "major": 10, "minor": 237, "access": "r"}])
    matches("^open|No such device", context.shell(OPEN, change=both(LOOP_CONTROL, rules)))


@case("namespaces joined by path")
def joined(context):
    first = context.started()
    pid = context.runtime.state(first)["pid"]
    kinds = {"network": "net", "ipc": "ipc", "uts": "uts", "pid": "pid"}
    extra = [{"type": kind, "path": f"/proc/{pid}/ns/{file}"} for kind, file in kinds.items()]
    change = both(namespaces(*extra, without=kinds), lambda config: config.pop("hostname"))
    text = context.shell("for n in net ipc uts pid; do readlink /proc/self/ns/$n; done", change=change)
    equal(text.split(), [os.readlink(f"/proc/{pid}/ns/{file}") for file in kinds.values()])


@case("without a cgroup path the container's cgroup is removed with it", needs=not_systemd)
def default_cgroup(context):
    name = context.created(change=lambda config: config["linux"].pop("cgroupsPath"))
    check(oci.cgroups("/martlet"), "no cgroup below /martlet")
    context.must("delete", "--force", name)
    check(not [place for place in oci.cgroups("/martlet", below=True) if name in place.name], "it is still there")


@case("a time namespace with offsets", needs=lambda context: None if context.is_martlet and os.path.exists(
    "/proc/self/ns/time") else "no time namespaces")
def time_namespace(context):
    change = both(namespaces({"type": "time"}), linux(timeOffsets={"boottime": {"secs": 1000000}}))
    seconds = float(context.shell("cut -d' ' -f1 /proc/uptime", change=change))
    check(seconds > 1000000, seconds)


@case("a 1 MiB memory limit starts", needs=martlet_only)
def small(context):
    context.run("true", change=resources(memory={"limit": 1 << 20}))


@case("rootfs without the mount points: they are made")
def made(context):
    def change(config):
        config["root"].update(readonly=False)
        config["mounts"].append({"destination": "/new/deep/place", "type": "tmpfs", "source": "tmpfs"})
    matches("^tmpfs", context.run("sh", "-c", "grep deep /proc/mounts", change=change, own_rootfs=True).text)


@case("what the caller ignores is not ignored in the container", needs=martlet_only)
def ignored(context):
    name, bundle = context.bundle("cat", "/proc/self/status")
    command = context.runtime.argv("run", "--bundle", bundle.path, name)
    result = oci.bounded(["sh", "-c", "trap '' HUP USR1 PIPE; exec \"$@\"", "sh", *command])
    matches(r"SigIgn:\t0{16}$", result.text)


OWN = [("a kernel parameter", "network", "net", linux(sysctl={"net.core.somaxconn": "99"}), "net.core.somaxconn"),
       ("a host name", "uts", "uts", top(hostname="x"), "hostname")]


@cases(OWN, "{} in the runtime's own namespace, given by path, is refused", needs=martlet_only)
def own_namespace(context, kind, file, setting, text):
    path = namespaces({"type": kind, "path": f"/proc/self/ns/{file}"}, without=(kind,))
    names = (lambda config: None) if kind == "uts" else lambda config: config.pop("hostname")
    matches(text, context.run("true", change=both(path, names, setting), code=1).message)


@case("a mask of the root, which nobody would see, is refused", needs=martlet_only)
def masked_root(context):
    matches("/linux/maskedPaths/0", context.run("true", change=linux(maskedPaths=["/"]), code=1).message)
