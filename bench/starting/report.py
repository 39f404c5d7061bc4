"""Tables in Markdown, and whether the bars are met."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from .contenders import BARE, EMPTY
from .start import Start

#: The bar for a start's time, as a multiple of the empty init's.
_RATIO = 1.6
_DISK_MIB, _DIRECT_MIB, _IMAGE_MB = 110, 220, 80
_DIRECT = "kernel and initrd"
#: The points between which the phases lie, as the image's scripts note them in the kernel's log.
_POINTS = ["initrd", "root", "system", "boot", "QEMU"]


def report(runs: dict[str, list[Start]], sizes: dict[int, Start], image: Path) -> None:
    count = len(runs[EMPTY])
    print(f"\nSeconds from the kernel's start, medians of {count} runs each, in turn; memory at the last moment.\n")
    print("| start | kernel | drivers, root | init | system | boot | together | of the empty init | memory, MiB |")
    print("|---|---|---|---|---|---|---|---|---|")
    least = median(run.seconds for run in runs[EMPTY])
    for name, all in runs.items():
        phases = [_phase(all, index) for index in range(len(_POINTS))]
        whole = median(run.seconds for run in all)
        print(f"| {name} | {' | '.join(phases)} | **{whole:.2f}** | {whole / least:.2f} | {_used(all):.0f} |")
    print("\n| VM's memory | Linux sees | uses | macOS gets | share | predecessor, 80 % | dockur/macos, max |")
    print("|---|---|---|---|---|---|---|")
    for size, run in sizes.items():
        given = size << 10
        print(
            f"| {size} GiB | {run.total_mib:.0f} MiB | {run.used_mib:.0f} | **{run.guest_mib}** | {run.guest_mib / given:.1%} "
            f"| {run.total_mib * 0.8:.0f} | {_dockur(run.available_mib):.0f} |"
        )
    _judge(runs, least, image)


def _judge(runs: dict[str, list[Start]], least: float, image: Path) -> None:
    images = {name: all for name, all in runs.items() if name not in (EMPTY, BARE)}
    slowest = max(median(run.seconds for run in all) for all in images.values()) / least
    disk = max(_used(all) for name, all in images.items() if name != _DIRECT)
    direct = _used(images[_DIRECT])
    size = image.stat().st_size / 1e6
    bars = [
        (f"a start takes at most {_RATIO} of the empty init's time", f"{slowest:.2f}", slowest <= _RATIO),
        (f"Linux takes at most {_DISK_MIB} MiB from a disk", f"{disk:.0f}", disk <= _DISK_MIB),
        (f"and {_DIRECT_MIB} MiB from an initrd", f"{direct:.0f}", direct <= _DIRECT_MIB),
        (f"the disk has at most {_IMAGE_MB} MB", f"{size:.1f}", size <= _IMAGE_MB),
    ]
    print()
    for title, value, met in bars:
        print(f"{'pass' if met else 'FAIL'}: {title}: {value}")


def _phase(runs: list[Start], index: int) -> str:
    point = _POINTS[index]
    if not all(point in run.points for run in runs):
        return ""
    return f"{median(run.points[point] - (run.points[_POINTS[index - 1]] if index else 0) for run in runs):.2f}"


def _used(runs: list[Start]) -> float:
    return median(run.used_mib for run in runs)


def _dockur(available: float) -> float:
    """MiB that RAM_SIZE=max gives: memory.sh of qemus/qemu, with its reserve of 500 MB."""
    spare = 500_000_000 / (1 << 20)
    if available < 2 * spare:
        return available / 2
    return available - spare if available - 3 * spare < 6 * spare else available - 3 * spare
