"""Takes out of an outcome what has to differ between two runs, and flattens it to `place: value`."""
import json
import os
import re

# The first that matches names the kind of an error; the texts themselves are each runtime's own.
ERRORS = [
    ("program not found", r"executable file .*not found|not found in \$PATH"),
    ("ENOENT", r"no such file or directory"),
    ("EISDIR", r"is a directory"),
    ("EACCES", r"permission denied"),
    ("ENOEXEC", r"exec format error"),
    ("ENOTDIR", r"not a directory"),
    ("ELOOP", r"too many levels of symbolic links"),
    ("EPERM", r"operation not permitted"),
    ("EINVAL", r"invalid argument"),
    ("EBUSY", r"resource busy"),
    ("ENODEV", r"no such device"),
    ("EEXIST", r"file exists"),
    ("ERANGE", r"numerical result out of range"),
    ("breakout", r"container breakout|outside of container"),
]


def outcome(world, result, left, hooks):
    """A flat dictionary of text."""
    flat = {"exit": str(result.code) + (" (no end)" if result.hung else "")}
    seen = probe_line(result.out)
    if seen is None:
        flat["error"] = error_kind(result.message) if result.code else "no output"
        flat["#message"] = first_line(result.message)
    else:
        put(flat, "", probe(world, seen))
    for number, hook in enumerate(hooks):
        put(flat, f"hooks/{number} {hook['label']}", hook_seen(world, hook))
    put(flat, "left", left)
    return {place: replaced(world, value) for place, value in flat.items()}


def probe_line(output):
    for line in output.replace(b"\r", b"").split(b"\n"):
        if line.startswith(b'{"descriptors"'):
            try:
                return json.loads(line)
            except ValueError:
                return None
    return None


def error_kind(message):
    text = message.lower()
    return next((kind for kind, pattern in ERRORS if re.search(pattern, text)), "refused")


def first_line(message):
    lines = [line for line in message.splitlines() if line.strip() and "warning" not in line]
    return lines[-1][:300] if lines else ""


def put(flat, place, value):
    """Dictionaries become places, lists become text."""
    if isinstance(value, dict):
        for name, below in value.items():
            put(flat, f"{place}/{name}" if place else name, below)
    else:
        flat[place] = value if isinstance(value, str) else json.dumps(value)


def replaced(world, text):
    return text.replace(str(world.folder), "FOLDER").replace(world.folder.name, "FOLDER-NAME")


def probe(world, seen):
    proc = seen.pop("proc")
    seen["mounts"] = mounts(proc["mountinfo"])
    seen["cgroups"] = cgroups(proc["cgroup"])
    seen["proc"] = {name: proc[name] for name in proc if name not in ("mountinfo", "cgroup", "status")}
    seen["proc"]["uid_map"] = " ".join(proc["uid_map"].split())
    seen["proc"]["gid_map"] = " ".join(proc["gid_map"].split())
    seen["status"] = {name: value for name, value in status(proc["status"]).items()
                      if name in ("NoNewPrivs", "Seccomp", "Seccomp_filters", "Groups", "NSpid", "CoreDumping",
                                  "Cpus_allowed_list", "Mems_allowed_list", "Threads", "Speculation_Store_Bypass")}
    seen["status"]["NSpid"] = "levels: %d" % len(seen["status"].get("NSpid", "").split())
    for name, value in seen["files"].items():
        seen["files"][name] = ", ".join(sorted(value.split("\n")))
    seen["namespaces"] = namespaces(world, seen["namespaces"])
    seen["parent"] = "0" if seen["parent"] == "0" else "outside" if seen["parent"] == str(os.getpid()) else "another"
    seen["pid"] = "1" if seen["pid"] == 1 else "another"
    return seen


def hook_seen(world, hook):
    try:
        state = json.loads(hook.pop("input"))
        hook["state"] = {**state, "pid": "some" if state.get("pid") else "none"}
    except ValueError:
        hook["state"] = "no state"
    hook["namespaces"] = namespaces(world, hook["namespaces"])
    hook["mounts of the bundle"] = "there" if "/bundle/rootfs" in hook.pop("mountinfo") else "not there"

    for name in ("pid", "parent", "keyring", "root", "window"):
        hook.pop(name, None)
    return hook


def status(text):
    return dict((name, value.strip()) for name, _, value in (line.partition(":") for line in text.splitlines()))


def namespaces(world, links):
    """Each as the host's, a helper's or a new one."""
    known = {}
    for name, path in world.namespaces.items():
        known[os.readlink(path)] = "that of the helper"
    for name in links:
        known[os.readlink(f"/proc/self/ns/{name}")] = "the host's"
    return {name: known.get(link, "new" if "[" in link else link) for name, link in links.items()}


def mounts(text):
    """Mount point: what is there. Several on one place are numbered from below."""
    found = {}
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        if not dash:
            return text
        fields, kind = before.split(), after.split()
        place, number = fields[4], 1
        while place in found:
            number += 1
            place = f"{fields[4]} #{number}"
        propagation = sorted(field.split(":")[0] for field in fields[6:] if not field.startswith("propagate_from"))
        found[place] = {
            "root": fields[3], "options": fields[5], "propagation": " ".join(propagation) or "private",
            "type": kind[0], "source": kind[1], "data": normal_data(kind[2] if len(kind) > 2 else ""),
        }
    return found


def normal_data(data):
    """Options of the file system; its numbers of inodes follow the memory of the host."""
    return ",".join(part for part in data.split(",") if part != "inode64")


def cgroups(text):
    """Controller: the path. The order of hierarchies is the kernel's; huge pages' may come and go (see `run`)."""
    lines = [line.split(":", 2) for line in text.splitlines()]
    return {line[1] or "v2": line[2] for line in lines if len(line) == 3 and line[1] != "hugetlb"}
