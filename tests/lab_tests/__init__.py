"""The lab's own tests.

`PYTHONPATH=tests python -m unittest discover -s tests/lab_tests` runs them all, with
the Python of the environment `lab`.
"""
