/**
 * What a program that goes on running has printed so far.
 *
 * @module
 */

/** Reads standard output until `pattern` is in it; cancel `stdout` when the program is over. */
export async function shownBy(
  process: Deno.ChildProcess,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of process.stdout.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    const found = pattern.exec(text);
    if (found) return found;
  }
  throw new Error(`The program ended without saying ${pattern}: ${text}`);
}
