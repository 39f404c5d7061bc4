"""Tables in Markdown, and whether the bars are met."""

from __future__ import annotations

from statistics import median

from .race import Run
from .variants import BOOT, COLD, EARLIER, PREDECESSOR, REPLACING, SERVED, SHELL

# Milliseconds of processor time that boot itself may take, from its start to the execve.
OWN_BUDGET = 12.0


def report(runs: dict[str, list[Run]]) -> None:
    print(f"Milliseconds, minimum / median / maximum of {len(runs[BOOT])} runs each, in turn.\n")
    print("| contender | processor time | of its own process | of children | wall time |\n|---|---|---|---|---|")
    for name, all in runs.items():
        columns = [[run.cpu for run in all], [run.own for run in all], [run.children for run in all], [run.wall for run in all]]
        print(f"| {name} | " + " | ".join(map(_spread, columns)) + " |")
    print("\n| boot to | processor time | wall time |\n|---|---|---|")
    for name in [name for name in (EARLIER, SHELL, REPLACING, PREDECESSOR, SERVED) if name in runs]:
        print(f"| {name} | {_ratio(runs, name, 'cpu'):.2f} | {_ratio(runs, name, 'wall'):.2f} |")
    print("\n| step of boot | wall, median ms |\n|---|---|")
    for title in runs[BOOT][-1].steps:
        print(f"| {title} | {median(run.steps.get(title, 0) for run in runs[BOOT]):.1f} |")
    own = median(run.own for run in runs[BOOT])
    first = median(run.own for run in runs[COLD])
    # Boot's only child is the DHCP server.
    bare = own / median(run.cpu for run in runs[PREDECESSOR])
    bars = [
        *(
            (f"less processor time than the {name}", f"{_ratio(runs, name, 'cpu'):.2f} of it", _ratio(runs, name, "cpu") < 1)
            for name in (SHELL, REPLACING)
        ),
        ("at most half of the predecessor's way", f"{_ratio(runs, PREDECESSOR, 'cpu'):.2f} of it", _ratio(runs, PREDECESSOR, "cpu") <= 0.5),
        (f"at most {OWN_BUDGET:g} ms in boot's own process", f"{own:.1f} ms, {first:.1f} ms at the first start", own <= OWN_BUDGET),
    ]
    print()
    for title, value, met in bars:
        print(f"{'pass' if met else 'FAIL'}: {title}: {value}")
    print(f"note: the predecessor had no DHCP server; without its own, boot takes {bare:.2f} of the predecessor's way,")
    print(f"      and {_ratio(runs, SERVED, 'cpu'):.2f} when both start dnsmasq")


def _spread(values: list[float]) -> str:
    return f"{min(values):.1f} / **{median(values):.1f}** / {max(values):.1f}"


def _ratio(runs: dict[str, list[Run]], name: str, figure: str) -> float:
    """The ratio of the medians."""
    return median(getattr(run, figure) for run in runs[BOOT]) / median(getattr(run, figure) for run in runs[name])
