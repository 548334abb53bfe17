"""Draws the benchmark's times as bars: one group a task, one bar a contender."""
from html import escape

COLOURS = {"floor": "#9aa5b1", "martlet": "#d9480f", "crun": "#4c6ef5", "runc": "#0b7285"}
OTHER = "#868e96"
WIDTH, LEFT, BAR, GAP, HEAD = 760, 90, 16, 40, 20


def draw(times, tasks, names):
    """`times` maps "task name" to {"ms": …}. The longest bar of each group fills the width."""
    parts, top = [], HEAD
    for task, title in tasks:
        bars = [(name, times[f"{task} {name}"]["ms"]) for name in names if f"{task} {name}" in times]
        if not bars:
            continue
        parts.append(f'<text class="title" x="{LEFT}" y="{top + 12}">{escape(title)}</text>')
        top += 20
        longest = max(value for _, value in bars)
        for name, value in bars:
            parts.extend(bar(name, value, top, (WIDTH - LEFT - 90) * value / longest))
            top += BAR + 4
        top += GAP - 20
    style = "text{font:13px sans-serif;fill:#495057}.title{font-weight:bold;fill:#212529}"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}">\n'
            f'<style>{style}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n")


def bar(name, value, top, length):
    colour = COLOURS.get(name, OTHER)
    yield f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(name)}</text>'
    yield f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR}" rx="2" fill="{colour}"/>'
    yield f'<text x="{LEFT + length + 6:.1f}" y="{top + 13}">{value:.2f} ms</text>'
