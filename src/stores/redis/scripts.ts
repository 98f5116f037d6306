/**
 * What the store asks of Redis, each in one script: nobody else's command runs in between, and all is compared and written
 * by the server's own clock. Scripts need Redis 5 (streams, and TIME before a write).
 *
 * All keys of an environment share a hash tag, so that they lie in one slot of a cluster. The lease is a hash that expires;
 * the fence, a counter that does not. Those who wait are a sorted set by order of arrival (`queue`), another one by the time
 * until which each keeps its place (`places`), and a hash of who they are (`waiters`).
 */

/** In the order in which the scripts are given them. */
export const KEYS = ['lease', 'fence', 'queue', 'places', 'waiters', 'goal'] as const;

/**
 * A lease is compared by its fence and by its run: a server that has forgotten what it was last told (a restart without
 * persistence, a failover to a replica that was behind) may give a fence out a second time. To keep even that from
 * happening, a fence that is not there begins with the time in milliseconds: more than any that was counted up from an
 * earlier time, since leases are not taken a thousand times a second for long.
 */
const PRELUDE = `
local LEASE, FENCE, QUEUE, PLACES, WAITERS, GOAL = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number) return string.format('%.0f', number) end
local function ours(fence, run)
  local lease = redis.call('HMGET', LEASE, 'fence', 'run')
  return lease[1] == fence and lease[2] == run
end
local function fields()
  return redis.call('HMGET', LEASE, 'fence', 'holder', 'doing', 'next', 'renewed', 'expires')
end
local function write(ttl, ...)
  redis.call('HSET', LEASE, 'renewed', whole(now), 'expires', whole(now + ttl), ...)
  redis.call('PEXPIRE', LEASE, ttl)
end
local function grant(run, holder, ttl)
  if redis.call('EXISTS', FENCE) == 0 then redis.call('SET', FENCE, whole(now)) end
  local fence = redis.call('INCR', FENCE)
  redis.call('DEL', LEASE)
  write(ttl, 'fence', whole(fence), 'run', run, 'holder', holder, 'doing', '', 'next', '')
end
local function forget(run)
  redis.call('ZREM', QUEUE, run)
  redis.call('ZREM', PLACES, run)
  redis.call('HDEL', WAITERS, run)
end
local function skip()
  for _, run in ipairs(redis.call('ZRANGEBYSCORE', PLACES, '-inf', whole(now))) do forget(run) end
end
local function names(last)
  local runs = last < 0 and {} or redis.call('ZRANGE', QUEUE, 0, last)
  return #runs == 0 and {} or redis.call('HMGET', WAITERS, unpack(runs))
end
`;

/** ARGV: run, holder, time to live, time for which a place is kept (0: take none). @returns [got, lease, those ahead] */
const TAKE = `
local run, holder, ttl, place = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
skip()
local first = redis.call('ZRANGE', QUEUE, 0, 0)[1]
if redis.call('EXISTS', LEASE) == 0 and (not first or first == run) then
  forget(run)
  grant(run, holder, ttl)
  return {1, fields(), {}}
end
if place > 0 then
  if not redis.call('ZSCORE', QUEUE, run) then
    local last = redis.call('ZREVRANGE', QUEUE, 0, 0, 'WITHSCORES')
    redis.call('ZADD', QUEUE, whole((last[2] or 0) + 1), run)
  end
  redis.call('ZADD', PLACES, whole(now + place), run)
  redis.call('HSET', WAITERS, run, holder)
  for _, key in ipairs({QUEUE, PLACES, WAITERS}) do
    if redis.call('PTTL', key) < place then redis.call('PEXPIRE', key, place) end
  end
end
local rank = redis.call('ZRANK', QUEUE, run) or redis.call('ZCARD', QUEUE)
return {0, fields(), names(rank - 1)}
`;

/** ARGV: run. */
const LEAVE = `
forget(ARGV[1])
if redis.call('HGET', LEASE, 'run') == ARGV[1] then redis.call('DEL', LEASE) end
return 1
`;

/** @returns [lease, those who wait] */
const LOOK = `
skip()
return {fields(), names(redis.call('ZCARD', QUEUE) - 1)}
`;

/** ARGV: fence and run of the lease that is taken away; run, holder, time to live. @returns the new lease, or nothing */
const TAKE_OVER = `
if not ours(ARGV[1], ARGV[2]) then return false end
grant(ARGV[3], ARGV[4], tonumber(ARGV[5]))
return fields()
`;

/** ARGV: fence, run, time to live, what is done, what is next. */
const RENEW = `
if not ours(ARGV[1], ARGV[2]) then return 0 end
write(tonumber(ARGV[3]), 'doing', ARGV[4], 'next', ARGV[5])
return 1
`;

/** ARGV: fence, run. */
const RELEASE = `
if ours(ARGV[1], ARGV[2]) then redis.call('DEL', LEASE) end
return 1
`;

/** ARGV: fence, run, goal; an empty one is no goal. */
const PUT_GOAL = `
if not ours(ARGV[1], ARGV[2]) then return 0 end
if ARGV[3] == '' then redis.call('DEL', GOAL) else redis.call('SET', GOAL, ARGV[3]) end
return 1
`;

const bodies = { TAKE, LEAVE, LOOK, TAKE_OVER, RENEW, RELEASE, PUT_GOAL } as const;

export type ScriptName = keyof typeof bodies;

export const SCRIPTS = Object.fromEntries(
  Object.entries(bodies).map(([name, body]) => [name, `${PRELUDE}${body}`]),
) as Readonly<Record<ScriptName, string>>;
