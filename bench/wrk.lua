-- What wrk cannot be told by its options: pipelined requests, a walk over the large site, and
-- a report with the 99.9th percentile, for programs to read.
--
--   wrk -s wrk.lua URL -- DEPTH FOLDERS FILES
--
-- DEPTH      requests sent at once on a connection
-- FOLDERS    0: all requests are for the URL's path. Otherwise each is for another page of
--            /00/000.html to /FOLDERS-1/FILES-1.html.
--
-- Requests are put together before the run begins, and response() is not defined, so that Lua
-- costs wrk nothing per request (but for the walk).

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
  io.stderr:write("ready\n") -- from here on, an interrupt ends the run and not wrk
end

function init(args)
  local depth, folders, files = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
  local one = wrk.format()
  if depth > 1 then
    local all = string.rep(one, depth)
    wrk.format = function() return all end
  end
  if folders > 0 then
    local parts = { one:match("^(GET )%S+(.*)$") }
    local pages = folders * files
    local at = (number or 0) * 7919
    function request()
      at = (at + 7919) % pages -- a prime: visits every page, and no two in a row are neighbours
      return string.format("%s/%02d/%03d.html%s", parts[1], at % folders, math.floor(at / folders), parts[2])
    end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nJSON {"requests": %d, "octets": %d, "microseconds": %d, "connect": %d, "read": %d, "write": %d, ' ..
    '"timeout": %d, "status": %d, "p50": %d, "p90": %d, "p99": %d, "p999": %d}\n',
    summary.requests, summary.bytes, summary.duration, errors.connect, errors.read, errors.write,
    errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency:percentile(99.9)))
end
