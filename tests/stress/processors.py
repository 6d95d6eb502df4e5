"""Run every notebook as other processors would, each time against its stored outputs.

    .venv/bin/python tests/stress/processors.py [SETTING ...]      (all of them without a name)

Libraries choose their code by the processor, and codes differ in the last digit. A setting makes
them choose as on another one; "nudge" moves log densities by one unit in the last place instead.
What differs is told with its page, its cell and the two texts. A setting that this processor
cannot take is told as such.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from numpy._core._multiarray_umath import __cpu_dispatch__ as dispatched
from numpy._core._multiarray_umath import __cpu_features__ as features

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "site"))

import listing  # noqa: E402

NUDGE = ROOT / "tests" / "stress" / "nudge"
#: NumPy's names: one for a level since 2.4, before that one for each feature.
LEVELS = {"X86_V4": r"X86_V4|AVX512.*", "X86_V3": r"X86_V3|AVX2|FMA3"}
#: OpenBLAS's names, and what a processor needs to run that code.
CORES = {"SkylakeX": "AVX512F", "Haswell": "AVX2", "Zen": "AVX2", "Nehalem": "SSE42"}
#: The last draw of the two samplers of notebook 04, to every digit.
CHAINS = """
from helpers import mcmc
import numpy as np
for sampler in mcmc.gibbs_metropolis, mcmc.collapsed:
    run = sampler([4, 2, 1], [14, 20, 19], draws=50, rng=np.random.default_rng(1), progress=False)
    print(*run["log_size"][:, -1])
"""


def settings() -> dict[str, dict[str, str] | None]:
    """Return the environment of each setting, None where this processor cannot take it."""

    def without(*levels):
        here = [x for x in dispatched if features[x]]
        names = [x for x in here if any(re.fullmatch(LEVELS[level], x) for level in levels)]
        return {"NPY_DISABLE_CPU_FEATURES": " ".join(names)} if names else None

    told = {"as it is": {}, "no V4": without("X86_V4"), "no V3, no V4": without("X86_V3", "X86_V4")}
    for core, needed in CORES.items():
        told[core] = {"OPENBLAS_CORETYPE": core} if features.get(needed) else None
    told["glibc"] = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA"}
    told["nudge"] = {"PYTHONPATH": os.pathsep.join(map(str, (NUDGE, ROOT)))}
    return told


def main(names: list[str]) -> int:
    """Print a line for each setting, and what differs; return how many differed or had no effect.

    Raises
    ------
    ValueError
        For a name that is no setting.
    """
    known = settings()
    if unknown := set(names) - set(known):
        raise ValueError(f"no such setting: {sorted(unknown)}; there are {list(known)}")
    usual, failed = chains({}), 0
    for name in names or known:
        if known[name] is None:
            print(f"{name:14} not on this processor", flush=True)
            continue
        moved = chains(known[name]) != usual
        told = differences(known[name])
        if name == "nudge" and not moved:
            told = "the chains are the same to the last digit: the nudge has no effect\n" + told
        failed += bool(told)
        chain = "other last digits" if moved else "the same chains"
        print(f"{name:14} {'DIFFERENT' if told else 'same text'}, {chain}", flush=True)
        if told:
            print(told, flush=True)
    return failed


def chains(setting: dict[str, str]) -> str:
    """Return the last draw of short chains under a setting, to every digit."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **setting}
    command = [sys.executable, "-W", "error", "-c", CHAINS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    return done.stdout


def differences(setting: dict[str, str]) -> str:
    """Run the notebooks under a setting; return each page and cell that differs, and the texts."""
    command = [sys.executable, "-m", "pytest", "-q", "--color=no", "--nbval"]
    command += ["--nbval-current-env", "-p", "no:cacheprovider", "--rootdir", ROOT]
    command += ["-k", "ipynb", ROOT / "tests" / "test_notebook_files.py"]  # for tests/conftest.py
    environment = {**os.environ, "PARTIAL_POOLING_QUIET": "1", "PYTHONPATH": str(ROOT), **setting}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, *listing.notebooks(ROOT)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return ""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    failures = plain.partition("= FAILURE")[2].partition("= notebook cells =")[0]
    cells = re.split(r"(?m)^(?=_+ \S+::Cell \d+ _+$)", failures)[1:]
    return "\n".join(map(shortened, cells)) or plain[-4000:] + done.stderr[-1000:]


def shortened(text: str) -> str:
    """Leave out the middle of a long account, such as a traceback."""
    lines = text.splitlines()
    return "\n".join(lines if len(lines) < 60 else [*lines[:20], "    [...]", *lines[-20:]])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
