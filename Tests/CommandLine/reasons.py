"""Why martlet answers otherwise than runc, where it does.

A reason is a text, the place of the answer (`exit`, `output`, `message`), a pattern of the invocation's name, and
patterns of what martlet and runc have there. All of them have to match whole."""
import re

ANY = r"(?s:.*)"
ID = r"invalid container ID format"
PENDING = r"(checkpoint|restore)"
TWICE = r"already exists"
INIT = r"error: unable to start container process: "

REASONS = [
    ("checkpoint and restore are not there yet: engines take a help page with exit 0 for support",
     "exit", PENDING + r" (--help|-h( x| absent)?)", "1", "0"),
    ("checkpoint and restore are not there yet: engines take a help page with exit 0 for support",
     "message", PENDING + r" (--help|-h( x| absent)?)", r"error: RUNTIME \w+ is not supported yet", ""),
    ("restore is not there yet", "message", r"restore --bundle no-such x", r"error: restore is not supported yet", ANY),
    ("each runtime has a version, and libraries, of its own",
     "output", r"(--version|-v|--version list)", r"RUNTIME version N\.N\.N\ncommit: \S+\nspec: N\.N\.N\n", r"RUNTIME version " + ANY),
    ("a mistyped command gets a suggestion", "message", r"(crate x|stats|create=x)",
     r"error: No help topic for '(\S+)' \(did you mean \w+\?\)", r"error: No help topic for '\S+'"),
    ("help of help is the page of all commands", "output", r"help help", r"<help>", r"NAME:\n - Shows a list of commands" + ANY),
    ("global options may stand behind the command, too", "exit", r"list --(debug|version)", "0", "1"),
    ("global options may stand behind the command, too", "output", r"(list --(debug|version)|state --root x absent)", ANY,
     r"Incorrect Usage: flag provided but not defined: -\w+\n\n<help \w+>"),
    ("global options may stand behind the command, too", "message", r"(list --(debug|version)|state --root x absent)",
     r"(|error: container does not exist)", r"error: flag provided but not defined: -\w+"),
    ("an error names the value that is refused", "message", r".* (a/b|\.\.)", rf'error: {ID}: "[^"]+"', rf"error: {ID}"),
    ("an error names the value that is refused", "message", r"(run|create) --bundle bundle \w+",
     rf"error: container with given ID {TWICE}: \w+", rf"error: container with given ID {TWICE}"),
    ("an error names the value that is refused", "message", r"(list|ps) --format bad.*", r'error: invalid format option "bad"',
     r"error: invalid format option"),
    ("an error names the value that is refused", "message", r"exec -u x running true", r'error: invalid user "x": want <uid>\[:<gid>\]',
     r"error: bad uid: .*"),
    ("an error names the value that is refused", "message", r"exec --env A running true",
     r'error: invalid environment variable "A": want NAME=value', r".*invalid environment variable: missing '='"),
    ("an error names the value that is refused", "message", r"update --(memory|cpu-period) x running",
     r'error: invalid value for [\w-]+: "x"', r"error: invalid value for [\w-]+: .*"),
    ("an error names the file, and the place in it", "message", r"(create --bundle broken x|exec -p bad.json running|update --resources bad.json running)",
     r"error: (config|bad)\.json: ends too early", r"error: unexpected EOF"),
    ("an error names the file, and the place in it", "message", r"run --bundle noargs x",
     r"error: /process/args: args must not be empty", r"error: args must not be empty"),
    ("an error names the file, and the place in it", "message", r"run --bundle norootfs x",
     INIT + r"/root/path: open_tree \S+: no such file or directory", r"error: invalid rootfs: stat \S+: no such file or directory"),
    ("an error names the file, and the place in it", "message", r"spec --bundle no-such",
     r"error: open no-such/config\.json: no such file or directory", r"error: chdir no-such: no such file or directory"),
    ("each runtime has descriptors of its own open, and names the first that is missing", "message", r".*--preserve-fds 40 .*",
     r"error: unable to stat preserved-fd \d+: it is not open", r"error: unable to stat preserved-fd \d+ \(of 40\): no such .*"),
    ("a file of a process id is named, not its temporary one", "message", r".*--pid-file no-such/.*",
     r"error: open FOLDER/no-such/\w+: no such file or directory", r"error: open FOLDER/no-such/\.\w+: no such file or directory"),
    ("what fails in the container is said without the words between that nobody matches on", "message",
     r"run --bundle (nocommand|noexec) x", INIT + r"(exec: .*)", INIT + r"error during container init: exec: .*"),
    ("a directory is no program, for which engines look for 'permission denied'", "message",
     r"(run --bundle directory x|exec running /tmp)", INIT + r'exec: "/tmp": is a directory: permission denied',
     INIT + r'(error during container init: )?exec: "/tmp": is a directory'),
    ("a missing working directory is made, a file is not one", "message", r"run --bundle badcwd x",
     INIT + r'chdir to cwd \("/etc/passwd"\) set in config\.json failed: not a directory', INIT + ANY + r"mkdir /etc/passwd: not a directory"),
    ("options are read before the container is looked for", "message", r"update --(memory x|resources (no-such|-)) absent",
     r"error: (invalid value for memory: \"x\"|open no-such: no such file or directory|/dev/stdin: ends too early)",
     r"error: container does not exist"),
    ("the init stage is an invocation of the runtime by another name", "output", r"ps (-f table )?created",
     r"UID PID PPID .*\nroot .* RUNTIME init N\n", r"UID PID PPID .*\nroot .* RUNTIME init\n"),
    ("the init stage is an invocation of the runtime by another name", "output", r"ps created -o pid,comm",
     r" PID COMMAND\n ?N RUNTIME\n", r" PID COMMAND\n ?N RUNTIME:\[N:INIT\]\n"),
    ("pressure is shown where the kernel has it, also on version 1", "output", r"events --stats (running|created|paused)",
     r'\{"data": \{"blkio": \{.*"psi".*', r'\{"data": ' + ANY),
    ("a number that is no signal is refused by name", "message", r"kill \w+ 999", r'error: unknown signal "999"',
     r"error: (unable to signal init: invalid argument|container not running)"),
    ("runc gives an additional group twice", "output", r"exec --additional-gids 5 running id -G", r"N N\n", r"N N N\n"),
    ("an additional group that is no number is found when the process is made, with exec's own code", "exit",
     r"exec -g x running true", "255", "1"),
    ("an additional group that is no number is found when the process is made, with exec's own code", "output",
     r"exec -g x running true", "", r"Incorrect Usage: invalid value " + ANY),
    ("an additional group that is no number is found when the process is made, with exec's own code", "message",
     r"exec -g x running true", r'error: invalid additional group "x"', r"error: invalid value " + ANY),
    ("warnings of exec are not put between the output of its program", "message", r"exec --cap CAP_NOPE running true", "",
     r"warning: ignoring unknown or unavailable capabilities: .*"),
    ("a cgroup that is not there is named by its path", "message", r"exec --cgroup (pids:)?no-such running true",
     r"error: .*no-such.*no such file or directory", INIT + r"error adding pid \d+ to cgroups: .*no such file or directory"),
    ("--cgroup is checked before the process is made", "message", r"exec --cgroup nope:x running true",
     r'error: invalid --cgroup: the container has no cgroup of controller "nope"', INIT + r"unknown controller nope in SubCgroupPaths"),
    ("--cgroup is checked before the process is made", "message", r"exec --cgroup a --cgroup b running true",
     r'error: invalid --cgroup "a": one of several must be CONTROLLER:PATH',
     r"error: invalid --cgroup argument: a \(missing <controller>: prefix\)"),
    ("what a container has not been created with is said in one way for all schemata", "message",
     r"update --l3-cache-schema L3:0=f running", r"error: the container has no intelRdt: its schemata cannot be changed",
     r"error: Intel RDT/CAT: l3 cache schema is not enabled"),
    ("an update is taken back whole, so that there is nothing to warn of", "message", r"update --cpu-share 1 (running|created|paused)",
     r"error: cgroup cpu\.shares: the minimum allowed cpu-shares is 2", r"warning: Setting back cgroup configs failed" + ANY),
]


def reason(row, place, mine, other, ours, theirs):
    """The reason of a difference; nothing if there is none."""
    for text, where, name, martlet, runc in REASONS:
        if (place == where and re.fullmatch(name, row.name) and re.fullmatch(martlet, str(mine))
                and re.fullmatch(runc, str(other))):
            return text
    return None
