#!/usr/bin/env python3
"""Strikes an OCI runtime at its system calls and counts what it leaves.

  sweep.py --runtime PATH kill [--operations create,start,run,exec,update,mount,unmount,delete,occupied]
      kills it before each of its own calls, then calls `delete --force`; `occupied` is a create into a cgroup
      that a stranger's process is in
  sweep.py --runtime PATH fail [--operations run,create,exec,update,mount,unmount,delete] [--role main,init] [--errno EPERM,EIO,ENOMEM]
      makes each state-changing call fail once; compares what isolates the payload with a clean run

After an `update` that was struck, cgroups and record have to agree: all of it, or nothing. `mount` and `unmount` are
`mounts add` and `mounts remove`: nothing may be there that the record does not know.

--cold gives each point a cgroup parent that does not exist yet, and a state root that does not either (or is
empty), so that no filter is cached: the calls that only a first create makes are struck too, and it is tried
whether the same create works afterwards.
--driver systemd has scopes made, which are looked for like cgroups.
`build FOLDER` leaves the injector for a machine that has no compiler, where `--tools FOLDER` names it.

--sample N strikes N points spread evenly; --from and --to take a part of all points; --calls names the only calls.

--resume FILE keeps one line a point and strikes no point that has one: whatever binary it was, the sweep goes on.
--seconds N ends it after so long; --again strikes once more where something bad was found. `report FILE` prints
the table of such a file. Exit code 1: something leaked, hung, came up weaker than asked, aborted or failed
silently; 3: nothing of that, and points are left."""
import argparse
import errno
import pathlib
import sys
import time

import progress
from subject import ABORTS, LIMIT_SECONDS, NEVER_REACHED, Subject, build_tools, oci

STATE_CHANGING = set("""
clone clone3 fork vfork unshare setns execve execveat setsid setpgid
mount umount2 move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr pivot_root chroot
open openat openat2 close_range dup2 dup3 fcntl ftruncate memfd_create pipe pipe2 socket socketpair connect bind
mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 symlink symlinkat link linkat mknod mknodat
chmod fchmod fchmodat chown fchown fchownat lchown setxattr fsetxattr utimensat chdir fchdir umask
read write pwrite64 writev sendto sendmsg recvfrom recvmsg ioctl poll ppoll epoll_ctl wait4 waitid signalfd4
sethostname setdomainname setrlimit prlimit64 prctl capset seccomp bpf keyctl personality ioprio_set
setuid setgid setreuid setregid setresuid setresgid setgroups sched_setattr sched_setaffinity set_mempolicy
kill tgkill pidfd_send_signal pidfd_open flock getcwd mmap munmap mprotect brk
""".split())
ALLOCATOR = {"mmap", "brk", "mprotect", "munmap"}


def kill_point(subject, operation, point):
    container, command = subject.container(operation)
    struck = subject.strike("kill", "main", point, command)
    record = {"reached": struck.code != NEVER_REACHED, "hung": struck.hung, "before": container.leftovers()}
    record["untrue"] = container.untrue(operation, struck)
    return finish(record, container, struck)


def finish(record, container, struck):
    """Deletes by force and notes what that left, and what harm was done."""
    deleted = container.delete()
    leak = container.leftovers(grace=0.3)
    if not leak and container.litter():
        leak["litter"] = container.litter()
    record.update(delete=deleted.code, hung=struck.hung or deleted.hung, leak=leak, harm=container.harm())
    if deleted.code:
        record["why"] = deleted.message[-400:]
    if record["hung"]:
        record["where"] = struck.where + deleted.where
    if container.subject.cold and not container.stranger:
        record["again"] = container.again()
    container.clean_by_hand()
    return record


def fail_point(subject, operation, role, number, point, clean):
    container, command = subject.container(operation)
    struck = subject.strike(number, role, point, command)
    record = {
        "reached": struck.code != NEVER_REACHED, "code": struck.code, "hung": struck.hung,
        "message": struck.message[-400:],
        "aborted": not struck.hung and (struck.code in ABORTS or "goroutine 1 [" in struck.message),
        "silent": not struck.hung and struck.code not in (0, NEVER_REACHED) and not struck.message,
        "weaker": difference(clean, report(struck)) if operation == "run" and struck.code == 0 else [],
    }
    record["untrue"] = container.untrue(operation, struck)
    ended = operation in ("run", "delete")
    if ended or (operation == "create" and struck.code not in (0, NEVER_REACHED)):
        record["before"] = container.leftovers(grace=0.2)
    return finish(record, container, struck)


DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def bound_device(line):
    """Where a node may not be made, the host's own is bound instead: the same device, which no set-user-ID
    program and no program at all can be. The line of such a mount says so; other lines stay as they are."""
    word, root, target, flags, *_ = line.split(" ") + [""] * 4
    if word != "mount" or root.strip("/") not in DEVICES or "nosuid" not in flags.split(","):
        return line
    return "" if target == "/dev" + root else f"mount {root} {target}"


def report(result):
    """The lines of the payload's report, without what differs from container to container."""
    lines = (line for line in result.text.splitlines() if "martlet-faults-" not in line and ":[" not in line)
    return sorted(filter(None, map(bound_device, lines)))


def difference(clean, struck):
    return [f"- {line}" for line in clean if line not in struck] + [f"+ {line}" for line in struck if line not in clean]


def clean_report(subject):
    container, command = subject.container("run")
    result = oci.bounded(command, LIMIT_SECONDS)
    container.clean()
    return report(result)


def plan(subject, options):
    """All points in a fixed order: (operation, role, errno or `kill`, call, use)."""
    if options.what == "kill":
        return [(operation, "main", "kill", *point) for operation in options.operations.split(",")
                for point in subject.points(operation, "main")]
    return [(operation, role, name, *point) for operation in options.operations.split(",")
            for role in options.role.split(",") if not (role == "init" and operation in ("delete", "start", "update", "mount", "unmount"))
            for point in subject.points(operation, role, STATE_CHANGING) for name in options.errno.split(",")
            if (role, subject.names[point[0]], point[1]) != ("main", "execve", 1)]  # the start of the runtime itself


