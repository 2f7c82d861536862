-- What all replicas remember together. One call of this script is one step for everybody: no other
-- replica sees the store between two lines of it. It begins with entries.lua.
--
-- KEYS: NAMES, in their order. ARGV: the time (seconds since 1970, or nothing for the store's own
-- clock), after how many seconds an unused key expires, then any number of operations, each as its
-- name, the number of its arguments, and these. Returns one result for each, and one more with what
-- could not be read, if anything.

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
  local before = tonumber(call('HGET', key.numbers, 'full_at') or 0)
  if not before or before ~= before then
    skip('numbers', 'full_at')
    before = 0
  end
  local full_at = math.min(math.max(before, now), now + burst / per_second)
  local wait = full_at - now - (burst - 1) / per_second
  if wait <= 1e-6 then wait, full_at = 0, full_at + 1 / per_second end
  -- Also for who has to wait: a moment of another limit, or of a clock set back, is over with that.
  if full_at ~= before then
    touched.numbers = true
    call('HSET', key.numbers, 'full_at', exact(full_at))
  end
  return exact(math.min(wait, 1e9))
end

local function expired(held) return held.expires <= now end

-- Returns what is held under a key, and whether that cannot be read. No key is held for longer than
-- it was to be, also if the clock was set back.
local function living(field, unanswered_seconds)
  local held, cannot_be_read = get('answers', field)
  if not held or expired(held) then return nil, cannot_be_read end
  local life = held.life or not held.answer and tonumber(unanswered_seconds)
  if life and held.expires > now + life then
    held.expires = now + life
    put('answers', field, held)
  end
  return held, false
end

local function hold(field, held, seconds, kept)
  held.life = tonumber(seconds)
  held.expires = now + held.life
  put('answers', field, held)
  used('answers', field, kept)
  drop_oldest('answers', expired)
end

-- What cannot be read may be an answer, so its charge is not to be made again.
function operations.begin(field, fingerprint, owner, seconds, kept)
  local held, cannot_be_read = living(field, seconds)
  if cannot_be_read then return {'unreadable'} end
  if not held then
    hold(field, {fingerprint = fingerprint, owner = owner}, seconds, kept)
    return {'fresh'}
  end
  if held.fingerprint ~= fingerprint then return {'mismatch'} end
  return held.answer and {'saved', held.answer} or {'in_flight'}
end

function operations.save(field, fingerprint, answer, seconds, kept)
  local held, cannot_be_read = living(field)
  if cannot_be_read or held and held.fingerprint ~= fingerprint then return answer end
  if held and held.answer then return held.answer end
  hold(field, {fingerprint = fingerprint, answer = answer}, seconds, kept)
  return answer
end

function operations.forget(field, owner)
  local held = get('answers', field)
  if held and not held.answer and held.owner == owner then drop('answers', field) end
  return 0
end

-- The charges alike: the first, and the latest if that is another one. None of them came later than
-- now: then the clock was set back, and their window begins anew. What cannot be read is none.
-- In `accepted` is whether any of them was, also one that is not remembered any more.
local function charges_alike(alike)
  local seen, later = get('alike', alike), false
  for _, one in ipairs(seen or {}) do
    if one.time > now then one.time, later = now, true end
  end
  if later then put('alike', alike, seen) end
  return seen
end

function operations.earlier(alike, id, window, in_flight, kept)
  local since = now - window
  local seen = charges_alike(alike)
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
  local seen = charges_alike(alike)
  if not seen or seen[1].id ~= id or seen[1].outcome then return 0 end
  table.remove(seen, 1)
  if seen[1] then put('alike', alike, seen) else drop('alike', alike) end
  return 0
end

-- Returns 1 for a double: it is accepted, and so was one alike before.
local function booked(alike, id, outcome, reason, kept)
  local seen = charges_alike(alike)
  if not seen then return 0 end
  local accepted = outcome == 'accepted'
  local double = accepted and seen.accepted
  seen.accepted = seen.accepted or accepted
  if seen[1].id == id then
    seen[1].outcome, seen[1].reason = outcome, reason
  else
    seen[2] = {id = id, time = now, outcome = outcome, reason = reason}
    used('alike', alike, kept)
  end
  put('alike', alike, seen)
  return double and 1 or 0
end

-- Adds to the rows that had to make room. If nobody knows how many there were, it was one at least.
local function forget_rows(more)
  if more > 0 and not increment('numbers', 'forgotten', more) then
    call('HINCRBY', key.numbers, 'forgotten', more + 1)
  end
end

function operations.book(
  alike, id, outcome, reason, holder, amount, document, duplicate_of, kept_alike, kept
)
  local row, cannot_be_read = get('totals', holder)
  row = row or {accepted = {0, '0'}, declined = {0, '0'}}
  local side = row[outcome]
  -- The one step that can fail comes before every change.
  side[1], side[2] = side[1] + 1, plus(side[2], amount)
  local double = booked(alike, id, outcome, reason, kept_alike)
  put('totals', holder, row)
  touched.totals_sorted = true
  call('ZADD', key.totals_sorted, 0, holder)
  if cannot_be_read then forget_rows(1) end
  forget_rows(used('totals', holder, kept))
  local entry = append('bookings', kept, '*', document)
  if duplicate_of ~= '' then
    -- Under the same id, so that those that are not kept any more among all can be told.
    append('duplicates', kept, entry, document)
  end
  return double
