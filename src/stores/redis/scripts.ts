/**
 * The operations of the store as Redis scripts: a script is atomic, and uses the server's clock. They need Redis 5 (streams, and
 * TIME before a write).
 *
 * All keys of an environment share a hash tag, so that they are in one slot of a cluster. The lease is a hash that expires, the
 * fence a counter that does not. The queue is a sorted set by order of arrival (`queue`), one by expiry of the place (`places`),
 * and a hash of the holders (`waiters`).
 */

/** In the order that the scripts expect. */
export const KEYS = ['lease', 'fence', 'queue', 'places', 'waiters', 'goal', 'approval'] as const;

/**
 * A lease is identified by its fence and its run: a server that has lost its last writes (a restart without persistence, a
 * failover to a lagging replica) may issue a fence twice. To prevent even that, a missing fence starts at the time in
 * milliseconds, which exceeds any fence counted from an earlier time: leases are not granted 1,000 times a second for long.
 */
const PRELUDE = `
local LEASE, FENCE, QUEUE, PLACES, WAITERS, GOAL, APPROVAL = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function integer(number) return string.format('%.0f', number) end
local function ours(fence, run)
  local lease = redis.call('HMGET', LEASE, 'fence', 'run')
  return lease[1] == fence and lease[2] == run
end
local function fields()
  return redis.call('HMGET', LEASE, 'fence', 'holder', 'doing', 'next', 'renewed', 'expires')
end
local function write(ttl, ...)
  redis.call('HSET', LEASE, 'renewed', integer(now), 'expires', integer(now + ttl), ...)
  redis.call('PEXPIRE', LEASE, ttl)
end
local function grant(run, holder, ttl)
  if redis.call('EXISTS', FENCE) == 0 then redis.call('SET', FENCE, integer(now)) end
  local fence = redis.call('INCR', FENCE)
  redis.call('DEL', LEASE)
  write(ttl, 'fence', integer(fence), 'run', run, 'holder', holder, 'doing', '', 'next', '')
end
local function remove(run)
  redis.call('ZREM', QUEUE, run)
  redis.call('ZREM', PLACES, run)
  redis.call('HDEL', WAITERS, run)
end
local function removeExpired()
  for _, run in ipairs(redis.call('ZRANGEBYSCORE', PLACES, '-inf', integer(now))) do remove(run) end
end
local function holders(last)
  local runs = last < 0 and {} or redis.call('ZRANGE', QUEUE, 0, last)
  return #runs == 0 and {} or redis.call('HMGET', WAITERS, unpack(runs))
end
`;

/** ARGV: run, holder, time to live, time to live of a place in the queue (0: do not enqueue). @returns [granted, lease, holders ahead] */
const ACQUIRE = `
local run, holder, ttl, place = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
removeExpired()
local first = redis.call('ZRANGE', QUEUE, 0, 0)[1]
if redis.call('EXISTS', LEASE) == 0 and (not first or first == run) then
  remove(run)
  grant(run, holder, ttl)
  return {1, fields(), {}}
end
if place > 0 then
  if not redis.call('ZSCORE', QUEUE, run) then
    local last = redis.call('ZREVRANGE', QUEUE, 0, 0, 'WITHSCORES')
    redis.call('ZADD', QUEUE, integer((last[2] or 0) + 1), run)
  end
  redis.call('ZADD', PLACES, integer(now + place), run)
  redis.call('HSET', WAITERS, run, holder)
  for _, key in ipairs({QUEUE, PLACES, WAITERS}) do
    if redis.call('PTTL', key) < place then redis.call('PEXPIRE', key, place) end
  end
end
local rank = redis.call('ZRANK', QUEUE, run) or redis.call('ZCARD', QUEUE)
return {0, fields(), holders(rank - 1)}
`;

/** ARGV: run. */
const DEQUEUE = `
remove(ARGV[1])
if redis.call('HGET', LEASE, 'run') == ARGV[1] then redis.call('DEL', LEASE) end
return 1
`;

/** @returns [lease, holders in the queue] */
const READ = `
removeExpired()
return {fields(), holders(redis.call('ZCARD', QUEUE) - 1)}
`;

/** ARGV: fence and run of the lease to replace; run, holder, time to live. @returns the new lease, or nothing */
const TAKE_OVER = `
if not ours(ARGV[1], ARGV[2]) then return false end
grant(ARGV[3], ARGV[4], tonumber(ARGV[5]))
return fields()
`;

/** ARGV: fence, run, time to live, current step, next step. */
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

/** ARGV: fence, run, goal; an empty string removes the goal. */
const PUT_GOAL = `
if not ours(ARGV[1], ARGV[2]) then return 0 end
if ARGV[3] == '' then redis.call('DEL', GOAL) else redis.call('SET', GOAL, ARGV[3]) end
return 1
`;

/** ARGV: fence, run, approval. */
const PUT_APPROVAL = `
if not ours(ARGV[1], ARGV[2]) then return 0 end
redis.call('SET', APPROVAL, ARGV[3])
return 1
`;

/** ARGV: the approval as it must be, and as it is then. */
const DECIDE = `
if redis.call('GET', APPROVAL) ~= ARGV[1] then return 0 end
redis.call('SET', APPROVAL, ARGV[2])
return 1
`;

const bodies = { ACQUIRE, DEQUEUE, READ, TAKE_OVER, RENEW, RELEASE, PUT_GOAL, PUT_APPROVAL, DECIDE } as const;

export type ScriptName = keyof typeof bodies;

export const SCRIPTS = Object.fromEntries(
  Object.entries(bodies).map(([name, body]) => [name, `${PRELUDE}${body}`]),
) as Readonly<Record<ScriptName, string>>;
