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

/** Starts a server, and a client with these arguments for the port that is listened on. */
async function tunnel(
  args: (port: number) => string[],
): Promise<{ running: AsyncDisposable; port: number }> {
  const [server, port] = [freePort(), freePort()];
  const keys = await Deno.makeTempDir({ prefix: "lekt-world-" });
  for (const name of ["host", "user"]) await makeKey(`${keys}/${name}`);
  // sshd wants this folder, whatever its configuration says.
  await Deno.mkdir("/run/sshd", { recursive: true });
  const text = await configuration("sshd_config", {
    "Port 22": `Port ${server}`,
    "/etc/ssh/ssh_host_ed25519_key": `${keys}/host`,
    ".ssh/authorized_keys": `${keys}/user.pub`,
  });
  const daemon = await Program.start({
    command: ["/usr/sbin/sshd", "-D", "-e", "-f", "FOLDER/sshd_config"],
    files: { "sshd_config": `${text}StrictModes no\nPidFile none\n` },
    port: server,
  });
  const client = await Program.start({
    command: [
      ...[
        "ssh",
        "-N",
        "-F",
        "none",
        "-p",
        String(server),
        "-i",
        `${keys}/user`,
      ],
      ...[
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
      ],
      ...["-o", "ExitOnForwardFailure=yes", "-o", "IdentitiesOnly=yes"],
      ...args(port),
      "root@127.0.0.1",
    ],
  });
  await listening(port, `ssh (${client.output} ${daemon.output})`);
  return {
    port,
    running: {
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await daemon[Symbol.asyncDispose]();
        await Deno.remove(keys, { recursive: true });
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
