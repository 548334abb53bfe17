"""The table of kernels that lack something, and what a container may then be refused for."""
import errno
import itertools
import re
import subprocess
import os

# What the runtime uses beyond the calls that every kernel since 4.18 has.
CALLS = ["openat2", "clone3", "close_range", "pidfd_open", "pidfd_send_signal", "pidfd_getfd", "open_tree", "move_mount",
         "fsopen", "fsconfig", "fsmount", "mount_setattr", "statx", "memfd_create", "execveat", "faccessat2"]

# Abilities of a call that came later than the call. (call, errno, argument, operator, value)
MARKING = ("close_range", "EINVAL", 2, "&", 4)  # CLOSE_RANGE_CLOEXEC, Linux 5.11
INTO_CGROUP = ("clone3", "E2BIG", 1, ">", 80)  # CLONE_INTO_CGROUP is where the third version of its structure ends
BY_PIDFD = ("waitid", "EINVAL", 0, "=", 3)  # P_PIDFD, Linux 5.4


def numbers():
    """System calls by name, from the kernel's headers."""
    source = subprocess.run(["gcc", "-E", "-dM", "-include", "asm/unistd.h", "-x", "c", os.devnull],
                            capture_output=True, text=True, check=True).stdout
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)\n", source)}


class Kernel:
    """A name, and the answers that stand for what is missing: (call, errno) or with an argument's test."""

    def __init__(self, name, *answers):
        self.name, self.answers = name, answers

    @property
    def missing(self):
        """The calls that a refusal may name."""
        return sorted({answer[0] for answer in self.answers})

    def rules(self, known):
        """The words by which `withhold` is told."""
        return [",".join(map(str, [known[call], getattr(errno, error), *test])) for call, error, *test in self.answers]


def lacking(*calls, error="ENOSYS"):
    return [(call, error) for call in calls]


WHOLE = Kernel("nothing missing")  # the measure: the same filter, without an answer of its own
SINGLE = [Kernel(f"no {call}", (call, "ENOSYS")) for call in CALLS]
# A container whose filter is older than the call: `EPERM`, as filters answered before they learnt better.
FILTERED = [Kernel(f"a filter without {call}", (call, "EPERM")) for call in CALLS]
ABILITIES = [
    Kernel("close_range that cannot mark", MARKING),
    Kernel("clone3 without cgroups", INTO_CGROUP),
    Kernel("clone3 without cgroups that calls it invalid", ("clone3", "EINVAL", *INTO_CGROUP[2:])),
    Kernel("waitid without pidfds", BY_PIDFD),
]
TOGETHER = [
    Kernel("Linux 5.10", MARKING, *lacking("mount_setattr")),
    Kernel("Linux 5.4", INTO_CGROUP, *lacking("mount_setattr", "close_range", "openat2", "faccessat2", "pidfd_getfd")),
    Kernel("Linux 4.18", BY_PIDFD, *lacking(*(call for call in CALLS if call not in ("memfd_create", "execveat", "statx")))),
    Kernel("none of them", BY_PIDFD, *lacking(*CALLS)),
    Kernel("a filter without any of them", *lacking(*CALLS, error="EPERM")),
]
PAIRS = [Kernel(f"neither {one} nor {other}", *lacking(one, other)) for one, other in itertools.combinations(CALLS, 2)]
CHOSEN = [*SINGLE, *ABILITIES, *TOGETHER]
EVERY = [*CHOSEN, *FILTERED, *PAIRS]

# What cannot be had without a call: (pattern of the bundle's name, the calls of which one is missing, why).
REFUSED = [
    (r"^idmap", {"mount_setattr", "open_tree", "move_mount"}, "nothing but mount_setattr maps the ids of a mount"),
    (r"^idmap: tmpfs", {"fsopen", "fsconfig", "fsmount"}, "ids are mapped while a file system is not mounted yet"),
    (r"^bind: .*r(ro|noatime|nosuid)|for the tree$", {"mount_setattr"}, "nothing else sets attributes of a whole tree"),
    (r"^options?\b.*: .*\b(ratime|rdev|rdiratime|rexec|rno\w+|rrelatime|rro|rrw|rstrictatime|rsuid|rsymfollow)\b",
     {"mount_setattr"}, "likewise"),
    (r"^exec|^hooks: (all|a missing|descriptors)|^life: by|^life: the host|: hooks$", {"pidfd_open"},
     "the namespaces of a running container are entered by its pidfd"),
    (r"^life: in a user", {"pidfd_open"}, "likewise"),
    (r"^filter: an agent", {"pidfd_getfd"}, "the agent's descriptor is taken out of the container's process"),
]

# What differs inside: (pattern of the bundle's name, of the place, the calls of which one is missing, why).
DIFFERENT = [
    (r"^bind: in a shared root$", r"/propagation$", {"open_tree", "move_mount"},
     "what the process binds by itself receives the host's mounts and gives none back: more isolation, not less"),
]


def may_refuse(kernel, bundle):
    """Why a bundle may be refused by this kernel; nothing if it has to work."""
    return [reason for pattern, calls, reason in REFUSED
            if re.search(pattern, bundle) and not calls.isdisjoint(kernel.missing)]


def may_differ(kernel, bundle, place):
    return any(re.search(pattern, bundle) and re.search(where, place) and not calls.isdisjoint(kernel.missing)
               for pattern, where, calls, _ in DIFFERENT)


def names_what_is_missing(kernel, message):
    """Whether a refusal is one line that names a call that is missing."""
    return "\n" not in message.strip() and any(re.search(rf"\b{call}\b", message) for call in kernel.missing)
