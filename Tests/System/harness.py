"""The frame of the system tests: cases, a context with a runtime, TAP lines."""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))
import oci  # noqa: E402

CASES = []
LEFT = "left behind:"


class Skip(Exception):
    """A case that this machine cannot run; its text is the reason."""


class Wrong(Exception):
    """A case that failed; its text says what was seen."""


def case(title, needs=None):
    """Registers a case. `needs` is a function that returns why it cannot run here, or nothing."""
    def register(function):
        CASES.append((title, function, needs))
        return function
    return register


def cases(rows, title, needs=None):
    """Registers the decorated function once for each row of a table; the row's first cell names it."""
    def register(function):
        for row in rows:
            CASES.append((title.format(row[0]), lambda context, row=row: function(context, *row[1:]), needs))
        return function
    return register


def tool(name):
    """A need: the program is installed."""
    return lambda context: None if shutil.which(name) else f"{name} is not installed"


def martlet_only(context):
    """A need: the runtime is martlet, since others differ here."""
    return None if context.is_martlet else f"{context.runtime.name} differs here"


def not_systemd(context):
    """A need: the tests are not run with the systemd driver, under which the case has no sense."""
    return "it is about the cgroupfs driver" if oci.DRIVER == "systemd" else martlet_only(context)


def check(condition, seen):
    if not condition:
        raise Wrong(str(seen)[:800])


def matches(pattern, text):
    check(re.search(pattern, text, re.M), f"{text!r} does not match {pattern!r}")


def equal(seen, wanted):
    check(seen == wanted, f"{seen!r} is not {wanted!r}")


class Context:
    """What a case works with. All that it makes is removed after the case."""

    def __init__(self, path):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="martlet-system-"))
        self.folder.chmod(0o711)  # a user namespace's root has to reach the bundles
        self.runtime = oci.Runtime(path, self.folder / "state")
        self.is_martlet = self.runtime.name == "martlet"
        self.rootfs = oci.make_rootfs(self.folder / "rootfs")
        self.parent = f"{oci.CGROUP_PARENT}/{self.folder.name}"
        self.number, self.made = 0, []
        self.ends = []  # called before the folder is removed, the latest first
        oci.become_subreaper()

    def bundle(self, *args, change=None, own_rootfs=False, **process):
        """A bundle and the name of its container; `change` may edit the configuration."""
        self.number += 1
        name = f"s{self.number}"
        config = oci.default_config(*args, cgroup=f"{self.parent}/{name}", **process)
        bundle = oci.Bundle(self.folder / f"b-{name}", config, None if own_rootfs else self.rootfs)
        if change:
            change(config)
            bundle.write(config)
        self.made.append((name, bundle, oci.mount_table()))
        return name, bundle

    def run(self, *args, change=None, code=0, own_rootfs=False, options=(), **process):
        """Runs a container in the foreground and returns the result; the exit code is checked."""
        name, bundle = self.bundle(*args, change=change, own_rootfs=own_rootfs, **process)
        result = self.runtime.run("run", *options, "--bundle", bundle.path, name)
        check(code is None or result.code == code, f"exit {result.code}: {result.message} {result.text}")
        return result

    def shell(self, script, change=None, **process):
        """What a shell script in a container prints."""
        return self.run("sh", "-c", script, change=change, **process).text

    def started(self, *args, change=None, **process):
        """A running container's name."""
        name = self.created(*(args or ("sleep", "1000")), change=change, **process)
        self.must("start", name)
        return name

    def created(self, *args, change=None, **process):
        name, bundle = self.bundle(*(args or ("sleep", "1000")), change=change, **process)
        self.must("create", "--bundle", bundle.path, name)
        return name

    def must(self, *arguments, code=0, **how):
        """A command of the runtime whose exit code is checked."""
        result = self.runtime.run(*arguments, **how)
        check(result.code == code and not result.hung, f"{arguments[0]}: exit {result.code}: {result.message}")
        return result

    def status(self, name):
        state = self.runtime.state(name)
        return state and state["status"]

    def await_status(self, name, status):
        check(oci.wait_until(lambda: self.status(name) == status), f"status is {self.status(name)}, not {status}")

    def after_case(self):
        """Removes the case's containers. Returns what the runtime left of them."""
        left = {}
        for name, _, _ in self.made:
            self.runtime.run("delete", "--force", name)
        for name, bundle, mounts in self.made:
            cgroup = f"{self.parent}/{name}"

            def look():
                return oci.leftovers(self.runtime, name, cgroup, bundle.path, mounts)

            if not oci.wait_until(lambda: not look(), 0.5):
                left[name] = look()
                oci.kill_children()
                oci.remove_cgroups(cgroup)
            shutil.rmtree(bundle.path, ignore_errors=True)
        self.made = []
        return left

    def close(self):
        while self.ends:
            self.ends.pop()()
        oci.clean_up(self.parent, self.folder)


