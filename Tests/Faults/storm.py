#!/usr/bin/env python3
"""Storms on an OCI runtime: what many commands at once do to one another.

  storm.py --runtime PATH [--rounds N] [--tools FOLDER]

- eight `create` of one id at once: exactly one wins, the others say why, nothing is left after `delete`
- four `delete --force`, one `kill` and three `exec` of one container at once: every delete succeeds
- lifecycles (create, start, exec, kill, delete), eight at a time: none fails

Prints TAP lines. Exit code 1: something failed or was left."""
import argparse
import sys
import threading

from subject import CREATE, LIMIT_SECONDS, START, Subject, oci


def together(*commands):
    """Starts commands at the same moment and returns their results in the same order."""
    results, gate = [None] * len(commands), threading.Barrier(len(commands))

    def one(index):
        gate.wait()
        results[index] = oci.bounded(commands[index], LIMIT_SECONDS)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(commands))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def race(subject):
    """Eight creators of one id."""
    container, command = subject.container("create")
    results = together(*[command] * 8)
    problems = []
    winners = [result for result in results if result.code == 0]
    if len(winners) != 1:
        problems.append(f"{len(winners)} winners")
    problems += ["a loser without a message" for result in results if result.code and not result.message]
    if container.delete().code:
        problems.append("delete failed")
    return problems + remains(container)


def collision(subject):
    """Deletes, a kill and execs of one running container."""
    container, delete = subject.container("delete")
    argv = subject.runtime.argv
    kill, execute = argv("kill", container.name, "KILL"), argv("exec", container.name, "true")
    results = together(delete, execute, delete, kill, delete, execute, delete, execute)
    deletes = [results[index] for index in (0, 2, 4, 6)]
    problems = [f"delete: {result.message}" for result in deletes if result.code]
    problems += ["hang" for result in results if result.hung]
    return problems + remains(container)


def lifecycle(subject):
    """One container from create to delete."""
    container, _ = subject.container("create")
    problems = []
    for words in (CREATE, START, ("exec", "ID", "true"), ("kill", "ID", "KILL"), ("delete", "--force", "ID")):
        result = subject.runtime.run(*map(container.fill, words), timeout=LIMIT_SECONDS)
        if result.code:
            problems.append(f"{words[0]}: {result.message}")
    left = container.leftovers(grace=0.3)
    left.pop("process", None)  # of the other lifecycles
    return problems + ([f"left: {left}"] if left else [])


def remains(container):
    left = container.leftovers(grace=0.3)
    container.clean_by_hand()
    return [f"left: {left}"] if left else []


def crowd(subject, count):
    """`count` lifecycles, eight at a time."""
    problems, numbers, lock = [], iter(range(count)), threading.Lock()

    def worker():
        while True:
            with lock:
                if next(numbers, None) is None:
                    return
            problems.extend(lifecycle(subject))

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not oci.wait_until(lambda: not oci.children()):
        problems.append("processes are left")
    return problems


def storms(subject, rounds):
    """(title, problems) of each storm."""
    for title, storm in (("same-id create races", race), ("concurrent delete, kill and exec", collision)):
        found = [problem for _ in range(rounds) for problem in storm(subject)]
        yield f"{title}, {rounds} rounds", found
    yield f"{4 * rounds} lifecycles, eight at a time", crowd(subject, 4 * rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runtime", default=str(oci.REPOSITORY / "bin/martlet"))
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--tools", help="what `sweep.py build` left")
    options = parser.parse_args()
    subject, failed = Subject(options.runtime, tools=options.tools), False
    try:
        for number, (title, problems) in enumerate(storms(subject, options.rounds), 1):
            print(f"{'not ok' if problems else 'ok'} {number} - storm: {title}", flush=True)
            for problem in sorted(set(problems))[:5]:
                print(f"# {problems.count(problem)} x {problem[:300]}")
            failed |= bool(problems)
    finally:
        subject.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
