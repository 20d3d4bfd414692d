/**
 * A directory's stream of events, as a client follows it.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import { readText } from "./text_body.ts";
import type { Clock } from "./clock.ts";
import { readEvents } from "./event_stream.ts";
import { isTransient, readProblem } from "./http.ts";
import { EVENT_SILENCE_MS, RECORD_SIZE_MAX } from "./limits.ts";
import { open } from "./requests.ts";

/** What a stream of events says that it is. */
const EVENTS = "text/event-stream";

/** The pauses before a new attempt, in milliseconds: from the first to the longest. */
const RETRY_MS = 250;
const RETRY_MS_MAX = 10_000;

/**
 * Follows a stream of events, through a proxy or not, again where it breaks: the signed record for
 * each registration, `undefined` where there is none; what was said last is
 * not said again.
 *
 * @throws {LektError} `PROTOCOL` where the directory refuses to be watched, or sends too much.
 */
export async function* watchPeer(
  url: string,
  clock: Clock,
  signal: AbortSignal,
  proxy?: ProxyOption,
): AsyncGenerator<string | undefined> {
  let last: string | undefined | null = null;
  let failures = 0;
  while (!signal.aborted) {
    for await (const token of attempt(url, clock, signal, proxy)) {
      failures = 0;
      if (token === last) continue;
      last = token;
      yield token;
    }
    const pause = Math.min(RETRY_MS * 2 ** failures++, RETRY_MS_MAX);
    await clock.wait(pause * (0.5 + Math.random() / 2), signal);
  }
}

/** One stream, to its end; a failure that may pass is an end too. */
async function* attempt(
  url: string,
  clock: Clock,
  signal: AbortSignal,
  proxy?: ProxyOption,
): AsyncGenerator<string | undefined> {
  const silence = new Silence(clock);
  try {
    const init = {
      headers: { accept: EVENTS },
      signal: AbortSignal.any([signal, silence.signal]),
    };
    const response = await open(url, init, proxy);
    const { status, headers } = response;
    const isStream = headers.get("content-type")?.startsWith(EVENTS);
    if (status !== 200 || !isStream) {
      const text = await readText(response.body, RECORD_SIZE_MAX) ?? "";
      if (isTransient(status)) return;
      const { detail } = readProblem({ status, headers, text });
      throw new LektError("PROTOCOL", `Cannot watch ${url}: ${detail}`);
    }
    if (response.body === null) return;
    for await (const { type, data } of readEvents(response.body)) {
      silence.broken();
      if (type === "put") yield data;
      if (type === "gone") yield undefined;
    }
  } catch (error) {
    if (error instanceof LektError && error.code !== "UNREACHABLE") throw error;
    // The connection broke, or was silent for too long, or the signal fired.
  } finally {
    silence.end();
  }
}

/** Fires when nothing was heard for too long. */
class Silence {
  #clock: Clock;
  #late = new AbortController();
  #stop!: AbortController;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begin();
  }

  get signal(): AbortSignal {
    return this.#late.signal;
  }

  broken(): void {
    this.end();
    this.#begin();
  }

  end(): void {
    this.#stop.abort();
  }

  async #begin(): Promise<void> {
    const { signal } = this.#stop = new AbortController();
    await this.#clock.wait(EVENT_SILENCE_MS, signal);
    if (!signal.aborted) this.#late.abort();
  }
}