class Terminal:
    """A command on a terminal of its own, typed to."""

    def __init__(self, argv, size=(24, 80)):
        self.seen, self.status = b"", None
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvp(argv[0], argv)
        oci.RUNNING.add(self.pid)
        self.resize(*size)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def say(self, line, wanted):
        """Types a line and reads until the text is seen behind it."""
        before = len(self.seen)
        os.write(self.master, line.encode() + (b"" if line == "\x03" else b"\r"))
        self.read(wanted, before)

    def read(self, wanted, before=0, seconds=10):
        end = time.monotonic() + seconds * oci.PATIENCE
        while wanted.encode() not in self.seen[before:]:
            check(time.monotonic() < end, f"no {wanted!r} in {self.seen!r}")
            if select.select([self.master], [], [], 0.2)[0] and not self.take():
                break
        check(wanted.encode() in self.seen[before:], f"no {wanted!r} in {self.seen!r}")

    def take(self):
        try:
            data = os.read(self.master, 4096)
        except OSError:  # all the other ends are closed
            return False
        self.seen += data
        return bool(data)

    def end(self, seconds=10):
        """Waits for the command's end; its exit code."""
        end = time.monotonic() + seconds * oci.PATIENCE
        while self.status is None:
            check(time.monotonic() < end, f"it does not end: {self.seen!r}")
            if select.select([self.master], [], [], 0.02)[0]:
                self.take()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)
        oci.RUNNING.discard(self.pid)


def run_case(context, title, function, needs):
    """`ok`, `not ok` or `skip`, and the reason."""
    try:
        reason = needs(context) if needs else None
        if reason:
            return "skip", reason
        function(context)
        left = context.after_case()
        return ("not ok", f"{LEFT} {left}") if left else ("ok", "")
    except Skip as skip:
        return "skip", str(skip)
    except Wrong as wrong:
        return "not ok", str(wrong)
    except Exception:  # a case's own mistake is a failure, not the end of the run
        return "not ok", traceback.format_exc()
    finally:
        context.after_case()


def chosen_cases(texts, every):
    """The registered cases whose title has one of the texts, and of the others every so manieth, if it is not 0.
    Without either, all."""
    if not texts and not every:
        return CASES
    return [entry for number, entry in enumerate(CASES)
            if any(text in entry[0] for text in texts) or every and number % every == 0]


def remark(text):
    print("".join(f"#   {line}\n" for line in text.splitlines()), end="", flush=True)


def run_all(path, texts=(), every=0):
    """Runs the chosen cases; prints TAP. Returns how many failed.

    A case that fails is run once more: on a machine whose processors others hold, a deadline may pass without
    anybody's fault. One that then passes is marked `# UNSTEADY`, for the summary to count. Whoever leaves something
    behind gets no second chance."""
    context, failed = Context(path), 0
    try:
        chosen = chosen_cases(texts, every)
        print(f"1..{len(chosen)}", flush=True)
        for number, (title, function, needs) in enumerate(chosen, 1):
            verdict, reason = run_case(context, title, function, needs)
            if verdict == "not ok" and not reason.startswith(LEFT):
                remark(reason)
                verdict, again = run_case(context, title, function, needs)
                reason = again if verdict == "not ok" else "UNSTEADY it failed once"
            mark = {"skip": f" # SKIP {reason}", "ok": f" # {reason}" if reason else ""}.get(verdict, "")
            print(f"{'not ok' if verdict == 'not ok' else 'ok'} {number} - {title}{mark}", flush=True)
            if verdict == "not ok":
                failed += 1
                remark(reason)
    finally:
        context.close()
    return failed


__all__ = ["Context", "Skip", "Terminal", "Wrong", "case", "cases", "check", "equal", "json", "martlet_only", "matches", "not_systemd", "oci",
           "os", "pathlib", "re", "run_all", "shutil", "subprocess", "tempfile", "tool"]
