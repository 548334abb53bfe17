"""Why martlet may differ from a peer. A reason covers a difference by the peer, the place in the outcome, the two
values and the configuration; it names the place of the OCI runtime specification, or why that leaves it open."""
import json
import re

REASONS = []


class Difference:
    """One difference: the configuration's row, the peer's name, the place, both values and both outcomes."""

    def __init__(self, row, peer, place, ours, theirs, all_ours, all_theirs):
        self.row, self.peer, self.place, self.ours, self.theirs = row, peer, place, ours, theirs
        self.all_ours, self.all_theirs = all_ours, all_theirs

    def both_refuse(self):
        return "error" in self.all_ours and "error" in self.all_theirs

    def only_peer_refuses(self):
        return "error" in self.all_theirs and "error" not in self.all_ours

    def only_martlet_refuses(self):
        return "error" in self.all_ours and "error" not in self.all_theirs

    def says(self, pattern):
        """Whether the peer's message matches."""
        return re.search(pattern, self.all_theirs.get("#message", "")) is not None


def because(text, *, peer=None, rows=None, place=None, ours=None, theirs=None, when=None):
    """Adds a reason. All patterns given have to match, from the start; `when` is asked last."""
    def holds(difference):
        pairs = [(peer, difference.peer), (rows, difference.row.name), (place, difference.place),
                 (ours, str(difference.ours)), (theirs, str(difference.theirs))]
        matched = all(pattern is None or re.match(pattern, value) for pattern, value in pairs)
        return matched and (when is None or when(difference))
    REASONS.append((text, holds))


def reason(*difference):
    """The first reason that covers a difference, or nothing."""
    seen = Difference(*difference)
    return next((text for text, holds in REASONS if holds(seen)), None)


def only_read_only_differs(difference):
    words = ("ro", "rw")
    ours, theirs = (str(value).split(",") for value in (difference.ours, difference.theirs))
    return [word for word in ours if word not in words] == [word for word in theirs if word not in words]


# ---- standard streams, descriptors, callers ----

because("runc relays the standard streams of a container in the foreground through pipes of its own; the specification "
        "leaves them to the runtime, and crun hands on the caller's too", peer="runc", place=r"descriptors/[012]$", theirs="fifo")

# ---- mounts ----

because("config.md#mounts: the option `ro` of a cgroup mount is kept for the tmpfs that holds the hierarchies too",
        place=r"mounts//sys/fs/cgroup( #\d)?/options", ours="ro,", theirs="rw,")
because("config.md#mounts: the options speak of the mount; with which flags the file system behind it was made is open",
        peer="crun", place=r"mounts/.*/data$", when=only_read_only_differs)
because("what the mounts of a cgroup tree are called, and that a tmpfs holds them, is open", place=r"mounts//(sys/fs/cgroup|mnt).*/(source|data)$",
        when=lambda d: "cgroup" in d.place or "cgroup" in d.row.name)
because("crun adds nosymfollow to cgroup mounts unasked", peer="crun", place=r"mounts//.*/options$", theirs=r".*,nosymfollow$",
        when=lambda d: d.theirs.replace(",nosymfollow", "") == d.ours)
because("config-linux.md#masked-paths: how a path is masked is open; that nothing can be read is compared",
        peer="crun", place=r"mounts//(proc/(acpi|keys|timer_list|kcore|scsi|asound)|sys/firmware|etc|data|mnt)[^ ]*( #\d)?/(data|root|source|type|options)$",
        when=lambda d: masked(d))
because("config-linux.md#masked-paths: the mode of the empty folder over a masked one is open", peer="crun", place=r"(paths/|root/).*",
        ours="directory", theirs="directory 0555", when=lambda d: "mask" in d.row.name)
because("config-linux.md#default-devices: /dev/core is made if the host has /proc/kcore, as runc does", peer="crun",
        place=r"(dev/core|paths//dev/entries/core)", ours="None")
because("a device node bound from the host needs neither set-id bits nor execution", place=r"mounts//.*/options$",
        ours="rw,nosuid,noexec,relatime", theirs="rw,relatime", when=lambda d: "user" in d.row.name or "map" in d.row.name)
because("crun makes missing mount points with the sticky bit", peer="crun", place=r"(paths|root)/", ours="directory 0755", theirs="directory 1755")

# ---- keyring ----

because("the name and the permissions of the session keyring are open; runc's are kept", peer="crun", place="keyring$", theirs="keyring;[0-9]+;[0-9]+;3f130000;d1")


