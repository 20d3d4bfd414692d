/**
 * Relays: they listen in the place of the responder.
 *
 * @module
 */
import { freePort } from "../helpers/free_port.ts";
import {
  configuration,
  packageVersion,
  Program,
  versionOf,
} from "./program.ts";
import { runningProgram, type Tunnel } from "./tunnel.ts";

function nginxStream(change: (text: string) => string): Tunnel["start"] {
  return async (backend) => {
    const port = freePort();
    const server = await configuration("nginx_stream.conf", {
      "15358": `127.0.0.1:${port}`,
      "127.0.0.1:15357": `127.0.0.1:${backend}`,
    });
    const text = `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; pid nginx.pid; error_log stderr; events {}
stream {
${change(server)}}`;
    const program = await Program.start({
      command: ["nginx", "-p", "FOLDER", "-c", "nginx.conf", "-e", "stderr"],
      files: { "nginx.conf": text },
      port,
    });
    return runningProgram(program, { port });
  };
}

function socat(...options: string[]): Tunnel["start"] {
  return async (backend) => {
    const port = freePort();
    const program = await Program.start({
      command: [
        "socat",
        ...options,
        `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`,
        `TCP:127.0.0.1:${backend}`,
      ],
      port,
    });
    return runningProgram(program, { port });
  };
}

/** Where the end of one direction ends both: one side may not get its own last end through. */
export const HALF_CLOSE_LOST: Pick<Tunnel, "lost"> = {
  lost: { "orderly ends": /^ok$|^the end is not clean: TRUNCATED$/ },
};

const socatVersion = versionOf("socat", ["-V"]);

/** Relays, as the pages have them, and as they come. */
export const RELAYS: readonly Tunnel[] = [
  {
    name: "nginx stream",
    version: packageVersion("libnginx-mod-stream"),
    start: nginxStream((text) => text),
  },
  {
    name: "nginx stream without proxy_half_close",
    version: packageVersion("libnginx-mod-stream"),
    start: nginxStream((text) => text.replace("proxy_half_close on;", "")),
    ...HALF_CLOSE_LOST,
  },
  {
    name: "HAProxy, mode tcp",
    version: versionOf("haproxy"),
    async start(backend) {
      const port = freePort();
      const program = await Program.start({
        command: ["haproxy", "-db", "-f", "haproxy.cfg"],
        files: {
          "haproxy.cfg": await configuration("haproxy_tcp.cfg", {
            ":15358": `127.0.0.1:${port}`,
            "127.0.0.1:15357": `127.0.0.1:${backend}`,
          }),
        },
        port,
      });
      return runningProgram(program, { port });
    },
  },
  {
    name: "socat as it comes",
    version: socatVersion,
    start: socat(),
  },
  { name: "socat -t 3600", version: socatVersion, start: socat("-t", "3600") },
  {
    name: "ncat --sh-exec",
    version: versionOf("ncat", ["--version"]),
    listens: ["tcp"],
    // It locks up when both directions are busy, and passes no end of the responder on.
    without: [
      "10,000 small both ways",
      "half-close of the listener",
      "orderly ends",
      "cut",
      "restart",
    ],
    async start(backend) {
      const port = freePort();
      const program = await Program.start({
        command: [
          ...["ncat", "-l", "-k", "127.0.0.1", String(port)],
          ...["--sh-exec", `ncat 127.0.0.1 ${backend}`],
        ],
        port,
      });
      return runningProgram(program, { port });
    },
  },
  {
    name: "nc -N and a pipe",
    version: packageVersion("netcat-openbsd"),
    listens: ["tcp"],
    // After that it hangs, and takes nobody any more.
    without: [
      "half-close of the listener",
      "abort of a message",
      "rejection",
      "orderly ends",
      "cut",
      "idle",
    ],
    async start(backend) {
      const port = freePort();
      const script =
        `mkfifo back; while :; do nc.openbsd -N -l 127.0.0.1 ${port} < back |` +
        ` nc.openbsd -N 127.0.0.1 ${backend} > back; done`;
      // It takes one connection after the other: none is wasted on a question.
      const program = await Program.start({ command: ["sh", "-c", script] });
      const { restart: _, ...running } = runningProgram(program, { port });
      return running;
    },
  },
  {
    name: "stunnel in front of the listener",
    version: packageVersion("stunnel4"),
    listens: ["tcp"],
    dials: "tls",
    async start(backend, { cert, key }) {
      const port = freePort();
      const text = await configuration("stunnel_server.conf", {
        "0.0.0.0:15358": `127.0.0.1:${port}`,
        "127.0.0.1:15357": `127.0.0.1:${backend}`,
        "/etc/stunnel/": "",
      });
      const program = await Program.start({
        command: ["stunnel4", "stunnel.conf"],
        files: {
          "stunnel.conf": `foreground = yes\npid =\n${text}`,
          "cert.pem": cert,
          "key.pem": key,
        },
        port,
      });
      return runningProgram(program, { port });
    },
  },
  {
    name: "stunnel in front of the one who dials",
    version: packageVersion("stunnel4"),
    listens: ["tls"],
    dials: "tcp",
    async start(backend, { caFile }) {
      const port = freePort();
      const text = await configuration("stunnel_client.conf", {
        "127.0.0.1:15357": `127.0.0.1:${port}`,
        "bob.example:15358": `127.0.0.1:${backend}`,
        "bob.example": "localhost",
        "/etc/stunnel/ca.pem": caFile,
      });
      const program = await Program.start({
        command: ["stunnel4", "stunnel.conf"],
        files: { "stunnel.conf": `foreground = yes\npid =\n${text}` },
        port,
      });
      return runningProgram(program, { port });
    },
  },
  {
    name: "systemd-socket-activate with systemd-socket-proxyd",
    version: packageVersion("systemd"),
    ...HALF_CLOSE_LOST,
    listens: ["unix"],
    dials: "tcp",
    async start(backend) {
      const port = freePort();
      const program = await Program.start({
        command: [
          ...["systemd-socket-activate", "-l", `127.0.0.1:${port}`],
          ...["/lib/systemd/systemd-socket-proxyd", backend],
        ],
        port,
      });
      return runningProgram(program, { port });
    },
  },
];
