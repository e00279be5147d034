"""The lab: the AWS services that dagc drives, in one process, on one port.

`python -m lab --port 0 --state DIR` starts it. In front stands a strict judge
(`front.py`): it routes by signing name, checks every request and every answer against
botocore's service models, keeps a journal and injects faults. Behind it stand our own
services (`services.py` lists them) and moto for the rest. `/_lab/` is the control
interface (`control.py`).
"""
