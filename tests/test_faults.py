"""The table of planted faults fits the course as it stands; `make faults` plants them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_fault_can_be_planted_and_names_a_test(monkeypatch):
    path = ROOT / "tests" / "stress" / "faults.py"
    spec = importlib.util.spec_from_file_location("faults", path)
    faults = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "faults", faults)  # dataclasses look their module up
    spec.loader.exec_module(faults)
    for fault in faults.FAULTS:
        text = (ROOT / fault.file).read_text(encoding="utf-8")
        assert fault.edit or (fault.before in text and fault.before != fault.after), fault.name
        file, _, test = fault.by.partition("::")
        if file.endswith(".ipynb"):
            assert (ROOT / file).exists(), fault.name
        else:
            tests = (ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8")
            assert f"def {test}(" in tests or not test, f"{fault.name}: no {fault.by}"
    names = [fault.name for fault in faults.FAULTS]
    assert len(names) == len(set(names))
