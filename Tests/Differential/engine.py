"""Runs one configuration by one runtime, and tells what came of it."""
import contextlib
import json
import os
import pathlib
import pty
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "Support"), str(HERE.parent / "System")]
import normalise  # noqa: E402
import oci  # noqa: E402

NAME = "d1"  # the container's name: the same for all, so that nothing has to be normalised
SECONDS = 15  # no command may take longer
MARK = b'{"descriptors"'  # how the probe's line begins


def in_own_namespace(mark):
    """Runs this program again in namespaces of its own, which stand for the host's: what a runtime sets there by
    mistake does no harm. The controllers of a v2 tree beside v1, which crun would refuse, are hidden, and so is
    that of huge pages, which others may take from there meanwhile."""
    controllers = "/sys/fs/cgroup/unified/cgroup.controllers"
    script = (f'umount /sys/fs/cgroup/hugetlb 2>/dev/null; [ ! -e {controllers} ] || '
              f'mount --bind /dev/null {controllers}; exec "$@"')
    os.environ[mark] = "1"
    os.execvp("unshare", ["unshare", "-mniu", "--propagation", "unchanged", "sh", "-c", script, "sh", sys.executable, *sys.argv])


class Peer:
    """A runtime under comparison: its command line before the command, and what it cannot be asked."""

    def __init__(self, name, path, options=()):
        self.name, self.path, self.options = name, str(path), list(options)

    def argv(self, root, *arguments):
        return [self.path, "--root", str(root), *self.options, *map(str, arguments)]

    def version(self):
        line = subprocess.run([self.path, "--version"], capture_output=True, text=True, check=True).stdout
        return line.splitlines()[0]


def compile_probe(folder):
    """The static probe; None and a reason where it cannot be built."""
    target = folder / "probe"
    command = ["gcc", "-std=gnu17", "-O2", "-static", "-o", target, HERE / "probe.c"]
    done = subprocess.run(command, capture_output=True, text=True)
    return (target, "") if done.returncode == 0 else (None, done.stderr.strip()[:300])


