"""What a runtime answered, without what differs from run to run or is its own name."""
import json
import re

KEY_OF_LOG = re.compile(r'^time="[^"]*" level=(\w+) msg=(.*)$')


def answer(result, side):
    return {"exit": "no end" if result.hung else result.code, "output": output(result.text, side),
            "message": message(result.message, side)}


def own(text, side):
    """Without the runtime's folders and name."""
    for place, word in ((side.path, "RUNTIME"), (str(side.root), "ROOT"), (str(side.folder), "FOLDER"),
                        (str(side.rootfs), "ROOTFS"), (side.parent, "CGROUP")):
        text = text.replace(place, word)
    return re.sub(r"\b(runc|martlet)\b", "RUNTIME", text)


def output(text, side):
    """A help page stands for itself by the name of its command: its words are each runtime's own."""
    text = own(text, side)
    page = re.search(r"^NAME:\n   RUNTIME( [a-z]+)? - .*\Z", text, re.M | re.S)
    if page:
        return text[:page.start()] + f"<help{page.group(1) or ''}>"
    try:
        return json.dumps(plain(json.loads(text)))
    except ValueError:
        return lines(text)


def plain(value):
    """JSON without what was measured."""
    if isinstance(value, dict):
        return {key: "TIME" if key == "created" else plain(entry) for key, entry in sorted(value.items())}
    if isinstance(value, list):
        return sorted({json.dumps(plain(entry)) for entry in value})
    return "N" if isinstance(value, int) and not isinstance(value, bool) else value


def lines(text):
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    text = re.sub(r"\b\d\d:\d\d(:\d\d)?\b|\b\d+\b", "N", text)
    return re.sub(r"[ \t]+", " ", text)


def message(text, side):
    """Each line's level and text. `RUNTIME COMMAND failed:` and `exec failed:` are taken away: martlet names the command
    wherever one fails, runc for three of them."""
    found = []
    for line in own(text, side).splitlines():
        if line.startswith('{"'):
            entry = json.loads(line)
            line, level = entry["msg"], entry["level"] + " json"
        else:
            log = KEY_OF_LOG.match(line)
            level = log.group(1) if log else ""
            line = json.loads(log.group(2).split('" func=')[0] + ('"' if '" func=' in log.group(2) else "")) if log else line
        line = re.sub(r"^(RUNTIME [a-z]+|exec) failed: ", "", line.removesuffix("\n"))
        found.append(f"{level}: {line}")
    return "\n".join(found)
