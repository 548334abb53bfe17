"""What scripts/install leaves below DESTDIR, and the manual."""
import functools

from harness import *

REPOSITORY = oci.REPOSITORY


def script(name, *arguments, timeout=120, **environment):
    """Output of one of the project's scripts."""
    made = subprocess.run([REPOSITORY / "scripts" / name, *arguments], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **{key: str(value) for key, value in environment.items()}})
    check(made.returncode == 0, f"scripts/{name}: exit {made.returncode}: {made.stderr}")
    return made.stdout


@functools.cache
def installation(context):
    """A folder that everything was installed to, below /usr/local and /etc."""
    folder = context.folder / "installation"
    shutil.rmtree(folder, ignore_errors=True)
    script("install", DESTDIR=folder, PREFIX="/usr/local")
    return folder


def pages(context):
    return sorted((installation(context) / "usr/local/share/man/man8").iterdir())


def commands(context):
    """The names that help lists, but for help itself."""
    shown = context.must("--help").text.split("COMMANDS:\n")[1].split("\n\n")[0]
    return [name for name in re.findall(r"^   ([a-z][\w-]*)", shown, re.M) if name != "help"]


@case("install: every file that is named, and no other")
def every_file(context):
    folder = installation(context)
    named = script("install", "--list", PREFIX="/usr/local").split()
    equal(sorted(f"/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()), sorted(named))
    modes = {path: path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    equal([path.name for path, mode in modes.items() if mode != 0o644], ["martlet"])
    binary = folder / "usr/local/bin/martlet"
    equal((modes[binary], binary.read_bytes() == pathlib.Path(context.runtime.path).read_bytes()), (0o755, True))


@case("install: the example of a configuration is a valid one")
def example(context):
    path = installation(context) / "etc/martlet/martlet.json.example"
    context.must("--config", path, "features")
    name, bundle = context.bundle("true")
    context.must("--config", path, "run", "--bundle", bundle.path, name)


@case("manual: a page for each command, with each option of its help")
def all_options(context):
    equal({path.name for path in pages(context)}, {"martlet.8"} | {f"martlet-{name}.8" for name in commands(context)})
    for path in pages(context):
        command = path.stem.partition("-")[2]
        text = path.read_text().replace("\\-", "-")
        # What is not supported yet has a page, and answers a question for help with a failure.
        shown = context.runtime.run(*([command] if command else []), "--help").text
        options = re.findall(r"^   (--[\w-]+)", shown, re.M)
        check(options or command, f"{path.name} has no option")
        for option in options:
            check(f"\\fB{option}\\fR" in text, f"{path.name} does not name {option}")


@case("manual: every variable of the environment that the sources ask for")
def variables(context):
    sources = "\n".join(path.read_text() for path in (REPOSITORY / "Sources").rglob("*.swift"))
    named = set(re.findall(r'variable(?:\(| = )"([A-Z_]+)"', sources))
    text = (installation(context) / "usr/local/share/man/man8/martlet.8").read_text()
    section = text.split(".SH ENVIRONMENT")[1].split(".SH")[0].replace("\\fB", " ")
    equal({name for name in named if not re.search(rf"\b{name}\b", section)}, set())


@case("manual: mandoc has nothing to complain of", needs=tool("mandoc"))
def linted(context):
    made = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages(context)], capture_output=True, text=True)
    # A date would differ from build to build.
    complaints = [line for line in (made.stdout + made.stderr).splitlines() if "missing date" not in line]
    equal(complaints, [])


@case("manual: groff has nothing to complain of", needs=tool("groff"))
def formatted(context):
    for path in pages(context):
        made = subprocess.run(["groff", "-man", "-Tascii", "-P-cbou", "-wall", path], capture_output=True, text=True)
        equal((made.returncode, made.stderr), (0, ""))
        check("EXIT STATUS" in made.stdout, f"{path.name} has no exit status: {made.stdout}")


@case("bill of materials: every library of the binary, with version and licence")
def bill(context):
    text = script("bill-of-materials", SOURCE_DATE_EPOCH=0)
    bill = json.loads(text)
    names = {part["name"] for part in bill["components"]}
    equal(names, {"Swift standard library", "glibc", "libseccomp", "libcap", "yajl", "libstdc++", "libgcc"})
    check(all(part["version"] and part["licenses"] for part in bill["components"]), bill)
    equal(bill["metadata"]["timestamp"], "1970-01-01T00:00:00Z")
    equal(script("bill-of-materials", SOURCE_DATE_EPOCH=0), text)
