/**
 * How requests reach a directory. Every platform has `fetch`; what only
 * programs have, `program_requests.ts` adds.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { ProxyOption } from "../transport/proxy.ts";

/** What is asked, as `RequestInit` has it. */
export interface RequestOptions {
  /** The HTTP method. Default: GET. */
  method?: string;
  /** The request's headers. */
  headers?: Record<string, string>;
  /** The request's body. */
  body?: string;
  /** Cancels the request, and the reading of the answer. */
  signal: AbortSignal;
}

/** What programs have, and web pages have not. */
export interface ProgramRequests {
  /** As `fetch`, on a connection of its own, through a proxy where one is given; redirects are errors. */
  open(
    url: string,
    options: RequestOptions,
    proxy: ProxyOption | undefined,
  ): Promise<Response>;
  /** Why `fetch` failed, in words that say what to do. */
  fetchReason(error: unknown): string;
}

let program: ProgramRequests | undefined;

/** From now on requests can do what programs can. */
export function addProgramRequests(requests: ProgramRequests): void {
  program = requests;
}

/** Opens an answer: by `fetch`, or through a proxy. */
export async function open(
  url: string,
  options: RequestOptions,
  proxy: ProxyOption | undefined,
): Promise<Response> {
  if (program) return await program.open(url, options, proxy);
  if (proxy === undefined) {
    return await fetch(url, { ...options, redirect: "error" });
  }
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot reach ${url} through a proxy: web pages have no choice of proxies; leave \`proxy\` out`,
  );
}

/** Why an answer could not be opened. */
export function whyNot(error: unknown): string {
  return program?.fetchReason(error) ??
    "the browser does not say why; does a directory run there, and may this page ask it?";
}
