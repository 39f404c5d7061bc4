"""Tables in Markdown, and whether the bars are met."""

from __future__ import annotations

from statistics import median

from .race import Run
from .variants import BOOT, COLD, PREDECESSOR, SHELL

# Milliseconds of processor time that boot itself may take, from its start to the execve.
OWN_BUDGET = 12.0


def report(runs: dict[str, list[Run]]) -> int:
    print(f"Milliseconds, minimum / median / maximum of {len(runs[BOOT])} runs each, in turn.\n")
    print("| contender | processor time | of its own process | of children | wall time |\n|---|---|---|---|---|")
    for name, all in runs.items():
        columns = [[run.cpu for run in all], [run.own for run in all], [run.children for run in all], [run.wall for run in all]]
        print(f"| {name} | " + " | ".join(map(_spread, columns)) + " |")
    print("\n| boot to | processor time | wall time |\n|---|---|---|")
    for name in (SHELL, PREDECESSOR):
        print(f"| {name} | {_ratio(runs, name, 'cpu'):.2f} | {_ratio(runs, name, 'wall'):.2f} |")
    print("\n| step of boot | wall, median ms |\n|---|---|")
    for title in runs[BOOT][-1].steps:
        print(f"| {title} | {median(run.steps.get(title, 0) for run in runs[BOOT]):.1f} |")
    own = median(run.own for run in runs[BOOT])
    first = median(run.own for run in runs[COLD])
    bars = [
        ("less processor time than the leanest shell", _ratio(runs, SHELL, "cpu"), 1.0, "of it"),
        ("at most half of the predecessor's way", _ratio(runs, PREDECESSOR, "cpu"), 0.5, "of it"),
        (f"at most {OWN_BUDGET:g} ms of processor time in boot's own process", own, OWN_BUDGET, "ms"),
    ]
    print()
    met = True
    for title, value, bar, unit in bars:
        passed = value < bar if bar == 1.0 else value <= bar
        met = met and passed
        print(f"{'pass' if passed else 'FAIL'}: {title}: {value:.2f} {unit}")
    print(f"note: the first start, which asks QEMU what it can do, takes {first:.1f} ms in boot's own process")
    return 0 if met else 1


def _spread(values: list[float]) -> str:
    return f"{min(values):.1f} / **{median(values):.1f}** / {max(values):.1f}"


def _ratio(runs: dict[str, list[Run]], name: str, figure: str) -> float:
    """Of the medians."""
    return median(getattr(run, figure) for run in runs[BOOT]) / median(getattr(run, figure) for run in runs[name])
