/**
 * The channels of this process. They are asked for when the first connection
 * is: to load them costs Deno some 15 ms, and Node and Bun nothing.
 *
 * @module
 */
import { openDiagnosticsChannel } from "../runtime/node_builtin.ts";
import { hasChannels, provideChannels } from "./channels.ts";

/** Has events published on the channels of `node:diagnostics_channel` from now on. */
export async function openDiagnostics(): Promise<void> {
  if (hasChannels()) return;
  const { channel } = await openDiagnosticsChannel();
  provideChannels((name) => channel(name));
}
