/**
 * What runs inside Redis: one script for each act, so that each is atomic.
 *
 * Everything of a nickname is in one hash, and its key and its channel have
 * the same hash tag, so that both are in one slot of a cluster. The time is
 * the server's. `rev` rises with each change of a nickname: the server's time
 * in microseconds, or more.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** A script and the name that the server knows it by. */
export interface RedisScript {
  /** The Lua text. */
  text: string;
  /** Its SHA-1 in hexadecimal. */
  sha: string;
}

const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

const NEXT_REVISION = `
local rev = string.format('%.0f', math.max(time[1] * 1000000 + time[2], tonumber(old[5] or '0') + 1))
`;

/** KEYS: the hash. ARGV: key, seq, expires, claim, token, channel. Gives the outcome. */
export const REGISTER_SCRIPT: RedisScript = script(`
${CLOCK}
local old = redis.call('HMGET', KEYS[1], 'key', 'seq', 'claim', 'token', 'rev')
local free = not old[1] or tonumber(old[3]) <= now
if not free then
  if old[1] ~= ARGV[1] then return 'taken' end
  local seq, new = tonumber(old[2]), tonumber(ARGV[2])
  if new < seq or (new == seq and old[4] ~= ARGV[5]) then return 'stale' end
end
${NEXT_REVISION}
redis.call('HSET', KEYS[1], 'key', ARGV[1], 'seq', ARGV[2], 'expires', ARGV[3], 'claim', ARGV[4], 'token', ARGV[5], 'rev', rev)
redis.call('PEXPIREAT', KEYS[1], ARGV[4])
redis.call('SPUBLISH', ARGV[6], table.concat({rev, ARGV[1], ARGV[2], ARGV[3], ARGV[5]}, '\\n'))
return free and 'created' or 'ok'
`);

/** KEYS: the hash. ARGV: key, seq, channel. Gives the outcome. */
export const UNREGISTER_SCRIPT: RedisScript = script(`
${CLOCK}
local old = redis.call('HMGET', KEYS[1], 'key', 'seq', 'claim', 'token', 'rev')
if not old[1] or tonumber(old[3]) <= now then return 'absent' end
if old[1] ~= ARGV[1] then return 'taken' end
local seq, new = tonumber(old[2]), tonumber(ARGV[2])
if new < seq or (new == seq and old[4]) then return 'stale' end
if new == seq then return 'absent' end
${NEXT_REVISION}
redis.call('HSET', KEYS[1], 'seq', ARGV[2], 'rev', rev)
if not old[4] then return 'absent' end
redis.call('HDEL', KEYS[1], 'token')
redis.call('SPUBLISH', ARGV[3], rev)
return 'ok'
`);

/** KEYS: the hash. Gives rev, and, where there is a registration, key, seq, expires and token. */
export const LOOKUP_SCRIPT: RedisScript = script(`#!lua flags=no-writes
${CLOCK}
local is = redis.call('HMGET', KEYS[1], 'rev', 'key', 'seq', 'expires', 'token')
if not is[5] or tonumber(is[4]) <= now then return {is[1] or '0'} end
return is
`);

function script(text: string): RedisScript {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}
