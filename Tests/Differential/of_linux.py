"""Configurations of namespaces, sysctl, seccomp, resources, names and the document itself."""
from table import *

# ---- namespaces ----

KINDS = ("pid", "network", "ipc", "uts", "cgroup", "time")
ALONE = {"alone": "without a mount namespace the mounts would be the host's"}
rows("namespaces", [
    (f"no {kind}", namespaces(without=(kind,)), no_names if kind == "uts" else nothing) for kind in ("pid", "network", "ipc", "uts")])
rows("namespaces", [(f"no {kind} in a user namespace", mapped(), namespaces(without=(kind,)), no_names if kind == "uts" else nothing)
                    for kind in ("pid", "network", "ipc", "uts")])
rows("namespaces", [(f"{kind} by path", joined(kind), no_names if kind == "uts" else nothing) for kind in KINDS])
rows("namespaces", [(f"{kind} by path, mapped", mapped(), joined(kind), no_names if kind == "uts" else nothing) for kind in KINDS])
rows("namespaces", [
    ("all by path", joined(*KINDS)), ("a new cgroup", namespaces({"type": "cgroup"})), ("a new time", namespaces({"type": "time"})),
    ("user by path", joined("user", prefix="mapped ")), ("user and network by path", joined("user", "network", prefix="mapped ")),
    ("user, network, ipc, uts by path", joined("user", "network", "ipc", "uts", prefix="mapped "), no_names),
    ("user by path with its mappings", joined("user", prefix="mapped "), linux(
        uidMappings=[{"containerID": 0, "hostID": 100000, "size": 65536}], gidMappings=[{"containerID": 0, "hostID": 100000, "size": 65536}])),
    ("user by path with other mappings", joined("user", prefix="mapped "), linux(
        uidMappings=[{"containerID": 0, "hostID": 200000, "size": 65536}], gidMappings=[{"containerID": 0, "hostID": 200000, "size": 65536}])),
    ("mount by path", joined("mount")), ("no mount", namespaces(without=("mount",)), ALONE), ("none", linux(namespaces=[]), no_names, ALONE),
    ("absent", without("linux", "namespaces"), no_names, ALONE),
    ("a missing path", namespaces({"type": "network", "path": "/none/ns"}, without=("network",))), ("a relative path", namespaces({"type": "network", "path": "proc/self/ns/net"}, without=("network",))),
    ("a path of another kind", namespaces({"type": "network", "path": "/proc/self/ns/ipc"}, without=("network",))), ("a path that is a file", namespaces({"type": "network", "path": "%SOURCE%/file"}, without=("network",))),
    ("an empty path", namespaces({"type": "network", "path": ""}, without=("network",))), ("unknown", namespaces({"type": "weather"})), ("given twice", namespaces({"type": "pid"})),
    ("the host's by path", namespaces({"type": "network", "path": "/proc/self/ns/net"}, without=("network",))),
])
rows("mappings", [
    ("without a user namespace", linux(uidMappings=[{"containerID": 0, "hostID": 1, "size": 1}])), ("none", namespaces({"type": "user"})),
    ("uid only", namespaces({"type": "user"}), linux(uidMappings=[{"containerID": 0, "hostID": 100000, "size": 10}])),
    ("of the same ids", mapped(outside=0, size=70000)), ("several", mapped(), lambda config: [config["linux"][kind].append({"containerID": 65536, "hostID": 300000, "size": 10}) for kind in ("uidMappings", "gidMappings")]),
    ("forty", namespaces({"type": "user"}), linux(**{kind: [{"containerID": n, "hostID": 100000 + 2 * n, "size": 1} for n in range(40)] for kind in ("uidMappings", "gidMappings")}), without_mount("/dev/pts")),
    ("three hundred", namespaces({"type": "user"}), linux(**{kind: [{"containerID": n, "hostID": 100000 + 2 * n, "size": 1} for n in range(300)] for kind in ("uidMappings", "gidMappings")}), without_mount("/dev/pts")),
    ("too many", namespaces({"type": "user"}), linux(**{kind: [{"containerID": n, "hostID": 100000 + 2 * n, "size": 1} for n in range(341)] for kind in ("uidMappings", "gidMappings")})),
    ("overlapping", mapped(), lambda config: config["linux"]["uidMappings"].append({"containerID": 10, "hostID": 300000, "size": 10})), ("of size 0", mapped(size=0)),
    ("without root", namespaces({"type": "user"}), linux(**{kind: [{"containerID": 1, "hostID": 100000, "size": 10}] for kind in ("uidMappings", "gidMappings")})),
])
rows("time", [
    ("offsets", namespaces({"type": "time"}), linux(timeOffsets={"monotonic": {"secs": 172800, "nanosecs": 5}, "boottime": {"secs": 604800, "nanosecs": 0}})),
    ("a negative offset", namespaces({"type": "time"}), linux(timeOffsets={"monotonic": {"secs": -5, "nanosecs": 0}})), ("offsets without a namespace", linux(timeOffsets={"boottime": {"secs": 5, "nanosecs": 0}})),
    ("offsets and a path", joined("time"), linux(timeOffsets={"boottime": {"secs": 5, "nanosecs": 0}})), ("too many nanoseconds", namespaces({"type": "time"}), linux(timeOffsets={"boottime": {"secs": 5, "nanosecs": 1000000000}})),
    ("an unknown clock", namespaces({"type": "time"}), linux(timeOffsets={"realtime": {"secs": 5, "nanosecs": 0}})), ("offsets in a user namespace", mapped(), namespaces({"type": "time"}), linux(timeOffsets={"boottime": {"secs": 5, "nanosecs": 1}})),
])
rows("names", [
    ("host name", top(hostname="other.example")), ("none", no_names), ("empty", top(hostname="")), ("domain name", top(domainname="example.org")), ("both", top(hostname="a", domainname="b")),
    ("too long", top(hostname="x" * 65)), ("64 bytes", top(hostname="x" * 64)), ("no uts namespace", namespaces(without=("uts",))), ("domain name without uts", no_names, top(domainname="x"), namespaces(without=("uts",))),
    ("in a user namespace", mapped(), top(hostname="inside", domainname="y")), ("a joined namespace", joined("uts"), top(hostname="joined")),
])

