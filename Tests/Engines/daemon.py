"""Daemons of engines: each in mount and pid namespaces of its own, with a /run of its own, so that all that it makes
ends with it."""
import signal

from harness import *

NEEDS = ["unshare", "setpriv", "catatonit"]  # the last one is the first process there: it reaps, and forwards signals
STARTED = {}


def needs(*programs):
    """A need: these programs, and what a daemon's namespaces take."""
    def look(context):
        missing = [name for name in (*NEEDS, *programs) if not shutil.which(name)]
        return f"{', '.join(missing)} not installed" if missing else None
    return look


class Daemon:
    """A running daemon. It dies with this process, and its containers with it. Programs are looked for in the folder
    `path` first."""

    def __init__(self, context, name, argv, path=""):
        self.log = context.folder / f"{name}.log"
        # Docker's daemon keeps a key in /etc/docker, whatever it is told.
        script = ('mount -t tmpfs tmpfs /run && { [ ! -d /etc/docker ] || mount -t tmpfs tmpfs /etc/docker; } &&'
                  ' exec catatonit -- "$@"')
        spaces = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "--pid", "--fork",
                  "--kill-child", "--mount-proc"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*spaces, "sh", "-c", script, name, *map(str, argv)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=context.folder, start_new_session=True,
                                            env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}".lstrip(":")})
        oci.RUNNING.add(self.process.pid)
        context.ends.append(self.stop)

    def await_answer(self, answers):
        """Waits until it serves; a machine on which it does not cannot run the case."""
        oci.wait_until(lambda: self.process.poll() is not None or answers(), 90)
        if self.process.poll() is not None or not answers():
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise Skip(f"{self.log.stem} does not start: {' '.join(last)[:300]}")

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        oci.RUNNING.discard(self.process.pid)


def once(context, start):
    """What `start` returns, called at the first use; a daemon that did not start is not tried again."""
    key = (context, start)
    if key not in STARTED:
        try:
            STARTED[key] = start(context)
        except Skip as skip:
            STARTED[key] = skip
    if isinstance(STARTED[key], Skip):
        raise STARTED[key]
    return STARTED[key]
