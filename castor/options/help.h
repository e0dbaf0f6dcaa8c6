// The text of --help.
#pragma once

namespace pollux::castor {

inline constexpr const char* kHelp = R"(Usage: castor [OPTION]... URL [URL...]
       castor [OPTION]... A -- [OPTION]... B        two targets in turns, and ratios with intervals
       castor --compare FILE.json... [--html FILE]
       castor --merge FILE.json... [--json FILE]    the results of several machines as one

Loads an HTTP or HTTPS server, and tells truly what came of it.

How much:
  -c N               clients: connections at once (1)
  -t SECONDS         for so long (10, unless -n is given)
  -n REQUESTS        so many, in all
  -j N               threads (as many as cores, no more than clients)
  -k                 keep connections alive
  -m STREAMS         with --http2: requests at once on each connection (1), as far as the server allows
  --pipeline N       requests sent ahead on each connection; implies -k
  --rate N[/s]       open loop: requests are due on a schedule, and latency counts from when they were due
  --rate N..M        a rate that goes from N to M within the time, steadily or in --steps N
  --find-rate        the largest rate at which p99 is not above --max-p99; -t is for each (3 s), -c is 64
  --until-stable     ends when the median is known to 2 %; -t is at most (60 s)
  --rounds N         of A -- B: turns of each (10), among which its time or its requests are divided
  --idle N           open N connections and hold them; no requests, unless -c is given as well
  --warmup S         not measured     --ramp S    over which the clients begin
  --timeout S        for one request (30)

What:
  -9 -1 -2 --http2   HTTP/0.9, 1.0, 1.1, 2 (1.1); 2 by ALPN, or at once where there is no TLS
  --get --head --options --trace --method M
  --header 'K: V'    --body TEXT|@FILE (POST, unless a method is given)
  --auth USER:PASSWORD   (basic)          --cookie NAME=VALUE (several: one field)
  --urls FILE        a request in each line, [WEIGHT] [METHOD] URL [BODY|@FILE]; a path is one of URL's
  --random --seed N  not in turn, but at random; the same each time (1)
  -r reload: Pragma: no-cache    -f do not wait for the reply
  -p HOST:PORT       through this proxy; http only
  --connect-to HOST:PORT:ADDR[:PORT]      connections for HOST:PORT go there; an empty one is any
  --unix PATH        to this Unix socket  -4 -6  IPv4, IPv6 alone
  --insecure         any certificate      --cacert FILE  these authorities      --resume  TLS sessions
  --source-addresses 127.0.0.1-127.0.0.20

What is good enough; exit status 1 if it is not met:
  --expect-status N  --expect-length N    --max-p99 MS    --max-errors N

What is told:
  --json FILE        --html FILE          --quiet     --latency-unit us|ms|s
  --hdr FILE         percentiles, for HdrHistogram's tools
  --csv FILE         seconds              --prometheus FILE
  --webbench         as webbench 1.5 does, options and last two lines; so does a link of that name

  --yes-this-is-my-server   addresses that are not this machine are refused without it
  -h --help          -V --version

Times take ms, s, m, h. Exit status: 0 it was measured; 1 an expectation was not met, or more than a tenth of the
requests failed and neither --max-errors nor --expect-status was given, or a report could not be written; 2 bad
usage.
)";

inline constexpr const char* kWebbenchHelp = R"(webbench [option]... URL
  -f|--force               Don't wait for reply from server.
  -r|--reload              Send reload request - Pragma: no-cache.
  -t|--time <sec>          Run benchmark for <sec> seconds. Default 30.
  -p|--proxy <server:port> Use proxy server for request.
  -c|--clients <n>         Run <n> HTTP clients at once. Default one.
  -9|--http09              Use HTTP/0.9 style requests.
  -1|--http10              Use HTTP/1.0 protocol.
  -2|--http11              Use HTTP/1.1 protocol.
  --get                    Use GET request method.
  --head                   Use HEAD request method.
  --options                Use OPTIONS request method.
  --trace                  Use TRACE request method.
  -?|-h|--help             This information.
  -V|--version             Display program version.
All other options of castor work, too: castor --help.
)";

}  // namespace pollux::castor
