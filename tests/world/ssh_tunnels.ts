/**
 * Tunnels by OpenSSH, with a server, keys and a configuration of their own.
 *
 * @module
 */
import { freePort } from "../helpers/free_port.ts";
import { configuration, listening, Program, versionOf } from "./program.ts";
import type { Running, Tunnel } from "./tunnel.ts";

async function makeKey(path: string): Promise<void> {
  await new Deno.Command("ssh-keygen", {
    args: ["-q", "-t", "ed25519", "-N", "", "-f", path],
    stdin: "null",
  }).output();
}

/** A server of ssh, and the folder with the keys of both sides. */
export interface SshServer extends AsyncDisposable {
  /** The server. */
  daemon: Program;
  /** What a client needs to get in. */
  options: string[];
}

/** Starts a server behind the words of `before`. */
export async function startSshServer(
  address: string,
  port: number,
  before: readonly string[] = [],
): Promise<SshServer> {
  const keys = await Deno.makeTempDir({ prefix: "lekt-world-" });
  for (const name of ["host", "user"]) await makeKey(`${keys}/${name}`);
  // sshd wants this folder, whatever its configuration says.
  await Deno.mkdir("/run/sshd", { recursive: true });
  const text = await configuration("sshd_config", {
    "Port 22": `Port ${port}`,
    "127.0.0.1": address,
    "/etc/ssh/ssh_host_ed25519_key": `${keys}/host`,
    ".ssh/authorized_keys": `${keys}/user.pub`,
  });
  const daemon = await Program.start({
    command: [
      ...before,
      ...["/usr/sbin/sshd", "-D", "-e", "-f", "FOLDER/sshd_config"],
    ],
    files: {
      "sshd_config":
        `${text}StrictModes no\nPidFile none\nSubsystem sftp internal-sftp\n`,
    },
  });
  await daemon.says("Server listening");
  return {
    daemon,
    options: [
      ...["-F", "none", "-i", `${keys}/user`, "-o", "IdentitiesOnly=yes"],
      ...["-o", "StrictHostKeyChecking=no"],
      ...["-o", "UserKnownHostsFile=/dev/null"],
    ],
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await Deno.remove(keys, { recursive: true });
    },
  };
}

/** Starts a server, and a client with these arguments for the port that is listened on. */
async function tunnel(
  args: (port: number) => string[],
): Promise<{ running: AsyncDisposable; port: number }> {
  const [serverPort, port] = [freePort(), freePort()];
  const server = await startSshServer("127.0.0.1", serverPort);
  const client = await Program.start({
    command: [
      ...["ssh", "-N", "-p", String(serverPort), ...server.options],
      ...["-o", "ExitOnForwardFailure=yes", ...args(port), "root@127.0.0.1"],
    ],
  });
  await listening(port, `ssh (${client.output} ${server.daemon.output})`);
  return {
    port,
    running: {
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    },
  };
}

function forwarding(flag: "-L" | "-R"): Tunnel["start"] {
  return async (backend): Promise<Running> => {
    const { port, running } = await tunnel((port) => [
      flag,
      `127.0.0.1:${port}:127.0.0.1:${backend}`,
    ]);
    return {
      port,
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    };
  };
}

const version = versionOf("/usr/sbin/sshd", ["-V"]) &&
  versionOf("ssh", ["-V"], /\d+\.\d+p\d+/);

/** Tunnels by ssh. */
export const SSH_TUNNELS: readonly Tunnel[] = [
  { name: "ssh -L", version, start: forwarding("-L") },
  { name: "ssh -R", version, start: forwarding("-R") },
  {
    name: "ssh -D (SOCKS5)",
    version,
    async start() {
      const { port, running } = await tunnel((
        port,
      ) => ["-D", `127.0.0.1:${port}`]);
      return {
        options: { proxy: `socks5://127.0.0.1:${port}` },
        [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
      };
    },
  },
];
