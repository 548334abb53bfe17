"""A Debian root file system with bash, apt and python running inside."""
from debian_tree import ROOT, needs
from harness import *


def inside(context, *args):
    """Output of a program in the Debian root file system, which stays as it is."""
    def change(config):
        config["root"].update(path=str(ROOT["path"]), readonly=True)
        config["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"})
    name, bundle = context.bundle(*args, change=change)
    return context.must("run", "--bundle", bundle.path, name, timeout=60).text


@case("Debian: bash", needs=needs)
def bash(context):
    equal(inside(context, "bash", "-c", "a=(1 2 3); echo ${#a[@]} $BASHPID"), "3 1\n")


@case("Debian: apt", needs=needs)
def apt(context):
    matches(r"^apt \d", inside(context, "apt", "--version"))
    matches("^ii +bash|^bash", inside(context, "sh", "-c", "dpkg -l bash | tail -1; apt-cache policy bash"))


@case("Debian: python", needs=needs)
def python(context):
    equal(inside(context, "python3", "-c", "import os, sys; print(os.getpid(), sys.version_info.major)"), "1 3\n")


def change(config):
    config["root"].update(path=str(ROOT["path"]), readonly=True)
    config["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"})


PROGRAMS = [
    ("bash with a login shell", "bash -lc 'declare -A m=([a]=1); echo ${m[a]} ${BASH_VERSINFO[0]}; cd /tmp; dirs'",
     r"^1 5\n/tmp$"),
    ("bash with pipes and job control", "bash -c 'set -m; sleep 0.1 & wait; seq 5 | paste -sd+ | tr + -'", "^1-2-3-4-5$"),
    ("apt-config dump", "apt-config dump | grep -c ^APT", r"^\d+$"),
    ("dpkg -l", "dpkg -l | grep -c ^ii", r"^\d\d+$"),
    ("dpkg --verify of a package", "dpkg --verify bash; echo $?", "^0$"),
    ("apt-get, offline", "apt-get --simulate install bash | tail -1", "already|newest|0 upgraded"),
    ("python with processes and threads", "python3 -c 'import threading, os; t = threading.Thread(target=print, args=(5,)); "
     "t.start(); t.join(); print(os.waitstatus_to_exitcode(os.system(\"exit 4\")))'", "^5\n4$"),
    ("python's sockets on the loopback interface", "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); "
     "c = socket.create_connection(s.getsockname()); c.send(b\"x\"); print(s.accept()[0].recv(1))'", "^b'x'$"),
    ("the list of processes", "ls /proc | grep -c '^[0-9]'", r"^\d$"),
    ("getent", "getent passwd root", "^root:x:0:0:"),
]


@cases(PROGRAMS, "Debian: {}", needs=needs)
def programs(context, script, pattern):
    matches(pattern, inside(context, "sh", "-c", script).strip())
    name = context.started("sleep", "1000", change=change)
    matches(pattern, context.must("exec", name, "sh", "-c", script, timeout=60).text.strip())


@case("Debian: bash and python on a terminal, by run and by exec", needs=needs)
def terminal(context):
    def on_terminal(config):
        change(config)
        config["process"].update(terminal=True, env=["PATH=/usr/bin:/bin", "TERM=xterm"])
    name, bundle = context.bundle("bash", "--norc", "-i", change=on_terminal)
    with Terminal(context.runtime.argv("run", "--bundle", str(bundle.path), name)) as typed:
        typed.say("stty size; echo $((40+2)); tty", "42")
        typed.say("fg 2>&1 | cat; sleep 100 & jobs; kill %1; wait; echo done$((1+1))", "done2")
        with Terminal(context.runtime.argv("exec", "--tty", "--env", "TERM=xterm", name, "python3", "-i")) as python:
            python.say("import os; os.isatty(0), 6 * 7", "(True, 42)")
            python.say("exit(3)", "")
            equal(python.end(), 3)
        typed.say("exit 9", "")
        equal(typed.end(), 9)


@case("Debian: the interrupt key reaches the program and not the runtime", needs=needs)
def interrupt(context):
    def on_terminal(config):
        change(config)
        config["process"].update(terminal=True)
    name, bundle = context.bundle("bash", "--norc", "-i", change=on_terminal)
    with Terminal(context.runtime.argv("run", "--bundle", str(bundle.path), name)) as typed:
        typed.read("# ")
        typed.say("sleep 1000", "sleep")
        running = lambda: len(json.loads(context.must("ps", "--format", "json", name).text)) == 2
        check(oci.wait_until(running), "sleep does not run")
        typed.say("\x03", "^C")
        typed.say("echo code $?", "code 130")
        typed.say("exit", "")
        typed.end()
