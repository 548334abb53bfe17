"""Configurations of `mounts`, `root`, devices, and masked and read-only paths."""
from table import *

OPTIONS = ("async atime defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec "
           "noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rdev rdiratime relatime "
           "rexec rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime "
           "rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid "
           "symfollow sync tmpcopyup unbindable").split()
PLACE = {"probe": ["@/mnt"]}
BOTH = [("host ids", nothing), ("user namespace", mapped())]

rows("option on tmpfs", [(option, mount("/mnt", "tmpfs", "tmpfs", option), PLACE) for option in OPTIONS])
rows("option on bind", [(option, bind("/mnt", "%SOURCE%/tree", "rbind", option), PLACE) for option in OPTIONS if option != "tmpcopyup"])
rows("option on a locked mount", [
    (option, bind("/mnt", "%SOURCE%/locked", "bind", option), PLACE)
    for option in ("rw", "suid", "exec", "dev", "atime", "ro", "relatime", "strictatime", "nodiratime")])
rows("option on a locked mount in a user namespace", [
    (option, mapped(), bind("/mnt", "%SOURCE%/locked", "bind", option), PLACE)
    for option in ("rw", "suid", "exec", "dev", "atime", "ro", "nosuid", "relatime", "strictatime", "noatime")])
rows("options", [
    ("ro then rw", mount("/mnt", "tmpfs", "tmpfs", "ro", "rw"), PLACE), ("rw then ro", mount("/mnt", "tmpfs", "tmpfs", "rw", "ro"), PLACE),
    ("noatime then strictatime", mount("/mnt", "tmpfs", "tmpfs", "noatime", "strictatime"), PLACE),
    ("noatime then relatime", mount("/mnt", "tmpfs", "tmpfs", "noatime", "relatime"), PLACE),
    ("ro and rro on a bind", bind("/mnt", "%SOURCE%/tree", "rbind", "ro", "rro"), PLACE),
    ("rro and rrw on a bind", bind("/mnt", "%SOURCE%/tree", "rbind", "rro", "rrw"), PLACE),
    ("all restrictions on a bind", bind("/mnt", "%SOURCE%/tree", "bind", "ro", "nosuid", "nodev", "noexec", "noatime"), PLACE),
    ("bind alone, not recursive", bind("/mnt", "%SOURCE%/tree", "bind"), PLACE),
    ("rslave then shared", bind("/mnt", "%SOURCE%/tree", "rbind", "rslave", "shared"), PLACE),
    ("the same option twice", mount("/mnt", "tmpfs", "tmpfs", "nosuid", "nosuid"), PLACE),
    ("an empty option", mount("/mnt", "tmpfs", "tmpfs", ""), PLACE),
    ("absent", lambda config: config["mounts"].append({"destination": "/mnt", "type": "tmpfs", "source": "x"}), PLACE),
    ("an unknown one on tmpfs", mount("/mnt", "tmpfs", "tmpfs", "nosuchoption")),
    ("an unknown one on bind", bind("/mnt", "%SOURCE%/tree", "bind", "nosuchoption")),
    ("data on bind", bind("/mnt", "%SOURCE%/tree", "bind", "size=1m")),
    ("remount of a mount", mount("/mnt", "tmpfs", "tmpfs"), mount("/mnt", "tmpfs", "tmpfs", "remount", "ro", "size=2m"), PLACE),
    ("remount of the root", mount("/", "none", "none", "remount", "bind", "nosuid")),
    ("remount of what is no mount", mount("/data", "tmpfs", "tmpfs", "remount", "ro")),
])
rows("tmpfs", [
    (",".join(options), mount("/mnt", "tmpfs", "tmpfs", *options), PLACE) for options in [
        ["size=1m"], ["size=50%"], ["mode=700"], ["mode=1777"], ["uid=1000", "gid=1000"], ["nr_inodes=100"], ["size=bad"],
        ["mode=0755", "size=65536k", "nosuid", "nodev", "noexec"], ["huge=never"], ["mpol=default"]]])
