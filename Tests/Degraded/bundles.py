"""The table of bundles that run on each kernel: what a runtime does for a container, in all its ways."""
from table import *  # of Tests/Differential
from table import TABLE

PLACE = {"probe": ["@/mnt"]}
LOOK = {"probe": ["@/data", "@/data/file", "@/data/below", "@/mnt", "@/etc"]}
IDS = {kind: [{"containerID": 0, "hostID": 100000, "size": 65536}] for kind in ("uidMappings", "gidMappings")}
AGENT = None  # of the seccomp filters that have one; `run` starts it
PLAIN = ("nosuid", "noexec", "nodev")


def prepared(change):
    """The last row's root file system is changed before it runs."""
    TABLE[-1].prepare = change


def cell(name, *changes, **how):
    add(name, *changes, **how)
    TABLE[-1].prepare = None


def cells(title, table):
    for name, *rest in table:
        keywords = {}
        for entry in rest:
            if isinstance(entry, dict):
                keywords.update(entry)
        cell(f"{title}: {name}", *[entry for entry in rest if callable(entry)], **keywords)


def engine_like(config):
    """About what an engine writes for a container."""
    names = "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split()
    config["process"].update(capabilities={kind: ["CAP_" + name for name in names] for kind in ("bounding", "effective", "permitted")},
                             noNewPrivileges=False, oomScoreAdj=10, user={"uid": 0, "gid": 0, "umask": 0o22, "additionalGids": [1, 2, 3]},
                             rlimits=[{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024}, {"type": "RLIMIT_NPROC", "soft": 4096, "hard": 4096}])
    config["root"]["readonly"] = False
    for place in ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/run/.containerenv"):
        bind(place, "%SOURCE%/file", "bind", "rprivate")(config)
    mount("/sys/fs/cgroup", "cgroup", "cgroup", "rprivate", "nosuid", "noexec", "nodev", "relatime", "rw")(config)
    config["mounts"] = [entry for number, entry in enumerate(config["mounts"])
                        if entry["destination"] != "/sys/fs/cgroup" or number == len(config["mounts"]) - 1]
    config["linux"]["namespaces"].append({"type": "cgroup"})
    config["linux"]["sysctl"] = {"net.ipv4.ping_group_range": "0 0"}
    config["linux"]["rootfsPropagation"] = "slave"
    config["linux"]["devices"] = [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 0o666, "uid": 0, "gid": 0}]
    config["annotations"] = {"org.opencontainers.image.stopSignal": "15"}


def every_hook(config):
    bind("/mnt", "%LOG%", "bind")(config)
    for kind in ("prestart", "createRuntime", "createContainer", "poststart", "poststop"):
        hook(kind, kind)(config)
    hook("startContainer", "startContainer", host=False)(config)


def replaced_by_link(place, target):
    def change(root):
        path = root / place
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        path.symlink_to(target)
    return change


cell("the default")
cell("an engine's", engine_like)
cell("an engine's in a user namespace", engine_like, mapped())
cells("user namespace", [
    ("plain", mapped()), ("writable root", mapped(), writable), ("the host's network", mapped(), namespaces(without=("network",))),
    ("cgroup namespace", mapped(), namespaces({"type": "cgroup"})), ("masks", mapped(), linux(maskedPaths=["/data/file", "/data/below"]), LOOK),
    ("devices", mapped(), linux(devices=[{"path": "/dev/mine", "type": "c", "major": 1, "minor": 5}]), {"probe": ["@/dev"]}),
    ("locked flags", mapped(), bind("/mnt", "%SOURCE%/locked", "rbind", "nosuid"), PLACE),
    ("a locked flag cleared", mapped(), bind("/mnt", "%SOURCE%/locked", "bind", "rw"), PLACE),
    ("a bind", mapped(), bind("/mnt", "%SOURCE%/tree", "rbind", "ro"), PLACE), ("copies", mapped(), mount("/data", "tmpfs", "tmpfs", "tmpcopyup"), LOOK),
])
cells("bind", [(",".join(options), bind("/mnt", "%SOURCE%/tree", *options), {"probe": ["@/mnt", "@/mnt/sub"]}) for options in [
    ("bind",), ("rbind",), ("bind", "ro"), ("rbind", "ro"), ("bind", "ro", "nosuid", "nodev", "noexec"), ("bind", "noatime"), ("bind", "nodiratime"),
    ("bind", "strictatime"), ("bind", "nosymfollow"), ("bind", "suid", "dev"), ("rbind", "rro"), ("rbind", "ro", "rnosuid", "rnoexec"), ("rbind", "rnoatime"), ("rbind", "rslave"),
    ("rbind", "rshared"), ("rbind", "rprivate"), ("bind", "private"), ("bind", "slave", "ro")]])