# ---- sysctl ----

KEYS = {"net.ipv4.ip_forward": "1", "net/ipv4/conf/lo/forwarding": "1", "net.ipv4.conf.all.rp_filter": "2", "net.core.somaxconn": "123", "net.ipv4.ping_group_range": "0 5",
        "kernel.msgmax": "4096", "kernel.msgmnb": "9000", "kernel.msgmni": "50", "kernel.sem": "250 32000 100 128", "kernel.shmall": "1000", "kernel.shmmax": "100000",
        "kernel.shmmni": "100", "kernel.shm_rmid_forced": "1", "fs.mqueue.msg_max": "20", "fs.mqueue.queues_max": "30", "kernel.domainname": "sys.example",
        "kernel.hostname": "x", "kernel.pid_max": "1000", "vm.swappiness": "10", "user.max_user_namespaces": "5", "kernel.none": "1", "net.none": "1", "net.ipv4.ip_unprivileged_port_start": "0",
        "kernel/msgmax": "4096", "net.ipv4.ip_forward ": "1", "net.ipv4.../../kernel/pid_max": "1", "kernel.shm_rmid_forced.x": "1"}
rows("sysctl", [(f"{key}", linux(sysctl={key: value}), {"probe": ["+" + (key if "/" in key and key.index("/") < (key + ".").index(".") else key.replace(".", "/"))]}) for key, value in KEYS.items()])
rows("sysctl", [(f"{key} in a user namespace", mapped(), linux(sysctl={key: KEYS[key]}), {"probe": ["+" + key.replace(".", "/")]})
                for key in ("net.ipv4.ip_forward", "kernel.msgmax", "fs.mqueue.msg_max", "user.max_user_namespaces", "kernel.shm_rmid_forced")])
rows("sysctl", [
    ("network without its namespace", namespaces(without=("network",)), linux(sysctl={"net.ipv4.ip_forward": "1"})), ("ipc without its namespace", namespaces(without=("ipc",)), linux(sysctl={"kernel.msgmax": "4096"})),
    ("of a joined network", joined("network"), linux(sysctl={"net.core.somaxconn": "99"}), {"probe": ["+net/core/somaxconn"]}),
    ("of the host's network by path", namespaces({"type": "network", "path": "/proc/self/ns/net"}, without=("network",)), linux(sysctl={"net.core.somaxconn": "99"})),
    ("a bad value", linux(sysctl={"net.ipv4.ip_forward": "many"})), ("an empty value", linux(sysctl={"kernel.msgmax": ""})), ("several", linux(sysctl={"kernel.msgmax": "4096", "net.core.somaxconn": "99"}),
     {"probe": ["+kernel/msgmax", "+net/core/somaxconn"]}), ("an empty key", linux(sysctl={"": "1"})), ("a number", linux(sysctl={"kernel.msgmax": 4096})),
])

