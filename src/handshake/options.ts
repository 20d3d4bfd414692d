/**
 * The options of a handshake, judged.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { DEFAULT_LIMITS } from "../base/limits.ts";
import { checkNickname } from "../base/text.ts";
import { VERSION_MINOR_MAX } from "./packets.ts";
import type { HandshakeOptions } from "./types.ts";

/** The options with their defaults; throws `INVALID_ARGUMENT` where one is not usable. */
export function resolveOptions(
  options: HandshakeOptions,
): Required<HandshakeOptions> {
  const {
    role,
    nickname,
    nowMs,
    versionMinor = 0,
    handshakeTimeoutMs = DEFAULT_LIMITS.handshakeTimeoutMs,
    decisionTimeoutMs = DEFAULT_LIMITS.decisionTimeoutMs,
  } = options;
  if (role !== "initiator" && role !== "responder") {
    throw unusable(`role is "${role}", expected "initiator" or "responder"`);
  }
  for (const ms of [nowMs, handshakeTimeoutMs, decisionTimeoutMs]) {
    if (!Number.isFinite(ms) || ms < 0) {
      throw unusable(`a time is ${ms}, expected milliseconds from 0`);
    }
  }
  if (versionMinor !== 0 && versionMinor !== VERSION_MINOR_MAX) {
    throw unusable(
      `versionMinor is ${versionMinor}, expected 0 or ${VERSION_MINOR_MAX}`,
    );
  }
  checkNickname(nickname);
  return {
    role,
    nickname,
    nowMs,
    versionMinor,
    handshakeTimeoutMs,
    decisionTimeoutMs,
  };
}

function unusable(fault: string): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot start a handshake: ${fault}`,
  );
}
