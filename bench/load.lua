-- Requests for wrk: the paths in a file, one per line, a number put in place of {NUMBER} in each.
-- Arguments: the file, and the first number, or 0 to repeat the same requests.

local heads, tails, wholes = {}, {}, {}
local number, vary, turn = 0, false, 0

function init(arguments)
  number = tonumber(arguments[2])
  vary = number > 0
  for line in io.lines(arguments[1]) do
    local request = wrk.format("GET", line)
    local from, to = request:find("{NUMBER}", 1, true)
    heads[#heads + 1] = request:sub(1, from - 1)
    tails[#tails + 1] = request:sub(to + 1)
    wholes[#wholes + 1] = request:sub(1, from - 1) .. "0" .. request:sub(to + 1)
  end
end

function request()
  turn = turn % #heads + 1
  if not vary then return wholes[turn] end
  number = number + 1
  return heads[turn] .. string.format("%.0f", number) .. tails[turn]
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\n{"requests": %d, "us": %d, "p50_us": %d, "p99_us": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end