def masked(difference):
    path = difference.place.split("/", 1)[1].rsplit("/", 1)[0].split(" #")[0]
    theirs = difference.all_theirs.get(f"mounts/{path}/root", "")
    return "empty-directory" in theirs or theirs == "/null" or difference.all_theirs.get(f"mounts/{path}/type") == "tmpfs"


# ---- who refuses what ----

because("both refuse; the words, and which check comes first, are open", place="error$", when=Difference.both_refuse)
because("config.md#process: a program that cannot be executed ends `run` with 1 here, with the init process's 255 in runc", peer="runc",
        place="exit$", ours="1$", theirs="255$", when=Difference.both_refuse)
because("a hook that fails ends crun with 255; runc and martlet with 1", peer="crun", place="exit$", ours="1$", theirs="255$", rows="hooks", when=Difference.both_refuse)
because("an exec that cannot start its program ends with 255, as in runc", peer="crun", place="exit$", ours="255$", theirs="1$", rows="exec", when=Difference.both_refuse)


def allowed(text, rows, peer=None, **more):
    """A configuration that the peer refuses and martlet runs."""
    because(text, rows=rows, peer=peer, place="(exit|error)$", when=Difference.only_peer_refuses, **more)


def refused(text, rows, peer=None, **more):
    """A configuration that martlet refuses and the peer runs."""
    because(text, rows=rows, peer=peer, place="(exit|error)$", when=Difference.only_martlet_refuses, **more)


allowed("config.md#linux-mount-options: crun takes this option of the table for data of the file system",
        r"option.* on .*: (iversion|loud|noiversion|nosymfollow|rnosymfollow|rsymfollow|silent|symfollow)$", "crun")
allowed("config.md#linux-mount-options: crun asks the kernel for an access time without clearing the former one",
        r"option.* on .*: r(no|strict|dir|nodir|nostrict)?a?(atime|diratime|strictatime|time)$", "crun")
allowed("config.md#linux-mount-options: `defaults` is an option of the table", r"option on (tmpfs|bind): defaults$", "runc")
allowed("config.md#linux-mount-options: one propagation may follow another", "options: rslave then shared$", "crun")
allowed("config.md#mounts: a remount needs no source", "options: remount of the root$")
allowed("config.md#mounts: nothing says that /proc has to be mounted, or whole", "(proc: (absent|subset=pid)|other file systems: (no mounts at all|mounts absent)|document: nulls)$")
allowed("config-linux.md#namespaces: an empty path is no path", "namespaces: an empty path$", "crun")
allowed("config-linux.md#namespaces: crun cannot join a time namespace, or set its offsets in a user namespace", r"(namespaces: (time|all) by path|time: offsets in a user namespace)", "crun")
allowed("config-linux.md#sysctl: user.* belongs to the user namespace", "sysctl: user", "crun")
allowed("config-linux.md#seccomp: flags, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is of the specification", "seccomp flags: WAIT_KILLABLE_RECV$", "runc")
allowed("config-linux.md#seccomp: an object that asks for nothing is none, as in runc", "seccomp: an empty object$", "crun")
allowed("config-linux.md#memory: a limit of 0 asks nothing, as in runc", "resources: memory 0$", "crun")
allowed("config.md#specification-version: a document without a version runs, as in runc", "document: no version$", "crun")
allowed("config.md#mounts: a missing mount point is made, through a link as well, inside the root", "destination: .* dangling link$", "crun")
allowed("config-linux.md#masked-paths, #readonly-paths: what is not there needs no mask", "(masked|read-only) path: below a file$")
allowed("exec(3): an empty entry of PATH, and a relative one, are searched from the working directory; runc takes Go's objection to it",
        "args: (an empty entry of PATH means cwd|a relative entry of PATH)$", "runc")
allowed("config.md#process: cwd is made if it is missing, through a link inside the root as well", "cwd: a dangling link$")
allowed("config.md#mounts: the access time of a locked mount stays locked; the wish for another one is passed over, as in crun", "option on a locked mount in a user namespace: .*atime$", "runc")

refused("config-linux.md#user-namespace-mappings: mappings without a user namespace ask for isolation that would not be there", "mappings: without a user namespace$")
refused("config-linux.md#seccomp: errnoRet with an action that returns none MUST be an error", "seccomp: (errno with kill|default errno of allow)$", "runc")
refused("config-linux.md#seccomp: names MUST hold at least one entry", "seccomp: no names$")
refused("values that the schema does not allow are errors, not cut to size", r"seccomp: more than 64 bits|rlimits: beyond 64 bits|umask: 01777|user: (no id|as text)|"
        r"resources: (swappiness 101|shares 1)|device rules: an unknown|devices: unknown kind|time: an unknown clock|root: unknown propagation|hooks: a timeout of 0|env: (no equals sign|no name|a zero byte)")
