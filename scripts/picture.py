#!/usr/bin/env python3
"""Draws docs/modules.svg from Package.swift: the modules in layers, and which ones each imports.

    scripts/picture.py            write docs/modules.svg
    scripts/picture.py --check    fail if the file is not what would be written

An arrow points to a module that is imported. An arrow that follows from two others is left out. C libraries are named inside the box of the module that uses them.
"""
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "docs/modules.svg"
BOX_HEIGHT, GAP_X, GAP_Y, MARGIN = 46, 26, 54, 20
CHARACTER_WIDTH, PADDING = 7.4, 24


def modules():
    """Swift modules of the product in the order of Package.swift: name to (modules imported, C libraries)."""
    dump = subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    targets = [target for target in json.loads(dump)["targets"] if is_product(target)]
    names = {target["name"] for target in targets if not is_c(target)}
    found = {}
    for target in targets:
        if is_c(target):
            continue
        uses = [(dependency.get("byName") or dependency.get("target"))[0] for dependency in target["dependencies"]]
        found[target["name"]] = ([name for name in uses if name in names], [name for name in uses if name not in names])
    return found


def is_product(target):
    path = target.get("path") or ""
    return target["type"] != "test" and not path.startswith(("Benchmarks", "Tests"))


def is_c(target):
    name = target["name"]
    return target["type"] == "system" or name[0] == "C" and name[1:2].isupper()


def reduced(graph):
    """Without imports that another import brings along."""
    below = {}

    def reach(name):
        if name not in below:
            below[name] = set(graph[name][0]).union(*(reach(used) for used in graph[name][0]))
        return below[name]

    return {
        name: [used for used in uses if not any(used in reach(other) for other in uses if other != used)]
        for name, (uses, _) in graph.items()
    }


def layers(graph):
    """Names by layer from the top down: each module below all that import it, and no lower than it has to be."""
    height = {}
    for name, (uses, _) in graph.items():
        height[name] = 1 + max((height[used] for used in uses), default=-1)
    for name in sorted(graph, key=lambda name: -height[name]):
        importers = [height[other] for other, (uses, _) in graph.items() if name in uses]
        height[name] = min(importers) - 1 if importers else height[name]
    rows = [[] for _ in range(max(height.values()) + 1)]
    for name in graph:
        rows[-1 - height[name]].append(name)
    return rows


def bridged(rows, edges):
    """The edges as ways from layer to layer; where one passes a layer it has a place there, which is added to the layer."""
    layer = {name: index for index, row in enumerate(rows) for name in row}
    ways = []
    for name, used in edges.items():
        for other in used:
            places = [(name, other, index) for index in range(layer[name] + 1, layer[other])]
            for place in places:
                rows[place[2]].append(place)
            ways.append([name, *places, other])
    return ways


def width(name, libraries):
    return PADDING + CHARACTER_WIDTH * max(len(name) * 1.15, len(" ".join(libraries)) * 0.8)


def ordered(rows, ways):
    """Sorts each layer so that what is joined stands near each other."""
    order = {name: index - (len(row) - 1) / 2 for row in rows for index, name in enumerate(row)}
    neighbours = {name: [] for name in order}
    for way in ways:
        for one, other in zip(way, way[1:]):
            neighbours[one].append(other)
            neighbours[other].append(one)
    for _ in range(12):
        for row in rows:
            row.sort(key=lambda name: (sum(order[other] for other in neighbours[name]) / max(1, len(neighbours[name])), str(name)))
            for index, name in enumerate(row):
                order[name] = index - (len(row) - 1) / 2


def place(graph, rows, ways):
    """Name to (x of the middle, y of the top), the widths, and the size of the whole."""
    ordered(rows, ways)
    widths = {name: width(name, graph[name][1]) if name in graph else 8 for row in rows for name in row}
    total = max(sum(widths[name] for name in row) + GAP_X * (len(row) - 1) for row in rows)
    positions, y = {}, MARGIN
    for row in rows:
        x = MARGIN + (total - sum(widths[name] for name in row) - GAP_X * (len(row) - 1)) / 2
        for name in row:
            positions[name] = (x + widths[name] / 2, y)
            x += widths[name] + GAP_X
        y += BOX_HEIGHT + GAP_Y
    return positions, widths, total + 2 * MARGIN, y - GAP_Y + MARGIN


def curve(way, positions):
    """From below the first box through the places to above the last one."""
    x, y = positions[way[0]]
    path, y = f"M{x:.0f} {y + BOX_HEIGHT:.0f}", y + BOX_HEIGHT
    for name in way[1:]:
        to, top = positions[name]
        bend = (top - y) / 2
        path += f"C{x:.0f} {y + bend:.0f} {to:.0f} {top - bend:.0f} {to:.0f} {top:.0f}"
        x, y = to, top
        if name != way[-1]:
            y = top + BOX_HEIGHT
            path += f"V{y:.0f}"
    return f'<path d="{path}" fill="none" stroke="#78909c" marker-end="url(#tip)"/>'


def drawn(graph):
    rows = layers(graph)
    ways = bridged(rows, reduced(graph))
    positions, widths, total, height = place(graph, rows, ways)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total:.0f} {height:.0f}" width="{total:.0f}" height="{height:.0f}" '
        'font-family="sans-serif">',
        "<!-- Written by scripts/picture.py from Package.swift. -->",
        "<title>The modules of Converge. An arrow points to a module that is imported.</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#78909c"/></marker></defs>',
        f'<rect width="{total:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    lines += [curve(way, positions) for way in ways]
    for name, (_, libraries) in graph.items():
        x, y = positions[name]
        lines.append(
            f'<rect x="{x - widths[name] / 2:.0f}" y="{y:.0f}" width="{widths[name]:.0f}" height="{BOX_HEIGHT}" rx="5" '
            'fill="#eceff1" stroke="#455a64"/>')
        lines.append(f'<text x="{x:.0f}" y="{y + (20 if libraries else 28):.0f}" font-size="15" text-anchor="middle">{name}</text>')
        if libraries:
            lines.append(
                f'<text x="{x:.0f}" y="{y + 37:.0f}" font-size="11" fill="#546e7a" text-anchor="middle">{" ".join(libraries)}</text>')
    return "\n".join(lines + ["</svg>", ""])


def main():
    picture = drawn(modules())
    if sys.argv[1:] == ["--check"]:
        if not OUTPUT.exists() or OUTPUT.read_text() != picture:
            sys.exit("docs/modules.svg is not drawn from this Package.swift; run scripts/picture.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        OUTPUT.write_text(picture)


if __name__ == "__main__":
    main()
