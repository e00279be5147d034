"""The table of operators' arguments is that of the operators of both Airflows."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import signatures


class Signatures(unittest.TestCase):
    def test_table_says_what_operators_take(self) -> None:
        made, kept = signatures.table(), signatures.TABLE.read_text(encoding="utf-8")
        stale = set(kept.splitlines()) ^ set(made.splitlines())
        self.assertEqual(sorted(stale)[:10], [], "signatures.py --write writes it anew")
        self.assertEqual(kept, made)


if __name__ == "__main__":
    unittest.main()