# ---- seccomp ----

MKDIR = "mkdir mkdirat"
# What the probe itself calls, so that a list of what is allowed can be tried.
NEEDED = ("access arch_prctl brk capget clone clone3 close dup execve exit exit_group fcntl fork fstat getcwd getdents64 getegid geteuid getgid "
          "getgroups getpgid getpid getppid getpriority getresgid getresuid getrlimit getsid getuid ioctl keyctl lseek lstat mmap mprotect mremap "
          "munmap newfstatat openat open poll prctl pread64 prlimit64 read readlink readlinkat rseq rt_sigaction rt_sigprocmask rt_sigreturn "
          "sched_getaffinity sched_getattr ioprio_get set_robust_list set_tid_address sigaltstack stat statx sysinfo umask uname unlink rmdir "
          "wait4 write writev getrandom futex mkdir socket bind setsockopt recvfrom recvmsg sendto getsockname clock_gettime clock_nanosleep "
          "nanosleep personality get_mempolicy setgroups setuid setgid chdir fchdir fstatfs fchown fchmod capset pipe2 epoll_create1 tgkill gettid "
          "madvise sched_yield faccessat2 faccessat epoll_ctl epoll_pwait eventfd2 close_range timer_create timer_settime openat2 setresuid "
          "setresgid sendmsg getpeername").split()
ARCHITECTURES = ("X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB").split()
product("seccomp", [(action, seccomp((MKDIR, action))) for action in ("ERRNO", "KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP", "LOG", "TRACE", "ALLOW")],
        [("no new privileges", nothing), ("privileges", both(process(noNewPrivileges=False), caps(**{kind: ALL for kind in MOST})))])
