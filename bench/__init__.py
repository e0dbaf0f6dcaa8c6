"""Benchmarks: Pollux beside other web servers, on this machine, in one run.

servers.py   how each server is started, with its configuration written down
load.py      one run of wrk, and what it said
measure.py   CPU time and memory of a server, all its processes together
rounds.py    interleaved rounds over several servers, medians and ratios
quick        the one-minute answer: Pollux beside nginx on a small page
"""
