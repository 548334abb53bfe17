"""The invocations that are compared: made from the commands, their options and the states of a container."""

STATES = ("absent", "created", "running", "paused", "stopped")  # the name of a container is its state

# command: (operands that suffice, the most of them, options with a value, flags, options with a number)
COMMANDS = {
    "checkpoint": ("absent", 1, "image-path work-path parent-path page-server manage-cgroups-mode empty-ns",
                   "leave-running tcp-established tcp-skip-in-flight link-remap ext-unix-sk shell-job lazy-pages file-locks "
                   "pre-dump auto-dedup", "status-fd"),
    "create": ("x", 1, "bundle b console-socket pidfd-socket pid-file", "no-pivot no-new-keyring", "preserve-fds"),
    "delete": ("absent", 1, "", "force f", ""),
    "events": ("absent", 1, "", "stats", "interval"),
    "exec": ("absent true", None, "console-socket pidfd-socket cwd env e user u additional-gids g process p pid-file "
             "process-label apparmor cap c cgroup", "tty t detach d no-new-privs ignore-paused", "preserve-fds"),
    "features": ("", 0, "", "", ""),
    "kill": ("absent", 2, "", "all a", ""),
    "list": ("", 0, "format f", "quiet q", ""),
    "pause": ("absent", 1, "", "", ""),
    "ps": ("absent", None, "format f", "", ""),
    "restore": ("x", 1, "console-socket image-path work-path manage-cgroups-mode bundle b pid-file empty-ns lsm-profile "
                "lsm-mount-context", "tcp-established ext-unix-sk shell-job file-locks detach d no-subreaper no-pivot "
                "auto-dedup lazy-pages", ""),
    "resume": ("absent", 1, "", "", ""),
    "run": ("x", 1, "bundle b console-socket pidfd-socket pid-file", "detach d keep no-subreaper no-pivot no-new-keyring",
            "preserve-fds"),
    "spec": ("", 0, "bundle b", "rootless", ""),
    "start": ("absent", 1, "", "", ""),
    "state": ("absent", 1, "", "", ""),
    "update": ("absent", 1, "resources r cpu-period cpu-quota cpu-burst cpu-share cpu-rt-period cpu-rt-runtime cpu-idle "
               "cpuset-cpus cpuset-mems memory memory-reservation memory-swap l3-cache-schema mem-bw-schema", "",
               "pids-limit blkio-weight"),
}


class Row:
    """One invocation: its words, as the shell would split the text; `bundle` and the like are names in the folder."""

    def __init__(self, text, changes=False, stdin=""):
        self.name, self.words, self.changes, self.stdin = text, text.split(" ") if text else [], changes, stdin
        self.words = ["" if word == "''" else word for word in self.words]
        self.states = [state for state in STATES if state in self.words]


def dashed(name):
    return ("-" if len(name) == 1 else "--") + name


def usage():
    for command, (enough, most, values, flags, numbers) in COMMANDS.items():
        enough = f" {enough}" if enough else ""
        yield f"{command} --help"
        yield f"help {command}"
        yield f"{command} -h{enough}"
        yield f"{command} --no-such-flag{enough}"
        yield f"{command} --help=maybe"
        if enough:
            yield command
            yield f"{command} --"
        if most is not None:
            yield f"{command}{' x' * (most + 1)}"
        for name in values.split():
            yield f"{command} {dashed(name)}"
        for name in flags.split():
            yield f"{command} {dashed(name)}=maybe{enough}"
        for name in numbers.split():
            yield f"{command} {dashed(name)}"
            yield f"{command} {dashed(name)}=x{enough}"
            yield f"{command} {dashed(name)}={enough}"


GLOBAL = """
--help|-h|help|h|--version|-v||--|''|-|- list|--debug|--no-such-flag|--no-such-flag list|-root|--root|--log|--log-format
--debug=maybe list|--systemd-cgroup=2 list|--log-format xml list|--log-format=xml state absent|--root / list|--root=/ list
--root /no/such/root list|--root=/no/such/root list -q|frobnicate|crate x|help frobnicate|help help|stats|---debug list
--=x list|-=x list|--version list|--help list|--debug=1 state absent|-debug=false state absent|--log-format text state absent
--log-format json state absent|-log-format=json state absent|--log log state absent|--log=log --log-format=json state absent
--rootless=auto state absent|--rootless true state absent|--systemd-cgroup=false state absent|--help=false state absent
-- state absent|CREATE x|create=x|--vers
""".strip().replace("\n", "|").split("|")