end

-- A page of them: at most `limit` in the order of their names, behind the one of the name `after`.
-- Returns how many rows are missing in all, how many of this page, where the next one begins if
-- there may be one, and the rows.
function operations.totals(after, limit)
  local forgotten, missing = tonumber(call('HGET', key.numbers, 'forgotten') or '0'), 0
  if not is_number(forgotten) or forgotten < 0 then
    skip('numbers', 'forgotten')
    forgotten = 1
  end
  -- Rows that another version wrote without their place in the order.
  forgotten = forgotten + math.max(0, call('HLEN', key.totals) - call('ZCARD', key.totals_sorted))
  local begin = after == '' and '-' or '(' .. after
  local holders = call('ZRANGEBYLEX', key.totals_sorted, begin, '+', 'LIMIT', 0, limit)
  local rows = {}
  for _, holder in ipairs(holders) do
    local row, cannot_be_read = get('totals', holder)
    if row then
      local accepted, declined = row.accepted, row.declined
      table.insert(rows, {holder, accepted[1], accepted[2], declined[1], declined[2]})
    elseif cannot_be_read then
      missing = missing + 1
    end
  end
  local behind = #holders == tonumber(limit) and holders[#holders] or ''
  return {forgotten, missing, behind, unpack(rows)}
end

function operations.note(document, kept)
  append('journal', kept, '*', document)
  return 0
end

-- The faults that are set, each with its seconds left: other clocks need not agree with this one. It
-- has no more of them than it was set for, also if the clock was set back.
local function faults()
  local living_ones = {}
  local found = call('HGETALL', key.faults)
  for at = 1, #found, 2 do
    local name = found[at]
    local fault = read('faults', name, found[at + 1])
    local left = fault and fault.expires ~= '' and tonumber(fault.expires) - now
    if left and fault.life and left > fault.life then
      left = fault.life
      fault.expires = exact(now + left)
      put('faults', name, fault)
    end
    if left and left <= 0 then
      call('HDEL', key.faults, name)
    elseif fault then
      table.insert(living_ones, {name, fault.document, left and exact(left) or '', fault.id or ''})
    end
  end
  return living_ones
end

-- `id` is another one each time.
function operations.set_fault(name, document, seconds, id, calls, kept)
  if #faults() >= tonumber(kept) and call('HEXISTS', key.faults, name) == 0 then return false end
  drop('hits', calls)
  local life = tonumber(seconds)
  local expires = life and exact(now + life) or ''
  put('faults', name, {document = document, expires = expires, life = life, id = id})
  return {name, document, seconds, id}
end

-- Who looks after the faults looks after all keys: else a charge would find out when it has been
-- written to some of them.
function operations.faults()
  operations.check_keys()
  return faults()
end

function operations.drop_fault(name, calls)
  faults()
  local dropped = call('HDEL', key.faults, name)
  if dropped == 1 then drop('hits', calls) end
  return dropped
end

-- By its name the other replicas see that there was one.
function operations.reset(name)
  call('UNLINK', unpack(KEYS))  -- not DEL, which frees all of it before anybody else is asked
  touched = {numbers = true}
  return call('HSET', key.numbers, 'reset', name)
end

function operations.last_reset() return call('HGET', key.numbers, 'reset') or '' end

-- Whether a charge still has its key, and no other one its place as the first of the charges alike.
-- What follows is not done if not.
function operations.check(field, owner, alike, id)
  local held = field ~= '' and get('answers', field)
  local kept = field == '' or held and not held.answer and held.owner == owner
  local seen = alike ~= '' and get('alike', alike)
  return kept and (not seen or seen[1].id == id) and 'held' or 'hold lost'
end

function operations.check_keys()
  if wrong_key() then error('WRONGTYPE', 0) end
end

local function run()
  -- Changes nothing, and is refused by a server that must not be written to: a replica, one that is
  -- full or cannot save. So whoever only reads does not take such a one for the store.
  call('ZADD', key.attempts_order, 'XX', 0, '')
  local results, at = {}, 3
  while ARGV[at] do
    local arguments = tonumber(ARGV[at + 1])
    local operation = operations[ARGV[at]]
    local result = operation(unpack(ARGV, at + 2, at + 1 + arguments))
    if result ~= nil then table.insert(results, result) end
    if result == 'hold lost' then break end
    at = at + 2 + arguments
  end
  for name in pairs(touched) do call('EXPIRE', key[name], ARGV[2]) end
  if #unreadable > 0 then table.insert(results, unreadable) end
  return results
end

local done, results = pcall(run)
if done then return results end
local why = type(results) == 'table' and results.err or tostring(results)
-- Redis itself does not say which key it is.
return redis.error_reply(why:find('WRONGTYPE', 1, true) and wrong_key() or why)
