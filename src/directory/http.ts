/**
 * Requests to a directory: bounded in time and in size.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { TIMER_MS_MAX } from "../base/limits.ts";
import { checkSignal } from "../base/signal.ts";
import { shown } from "../base/text.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import { RECORD_SIZE_MAX } from "./limits.ts";
import { open, whyNot } from "./requests.ts";
import { readText } from "./text_body.ts";

/** What to ask for; see `RequestInit`. */
export interface DirectoryRequest {
  /** The HTTP method. Default: GET. */
  method?: string;
  /** The request's headers. */
  headers?: Record<string, string>;
  /** The signed record. */
  body?: string;
  /** Cancels the request. */
  signal?: AbortSignal | undefined;
  /** How long it may take, in milliseconds. */
  timeoutMs: number;
  /** The proxy to go through. Default: what `fetch` finds in the environment. */
  proxy?: ProxyOption | undefined;
}

/** An answer, read whole. */
export interface DirectoryAnswer {
  /** The HTTP status. */
  status: number;
  /** Its headers. */
  headers: Headers;
  /** Its body. */
  text: string;
}

/** The longest wait that a directory may ask for, in seconds. */
const RETRY_AFTER_MAX_S = 3_600;

/**
 * Asks a directory.
 *
 * @throws {LektError} `UNREACHABLE` where no answer came in time, or a proxy does not lead there; `PROTOCOL` where it is too large; the signal's reason where that fired.
 */
export async function ask(
  url: string,
  request: DirectoryRequest,
): Promise<DirectoryAnswer> {
  const { signal, timeoutMs, proxy, ...init } = request;
  checkSignal("ask the directory", signal);
  signal?.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(),
    Math.min(timeoutMs, TIMER_MS_MAX),
  );
  const either = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
  try {
    const response = await open(url, { ...init, signal: either }, proxy);
    const text = await readText(response.body, RECORD_SIZE_MAX);
    if (text === undefined) {
      throw new LektError(
        "PROTOCOL",
        `Cannot use the answer of ${url}: it has more than ${RECORD_SIZE_MAX} bytes`,
      );
    }
    return { status: response.status, headers: response.headers, text };
  } catch (cause) {
    if (cause instanceof LektError) throw cause;
    signal?.throwIfAborted();
    const state = late.signal.aborted
      ? `it did not answer within ${timeoutMs} ms`
      : whyNot(cause);
    throw unreachable(url, state, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** The error that says that a directory cannot be reached. */
export function unreachable(
  url: string,
  state: string,
  cause?: unknown,
): LektError {
  return new LektError(
    "UNREACHABLE",
    `Cannot reach the directory ${url}: ${state}`,
    cause === undefined ? {} : { cause },
  );
}

/** The members of a JSON document; none where it is no document. */
export function readDocument(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    // A proxy's page, say: the status has to do.
    return {};
  }
}

/** Whether a registration was taken. The status alone does not say so: what answers every request with a page has registered nobody. */
export function isTaken({ status, text }: DirectoryAnswer): boolean {
  const { expires } = readDocument(text);
  return status < 300 && expires !== undefined;
}

/** The `code` and the explanation of a problem document; a bare status where the answer is none. */
export function readProblem(
  answer: DirectoryAnswer,
): { code: string; detail: string } {
  const { code, detail, title } = readDocument(answer.text);
  const text = [detail, title].find((part) => typeof part === "string");
  return {
    code: typeof code === "string" ? code : "",
    detail: text === undefined
      ? `it answers with status ${answer.status}, and not as a directory does; is the address right?`
      : shown(text),
  };
}

/** How long an answer asks to wait, in milliseconds; 0 where it does not. */
export function retryAfterMs({ headers }: DirectoryAnswer): number {
  const seconds = Number(headers.get("retry-after"));
  if (!(seconds > 0)) return 0;
  return Math.min(seconds, RETRY_AFTER_MAX_S) * 1_000;
}

/** Tells whether the same request may succeed later. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