refused("config-linux.md#devices: major and minor are REQUIRED unless the type is p; the peers make 0:0", "devices: no numbers$")
refused("config-linux.md#default-devices: a node at the path that is not the one asked for MUST be an error", "devices: (twice|on a link|on a file)$")
refused("config-linux.md#devices: path is the full path in the container", "devices: a relative path$")
refused("config-linux.md#masked-paths, #readonly-paths: the values MUST be absolute paths", "((masked|read-only) path: relative|paths: empty text)$")
refused("config.md#mounts: options that no mount option and no file system stand for are errors, as in runc", "options: (an unknown one|data) on bind$", "crun")
refused("config.md#mounts: a bind mount needs its source", "bind: (no source|type bind)")
refused("config.md#mounts: what covers /proc, or parts of it, is not the kernel's word any more: as in runc", "proc: a (tmpfs|bind)", "crun")
refused("config.md#process: cwd MUST be an absolute path", "cwd: relative$", "crun")
refused("a descriptor that is to be handed on has to be open", "caller: preserved that is not open$")
refused("exec(3): an empty PATH names no directory, as in runc", "args: an empty PATH", "crun")
refused("config.md#mounts: /dev/null that is another device cannot mask", "devices: instead of a default$", "crun")
refused("config-linux.md#devices: the peer leaves out a device that the host does not have by this name", "devices: (by another name|missing on the host)", "crun")
refused("config.md#mounts: crun shows the host's procfs or sysfs where a new one cannot be had; it would be the host's state, so that martlet and runc refuse",
        "(namespaces: (no network|pid by path|network by path|ipc by path|no ipc|no pid)|sysfs: |proc: )", "crun")

# ---- what is seen ----

because("config.md#linux-process: without capabilities all five sets are empty; runc leaves the bounding set, and so root's capabilities, full", peer="runc",
        rows="capabilities: no object", place="(capabilities|calls)/")
because("config.md#linux-process: crun's exec hands on neither limits, keyring, score nor no_new_privs of the container", peer="crun", rows="exec",
        place="(no_new_privs|status/NoNewPrivs|rlimits/|keyring|keyring_is|capabilities/|calls/|status/|proc/oom_score_adj)")
because("config-linux.md#seccomp: a call of another calling convention than the listed ones is answered ENOSYS, as a kernel without it does", place="calls/x32", ours="ENOSYS", theirs="SIGSYS")
because("config-linux.md#seccomp: a system call newer than the profile gets ENOSYS, so that C libraries fall back; as in runc", peer="crun", rows="seccomp",
        place="calls/", ours="ENOSYS", theirs="(E|SIG)")
because("config.md#linux-mount-options: recursive options hold for a mount without others below it too", peer="runc", rows="option on tmpfs: r", place="(mounts|paths)//mnt/")
because("config.md#linux-mount-options: of two options that contradict each other the later one holds", rows="options: ", place="(mounts|paths)//mnt/")
because("config.md#mounts: a mount point is made with the mode 0755 whatever the caller's mask", rows="destination: missing with a caller's umask", place="(paths|root)/")
because("config-linux.md#allowed-device-list: a rule for one device holds against the defaults too", rows="device rules: a default", place="(dev|files|mounts)/")
because("config.md#posix-platform-hooks: poststart comes after the start, so the status is running", peer="runc", place="hooks/.*/state/status", ours="running", theirs="created")
because("config.md#posix-platform-hooks: the working directory of a hook is open", place="hooks/.*/cwd")
because("config.md#posix-platform-hooks: descriptors other than the standard ones are no hook's business", place=r"hooks/.*/descriptors/([3-9]|\d\d)", ours="None")
because("config.md#posix-platform-hooks: where a hook's output goes is open", place="hooks/.*/descriptors/[012]$")
because("config.md#posix-platform-hooks: a hook is killed with its runtime", place="hooks/.*/pdeathsig", ours="9", theirs="0")
because("config.md#posix-platform-hooks: session and process group of a hook are open", place="hooks/.*/(session|group)")
because("config.md#hooks: the state on standard input is that of the runtime specification at hand; crun says `created` before it is", peer="crun", place="hooks/.*/state/")
because("config.md#hooks: crun starts hooks with a mask of 0", peer="crun", place="hooks/.*/umask")
because("config-linux.md#pids: 0 is written as such; runc writes 1, which allows no more", peer="runc", rows="resources: pids 0", place="files/")
because("config.md#process: whether a line feed becomes two characters at the container's terminal or at the caller's is open", place="terminal$", theirs="i 500 o [15] ", ours="i 500 o [15] ")
because("config.md#process: /dev/console is the terminal itself; crun links to it", peer="crun", rows="terminal", place=r"(dev/console|mounts//dev/console|paths//dev)")
because("config-linux.md#cgroup: without a device rule nothing but the defaults is allowed", peer="crun", rows="device rules: (none|absent)", place="files/.*devices.list|dev/")
because("config.md#mounts: a mount point of a tmpfs without a source", peer="runc", rows="tmpfs: no source", place="mounts//mnt/(data|source)")
because("config.md#linux-mount-options: crun does not know nosymfollow", peer="crun", rows="option on bind: r?nosymfollow", place="mounts//mnt/options")

