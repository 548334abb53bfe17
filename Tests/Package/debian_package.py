"""The Debian package: what is in it, and that it works on a Debian that has nothing else."""
import functools

import debian_tree
from harness import *
from installed import REPOSITORY, commands, script

# Installs the package in a Debian whose changes are forgotten, in a mount namespace that ends with the shell.
CLEAN = """
set -e
mount -t tmpfs tmpfs "$WORK"
mkdir "$WORK/upper" "$WORK/work" "$WORK/root"
mount -t overlay overlay -o "lowerdir=$DEBIAN,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/root" ||
  cp -a "$DEBIAN/." "$WORK/root"
mount -t proc proc "$WORK/root/proc"
mount --rbind /sys "$WORK/root/sys"
mount --rbind /dev "$WORK/root/dev"
mount -t tmpfs tmpfs "$WORK/root/run"
cp "$PACKAGE" "$WORK/root/martlet.deb"
cp -a "$BUNDLE" "$WORK/root/bundle"
exec chroot "$WORK/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /bin/sh -ec "$1"
"""
INSIDE = """
dpkg --install /martlet.deb
dpkg --verify martlet
martlet --version
martlet spec --bundle /tmp && test -f /tmp/config.json
martlet create --bundle /bundle inside
martlet start inside
martlet exec inside echo a further process
while martlet state inside | grep -q '"running"'; do sleep 0.1; done
martlet delete inside
martlet list --quiet
dpkg --purge martlet
test ! -e /usr/bin/martlet && test ! -e /etc/martlet && test ! -e /usr/share/doc/martlet && echo purged
"""


@functools.cache
def package(context, folder="packages"):
    return pathlib.Path(script("package-deb", context.folder / folder, SOURCE_DATE_EPOCH=1700000000).strip())


def field(path, name):
    return oci.bounded(["dpkg-deb", "--field", path, name]).text.strip()


@case("package: fields, files and no script", needs=tool("dpkg-deb"))
def contents(context):
    path = package(context)
    version = re.search(r"version (\S+)", context.must("--version").text).group(1)
    equal((field(path, "Package"), field(path, "Version"), field(path, "Depends")), ("martlet", version, ""))
    for source in ("glibc", "libseccomp", "libcap2", "yajl"):
        matches(rf"\b{source} \(= ", field(path, "Built-Using"))
    control = context.folder / "control"
    oci.bounded(["dpkg-deb", "--control", path, control])
    equal(sorted(file.name for file in control.iterdir()), ["conffiles", "control", "md5sums"])
    listing = oci.bounded(["dpkg-deb", "--contents", path]).text
    check(all(line.split()[1] == "root/root" for line in listing.splitlines()), listing)
    names = {line.split()[5] for line in listing.splitlines()}
    documents = {f"./usr/share/doc/martlet/{name}" for name in ("copyright", "changelog.gz", "libraries/libseccomp.txt")}
    pages = {f"./usr/share/man/man8/martlet-{name}.8.gz" for name in commands(context)}
    check(names >= documents | pages | {"./usr/bin/martlet", "./etc/martlet/martlet.json.example"}, sorted(names))


@case("package: the same bytes when it is made again", needs=tool("dpkg-deb"))
def reproduced(context):
    equal(package(context).read_bytes() == package(context, "again").read_bytes(), True)


@case("package: lintian finds no error", needs=tool("lintian"))
def lintian(context):
    # One static binary is what martlet is; whose address stands there is for the packager to say.
    accepted = "statically-linked-binary,embedded-library,bogus-mail-host,bogus-mail-host-in-debian-changelog"
    made = oci.bounded(["lintian", "--allow-root", "--fail-on", "error", "--suppress-tags", accepted, package(context)],
                       timeout=120)
    check(made.code == 0, made.text + made.message)


@case("package: installed on a clean Debian it runs a container, and leaves nothing when it goes", needs=debian_tree.needs)
def on_clean_debian(context):
    _, bundle = context.bundle("sh", "-c", "sleep 2; exit 0", own_rootfs=True)
    work = context.folder / "clean"
    work.mkdir()
    environment = {**os.environ, "WORK": str(work), "DEBIAN": str(debian_tree.ROOT["path"]), "PACKAGE": str(package(context)),
                   "BUNDLE": str(bundle.path)}
    made = oci.bounded(["unshare", "--mount", "--propagation", "private", "sh", "-c", CLEAN, "sh", INSIDE],
                       timeout=120, env=environment)
    check(made.code == 0, made.text + made.message)
    for line in ("Setting up martlet", "martlet version", "a further process", "purged"):
        check(line in made.text, made.text)


def asked(context):
    """A need: whoever runs the tests has the time for two whole builds."""
    return None if os.environ.get("MARTLET_REPRODUCE") == "1" else "MARTLET_REPRODUCE is not 1: it builds twice, from nothing"


@case("release: two builds in two places are the same bytes", needs=asked)
def release(context):
    script("release", context.folder / "release", timeout=7200)
    names = sorted(path.name for path in (context.folder / "release").iterdir())
    check(len(names) == 4, names)
