"""The lab's own tests: `PYTHONPATH=tests python -m unittest discover -s tests/lab_tests -t tests`."""