# ---- propagation ----

because("config-linux.md#rootfs-mount-propagation: a root that is a slave receives what the host mounts; the peers cut it off", rows="root: .*propagation r?slave",
        place="mounts///propagation", ours="master", theirs="private")
because("config.md#mounts: without a propagation of its own a bind hears of the host's mounts, as in runc; crun cuts it off", peer="crun", place="mounts//.*/propagation",
        ours="master( shared)?$", theirs="private")
because("config-linux.md#rootfs-mount-propagation: what is mounted in the container reaches the host only where a shared root is asked for", rows="mounts and propagation: .*root private",
        place="mounts//mnt.*/propagation", ours="master", theirs="shared")
because("config.md#mounts: the source is on the mount that holds the root, which the peers make private", place="mounts//mnt/propagation", ours="master", theirs="private",
        rows="(bind: (relative to the bundle|the root file system in itself)|hooks: )")
because("config.md#linux-mount-options: each of the table's propagations is applied; crun makes such a mount private", peer="crun", rows="option on (tmpfs|bind): ", place="mounts//mnt.*/propagation")
because("config-linux.md#ipc-namespace: the message queues of a new user namespace belong to its root, and to its group", place="(dev|paths//dev/entries)/mqueue", ours="directory 1777 0:0")
because("config-linux.md#sysctl, #namespaces: a namespace that is the runtime's own is not the container's: as in runc", rows="sysctl: of the host's network by path$", peer="crun", place="(exit|error)$")
because("user_namespaces(7): what restricts the host's mount stays, for whoever is root in a user namespace only; as in runc", peer="crun",
        rows="option on a locked mount in a user namespace", place="(exit|error|mounts//mnt/|paths//mnt)")
because("config-linux.md#namespaces: a mount namespace that is joined need not have the bundle; martlet takes it from its own", rows="namespaces: mount by path$", place="(exit|error)$", when=Difference.only_peer_refuses)
because("config-linux.md#user-namespace-mappings: mappings beside a path have to be those of the namespace: as in runc", rows="namespaces: user by path with other mappings$", peer="crun", place="(exit|error)$")
because("config-linux.md#seccomp: architectures, each of the specification's list is accepted; the peers refuse what their library does not know, or what has another order of bytes", rows="seccomp architecture: ", place="(exit|error)$",
        when=Difference.only_peer_refuses)
because("config-linux.md#pids: a limit of 0 allows nothing more; crun takes it for none", peer="crun", rows="resources: pids 0$", place="(calls|files)/")
because("what a mount that has no source is called is open", peer="crun", place="mounts//.*/source", theirs="none$")
because("config-linux.md#allowed-device-list: crun allows the console's device by default, which the specification does not list", peer="crun", place="files/.*devices.list",
        when=lambda d: str(d.theirs).replace("c 5:1 rwm, ", "") == d.ours)
because("config.md#posix-platform-hooks: what an absent environment means is open", place="hooks/.*/environment",
        when=lambda d: "environment" not in d.row.name)
because("config-linux.md#rootfs-mount-propagation: from a user namespace nothing reaches the host, as in runc", peer="crun", rows="mounts and propagation: user namespace",
        place="mounts//mnt.*/propagation", ours="master")

# ---- single ones ----