cells("bind", [
    ("locked", bind("/mnt", "%SOURCE%/locked", "bind"), PLACE), ("locked, cleared", bind("/mnt", "%SOURCE%/locked", "bind", "rw", "suid", "atime"), PLACE),
    ("locked, nodiratime", bind("/mnt", "%SOURCE%/locked", "bind", "nodiratime"), PLACE),
    ("a file", bind("/etc/hosts", "%SOURCE%/file", "bind", "ro"), {"probe": ["@/etc/hosts"]}),
    ("a link", bind("/mnt", "%SOURCE%/link", "bind"), PLACE), ("a device", bind("/data/file", "/dev/null", "bind"), LOOK),
    ("a link itself", writable, bind("/mnt/l", "%SOURCE%/link", "bind", "copy-symlink"), PLACE),
    ("no link followed", bind("/mnt", "%SOURCE%/tree", "bind", "src-nofollow", "dest-nofollow"), PLACE),
    ("what is no mount point", bind("/mnt", "%SOURCE%/tree/below", "rbind", "ro"), PLACE),
    ("in a shared root", linux(rootfsPropagation="shared"), bind("/mnt", "%SOURCE%/tree", "rbind", "rshared"), PLACE),
    ("in a private root", linux(rootfsPropagation="rprivate"), bind("/mnt", "%SOURCE%/tree", "rbind"), PLACE),
    ("without pivot", bind("/mnt", "%SOURCE%/tree", "rbind", "ro"), {**PLACE, "options": ("--no-pivot",)}),
])
cells("idmap", [
    ("bind", bind("/mnt", "%SOURCE%/owned", "bind", "idmap"), lambda config: config["mounts"][-1].update(IDS), PLACE),
    ("rbind", bind("/mnt", "%SOURCE%/tree", "rbind", "ridmap"), lambda config: config["mounts"][-1].update(IDS), PLACE),
    ("of the container", mapped(), bind("/mnt", "%SOURCE%/owned", "bind", "idmap"), PLACE),
    ("tmpfs", mount("/mnt", "tmpfs", "tmpfs", "mode=755", "idmap"), lambda config: config["mounts"][-1].update(IDS), PLACE),
])
cells("root", [(name, writable, linux(rootfsPropagation=name)) for name in ("shared", "slave", "private", "unbindable", "rshared")])
cells("root", [("read-only without pivot", {"options": ("--no-pivot",)}), ("in a user namespace without pivot", mapped(), {"options": ("--no-pivot",)})])
cells("mounts", [
    ("tmpfs over a private folder", mount("/data/private", "tmpfs", "tmpfs"), {"probe": ["@/data/private"]}),
    ("tmpfs with copies, read-only", mount("/data", "tmpfs", "tmpfs", "tmpcopyup", "ro"), LOOK),
    ("tmpfs with restrictions for the tree", mount("/mnt", "tmpfs", "tmpfs", "rro", "rnoexec"), PLACE),
    ("a new place", writable, mount("/new/deep", "tmpfs", "tmpfs"), {"probe": ["@/new/deep"]}),
    ("through links", mount("/data/link/deep", "tmpfs", "tmpfs"), bind("/data/outside", "%SOURCE%/tree", "bind"), {"probe": ["@/data/below/deep", "@/etc"]}),
    ("remounted", mount("/mnt", "tmpfs", "tmpfs"), mount("/mnt", "tmpfs", "tmpfs", "remount", "ro"), PLACE),
    ("cgroup, writable", without_mount("/sys/fs/cgroup"), mount("/sys/fs/cgroup", "cgroup", "cgroup", *PLAIN, "relatime")),
    ("cgroup namespace", namespaces({"type": "cgroup"})), ("the host's sysfs", without_mount("/sys", "/sys/fs/cgroup"), bind("/sys", "/sys", "rbind", "ro", *PLAIN)),
])
cells("paths", [
    ("masked", linux(maskedPaths=["/data/file", "/data/below", "/mnt", "/none"]), LOOK), ("read-only", writable, linux(readonlyPaths=["/data", "/etc/hosts", "/none"]), LOOK),
    ("read-only with mounts below", writable, bind("/mnt", "%SOURCE%/tree", "rbind"), linux(readonlyPaths=["/mnt"]), {"probe": ["@/mnt", "@/mnt/sub"]}),
    ("masked through a link", linux(maskedPaths=["/data/link", "/data/outside"]), LOOK), ("none", linux(maskedPaths=[], readonlyPaths=[])),
])
cells("namespaces", [
    ("by path", joined("network", "ipc", "uts", "cgroup"), no_names), ("process by path", joined("pid")), ("time by path", joined("time")),
    ("user by path", joined("user", "network", "ipc", "uts", prefix="mapped "), no_names),
    ("a time namespace", namespaces({"type": "time"})), ("time offsets", namespaces({"type": "time"}), linux(timeOffsets={"monotonic": {"secs": 1000}})),
    ("time offsets in a user namespace", mapped(), namespaces({"type": "time"}), linux(timeOffsets={"boottime": {"secs": 1000}})),
    ("the host's", namespaces(without=("network", "ipc", "pid", "uts")), no_names),
])
cell("namespaces: mount by path", joined("mount"))
TABLE[-1].alters = True
cells("process", [
    ("a user with groups and a working directory", user(uid=1000, gid=1000, additionalGids=[10, 20], umask=0o27), process(cwd="/home/user")),
    ("capabilities", caps(**{kind: ["NET_RAW", "CHOWN"] for kind in SETS}), user(uid=1000, gid=1000)),
    ("a missing program", process(args=["no-such-program"])), ("a closed folder", user(uid=1000, gid=1000), process(cwd="/data/closed")),
    ("a path without execution", process(args=["/opt/text"])), ("a program to be found", process(args=["probe"], env=["PATH=/none:/opt/first:/opt/second"])),
    ("descriptors of the caller", {"caller": "exec 5</etc/passwd 9</ 40</etc"}), ("a preserved descriptor", {"caller": "exec 3</etc/passwd 7</", "options": ("--preserve-fds", "1")}),
    ("limits", limit("RLIMIT_NOFILE", 64, 64)), ("a kernel parameter", linux(sysctl={"kernel.msgmax": "4096"}), {"probe": ["+kernel/msgmax"]}),
])
def asking(config):
    """An agent answers for a call."""
    config["linux"]["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": AGENT.path, "listenerMetadata": "data",
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}


