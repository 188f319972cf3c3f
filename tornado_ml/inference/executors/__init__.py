"""Where a model runs. An executor loads it, pulls batches from its scheduler, and brings back what became of them.

`known` has them all. Nothing is imported here, as every worker process would wait for it.
"""