def chosen(points, options):
    part = points[options.first:options.last]
    if options.sample and options.sample < len(part):
        part = [part[index * len(part) // options.sample] for index in range(options.sample)]
    return part


def places(points, subject, options):
    """The points as they stand in a record."""
    shared = {"runtime": subject.runtime.name, "driver": options.driver, **({"rdt": options.rdt} if options.rdt else {})}
    return {point: {**shared, "operation": point[0] + (" cold" if options.cold else ""), "role": point[1], "action": point[2],
                    "call": subject.names.get(point[3], str(point[3])), "use": point[4]} for point in points}


def sweep(options):
    """Strikes points. Returns what was found at all of them, and how many are left for another call."""
    record = progress.Progress(options.resume, options.seconds, is_bad, options.again)
    subject = Subject(options.runtime, options.cold, options.tools, options.rdt)
    try:
        points = plan(subject, options)
        chosen_places = places(chosen(points, options), subject, options)
        if options.calls:
            chosen_places = {point: place for point, place in chosen_places.items() if place["call"] in options.calls.split(",")}
        by_key = {progress.key(place): point for point, place in chosen_places.items()}
        part = list(chosen_places.values())
        print(f"{subject.runtime.name}: {len(part)} of {len(points)} points, {record.missing(part)} to be struck", flush=True)
        clean = clean_report(subject) if options.what == "fail" else None
        started = time.monotonic()
        for place in record.left(part):
            record.add({**place, **strike(subject, by_key[progress.key(place)], clean)})
        found = record.of(part)
        print(f"{time.monotonic() - started:.0f} s; {record.new} points struck now, {len(found)} of {len(part)} in all, "
              f"{sum(map(COLUMNS['reached'], found))} reached, {record.missing(part)} left")
        return found, record.missing(part)
    finally:
        subject.close()


def strike(subject, point, clean):
    operation, role, action, call, use = point
    if action == "kill":
        return kill_point(subject, operation, (call, use))
    return fail_point(subject, operation, role, getattr(errno, action), (call, use), clean)


def told(record):
    """A command that failed may leave what it could not remove, if it says so. A failed `delete` leaves all."""
    if record["code"] == 0:
        return False
    named = [str(entry) for entries in record["before"].values() for entry in entries]
    return record["operation"].startswith("delete") or any(
        name in record["message"] for name in [*named, "remain", "could not be removed"])


COLUMNS = {
    "points": lambda r: True,
    "reached": lambda r: r["reached"],
    "hung": lambda r: r["hung"],
    "weaker": lambda r: bool(r.get("weaker")),
    "aborted": lambda r: r.get("aborted", False) and r["call"] not in ALLOCATOR,
    "silent": lambda r: r.get("silent", False) and r["call"] not in ALLOCATOR,
    "left": lambda r: bool(r.get("before")),
    "unsaid": lambda r: (r["reached"] and r["action"] != "kill" and bool(r.get("before")) and not told(r)
                         and not (r["aborted"] and r["call"] in ALLOCATOR)),
    "delete failed": lambda r: r["delete"] != 0,
    "leaked": lambda r: bool(r["leak"]),
    "leaked process": lambda r: "process" in r["leak"],
    "harmed": lambda r: bool(r.get("harm")),
    "not again": lambda r: bool(r.get("again")),
    "untrue": lambda r: bool(r.get("untrue")),
}
BAD = ("hung", "weaker", "aborted", "silent", "unsaid", "delete failed", "leaked", "harmed", "not again", "untrue")


def is_bad(record):
    return any(COLUMNS[kind](record) for kind in BAD)


def table(records, details):
    """Prints the counts and, of each bad kind, some of the points. Returns whether any is bad."""
    rows = {}
    for record in records:
        driver = [record["driver"]] if record.get("driver", "cgroupfs") != "cgroupfs" else []
        rows.setdefault((record["runtime"], *driver, record["operation"], record["role"], record["action"]), []).append(record)
    print("  ".join(["runtime operation role action".ljust(34), *COLUMNS]))
    for key, group in rows.items():
        counts = [str(sum(map(test, group))).rjust(len(name)) for name, test in COLUMNS.items()]
        print("  ".join([" ".join(key).ljust(34), *counts]))
    for kind in BAD:
        for record in [r for r in records if COLUMNS[kind](r)][:details]:
            shown = {"weaker": record.get("weaker"), "not again": record.get("again"), "hung": record.get("where"),
                     "delete failed": record.get("why"), "untrue": record.get("untrue")}.get(kind) or record["leak"] or record.get("message", "")
            print(f"{kind}: {record['operation']} {record['role']} {record['action']} "
                  f"{record['call']}#{record['use']}: {str(shown)[:300]}")
    return any(map(is_bad, records))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runtime", default=str(oci.REPOSITORY / "bin/martlet"))
    parser.add_argument("what", choices=("kill", "fail", "report", "build"))
    parser.add_argument("file", nargs="?", help="of `report`, or the folder of `build`")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--driver", choices=("cgroupfs", "systemd"), default=oci.DRIVER, help="of cgroups")
    parser.add_argument("--tools")
    parser.add_argument("--rdt", metavar="SHAPE", help="containers get a class of service on a machine that is played")
    parser.add_argument("--operations")
    parser.add_argument("--role", default="main,init")
    parser.add_argument("--errno", default="EPERM,EIO,ENOMEM")
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--to", dest="last", type=int)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--calls", help="only these system calls")
    parser.add_argument("--resume", metavar="FILE")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--details", type=int, default=8, help="points shown of each bad kind")
    parser.add_argument("--hugetlb-v1", action="store_true", help="for runtimes that refuse hugetlb on v2")
    options = parser.parse_args()
    oci.DRIVER = options.driver
    if options.what == "report":
        return int(table(list(progress.Progress(options.file).records.values()), options.details))
    if options.what == "build":
        build_tools(options.file)
        return 0
    usual = "create,start,run,exec,update,delete,occupied" if options.what == "kill" else "run,create,exec,update,delete"
    if pathlib.Path(options.runtime).name == "martlet":  # not every peer has the command, and none its record
        usual += ",mount,unmount"
    options.operations = options.operations or ("create,run" if options.cold else usual)
    if options.hugetlb_v1:
        with oci.hugetlb_as_v1():
            records, left = sweep(options)
    else:
        records, left = sweep(options)
    return 1 if table(records, options.details) else 3 if left else 0


if __name__ == "__main__":
    sys.exit(main())
