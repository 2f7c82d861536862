-- How what is remembered stands in the store: hashes of packed tables or of numbers, each with an
-- order of use, so that what was used longest ago makes room. The begin of the script whose end is
-- shared.lua.
--
-- Another version of this service may have written an entry in any shape. So its shape is looked at,
-- nothing fails by it, and what cannot be read is told: its name of NAMES, and its field.

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

local unreadable = {}
local function skip(name, field) table.insert(unreadable, {name, field:sub(1, 100)}) end

local function is_text(value) return type(value) == 'string' end

local function is_number(value)
  return type(value) == 'number' and value > -1e15 and value < 1e15
end

local function is_side(side)
  local times, amount = side[1], side[2]
  return is_number(times) and times >= 0 and times % 1 == 0 and is_text(amount)
    and #amount < 1000 and amount:find('^%d+%.?%d*$') ~= nil
end

-- Ids and reasons become headers of an answer.
local function is_visible(value) return is_text(value) and value:find('^[ -~]+$') ~= nil end

local function is_charge(one)
  return type(one) == 'table' and is_visible(one.id) and is_number(one.time)
    and (one.outcome == nil or one.outcome == 'accepted' or one.outcome == 'declined')
    and (one.reason == nil or one.reason == '' or is_visible(one.reason))
end

-- All that a key without an answer has: what another version adds may be the answer.
local UNANSWERED = {fingerprint = true, owner = true, expires = true, life = true}

-- Whether an entry is as this version writes it, or as one before it did.
local FITS = {}

function FITS.answers(held)
  if not is_text(held.fingerprint) or not is_number(held.expires) then return false end
  if held.life ~= nil and not is_number(held.life) then return false end
  if held.answer ~= nil then return is_text(held.answer) end
  for name in pairs(held) do if not UNANSWERED[name] then return false end end
  return is_text(held.owner)
end

function FITS.alike(seen)
  return #seen <= 2 and is_charge(seen[1]) and (seen[2] == nil or is_charge(seen[2]))
    and (seen.accepted == nil or type(seen.accepted) == 'boolean')
end

function FITS.totals(row)
  return type(row.accepted) == 'table' and is_side(row.accepted)
    and type(row.declined) == 'table' and is_side(row.declined)
end

function FITS.faults(fault)
  return is_text(fault.document) and (fault.id == nil or is_text(fault.id))
    and (fault.life == nil or is_number(fault.life))
    and (fault.expires == '' or is_text(fault.expires) and is_number(tonumber(fault.expires)))
end

-- Returns the entry; or nothing, and whether there is one that cannot be read.
local function read(hash, field, packed)
  local done, entry, more = pcall(unpack_all, packed)
  if done and more == nil and type(entry) == 'table' and FITS[hash](entry) then return entry, false end
  skip(hash, field)
  return nil, true
end

local function get(hash, field)
  local found = call('HGET', key[hash], field)
  if not found then return nil, false end
  return read(hash, field, found)
end

local function put(hash, field, value)
  touched[hash] = true
  call('HSET', key[hash], field, pack(value))
end

local function drop(hash, field)
  call('HDEL', key[hash], field)
  call('ZREM', key[hash .. '_order'], field)
end

-- Adds to a whole number; returns nothing if there is none that can be added to.
local function increment(name, field, by)
  local sum = redis.pcall('HINCRBY', key[name], field, by)
  if is_number(sum) and sum >= by then return sum end
  local why = type(sum) == 'table' and sum.err or 'overflow'
  if not why:find('integer') and not why:find('overflow') then error(why, 0) end
  skip(name, field)
  call('HDEL', key[name], field)
end

local ORDERS = {'attempts_order', 'hits_order', 'answers_order', 'alike_order', 'totals_order'}

local function next_turn()
  local turn = increment('numbers', 'used', 1)
  if turn then return turn end
  -- Not from 1: what is used from now on would be the first to make room.
  local last = 0
  for _, order in ipairs(ORDERS) do
    local highest = tonumber(call('ZREVRANGE', key[order], 0, 0, 'WITHSCORES')[2])
    if is_number(highest) then last = math.max(last, highest) end
  end
  return call('HINCRBY', key.numbers, 'used', string.format('%.0f', last + 1))
end

local MOST_AT_ONCE = 50

-- Makes a field the one that was used last; returns how many had to make room.
local function used(hash, field, kept)
  local order = key[hash .. '_order']
  touched[hash], touched[hash .. '_order'], touched.numbers = true, true, true
  call('ZADD', order, next_turn(), field)
  local over = call('ZCARD', order) - tonumber(kept)
  if over <= 0 then return 0 end
  -- With a smaller bound than before there may be very many: a part of them each time.
  over = math.min(over, MOST_AT_ONCE)
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
  if not field then return end
  local found, cannot_be_read = get(hash, field)
  if found and useless(found) or cannot_be_read and hash ~= 'answers' then drop(hash, field) end
end

-- Adds a document to a stream under an id, `*` being the next one, and makes room as `used` does.
local function append(stream, kept, id, document)
  touched[stream] = true
  local most = math.max(tonumber(kept), call('XLEN', key[stream]) - MOST_AT_ONCE)
  local function add(under)
    return redis.pcall('XADD', key[stream], 'MAXLEN', most, under, 'd', document)
  end
  local entry = add(id)
  -- The clock may have been set back since the last one, which then has a later id.
  if entry.err and id ~= '*' then entry = add('*') end
  if entry.err then error(entry, 0) end
  return entry
end

local function count(hash, field, kept)
  local times = increment(hash, field, 1) or call('HINCRBY', key[hash], field, 1)
  used(hash, field, kept)
  return times
end

-- Says which key holds something else than this service writes, if one does.
local STREAMS = {bookings = 'stream', duplicates = 'stream', journal = 'stream'}
local function wrong_key()
  for _, name in ipairs(NAMES) do
    local wanted = STREAMS[name] or (name:find('_order$') or name:find('_sorted$')) and 'zset' or 'hash'
    local found = redis.pcall('TYPE', key[name]).ok
    if found and found ~= 'none' and found ~= wanted then
      return 'WRONGTYPE ' .. key[name] .. ' is a ' .. found
    end
  end
end