class World:
    """What all configurations share: a folder below a shared mount, the root file system's model, sources of
    binds, and processes whose namespaces can be joined. Everything is removed by `close`."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="martlet-differential-"))
        self.folder.chmod(0o755)
        self.helpers = []
        self.mounts = []
        self.mount("--bind", self.folder, self.folder)
        self.mount("--make-shared", self.folder)
        self.bundle = self.folder / "bundle"
        self.log = self.folder / "log"  # hooks write there
        self.cgroup = f"{oci.CGROUP_PARENT}/{self.folder.name}/{NAME}"
        self.probe, self.reason = compile_probe(self.folder)
        if self.probe:
            self.model = self.make_model(self.folder / "model")
            self.sources = self.make_sources(self.folder / "source")
            self.namespaces = self.start_helpers()
        oci.become_subreaper()

    def mount(self, *arguments):
        subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)
        if not str(arguments[0]).startswith("--make"):
            self.mounts.append(arguments[-1])

    def make_model(self, root):
        """The root file system that each run gets a copy of, with the fixtures of the configurations."""
        for name in ("bin", "proc", "dev", "sys", "tmp", "etc", "root", "opt/first", "opt/second", "opt/folder/probe",
                     "data/below/deep", "home/user", "mnt"):
            (root / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(shutil.which("busybox"), root / "bin/busybox")
        for name in ("sh", "sleep", "cat", "true", "false", "kill", "ls"):
            (root / "bin" / name).symlink_to("busybox")
        shutil.copy(self.probe, root / "probe")
        os.link(root / "probe", root / "opt/second/probe")
        shutil.copy(self.probe, root / "opt/first/probe")
        (root / "opt/first/probe").chmod(0o644)
        (root / "bin/linked-probe").symlink_to("/probe")
        files = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\nbad\n",
                 "etc/group": "root:x:0:\nuser:x:1000:\n", "etc/hosts": "127.0.0.1 localhost\n", "data/file": "text\n",
                 "data/below/file": "text\n", "opt/text": "no program\n", "opt/script": "#!/bin/sh\nexec /probe \"$@\"\n",
                 "opt/lost": "#!/none/interpreter\n"}
        for name, content in files.items():
            (root / name).write_text(content)
        for name in ("opt/text", "opt/script", "opt/lost"):
            (root / name).chmod(0o755)
        (root / "data/link").symlink_to("below")
        (root / "data/dangling").symlink_to("none")
        (root / "data/outside").symlink_to("/../../../../../../etc")
        (root / "data/private").mkdir(mode=0o700)
        (root / "data/sticky").mkdir()
        (root / "data/sticky").chmod(0o1777)
        os.chown(root / "data/private", 1000, 1000)
        (root / "data/closed").mkdir(mode=0o000)
        return root

    def make_sources(self, source):
        """What binds bind: a tree with a mount below it, files, links, one mount that is read-only and one that
        is nosuid,nodev,noexec."""
        source.mkdir()
        self.mount("--bind", source, source)  # not of the mount that holds the bundle, which runtimes make private
        self.mount("--make-shared", source)
        for name in ("tree/below", "tree/sub", "locked", "owned"):
            (source / name).mkdir(parents=True, exist_ok=True)
        (source / "file").write_text("text\n")
        (source / "tree/file").write_text("text\n")
        (source / "link").symlink_to("tree")
        (source / "filelink").symlink_to("file")
        os.chown(source / "owned", 1000, 1000)
        os.mkfifo(source / "fifo")
        self.mount("-t", "tmpfs", "-o", "size=1m,mode=755", "below", source / "tree/sub")
        self.mount("-t", "tmpfs", "-o", "size=1m,nosuid,nodev,noexec,ro,noatime,mode=755", "locked", source / "locked")
        return source

    def start_helpers(self):
        """Paths of namespaces to join, by name."""
        plain = self.helper("unshare", "-nimuCT", "-p", "--fork", "--propagation", "unchanged", "sleep", "100000")
        mapped = self.helper("unshare", "-U", "-niu", "sleep", "100000", forks=False)
        for kind in ("uid_map", "gid_map"):
            pathlib.Path(f"/proc/{mapped}/{kind}").write_text("0 100000 65536\n")
        paths = {kind: f"/proc/{plain}/ns/{kind}" for kind in ("net", "ipc", "mnt", "uts", "cgroup", "pid", "time")}
        paths.update({f"mapped {kind}": f"/proc/{mapped}/ns/{kind}" for kind in ("user", "net", "ipc", "uts")})
        return paths

    def helper(self, *command, forks=True):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.helpers.append(process)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        named = process.pid

        def ready():
            nonlocal named
            if forks and children.read_text().split():
                named = int(children.read_text().split()[0])
            with contextlib.suppress(OSError):
                return pathlib.Path(f"/proc/{named}/comm").read_text() == "sleep\n"
            return False

        if not oci.wait_until(ready, 10):
            raise RuntimeError(f"{command} does not come up")
        oci.RUNNING.update({process.pid, named})
        self.helpers.append(named)
        return named

    def fresh_bundle(self, config):
        self.clear_bundle()
        self.bundle.mkdir()
        subprocess.run(["cp", "-al", self.model, self.bundle / "rootfs"], check=True)
        (self.bundle / "config.json").write_text(json.dumps(config, indent=1))
        self.log.mkdir()
        self.log.chmod(0o777)

    def clear_bundle(self):
        for place in (self.bundle, self.log):
            shutil.rmtree(place, ignore_errors=True)

    def close(self):
        for process in self.helpers:
            pid = process if isinstance(process, int) else process.pid
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.helpers:
            if not isinstance(process, int):
                process.wait()
        oci.kill_children()
        for place in reversed(self.mounts):
            subprocess.run(["umount", "-l", place], capture_output=True)
        oci.remove_cgroups(str(pathlib.PurePath(self.cgroup).parent))
        shutil.rmtree(self.folder, ignore_errors=True)


class Session:
    """A command's pty or pipe ends, its output, and its exit code."""

    @staticmethod
    def on_terminal(argv, cwd):
        pid, master = pty.fork()
        if pid == 0:
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
                signal.signal(number, signal.SIG_DFL)
            os.chdir(cwd)
            os.execvp(argv[0], argv)
        oci.RUNNING.add(pid)
        seen, end, status = b"", time.monotonic() + SECONDS, None
        while status is None and time.monotonic() < end:
            seen += drain(master)
            done, raw = os.waitpid(pid, os.WNOHANG)
            if done:
                status = os.waitstatus_to_exitcode(raw)
        if status is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        seen += drain(master)
        os.close(master)
        oci.RUNNING.discard(pid)
        return oci.Result(status, seen, seen, 0, status is None)


def drain(master):
    seen = b""
    while select.select([master], [], [], 0.02)[0]:
        try:
            data = os.read(master, 1 << 16)
        except OSError:
            break
        if not data:
            break
        seen += data
    return seen


