"""The steps of `measure.py`: each is a module of its own, with a function `run` that is given the report."""
