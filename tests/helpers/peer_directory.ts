/**
 * What tests of the command with a directory share: a user's folder, and a
 * directory that runs as the command does.
 *
 * @module
 */
import { isEvent, PeerProcess } from "./peer_process.ts";

/** A user of the command, with a configuration folder of their own. */
export class TestUser implements AsyncDisposable {
  /** The folder that `XDG_CONFIG_HOME` names. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a user of whom nothing is there yet. */
  static async create(): Promise<TestUser> {
    return new TestUser(await Deno.makeTempDir({ prefix: "lekt-user-" }));
  }

  /** What a process of this user runs with. */
  get env(): Record<string, string> {
    // Not HOME: Deno has its cache there.
    return { XDG_CONFIG_HOME: this.folder };
  }

  /** Starts `peer --json` for this user. */
  start(...args: string[]): PeerProcess {
    return new PeerProcess([...args, "--json"], { env: this.env });
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Starts `peer directory` on a free port, or the one that is given, and tells its URL. It relays where `args` say so. */
export async function startPeerDirectory(
  args: readonly string[] = [],
  port = 0,
): Promise<{ directory: PeerProcess; url: string }> {
  const relaying = args.includes("--relay") ? [] : ["--no-relay"];
  const directory = new PeerProcess(
    ["directory", "--json", "--port", String(port), ...relaying, ...args],
  );
  const { url } = await directory.event("listening", isEvent("listening"));
  return { directory, url: url as string };
}

/** The status with which a directory answers about a nickname. */
export async function lookupStatus(
  url: string,
  nickname: string,
): Promise<number> {
  const answer = await fetch(`${url}/v1/peers/${nickname}`);
  await answer.body?.cancel();
  return answer.status;
}