rows("seccomp architecture", [(name, seccomp((MKDIR, "ERRNO"), architectures=["SCMP_ARCH_" + name])) for name in ARCHITECTURES])
rows("seccomp", [
    ("unknown action", seccomp((MKDIR, "NONE"))), ("unknown architecture", seccomp((MKDIR, "ERRNO"), architectures=["SCMP_ARCH_NONE"])), ("no architecture", seccomp((MKDIR, "ERRNO"), architectures=[])),
    ("three architectures", seccomp((MKDIR, "ERRNO", {"errnoRet": 5}), architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])),
    ("errno 0", seccomp((MKDIR, "ERRNO", {"errnoRet": 0}))), ("errno 38", seccomp((MKDIR, "ERRNO", {"errnoRet": 38}))), ("errno 5000", seccomp((MKDIR, "ERRNO", {"errnoRet": 5000}))),
    ("errno with kill", seccomp((MKDIR, "KILL", {"errnoRet": 5}))), ("errno with trace", seccomp((MKDIR, "TRACE", {"errnoRet": 5}))), ("unknown names are passed over", seccomp(("mkdir no_such_call", "ERRNO"))),
    ("only unknown names", seccomp(("no_such_call", "ERRNO"))), ("no names", seccomp(("", "ERRNO"))), ("rule as the default", seccomp((MKDIR, "ALLOW"), ("chmod", "ERRNO"))),
    ("the same call twice", seccomp((MKDIR, "ERRNO", {"errnoRet": 5}), (MKDIR, "ERRNO", {"errnoRet": 6}))), ("no calls and a default", linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW"})),
    ("an empty object", linux(seccomp={})), ("no default", linux(seccomp={"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]})),
    ("a list of what is allowed", seccomp((" ".join(NEEDED), "ALLOW"), default="SCMP_ACT_ERRNO")), ("allowed, the rest ENOSYS", seccomp((" ".join(NEEDED), "ALLOW"), default="SCMP_ACT_ERRNO", defaultErrnoRet=38)),
    ("allowed, the rest is logged", seccomp((" ".join(NEEDED), "ALLOW"), default="SCMP_ACT_LOG")), ("allowed, the rest traps", seccomp((" ".join(NEEDED), "ALLOW"), default="SCMP_ACT_TRAP")),
    ("allowed, the rest is traced", seccomp((" ".join(NEEDED), "ALLOW"), default="SCMP_ACT_TRACE")), ("allowed on three architectures", seccomp((" ".join(NEEDED), "ALLOW"), default="SCMP_ACT_ERRNO", architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])),
    ("default errno of allow", seccomp((MKDIR, "ERRNO"), defaultErrnoRet=5)), ("an argument of 6", seccomp((MKDIR, "ERRNO", {"args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}))),
    ("an unknown comparison", seccomp((MKDIR, "ERRNO", {"args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NONE"}]}))),
    ("two arguments", seccomp(("socket", "ERRNO", {"errnoRet": 9, "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 3, "op": "SCMP_CMP_EQ"}]}))),
    ("the same argument twice", seccomp(("socket", "ERRNO", {"errnoRet": 9, "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}]}))),
    ("a large value", seccomp(("personality", "ERRNO", {"args": [{"index": 0, "value": 0xffffffff, "op": "SCMP_CMP_EQ"}]}))), ("more than 64 bits", seccomp(("personality", "ERRNO", {"args": [{"index": 0, "value": 1 << 64, "op": "SCMP_CMP_EQ"}]}))),
    ("in a user namespace", mapped(), seccomp((MKDIR, "ERRNO"))), ("of another user", user(uid=1000, gid=1000), seccomp((MKDIR, "ERRNO"))), ("of another user with privileges", user(uid=1000, gid=1000), process(noNewPrivileges=False), seccomp((MKDIR, "ERRNO"))),
    ("notify", seccomp((MKDIR, "NOTIFY"), listenerPath="/none/socket"), {"pending": "seccomp notify"}), ("notify without a listener", seccomp((MKDIR, "NOTIFY")), {"pending": "seccomp notify"}),
])
rows("seccomp comparison", [
    (op, seccomp(("personality", "ERRNO", {"errnoRet": 9, "args": [{"index": 0, "value": 8, "valueTwo": 8, "op": "SCMP_CMP_" + op}]}))) for op in ("NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ")])
rows("seccomp flags", [
    (",".join(flags) or "an empty list", seccomp((MKDIR, "ERRNO"), flags=["SECCOMP_FILTER_FLAG_" + flag for flag in flags]))
    for flags in ([], ["LOG"], ["SPEC_ALLOW"], ["TSYNC"], ["WAIT_KILLABLE_RECV"], ["LOG", "SPEC_ALLOW"], ["NONE"])])

# ---- resources, by the files that the container sees ----

FILES = {"probe": [f"=/sys/fs/cgroup/{name}" for name in (
    "memory/memory.limit_in_bytes", "memory/memory.soft_limit_in_bytes", "memory/memory.memsw.limit_in_bytes", "memory/memory.swappiness", "memory/memory.oom_control", "pids/pids.max", "cpu/cpu.shares", "cpu/cpu.cfs_quota_us",
    "cpu/cpu.cfs_period_us", "cpu/cpu.idle", "cpuset/cpuset.cpus", "cpuset/cpuset.mems", "devices/devices.list", "blkio/blkio.bfq.weight", "blkio/blkio.throttle.read_bps_device")]}
def resources(**values):
    return linux(resources={"devices": [{"allow": False, "access": "rwm"}], **values})


rows("resources", [
    (name, resources(**value), FILES) for name, value in {
        "none": {}, "memory": {"memory": {"limit": 64 << 20}}, "memory -1": {"memory": {"limit": -1}}, "memory 0": {"memory": {"limit": 0}}, "reservation": {"memory": {"limit": 64 << 20, "reservation": 32 << 20}},
        "swappiness": {"memory": {"swappiness": 10}}, "swappiness 101": {"memory": {"swappiness": 101}}, "no oom killer": {"memory": {"limit": 64 << 20, "disableOOMKiller": True}}, "swap": {"memory": {"limit": 64 << 20, "swap": 128 << 20}},
        "swap below memory": {"memory": {"limit": 64 << 20, "swap": 32 << 20}}, "kernel memory": {"memory": {"kernel": 64 << 20}}, "pids": {"pids": {"limit": 100}}, "pids 0": {"pids": {"limit": 0}}, "pids -1": {"pids": {"limit": -1}}, "pids 1": {"pids": {"limit": 1}},
        "shares": {"cpu": {"shares": 512}}, "shares 0": {"cpu": {"shares": 0}}, "shares 1": {"cpu": {"shares": 1}}, "quota": {"cpu": {"quota": 50000, "period": 100000}}, "quota alone": {"cpu": {"quota": 50000}}, "quota -1": {"cpu": {"quota": -1}}, "period alone": {"cpu": {"period": 50000}},
        "a bad period": {"cpu": {"period": 1}}, "idle": {"cpu": {"idle": 1}}, "cpus": {"cpu": {"cpus": "0"}}, "cpus and mems": {"cpu": {"cpus": "0-1", "mems": "0"}}, "bad cpus": {"cpu": {"cpus": "9999"}}, "all together": {"memory": {"limit": 64 << 20}, "cpu": {"shares": 100, "cpus": "1"}, "pids": {"limit": 50}},
        "an unknown rdma device": {"rdma": {}}, "no huge pages": {"hugepageLimits": []}}.items()])
def rules(*entries):
    return linux(resources={"devices": list(entries)})


NO = {"allow": False, "access": "rwm"}
ZERO = linux(devices=[{"path": "/dev/zero", "type": "c", "major": 1, "minor": 5}])
rows("device rules", [
    ("of a device in a default's place", rules(NO), ZERO, FILES), ("of one, without any", rules(), ZERO, FILES),
    ("of one that may be read", rules(NO, {"allow": True, "type": "c", "major": 1, "minor": 5, "access": "r"}), ZERO, FILES),
    ("of one that is allowed", rules(NO, {"allow": True, "type": "c", "major": 1, "minor": 5, "access": "rwm"}), ZERO, FILES),
    ("none", rules(), FILES), ("absent", linux(resources={}), FILES), ("deny all", rules(NO), FILES), ("allow all", rules({"allow": True, "access": "rwm"}), FILES),
    ("one allowed", rules(NO, {"allow": True, "type": "c", "major": 10, "minor": 200, "access": "rw"}), FILES), ("a major", rules(NO, {"allow": True, "type": "c", "major": 10, "access": "rwm"}), FILES),
    ("block devices", rules(NO, {"allow": True, "type": "b", "access": "rm"}), FILES), ("a default denied", rules(NO, {"allow": False, "type": "c", "major": 1, "minor": 5, "access": "rwm"}), FILES),
    ("a default without write", rules(NO, {"allow": False, "type": "c", "major": 1, "minor": 3, "access": "w"}), FILES), ("type a", rules({"allow": False, "type": "a", "access": "rwm"}), FILES),
    ("no access", rules(NO, {"allow": True, "type": "c", "major": 10, "minor": 200}), FILES), ("an unknown kind", rules({"allow": True, "type": "x", "access": "r"}), FILES), ("an unknown access", rules({"allow": True, "type": "c", "access": "z"}), FILES),
])

# ---- annotations ----

UNKNOWN_CALL = linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["no_such_call"], "action": "SCMP_ACT_ERRNO"}]})
rows("annotations", [
    ("the caller's groups", top(annotations={"run.oci.keep_original_groups": "1"}), process(user={"uid": 0, "gid": 0, "additionalGids": [5]})),
    ("unknown calls are warnings", UNKNOWN_CALL), ("unknown calls are errors", UNKNOWN_CALL, top(annotations={"run.oci.seccomp_fail_unknown_syscall": "1"})),
])

# ---- the document ----

rows("document", [
    ("the default", nothing), ("unknown properties", top(xOther={"a": [1]}), linux(other=1), process(other=2)), ("annotations", top(annotations={"a": "b", "c": ""})), ("an annotation that is no text", top(annotations={"a": 1})),
    ("no process", lambda config: config.pop("process")), ("no linux", lambda config: config.pop("linux"), no_names, ALONE), ("no version", lambda config: config.pop("ociVersion")), ("version 1.3.0", top(ociVersion="1.3.0")), ("version 2", top(ociVersion="2.0.0")), ("an odd version", top(ociVersion="x")),
    ("empty objects", top(hooks={}, annotations={}), linux(seccomp=None, resources=None)), ("nulls", top(hooks=None, annotations=None, mounts=None)), ("linux is a list", top(linux=[])), ("mounts are an object", top(mounts={})),
    ("windows beside", top(windows={"layerFolders": ["x"]})), ("an RDT group without resctrl", linux(intelRdt={"closID": "x"}), {"pending": "linux.intelRdt"}),
])