refused("config.md#posix-platform-hooks: timeout MUST be greater than zero", "hooks: a negative timeout$")
because("runtime.md#start: a program that cannot be executed is an error of start", rows="created: no format$", place="exit$", ours="1$", theirs="0$")
refused("config-linux.md#masked-paths: a mask over the root would hide nothing from whoever is in it", "paths: the root masked$", "runc")
because("a console socket without a terminal is refused: as in runc", peer="crun", rows="terminal: a socket and no terminal$", place="exit$", ours="1$", theirs="0$")
because("config-linux.md#allowed-device-list: a device that its major allows needs no entry of its own", rows="device rules: a major$", place="files/.*devices.list")
because("config-linux.md#allowed-device-list: crun allows the console's device by default, which the specification does not list", peer="crun", place="dev/console opened", ours="EPERM", theirs="ok")
because("config.md#linux-mount-options: nodiratime does not speak of the files' access times, as in crun", peer="runc", rows="option on a locked mount: nodiratime$", place="mounts//mnt/options")
because("config.md#mounts: a cgroup mount has the options that it is given, wherever it is", rows="cgroup mount: elsewhere$", place="(mounts//mnt/options|root/mnt)")
because("config-linux.md#devices: in a user namespace the host's node is bound; crun puts an empty file there", peer="crun", rows="devices: in a user namespace$", place="(dev/kmsg|paths//dev/entries/kmsg|mounts//dev/kmsg/)")
because("config-linux.md#devices: fileMode is the mode as given", rows="devices: setuid mode$", place=r"(dev|paths//dev/entries)/mine")
because("config-linux.md#masked-paths: a path that is masked already, or below a masked one, needs nothing more", peer="crun", rows="paths: ", place=r"(mounts//data.* #\d/|paths//data|root/data)")
because("config-linux.md#masked-paths: how a path is masked is open", peer="crun", rows="paths: ", place="mounts//dev/(null|tty)/", ours="(rw|tmpfs|/)")
because("config-linux.md#readonly-paths: whether the root is mounted once more for it is open", rows="paths: the root read-only$", place="(mounts/|calls/unshare user)")

because("capabilities(7): names are in capital letters; others are unknown, with a warning, as in runc", peer="crun", rows="capabilities: in small letters$", place="(capabilities|calls)/")
because("config.md#posix-platform-user: a mask that is absent is 0022, as in runc; crun needs a user for it", peer="crun", rows="user: absent$", place="umask$")
because("environ(7): the order of variables is open", place="environment$", when=lambda d: same_list(d.ours, d.theirs))
because("environ(7): HOME is set where the document does not, as it is by both peers for other environments", rows="env: (absent|HOME empty)$", place="environment$")
because("the standard streams that a caller has closed are /dev/null, so that no file takes their place", peer="crun", rows="caller: no standard (input|error)$", place="(descriptors/[0-2]|exit)$")
because("runc puts a pipe between a container and the caller's terminal", peer="runc", rows="terminal: no terminal at a terminal$", place="(window|terminal|controlling_terminal)$")
because("config.md#posix-platform-hooks: a poststop hook that fails is a warning, and the others run", peer="runc", rows="hooks: no process after poststop fails$", place="hooks/")
because("config.md#process: the runtime's own program is dynamic in the peers, and finds no loader in the container", rows="args: /proc/self/exe$", place="(exit|error)$")


def same_list(ours, theirs):
    return sorted(json.loads(ours)) == sorted(json.loads(theirs))

because("config.md#posix-platform-user: exec without a mask keeps the caller's, as in runc", peer="crun", rows="exec: the caller's umask$", place="umask$")
because("sd_listen_fds(3): LISTEN_FDS and LISTEN_PID tell the program of the sockets, as in runc; crun leaves one out", peer="crun", rows="caller: LISTEN_FDS$", place="environment$")
allowed("config-linux.md#rootfs-mount-propagation: unbindable is asked of the root once it is whole; in the peers nothing can be bound for it any more", "root: .*propagation runbindable$")
refused("config-linux.md#seccomp: a filter whose agent is not named would leave calls without an answer; as in runc", "seccomp: notify without a listener$", "crun")
refused("config.md#linux-process: a profile or label that no security module applies would be isolation that is not there; as in runc",
        "labels: (AppArmor where there is none|a mount label where there is no SELinux)$", "crun")
REPLACED = "(device rules: of |devices: instead of a default)"
because("config-linux.md#default-devices: a device in a default one's place brings its own rules, as in runc; crun leaves the default rule", peer="crun",
        rows=REPLACED, place="(dev/|files//sys/fs/cgroup/devices/devices.list)")
because("a permission to make a node that the one for all nodes gives already is left beside it", peer="runc", rows=REPLACED,
        place="files//sys/fs/cgroup/devices/devices.list", when=lambda d: d.ours.replace("c 1:5 m, ", "").replace("c 1:5 rm", "c 1:5 r") == d.theirs)
because("the annotation is crun's, which runc does not heed", peer="runc", rows="annotations: the caller's groups$", place="(groups|status/Groups)$")
refused("the annotation is crun's, which runc does not heed", "annotations: unknown calls are errors$", "runc")
