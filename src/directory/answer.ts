/**
 * Answers of the directory's HTTP interface, which any web page may read.
 *
 * @module
 */

/** Headers that a web page may read besides the usual ones. */
export const EXPOSED_HEADERS = ["ETag", "Retry-After"];

/** Any origin, no credentials: what a directory says is public. */
const OPEN_HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": EXPOSED_HEADERS.join(","),
};

/** An answer with the headers that let any web page read it. */
export function answer(
  body: BodyInit | null,
  status: number,
  headers?: Readonly<Record<string, string>>,
): Response {
  return new Response(body, {
    status,
    headers: { ...OPEN_HEADERS, ...headers },
  });
}

/** The same with a JSON body; `content-type` is `application/json` unless `headers` say otherwise. */
export function answerJson(
  value: unknown,
  status = 200,
  headers?: Readonly<Record<string, string>>,
): Response {
  return answer(JSON.stringify(value), status, {
    "content-type": "application/json",
    ...headers,
  });
}
