-- Replays the lines of a file as requests, in their order:
--   wrk … -s replay.lua URL -- FILE GET          each line is a path with its query
--   wrk … -s replay.lua URL -- FILE POST PATH    each line is a JSON body for PATH, and each answer must be 201
-- A last argument "once" says that no line may be used twice: a round that runs out of lines says so.
-- For one wrk thread: two would replay the same lines.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

-- Requests are made before the clock starts, so that the round itself costs the load generator next to nothing.
function init(args)
  local file, method, path = args[1], args[2], args[3]
  local post = method == "POST"
  once = args[#args] == "once"
  requests, sent, unexpected, reused = {}, 0, 0, 0

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
  if once and sent > #requests then reused = reused + 1 end
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local unexpected, reused, sent = 0, 0, 0
  for _, thread in ipairs(threads) do
    unexpected = unexpected + thread:get("unexpected")
    reused = reused + thread:get("reused")
    sent = sent + thread:get("sent")
  end
  local errors = summary.errors
  io.write(string.format(
    "replayed requests=%d sent=%d microseconds=%d p50=%d p99=%d status=%d unexpected=%d reused=%d socket=%d\n",
    summary.requests, sent, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, unexpected, reused, errors.connect + errors.read + errors.write + errors.timeout))
end
