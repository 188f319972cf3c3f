"""Models in supervised worker processes.

`executor` keeps the workers of one model alive and gives them work; `handle` is its hold on one of them; `worker` is
what runs in the process; `channel` is how the two talk; `output` is where what it prints goes.
"""