rows("tmpfs", [
    ("over a sticky folder", mount("/data/sticky", "tmpfs", "tmpfs"), {"probe": ["@/data/sticky"]}),
    ("over a private folder", mount("/data/private", "tmpfs", "tmpfs"), {"probe": ["@/data/private"]}),
    ("over a private folder with a mode", mount("/data/private", "tmpfs", "tmpfs", "mode=755"), {"probe": ["@/data/private"]}),
    ("with copies", mount("/data", "tmpfs", "tmpfs", "tmpcopyup"), {"probe": ["@/data", "@/data/below", "@/data/private", "@/data/link"]}),
    ("with copies, read-only", mount("/data", "tmpfs", "tmpfs", "tmpcopyup", "ro"), {"probe": ["@/data"]}),
    ("with copies in a user namespace", mapped(), mount("/data", "tmpfs", "tmpfs", "tmpcopyup"), {"probe": ["@/data", "@/data/below"]}),
    ("over a missing folder, with copies", writable, mount("/new", "tmpfs", "tmpfs", "tmpcopyup"), {"probe": ["@/new"]}),
    ("in a tmpfs", mount("/mnt", "tmpfs", "tmpfs"), mount("/mnt/a/b", "tmpfs", "tmpfs"), {"probe": ["@/mnt", "@/mnt/a"]}),
    ("in a read-only tmpfs", mount("/mnt", "tmpfs", "tmpfs", "ro"), mount("/mnt/a", "tmpfs", "tmpfs"), {"probe": ["@/mnt", "@/mnt/a"]}),
    ("over a file", mount("/data/file", "tmpfs", "tmpfs")), ("no source", lambda config: config["mounts"].append({"destination": "/mnt", "type": "tmpfs"}), PLACE),
    ("an odd source", mount("/mnt", "tmpfs", "a b\\c", "size=1m"), PLACE), ("for the user namespace", mapped(), mount("/mnt", "tmpfs", "tmpfs", "uid=5", "gid=5", "mode=700"), PLACE),
])
rows("bind", [
    ("a file on a file", bind("/etc/hosts", "%SOURCE%/file", "bind"), {"probe": ["@/etc/hosts"]}),
    ("a file on nothing", writable, bind("/data/new/file", "%SOURCE%/file", "bind"), {"probe": ["@/data/new", "@/data/new/file"]}),
    ("a folder on nothing", writable, bind("/data/new/folder", "%SOURCE%/tree", "bind"), {"probe": ["@/data/new", "@/data/new/folder"]}),
    ("a file on a folder", bind("/data", "%SOURCE%/file", "bind")), ("a folder on a file", bind("/data/file", "%SOURCE%/tree", "bind")),
    ("a fifo", writable, bind("/data/fifo", "%SOURCE%/fifo", "bind"), {"probe": ["@/data"]}),
    ("a device", bind("/mnt/null", "/dev/null", "bind"), writable, {"probe": ["@/mnt", "@/mnt/null"]}),
    ("a link to a folder", bind("/mnt", "%SOURCE%/link", "bind"), PLACE), ("a link to a file", writable, bind("/mnt/f", "%SOURCE%/filelink", "bind"), {"probe": ["@/mnt/f"]}),
    ("missing", bind("/mnt", "/none/such", "bind")), ("relative to the bundle", bind("/mnt", "rootfs/data", "bind"), PLACE),
    ("no type", lambda config: config["mounts"].append({"destination": "/mnt", "source": "%SOURCE%/tree", "options": ["bind"]}), PLACE),
    ("type none", bind("/mnt", "%SOURCE%/tree", "bind", kind="none"), PLACE), ("another type", bind("/mnt", "%SOURCE%/tree", "bind", kind="ext4"), PLACE),
    ("type bind, no option", bind("/mnt", "%SOURCE%/tree", kind="bind")), ("type bind and ro", bind("/mnt", "%SOURCE%/tree", "ro", kind="bind")),
    ("no source", lambda config: config["mounts"].append({"destination": "/mnt", "type": "bind", "options": ["bind"]})),
    ("an owned folder", bind("/mnt", "%SOURCE%/owned", "bind"), user(uid=1000, gid=1000), PLACE),
    ("an owned folder in a user namespace", mapped(), bind("/mnt", "%SOURCE%/owned", "bind"), PLACE),
    ("recursive", bind("/mnt", "%SOURCE%/tree", "rbind"), {"probe": ["@/mnt", "@/mnt/sub"]}),
    ("recursive and ro", bind("/mnt", "%SOURCE%/tree", "rbind", "ro"), {"probe": ["@/mnt", "@/mnt/sub"]}),
    ("the host's root", bind("/mnt", "/", "bind", "ro")), ("the root file system in itself", bind("/mnt", "%BUNDLE%/rootfs", "bind"), PLACE),
    ("over another bind", bind("/mnt", "%SOURCE%/tree", "bind"), bind("/mnt", "%SOURCE%/owned", "bind"), PLACE),
    ("below another bind", bind("/mnt", "%SOURCE%/tree", "bind"), bind("/mnt/below", "%SOURCE%/owned", "bind", "ro"), {"probe": ["@/mnt/below"]}),
    ("twice with other options", bind("/mnt", "%SOURCE%/tree", "bind", "ro"), bind("/home", "%SOURCE%/tree", "bind"), {"probe": ["@/mnt", "@/home"]}),
    ("sockets and /dev of the host", without_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"), bind("/dev", "/dev", "rbind", "rslave")),
])
rows("destination", [
    ("relative", mount("mnt", "tmpfs", "tmpfs"), PLACE), ("with dots", mount("/data/../mnt/.", "tmpfs", "tmpfs"), PLACE),
    ("out of the root", mount("/../../mnt", "tmpfs", "tmpfs"), PLACE), ("through a link", mount("/data/link/deep", "tmpfs", "tmpfs"), {"probe": ["@/data/below/deep"]}),
    ("through a link that leads out", mount("/data/outside", "tmpfs", "tmpfs"), {"probe": ["@/etc"]}),
    ("a dangling link", writable, mount("/data/dangling", "tmpfs", "tmpfs"), {"probe": ["@/data/none"]}),
    ("a file bound on a dangling link", writable, bind("/data/dangling", "%SOURCE%/file", "bind"), {"probe": ["@/data"]}),
    ("empty", mount("", "tmpfs", "tmpfs")), ("absent", lambda config: config["mounts"].append({"type": "tmpfs", "source": "tmpfs"})),
    ("the root", mount("/", "tmpfs", "tmpfs")), ("the root by a bind", bind("/", "%SOURCE%/tree", "bind")),
    ("below a file", mount("/data/file/x", "tmpfs", "tmpfs")), ("missing", writable, mount("/new/deep", "tmpfs", "tmpfs"), {"probe": ["@/new", "@/new/deep"]}),
    ("missing on a read-only root", mount("/new/deep", "tmpfs", "tmpfs"), {"probe": ["@/new", "@/new/deep"]}),
    ("missing with a caller's umask", writable, mount("/new/deep", "tmpfs", "tmpfs"), bind("/new2/file", "%SOURCE%/file", "bind"),
     {"caller": "umask 077", "probe": ["@/new", "@/new2", "@/new2/file"]}),
    ("missing in a user namespace", mapped(), writable, mount("/new/deep", "tmpfs", "tmpfs"), {"probe": ["@/new", "@/new/deep"]}),
    ("with a slash at its end", mount("/mnt/", "tmpfs", "tmpfs"), PLACE), ("double slashes", mount("//mnt", "tmpfs", "tmpfs"), PLACE),
    ("with spaces", writable, mount("/a b\tc", "tmpfs", "tmpfs"), {"probe": ["@/"]}),
])
rows("proc", [
    ("absent", without_mount("/proc")), ("twice", mount("/proc", "proc", "proc")),
    ("with options", without_mount("/proc"), mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev", "hidepid=2")),
    ("read-only", without_mount("/proc"), mount("/proc", "proc", "proc", "ro")), ("elsewhere", mount("/mnt", "proc", "proc")),
    ("subset=pid", without_mount("/proc"), mount("/proc", "proc", "proc", "subset=pid")),
    ("a tmpfs on it", without_mount("/proc"), mount("/proc", "tmpfs", "tmpfs")), ("a bind of the host's", without_mount("/proc"), bind("/proc", "/proc", "rbind")),
    ("a bind of a folder on it", bind("/proc", "%SOURCE%/tree", "bind")),
    ("a bind in it", bind("/proc/uptime", "%SOURCE%/file", "bind"), {"probe": ["=/proc/uptime"]}),
    ("a bind in it that is not allowed", bind("/proc/cmdline", "%SOURCE%/file", "bind")), ("a tmpfs in it", mount("/proc/acpi", "tmpfs", "tmpfs")),
    ("the host's processes", namespaces(without=("pid",))), ("in a user namespace", mapped()),
])
rows("sysfs", [
    ("absent", without_mount("/sys", "/sys/fs/cgroup")), ("writable", without_mount("/sys", "/sys/fs/cgroup"), mount("/sys", "sysfs", "sysfs"), {"probe": ["@/sys/kernel/uevent_seqnum"]}),
    ("of the host's network", namespaces(without=("network",))), ("of the host's network in a user namespace", mapped(), namespaces(without=("network",))),
    ("a bind of the host's", without_mount("/sys", "/sys/fs/cgroup"), bind("/sys", "/sys", "rbind", "ro", "nosuid", "noexec", "nodev")),
])
rows("cgroup mount", [
    ("absent", without_mount("/sys/fs/cgroup")), ("writable", without_mount("/sys/fs/cgroup"), mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime")),
    ("in a cgroup namespace", namespaces({"type": "cgroup"})), ("writable in a cgroup namespace", namespaces({"type": "cgroup"}), without_mount("/sys/fs/cgroup"),
     mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime")),
    ("in a user namespace", mapped()), ("in user and cgroup namespaces", mapped(), namespaces({"type": "cgroup"})),
    ("version 2 by name", without_mount("/sys/fs/cgroup"), mount("/sys/fs/cgroup", "cgroup2", "cgroup", "ro")), ("elsewhere", mount("/mnt", "cgroup", "cgroup", "ro")),
])
rows("other file systems", [
    ("mqueue elsewhere", mount("/mnt", "mqueue", "mqueue"), PLACE), ("mqueue without an ipc namespace", namespaces(without=("ipc",))),
    ("devpts with a gid in a user namespace", mapped()), ("ramfs", mount("/mnt", "ramfs", "ramfs", "mode=700"), PLACE), ("unknown", mount("/mnt", "nosuchfs", "x")),
    ("overlay", mount("/mnt", "overlay", "overlay", "lowerdir=%SOURCE%/tree:%SOURCE%/owned"), PLACE), ("no type", lambda config: config["mounts"].append({"destination": "/mnt", "source": "x"})),
    ("no mounts at all", lambda config: config.update(mounts=[])), ("mounts absent", lambda config: config.pop("mounts")),
    ("binfmt_misc is the host's", mount("/mnt", "securityfs", "securityfs")),
])
rows("idmap", [
    (name, bind("/mnt", "%SOURCE%/owned", *options), *more, lambda config, extra=extra: config["mounts"][-1].update(extra), {**PLACE, "pending": "id-mapped mounts"})
    for name, options, extra, more in [
        ("mappings and idmap", ["bind", "idmap"], {kind: [{"containerID": 0, "hostID": 100000, "size": 65536}] for kind in ("uidMappings", "gidMappings")}, []),
        ("mappings alone", ["bind"], {kind: [{"containerID": 0, "hostID": 100000, "size": 65536}] for kind in ("uidMappings", "gidMappings")}, []),
        ("recursive", ["rbind", "ridmap"], {kind: [{"containerID": 0, "hostID": 1, "size": 65536}] for kind in ("uidMappings", "gidMappings")}, []),
        ("of the container", ["bind", "idmap"], {}, [mapped()])]])

# ---- the root ----

PROPAGATIONS = ("shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable")
product("root", BOTH, [("read-only", nothing), ("writable", writable)],
        [("propagation absent", nothing), *[(f"propagation {name}", linux(rootfsPropagation=name)) for name in PROPAGATIONS]])
rows("root", [
    ("unknown propagation", linux(rootfsPropagation="none")), ("empty propagation", linux(rootfsPropagation="")),
    ("missing", lambda config: config.update(root={"path": "none"})), ("a file", lambda config: config.update(root={"path": "config.json"})),
    ("absent", lambda config: config.pop("root")), ("an empty path", lambda config: config.update(root={"path": ""})),
    ("absolute", lambda config: config.update(root={"path": "%BUNDLE%/rootfs"})), ("with dots", lambda config: config.update(root={"path": "./rootfs/../rootfs"})),
    ("slash at its end", lambda config: config.update(root={"path": "rootfs/"})),
])
product("mounts and propagation", BOTH, [("read-only", nothing), ("writable", writable)],
        [("root shared", linux(rootfsPropagation="shared")), ("root private", linux(rootfsPropagation="private"))],
        [("bind rslave", bind("/mnt", "%SOURCE%/tree", "rbind", "rslave")), ("bind rshared", bind("/mnt", "%SOURCE%/tree", "rbind", "rshared")),
         ("bind", bind("/mnt", "%SOURCE%/tree", "rbind"))])

# ---- devices ----

def device(path, kind="c", major=1, minor=5, **more):
    numbers = {} if kind == "p" else {"major": major, "minor": minor}
    return lambda config: config["linux"].setdefault("devices", []).append({"path": path, "type": kind, **numbers, **more})


rows("devices", [
    ("none", nothing, {"probe": ["@/dev"]}), ("a node", device("/dev/mine"), {"probe": ["@/dev"]}), ("with mode and owner", device("/dev/mine", fileMode=0o640, uid=3, gid=4), {"probe": ["@/dev"]}),
    ("mode with a type", device("/dev/mine", fileMode=0o20600), {"probe": ["@/dev"]}), ("unbuffered", device("/dev/mine", "u"), {"probe": ["@/dev"]}),
    ("block", device("/dev/block", "b", 7, 0), {"probe": ["@/dev"]}), ("fifo", device("/dev/pipe", "p"), {"probe": ["@/dev"]}), ("unknown kind", device("/dev/mine", "x")),
    ("in a new folder", device("/dev/a/b/mine"), {"probe": ["@/dev/a", "@/dev/a/b"]}), ("outside /dev", writable, device("/data/mine"), {"probe": ["@/data"]}),
    ("outside /dev, read-only root", device("/opt/mine"), {"probe": ["@/opt"]}), ("instead of a default", device("/dev/null", minor=5, fileMode=0o600), {"probe": ["@/dev"]}),
    ("instead of ptmx", device("/dev/ptmx", major=5, minor=2), {"probe": ["@/dev"]}), ("twice", device("/dev/mine"), device("/dev/mine", minor=7), {"probe": ["@/dev"]}),
    ("twice the same", device("/dev/mine"), device("/dev/mine"), {"probe": ["@/dev"]}),
    ("on a link", writable, device("/data/link"), {"probe": ["@/data"]}), ("on a file", writable, device("/data/file"), {"probe": ["@/data"]}),
    ("a relative path", device("mine")), ("no numbers", lambda config: config["linux"].update(devices=[{"path": "/dev/mine", "type": "c"}]), {"probe": ["@/dev"]}),
    ("in a user namespace", mapped(), device("/dev/kmsg", major=1, minor=11), {"probe": ["@/dev"]}),
    ("by another name in a user namespace", mapped(), device("/dev/mine", major=1, minor=7), {"probe": ["@/dev"]}), ("missing on the host, in a user namespace", mapped(), device("/dev/no-such")),
    ("without a /dev", without_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"), {"probe": ["@/dev"]}),
    ("without a /dev, writable", writable, without_mount("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"), {"probe": ["@/dev"]}),
    ("a read-only /dev", without_mount("/dev"), lambda config: config["mounts"].insert(1, {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["ro", "nosuid", "mode=755"]}), {"probe": ["@/dev"]}),
    ("setuid mode", device("/dev/mine", fileMode=0o4666), {"probe": ["@/dev"]}), ("huge numbers", device("/dev/mine", major=4095, minor=1048575), {"probe": ["@/dev"]}),
])

# ---- masked and read-only paths ----

PATHS = {"a file": "/data/file", "a folder": "/data", "a missing one": "/none/such", "a link": "/data/link", "a dangling link": "/data/dangling",
         "below a masked folder": "/data/below", "the mount": "/mnt", "relative": "data", "with dots": "/etc/../data/below", "below a file": "/data/file/x",
         "a link that leads out": "/data/outside"}
LOOK = {"probe": ["@/data", "@/data/file", "@/data/below", "@/mnt", "@/etc"]}
for title, names in (("masked", "maskedPaths"), ("read-only", "readonlyPaths")):
    for kind, more in (("", nothing), (" in a user namespace", mapped())):
        rows(f"{title} path{kind}", [(name, more, writable, mount("/mnt", "tmpfs", "tmpfs"), linux(**{names: [path]}), LOOK)
                                     for name, path in PATHS.items() if not kind or name in ("a file", "a folder", "the mount", "a link")])
rows("paths", [
    ("masked twice", linux(maskedPaths=["/data", "/data"]), LOOK), ("a folder and what is below", linux(maskedPaths=["/data", "/data/file"]), LOOK),
    ("read-only and masked", linux(maskedPaths=["/data/below"], readonlyPaths=["/data"]), writable, LOOK), ("read-only twice", linux(readonlyPaths=["/data", "/data"]), writable, LOOK),
    ("read-only with a mount below", linux(readonlyPaths=["/mnt"]), bind("/mnt", "%SOURCE%/tree", "rbind"), {"probe": ["@/mnt", "@/mnt/sub"]}),
    ("read-only that is nosuid", linux(readonlyPaths=["/mnt"]), mount("/mnt", "tmpfs", "tmpfs", "nosuid", "nodev"), LOOK),
    ("none at all", linux(maskedPaths=[], readonlyPaths=[])), ("the root masked", linux(maskedPaths=["/"])), ("the root read-only", writable, linux(readonlyPaths=["/"])),
    ("/dev/null masked", linux(maskedPaths=["/dev/null", "/data/file"]), LOOK), ("empty text", linux(maskedPaths=[""])), ("a terminal's path", linux(maskedPaths=["/dev/tty"]), {"probe": ["@/dev"]}),
])