cell("filter: an agent", asking)
cells("filter", [
    ("plain", seccomp(("mkdir mkdirat", "ERRNO"))), ("default", seccomp(("swapon", "ALLOW"), default="SCMP_ACT_LOG")),
    ("no_new_privs off", process(noNewPrivileges=False), seccomp(("mkdir", "ERRNO", {"errnoRet": 5}))), ("in a user namespace", mapped(), seccomp(("chmod fchmodat", "ERRNO"))),
])
cells("hooks", [("all", every_hook), ("all in a user namespace", mapped(), every_hook), ("one that fails", program_hook("createRuntime", "/bin/false")),
                ("a missing one", program_hook("createContainer", "/no-such-hook")), ("one that hangs", program_hook("prestart", "/bin/sleep", "100", timeout=1)),
                ("descriptors", every_hook, {"caller": "exec 5</etc/passwd 9</"})])
cells("terminal", [("foreground", process(terminal=True), {"mode": "terminal"}), ("console socket", process(terminal=True), {"mode": "console"}),
                   ("in a user namespace", mapped(), process(terminal=True), {"mode": "terminal"})])
cells("exec", [("plain", {"mode": "exec"}), ("in a user namespace", mapped(), {"mode": "exec"}), ("with a filter", seccomp(("mkdir", "ERRNO")), {"mode": "exec"}),
               ("as somebody", {"mode": "exec", "execs": ("--user", "1000:1000", "--cwd", "/home/user")}), ("an engine's", engine_like, {"mode": "exec"}),
               ("joined namespaces", joined("network", "pid"), {"mode": "exec"}), ("descriptors of the caller", {"mode": "exec", "caller": "exec 5</etc/passwd 9</"})])
cells("create and start", [("plain", {"mode": "created"}), ("in a user namespace", mapped(), {"mode": "created"}), ("hooks", every_hook, {"mode": "created"}),
                           ("a missing program", process(args=["no-such-program"]), {"mode": "created"})])
SLEEP = process(args=["/bin/sleep", "1000"])
cells("life", [("by signals", SLEEP, {"mode": "life"}), ("in a user namespace", SLEEP, mapped(), {"mode": "life"}), ("by force", SLEEP, {"mode": "force"}),
               ("the host's processes", SLEEP, namespaces(without=("pid",)), {"mode": "force"}), ("created only", SLEEP, {"mode": "unstarted"})])

for name, place, target in [("/proc is a link", "proc", "/tmp"), ("/proc is a link out", "proc", "../../../../../../../tmp"), ("/sys is a link", "sys", "etc"),
                            ("/dev is a link", "dev", "/tmp"), ("/dev is a link out", "dev", "../../../../../../../../tmp"), ("/tmp leads out", "tmp", "/../../../../../../../../../tmp"),
                            ("a mount point leads to a process's root", "mnt", "/proc/self/root/tmp"), ("a mount point leads to a descriptor", "mnt", "/proc/self/fd/4"),
                            ("a mount point leads to a working directory", "mnt", "/proc/1/cwd"), ("a mount point leads to /proc", "mnt", "/proc")]:
    cell(f"hostile: {name}", writable, mount("/mnt", "tmpfs", "tmpfs"), mount("/tmp", "tmpfs", "tmpfs"), bind("/mnt/x", "%SOURCE%/tree", "rbind", "ro"),
         linux(maskedPaths=["/mnt/y", "/tmp/z", "/proc/kcore"]), probe=["@/mnt"])
    prepared(replaced_by_link(place, target))


def device_links(root):
    (root / "dev/null").symlink_to("/etc/hosts")
    (root / "dev/pts").symlink_to("/etc")
    (root / "dev/ptmx").symlink_to("../../../../../../../dev/ptmx")


cell("hostile: links in /dev", writable, without_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"), probe=["@/dev", "@/etc/hosts"])
prepared(device_links)
