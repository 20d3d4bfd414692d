/**
 * The other process of a benchmark.
 *
 * @module
 */

/** A process that runs, and what it printed first. */
export interface ReceiverProcess<Told> {
  process: Deno.ChildProcess;
  told: Told;
}

/** Runs a script with `deno run` and these arguments, and waits for the line of JSON that says where it listens. */
export async function startReceiver<Told>(
  script: URL,
  permissions: string,
  ...args: string[]
): Promise<ReceiverProcess<Told>> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", permissions, script.href, ...args],
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (
    const piece of process.stdout.pipeThrough(new TextDecoderStream())
  ) {
    text += piece;
    if (text.endsWith("\n")) break;
  }
  return { process, told: JSON.parse(text) };
}
