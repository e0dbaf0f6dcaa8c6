"""Benchmarks: Pollux beside other web servers, on this machine, in one run.

million      up to a million connections held, and requests on some of them
compare      every server, every workload: table, JSON, a page with charts
quick        the one-minute answer: Pollux beside nginx on a small page
micro        what the parts cost on their own (Google Benchmark)
build        installs and builds what the others need

process.py   a server as a process: started, waited for, stopped
servers.py   each server with its configuration written down
site.py      the pages that are served
workloads.py what is asked of a server, one entry each
probe.py     is that really what the server answers? Before anything is measured
load.py      one run of wrk (with wrk.lua), and what it said
h2load.py    one run of h2load, the load generator for HTTP/2
crowd.py     thousands of connections that are merely there, and a burst of them
measure.py   CPU time and memory of a server, all its processes together
machine.py   the machine's name, and its cost of a system call and of a switch (machine.cpp)
figures.py   what is measured, with units
results.py   samples, medians, ratios
history.py   the ratios of earlier runs, and what has moved
rounds.py    interleaved rounds over servers and workloads
targets.py   what Pollux wants to reach beside the others
command.py   the command line of compare and quick
table.py     the results as text
charts.py    one chart, as SVG
page.py      all of them on one page, with page.css
limits.py    the limits on the way to a million connections
holders.py   processes that hold them: servers that share a port, castors
holding.py   one run of million
limit*.cpp   the least a server can do
micro_*.cpp  the micro benchmarks
"""
