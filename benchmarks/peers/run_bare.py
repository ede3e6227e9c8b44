"""The comparison's bare loop: Keras, and a `for`."""

from workload import read_workload, tell

workload = read_workload()
arrays = workload.load()
import keras  # noqa: E402, F401 - before the trials begin, as in every tuner

tell("begin")
for config in workload.configs:
    workload.train(arrays, config)
    tell("trial")
