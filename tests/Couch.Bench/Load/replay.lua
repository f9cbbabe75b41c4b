-- Replays the lines of a file as requests, in their order:
--   wrk … -s replay.lua URL -- FILE GET          each line is a path with its query
--   wrk … -s replay.lua URL -- FILE POST PATH    each line is a JSON body for PATH, and each answer must be 201
-- A last argument "once" says that no line may be used twice: a round that runs out of lines is over.
-- For one wrk thread: two would replay the same lines.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long microseconds; } replay_time;
  int gettimeofday(replay_time *now, void *zone);
]]

local threads = {}

local function now()
  local time = ffi.new("replay_time")
  ffi.C.gettimeofday(time, nil)
  return tonumber(time.seconds) * 1e6 + tonumber(time.microseconds)
end

function setup(thread)
  table.insert(threads, thread)
end

-- Requests are made before the clock starts, so that the round itself costs the load generator next to nothing.
function init(args)
  local file, method, path = args[1], args[2], args[3]
  local post = method == "POST"
  once = args[#args] == "once"
  requests, sent, unexpected, began, lasted = {}, 0, 0, 0, 0

  local headers = post and { ["Content-Type"] = "application/json" } or {}
  headers["Host"] = wrk.host .. ":" .. wrk.port
  for line in io.lines(file) do
    requests[#requests + 1] = post and wrk.format(method, path, headers, line) or wrk.format(method, line, headers)
  end

  -- Only where a status is asked for: looking at every answer is dear.
  if post then
    response = function(status)
      if status ~= 201 then unexpected = unexpected + 1 end
    end
  end
end

function request()
  sent = sent + 1
  -- wrk asks for one before it starts.
  if sent == 2 then began = now() end
  if once and sent > #requests then
    sent = #requests
    if lasted == 0 then lasted = now() - began end
    -- What is returned now may still be sent; its answer is not read.
    wrk.thread:stop()
  end
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local unexpected, sent, lasted = 0, 0, 0
  for _, thread in ipairs(threads) do
    unexpected = unexpected + thread:get("unexpected")
    sent = sent + thread:get("sent")
    lasted = math.max(lasted, thread:get("lasted"))
  end
  local errors = summary.errors
  io.write(string.format(
    "replayed requests=%d sent=%d microseconds=%d p50=%d p99=%d status=%d unexpected=%d socket=%d\n",
    summary.requests, sent, lasted > 0 and lasted or summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, unexpected, errors.connect + errors.read + errors.write + errors.timeout))
end
