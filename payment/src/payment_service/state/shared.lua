-- What all replicas remember together. One call of this script is one step for everybody: no other
-- replica sees the store between two lines of it.
--
-- KEYS: the names below, in this order. ARGV: the time (seconds since 1970, or nothing for the
-- store's own clock), after how many seconds an unused key expires, then any number of operations,
-- each as its name, the number of its arguments, and these. Returns one result for each.

local NAMES = {
  'numbers', 'attempts', 'attempts_order', 'hits', 'hits_order', 'answers', 'answers_order',
  'alike', 'alike_order', 'totals', 'totals_order', 'totals_sorted', 'bookings',
  'duplicates', 'journal', 'faults',
}
local key, touched = {}, {}
for at, name in ipairs(NAMES) do key[name] = KEYS[at] end

local call, pack, unpack_all = redis.call, cmsgpack.pack, cmsgpack.unpack

local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1e6
end

-- Digits enough to read the same number again; Redis would cut a number off at its point.
local function exact(number) return string.format('%.17g', number) end

local function get(hash, field)
  local found = call('HGET', key[hash], field)
  return found and unpack_all(found)
end

local function put(hash, field, value)
  touched[hash] = true
  call('HSET', key[hash], field, pack(value))
end

local function drop(hash, field)
  call('HDEL', key[hash], field)
  call('ZREM', key[hash .. '_order'], field)
end

-- Makes a field the one that was used last; returns how many had to make room.
local function used(hash, field, kept)
  local order = key[hash .. '_order']
  touched[hash], touched[hash .. '_order'], touched.numbers = true, true, true
  call('ZADD', order, call('HINCRBY', key.numbers, 'used', 1), field)
  local over = call('ZCARD', order) - tonumber(kept)
  if over <= 0 then return 0 end
  for _ = 1, over do
    local gone = call('ZPOPMIN', order)[1]
    call('HDEL', key[hash], gone)
    if key[hash .. '_sorted'] then call('ZREM', key[hash .. '_sorted'], gone) end
  end
  return over
end

-- Drops the field that was used longest ago if it is of no use any more.
local function drop_oldest(hash, useless)
  local field = call('ZRANGE', key[hash .. '_order'], 0, 0)[1]
  local found = field and get(hash, field)
  if found and useless(found) then drop(hash, field) end
end

local function count(hash, field, kept)
  local times = call('HINCRBY', key[hash], field, 1)
  used(hash, field, kept)
  return times
end

-- Adds two amounts in plain digits, exactly: a double, which is Lua's only number, is not.
local CHUNK = 14
local function plus(a, b)
  local whole_a, part_a = a:match('^(%d+)%.?(%d*)$')
  local whole_b, part_b = b:match('^(%d+)%.?(%d*)$')
  local places = math.max(#part_a, #part_b)
  local digits_a = whole_a .. part_a .. ('0'):rep(places - #part_a)
  local digits_b = whole_b .. part_b .. ('0'):rep(places - #part_b)
  local width = math.ceil(math.max(#digits_a, #digits_b) / CHUNK) * CHUNK
  digits_a = ('0'):rep(width - #digits_a) .. digits_a
  digits_b = ('0'):rep(width - #digits_b) .. digits_b
  local sum, carry = '', 0
  for at = width - CHUNK + 1, 1, -CHUNK do
    local chunk = carry + tonumber(digits_a:sub(at, at + CHUNK - 1))
      + tonumber(digits_b:sub(at, at + CHUNK - 1))
    carry = chunk >= 1e14 and 1 or 0
    sum = string.format('%014.0f', chunk - carry * 1e14) .. sum
  end
  sum = carry .. sum
  local whole = sum:sub(1, #sum - places):gsub('^0+(%d)', '%1')
  if places == 0 then return whole end
  return whole .. '.' .. sum:sub(#sum - places + 1)
end

local operations = {}

function operations.attempt(charge, kept) return count('attempts', charge, kept) end

function operations.hit(entry, kept) return count('hits', entry, kept) end

-- Unless it was counted on from there, so that no number is given out twice.
function operations.give_back(hash, field, number)
  if call('HGET', key[hash], field) ~= number then return 0 end
  if number == '1' then drop(hash, field) else call('HINCRBY', key[hash], field, -1) end
  return 0
end

function operations.permit(per_second, burst)
  per_second, burst = tonumber(per_second), tonumber(burst)
  local full_at = tonumber(call('HGET', key.numbers, 'full_at') or 0)
  full_at = math.min(math.max(full_at, now), now + burst / per_second)
  local wait = full_at - now - (burst - 1) / per_second
  if wait > 1e-6 then return exact(wait) end
  touched.numbers = true
  call('HSET', key.numbers, 'full_at', exact(full_at + 1 / per_second))
  return '0'
end

local function expired(held) return held.expires <= now end

local function living(field)
  local held = get('answers', field)
  return held and not expired(held) and held
end

local function hold(field, held, kept)
  put('answers', field, held)
  used('answers', field, kept)
  drop_oldest('answers', expired)
end

function operations.begin(field, fingerprint, owner, seconds, kept)
  local held = living(field)
  if not held then
    hold(field, {fingerprint = fingerprint, owner = owner, expires = now + seconds}, kept)
    return {'fresh'}
  end
  if held.fingerprint ~= fingerprint then return {'mismatch'} end
  return held.answer and {'saved', held.answer} or {'in_flight'}
end

function operations.save(field, fingerprint, answer, seconds, kept)
  local held = living(field)
  if held and held.fingerprint ~= fingerprint then return answer end
  if held and held.answer then return held.answer end
  hold(field, {fingerprint = fingerprint, answer = answer, expires = now + seconds}, kept)
  return answer
end

function operations.forget(field, owner)
  local held = get('answers', field)
  if held and not held.answer and held.owner == owner then drop('answers', field) end
  return 0
end

-- The charges alike: the first, and the latest if that is another one.
function operations.earlier(alike, id, window, in_flight, kept)
  local since = now - window
  local seen = get('alike', alike)
  local never_ended = seen and not seen[1].outcome and seen[1].time <= now - in_flight
  if seen and (seen[1].time <= since or never_ended) then
    table.remove(seen, 1)
    if seen[1] and seen[1].time > since then put('alike', alike, seen) else seen = nil end
  end
  if seen then
    local first = seen[1]
    return {first.id, first.outcome or '', first.reason or '', exact(now - first.time)}
  end
  put('alike', alike, {{id = id, time = now}})
  used('alike', alike, kept)
  drop_oldest('alike', function(found) return found[#found].time <= since end)
  return false
end

function operations.withdraw(alike, id)
  local seen = get('alike', alike)
  if not seen or seen[1].id ~= id or seen[1].outcome then return 0 end
  if seen[2] then put('alike', alike, {seen[2]}) else drop('alike', alike) end
  return 0
end

local function booked(alike, id, outcome, reason, kept)
  local seen = get('alike', alike)
  if not seen then return end
  if seen[1].id == id then
    seen[1].outcome, seen[1].reason = outcome, reason
  else
    seen[2] = {id = id, time = now, outcome = outcome, reason = reason}
    used('alike', alike, kept)
  end
  put('alike', alike, seen)
end

function operations.book(
  alike, id, outcome, reason, holder, amount, document, duplicate_of, kept_alike, kept
)
  local row = get('totals', holder) or {accepted = {0, '0'}, declined = {0, '0'}}
  local side = row[outcome]
  -- The one step that can fail comes before every change.
  side[1], side[2] = side[1] + 1, plus(side[2], amount)
  booked(alike, id, outcome, reason, kept_alike)
  put('totals', holder, row)
  touched.totals_sorted = true
  call('ZADD', key.totals_sorted, 0, holder)
  call('HINCRBY', key.numbers, 'forgotten', used('totals', holder, kept))
  touched.bookings = true
  local entry = call('XADD', key.bookings, 'MAXLEN', kept, '*', 'd', document)
  if duplicate_of ~= '' then
    -- Under the same id, so that those that are not kept any more among all can be told.
    touched.duplicates = true
    call('XADD', key.duplicates, 'MAXLEN', kept, entry, 'd', document)
  end
  return 0
end

-- A page of them: at most `limit` in the order of their names, behind the one of the name `after`.
function operations.totals(after, limit)
  local rows = {call('HGET', key.numbers, 'forgotten') or '0'}
  local begin = after == '' and '-' or '(' .. after
  for _, holder in ipairs(call('ZRANGEBYLEX', key.totals_sorted, begin, '+', 'LIMIT', 0, limit)) do
    local row = get('totals', holder)
    local accepted, declined = row.accepted, row.declined
    table.insert(rows, {holder, accepted[1], accepted[2], declined[1], declined[2]})
  end
  return rows
end

function operations.note(document, kept)
  touched.journal = true
  call('XADD', key.journal, 'MAXLEN', kept, '*', 'd', document)
  return 0
end

local function faults()
  local living_ones = {}
  local found = call('HGETALL', key.faults)
  for at = 1, #found, 2 do
    local fault = unpack_all(found[at + 1])
    if fault.expires ~= '' and tonumber(fault.expires) <= now then
      call('HDEL', key.faults, found[at])
    else
      table.insert(living_ones, {found[at], fault.document, fault.expires})
    end
  end
  return living_ones
end

function operations.set_fault(name, document, seconds, calls, kept)
  if #faults() >= tonumber(kept) and call('HEXISTS', key.faults, name) == 0 then return false end
  drop('hits', calls)
  local expires = seconds == '' and '' or exact(now + tonumber(seconds))
  put('faults', name, {document = document, expires = expires})
  return {name, document, expires}
end

operations.faults = faults

function operations.drop_fault(name, calls)
  faults()
  local dropped = call('HDEL', key.faults, name)
  if dropped == 1 then drop('hits', calls) end
  return dropped
end

function operations.reset() return call('DEL', unpack(KEYS)) end

local results, at = {}, 3
while ARGV[at] do
  local arguments = tonumber(ARGV[at + 1])
  local operation = operations[ARGV[at]]
  table.insert(results, operation(unpack(ARGV, at + 2, at + 1 + arguments)))
  at = at + 2 + arguments
end
for name in pairs(touched) do call('EXPIRE', key[name], ARGV[2]) end
return results