class ConsoleReceiver:
    """Receives a terminal over a console socket and reads it to its end."""

    def __init__(self, path):
        self.path, self.seen, self.message = path, b"", None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.listener.settimeout(SECONDS)
        self.thread = threading.Thread(target=self.receive, daemon=True)
        self.thread.start()

    def receive(self):
        with contextlib.suppress(OSError, ValueError):
            connection, _ = self.listener.accept()
            self.message, descriptors, _, _ = socket.recv_fds(connection, 4096, 4)
            with contextlib.suppress(OSError):
                while data := os.read(descriptors[0], 1 << 16):
                    self.seen += data
            os.close(descriptors[0])

    def close(self):
        self.thread.join(SECONDS)
        self.listener.close()
        os.unlink(self.path)


class Run:
    """One configuration under one runtime."""

    def __init__(self, world, peer, configuration):
        self.world, self.peer, self.configuration = world, peer, configuration
        self.root = world.folder / f"state-{peer.name}"

    def command(self, *arguments):
        """The command line, started by the configuration's caller."""
        argv = self.peer.argv(self.root, *arguments)
        if self.configuration.caller:
            argv = ["sh", "-c", f'{self.configuration.caller}\nexec "$@"', "caller", *argv]
        return argv

    def bounded(self, *arguments):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}
        return oci.bounded(self.command(*arguments), timeout=SECONDS, cwd=str(self.world.folder), env=environment)

    def outcome(self):
        """What the container saw, or how the runtime refused it; and what was left behind."""
        config = self.configuration.config(self.world)
        self.world.fresh_bundle(config)
        before = oci.mount_table()
        try:
            result = getattr(self, "by_" + self.configuration.mode)()
            self.bounded_plain("delete", "--force", NAME)
            left = self.left(before)
            hooks = self.hooks()
        finally:
            self.clean(before)
        return normalise.outcome(self.world, result, left, hooks)

    def bounded_plain(self, *arguments):
        return oci.bounded(self.peer.argv(self.root, *arguments), timeout=SECONDS, cwd=str(self.world.folder))

    def by_run(self):
        return self.bounded("run", *self.configuration.options, "--bundle", self.world.bundle, NAME)

    def by_terminal(self):
        return Session.on_terminal(
            self.command("run", *self.configuration.options, "--bundle", self.world.bundle, NAME), self.world.folder)

    def by_console(self):
        """A detached container whose terminal goes over the console socket."""
        receiver = ConsoleReceiver(self.world.folder / "console")
        options = ("--console-socket", receiver.path, *self.configuration.options)
        made = self.bounded("run", "--detach", *options, "--bundle", self.world.bundle, NAME)
        if made.code == 0:
            receiver.close()
            made.out = receiver.seen
        else:
            receiver.listener.shutdown(socket.SHUT_RDWR)
            receiver.close()
        return made

    def by_exec(self):
        """A container that sleeps, and the probe as a further process."""
        made = self.bounded_plain("run", "--detach", "--bundle", self.world.bundle, NAME)
        if made.code:
            return made
        options = self.configuration.exec_options(self.world)
        if "--process" in options:
            return self.bounded("exec", *options, NAME)
        return self.bounded("exec", *options, NAME, "/probe", *self.configuration.probe)

    def by_created(self):
        """`create` and `start`: the output is the container's, taken to a file that it inherits."""
        target = self.world.folder / "output"
        argv = self.command("create", *self.configuration.options, "--bundle", self.world.bundle, NAME)
        made = oci.bounded(["sh", "-c", f'exec "$@" >{shlex.quote(str(target))}', "create", *argv], timeout=SECONDS)
        if made.code == 0:
            made = self.bounded_plain("start", NAME)
            oci.wait_until(lambda: b"}\n" in target.read_bytes(), 3)
        made.out = target.read_bytes()
        target.unlink()
        return made

    def hooks(self):
        lines = []
        for file in sorted(self.world.log.glob("*")):
            lines += [json.loads(line) for line in file.read_text().splitlines()]
        return lines

    def left(self, before):
        folder = str(self.world.folder)
        return {
            "mounts": sorted(line.split()[4] for line in oci.mount_table() - before if folder in line),
            "processes": len(oci.children()),
            "cgroups": len(oci.cgroups(self.world.cgroup)),
            "state": sorted(entry.name for entry in self.root.glob("*") if NAME in entry.name),
        }

    def clean(self, before):
        oci.kill_children()
        for line in sorted(oci.mount_table() - before, reverse=True):
            if str(self.world.folder) in line:
                subprocess.run(["umount", "-l", line.split()[4]], capture_output=True)
        oci.remove_cgroups(self.world.cgroup)
        shutil.rmtree(self.root, ignore_errors=True)
        self.world.clear_bundle()