REFUSED = """
create x|create --bundle no-such x|create --bundle=no-such x|create -bundle no-such x|create x --bundle no-such|create -b=no-such x
run x|run --bundle no-such x|run --bundle empty x|create --bundle broken x|run --bundle noprocess x|run --bundle noargs x
run --bundle norootfs x|create --bundle bundle ''|create --bundle bundle a/b|create --bundle bundle ..
create --bundle bundle --console-socket s x|run --bundle bundle --detach --console-socket no-such x|run --bundle tty --detach x
create --bundle tty x|create --bundle bundle --preserve-fds 40 x|run --bundle bundle --pid-file no-such/pid x
run --bundle bundle created|run --bundle bundle running|create --bundle bundle stopped|create --bundle bundle paused
run --bundle nocommand x|run --bundle noexec x|run --bundle badcwd x|run --bundle directory x
state ''|state a/b|state ..|delete ''|delete ---force absent|delete --force= absent|delete -ff absent|delete -=x absent
delete - |delete --force -|delete -- -f|delete absent -f|delete --f absent|delete -force absent|delete -force=T absent
delete --force=0 absent|delete -f=false absent|kill absent KILL|kill absent -9|kill --all absent|kill -a absent 9|kill absent NOPE
ps absent -o pid|ps --format json absent|ps -f=json absent|ps --format bad absent|ps absent -- -ef|exec absent|exec absent true
exec -- absent true|exec absent --no-such-flag|exec -e A=1 absent true|exec --user nobody absent true
events --interval 5s absent|events --stats absent|update --memory x absent|update absent --memory 1|update --pids-limit 0x10 absent
update --pids-limit 99999999999999999999 absent|update --resources no-such absent|update --resources - absent
restore --bundle no-such x|checkpoint --image-path i absent|spec --bundle no-such|spec --bundle bundle|list --format bad
list -f bad -q|list x|features x|list --debug|state --root x absent|list --version
""".strip().replace("\n", "|").split("|")

READS = ["state", "events --stats", "ps", "ps --format json", "ps -f table", "ps {} -o pid,comm", "ps {} -o comm", "ps {} --no-such", "ps --format bad", "kill {} 0",
         "kill {} NOPE", "kill {} 999", "kill {} SIGNOPE", "exec {}", "exec {} true", "exec {} false", "exec {} /no/such",
         "exec {} no-such", "exec {} /tmp", "exec {} sh -c 'exit_7'", "exec -t=false {} id", "exec --user 1000:1000 {} id",
         "exec --user 1000 {} id -u", "exec -u x {} true", "exec --user= {} id", "exec --cwd /tmp {} pwd", "exec --cwd /no/such {} pwd",
         "exec -e A=1,2 {} printenv A", "exec --env A {} true", "exec --additional-gids 5 {} id -G", "exec -g x {} true",
         "exec --cap CAP_NOPE {} true", "exec --cap CAP_SYS_TIME {} true", "exec --process no-such {}", "exec -p bad.json {}",
         "exec -p process.json {}", "exec --preserve-fds 40 {} true", "exec --tty --detach {} true", "exec --cgroup no-such {} true",
         "exec --cgroup pids:no-such {} true", "exec --cgroup nope:x {} true", "exec --cgroup a --cgroup b {} true",
         "exec --cgroup / {} true", "exec --no-new-privs {} grep NoNewPrivs /proc/self/status", "exec --pid-file no-such/p {} true",
         "update --memory x {}", "update --cpu-period x {}", "update --resources no-such {}", "update --l3-cache-schema L3:0=f {}",
         "update --resources bad.json {}", "update --resources - {}", "update --cpu-share 1 {}", "list", "list -q"]
CHANGES = ["start", "pause", "resume", "delete", "delete --force", "kill", "kill {} KILL", "kill --all {} KILL", "kill {} SIGTERM", "kill {} ''",
           "kill {} term", "kill {} 9", "update --pids-limit 20", "update --memory 64M", "update --pids-limit=-1 {}",
           "update --resources limits.json", "update --cpu-share 512"]
RUNS = """
run --bundle bundle x|run --bundle=bundle x|run -b bundle x|run x -b bundle|run --bundle bundle --keep x|run -bundle bundle -keep=false x
run --bundle exits x|run --bundle killed x|run --bundle prints x|run --bundle bundle --pid-file pid x|run --bundle bundle -d x
run --detach=true --bundle bundle x|run --no-pivot --bundle bundle x|run --no-subreaper --no-new-keyring --bundle bundle x
create --bundle bundle x|create --bundle bundle --pid-file pid x|create --no-new-keyring --bundle bundle x|spec|spec --bundle fresh
spec --rootless --bundle fresh|run --preserve-fds 0 --bundle bundle x|run --preserve-fds=0x0 --bundle bundle x
""".strip().replace("\n", "|").split("|")


def with_container(text, state):
    return text.format(state) if "{}" in text else f"{text} {state}" if text not in ("list", "list -q") else text


def table():
    rows = [Row(text) for text in [*usage(), *GLOBAL, *REFUSED]]
    for state in STATES[1:]:
        chosen = READS if state == "running" else READS[:13]
        rows += [Row(with_container(text, state), stdin='{"pids": {"limit": 10}}') for text in chosen]
        rows += [Row(with_container(text, state), changes=True) for text in CHANGES]
    rows += [Row(text, changes=True) for text in RUNS]
    seen = {}
    for row in rows:
        seen.setdefault(row.name, row)
    return list(seen.values())
