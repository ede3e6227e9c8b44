"""What looking at a study of many trials costs: CPU seconds of each command, of a study of 10,000 trials and of 100.

    python benchmarks/studies/large_study.py [TRIALS]

The ratio says how the cost grows with the number of trials; the first figure of each line is mostly imports.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from large_study import make_large_study

FEW = 100
COMMANDS = (
    ("show",),
    ("show", "--json"),
    ("trials", "--top", "10"),
    ("trials", "--csv"),
    ("importance",),
    ("report",),
)


def measure(folder: Path, command: tuple[str, ...]) -> float:
    """CPU seconds of one call, its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    hpo = Path(sys.executable).with_name("hpo")
    subprocess.run([hpo, command[0], "large", *command[1:]], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line for each command."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as few_folder, tempfile.TemporaryDirectory() as many_folder:
        make_large_study(Path(few_folder), FEW)
        make_large_study(Path(many_folder), many)
        print(f"{'command':<20} {FEW:>8} trials {many:>8} trials    ratio")
        for command in COMMANDS:
            few, cost = measure(Path(few_folder), command), measure(Path(many_folder), command)
            print(f"{' '.join(command):<20} {few:>13.2f} s {cost:>13.2f} s {cost / few:>8.1f}")


if __name__ == "__main__":
    main()
