"""What `mounts add` and `mounts remove` leave when they are struck: all of it, or nothing, and the record knows."""
import json
import pathlib

PLACES = ("/tmp", "/root")  # the root file system has them


def ask(container):
    """Writes what is to be mounted: a file system of its own, and a folder of the host."""
    folder = container.bundle.path / "source"
    folder.mkdir(exist_ok=True)
    (container.bundle.path / "mounts.json").write_text(json.dumps([
        {"destination": PLACES[0], "type": "tmpfs", "options": ["size=1m"]},
        {"destination": PLACES[1], "source": str(folder), "options": ["bind", "ro"]}]))


def mounted(container):
    pid = container.runtime.state(container.name)["pid"]
    lines = pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
    return sorted(place for place in (line.split()[4] for line in lines) if place in PLACES)


def recorded(container):
    """The places, and whether a command is on its way with each."""
    state = json.loads((pathlib.Path(container.runtime.root) / container.name / "state.json").read_text())
    return sorted((entry["mount"]["destination"], bool(entry.get("unsettled"))) for entry in state["martlet"].get("mounts", []))


def untrue(container, operation, code, has_failed):
    """How the container and its record differ from each other, or from what the exit code says."""
    try:
        there, known = mounted(container), recorded(container)
    except (OSError, ValueError, KeyError) as error:
        return [f"no record: {error}"]
    made = sorted(PLACES) if operation == "mount" else []
    unknown = sorted(set(there) - {place for place, _ in known})
    if unknown:
        return [f"mounted and not recorded: {unknown}"]
    if code == 0 and (there, known) != (made, [(place, False) for place in made]):
        return [f"made: {there}, recorded {known}"]
    if has_failed and operation == "mount" and (there or known):
        return [f"a failed command left {there}, recorded {known}"]
    if any(place not in there and not is_on_its_way for place, is_on_its_way in known):
        return [f"mounted {there}, recorded {known}"]
    return taken_away(container, known)


def taken_away(container, known):
    """Whatever is recorded can be taken away by the next command."""
    if not known:
        return []
    file = container.bundle.path / "rest.json"
    file.write_text(json.dumps([{"destination": place} for place, _ in known]))
    done = container.runtime.run("mounts", "remove", container.name, file, timeout=20)
    there, left = mounted(container), recorded(container)
    return [f"cannot be taken away: {done.code} {done.message}, {there}, recorded {left}"] if there or left else []
