"""Completion in real shells: a line is typed with tabulators in it, and its command run, so that what was completed
shows in what the command does."""
from harness import *
from installed import installation

TAB, READY = "\t", "ready>"


class Shell(Terminal):
    """An interactive shell that has the installed completion and finds martlet first."""

    def __init__(self, context, argv, setup):
        folder = installation(context)
        self.program = folder / "usr/local/bin"
        super().__init__(["env", "-i", f"PATH={self.program}:/usr/bin:/bin", f"HOME={context.folder}", "TERM=dumb",
                          f"SHARE={folder}/usr/local/share", f"STATE={context.folder}/state", *map(str, argv)], (24, 200))
        # The echo of the setting has another text than the prompt that it makes.
        self.say(f"cd {context.folder}; {setup}", READY, seconds=30)

    def say(self, line, wanted, seconds=30):
        before = len(self.seen)
        os.write(self.master, line.encode() + b"\r")
        self.read(wanted, before, seconds)

    def complete(self, *pieces, wanted):
        """Types pieces with a tabulator behind each, and runs the line."""
        before = len(self.seen)
        for typed, completed in pieces:
            start = len(self.seen)
            os.write(self.master, (typed + TAB).encode())
            self.read(completed, start, 30)
        start = len(self.seen)
        os.write(self.master, b"\r")
        self.read(wanted, start, 30)
        self.read(READY, start, 30)


def bash(context):
    return Shell(context, ["bash", "--norc", "--noprofile", "-i"],
                 "bind 'set bell-style none'; . $SHARE/bash-completion/completions/martlet; PS1=rea'dy> '")


def zsh(context):
    return Shell(context, ["zsh", "-f", "-i"],
                 "fpath=($SHARE/zsh/vendor-completions $fpath); autoload -U compinit; compinit -D -u; PROMPT=rea'dy> '")


SHELLS = [("bash", bash), ("zsh", zsh)]


def in_shells(title):
    """A case for each shell that is driven on a terminal."""
    def register(function):
        for name, shell in SHELLS:
            @case(f"{name}: {title}", needs=tool(name))
            def run(context, shell=shell):
                with shell(context) as opened:
                    function(context, opened)
    return register


@in_shells("commands and options")
def commands_and_options(context, shell):
    shell.complete(("martlet --vers", "ion"), wanted="martlet version")
    shell.complete(("martlet feat", "ures"), wanted="ociVersionMin")
    shell.complete(("martlet list --he", "lp"), wanted="--quiet")


@in_shells("values of options")
def values(context, shell):
    name = context.started()
    shell.complete(("martlet --root $STATE list --format js", "on"), wanted=f'"id":"{name}"')
    shell.complete(("martlet --root $STATE list --format=js", "on"), wanted=f'"id":"{name}"')


@in_shells("ids of living containers")
def containers(context, shell):
    name = context.started()
    shell.complete((f"martlet --root {context.folder}/state stat", "e "), ("s", name[1:]), wanted=f'"id": "{name}"')
    shell.complete((f"martlet --root={context.folder}/state state s", name[1:]), wanted=f'"id": "{name}"')


@in_shells("directories of bundles")
def bundles(context, shell):
    name, bundle = context.bundle("true")
    (context.folder / "afile").touch()
    place = context.folder / "another place"
    place.unlink(missing_ok=True)
    place.symlink_to(bundle.path)
    shell.complete((f"martlet plan b-{name[:1]}", name[1:]), wanted="start a session")
    shell.complete(("martlet plan ano", "place"), wanted="start a session")
    shell.complete(("martlet plan --format=table --root=/r ano", "place"), wanted="start a session")


def fish(context, line):
    """What fish offers for a line: words without their notes."""
    folder = installation(context)
    made = subprocess.run(
        ["fish", "--no-config", "-c",
         f"source {folder}/usr/local/share/fish/vendor_completions.d/martlet.fish; complete -C $argv[1]", line],
        capture_output=True, text=True, cwd=context.folder, timeout=60,
        env={"PATH": f"{folder}/usr/local/bin:/usr/bin:/bin", "HOME": str(context.folder), "TERM": "dumb"})
    check(made.returncode == 0 and not made.stderr, made.stderr)
    return [row.split("\t")[0] for row in made.stdout.splitlines()]


FISH = [
    ("command", "martlet stat", ["state"]),
    ("global option", "martlet --vers", ["--version"]),
    ("option", "martlet delete --for", ["--force"]),
    ("value", "martlet list --format js", ["json"]),
    ("value behind an equals sign", "martlet list --format=js", ["--format=json"]),
    ("bundle", "martlet run --bundle b-", ["b-s1/", "b-s2/"]),
    ("bundle behind an equals sign", "martlet run --bundle=b-s1", ["--bundle=b-s1/"]),
    ("container", "martlet --root state exec -t ", ["s1", "s2"]),
    ("signal", "martlet kill s1 SIGK", ["SIGKILL"]),
    ("nothing", "martlet --root state exec s1 ", []),
]


@cases(FISH, "fish: {}", needs=tool("fish"))
def offered_by_fish(context, line, wanted):
    context.number = 0
    context.started(), context.started()
    equal(sorted(fish(context, line)), wanted)
