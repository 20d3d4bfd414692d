/**
 * Proxies that the initiator asks to lead to the responder.
 *
 * @module
 */
import { freePort } from "../helpers/free_port.ts";
import {
  configuration,
  packageVersion,
  Program,
  type Run,
  versionOf,
} from "./program.ts";
import { HALF_CLOSE_LOST } from "./relays.ts";
import { runningProgram, type Tunnel } from "./tunnel.ts";

async function proxied(
  scheme: "socks5" | "http",
  run: (port: number) => Promise<Run>,
  login = "",
): Promise<Awaited<ReturnType<Tunnel["start"]>>> {
  const port = freePort();
  const program = await Program.start({ ...await run(port), port });
  const proxy = `${scheme}://${login}127.0.0.1:${port}`;
  return runningProgram(program, { options: { proxy } });
}

const APACHE_MODULES = [
  "mpm_event",
  "authz_core",
  "authz_host",
  "proxy",
  "proxy_connect",
];

/** Forward proxies; `proxy` of `connect` leads through them. */
export const FORWARD_PROXIES: readonly Tunnel[] = [
  {
    name: "microsocks (SOCKS5)",
    version: packageVersion("microsocks"),
    ...HALF_CLOSE_LOST,
    start: () =>
      proxied("socks5", (port) =>
        Promise.resolve({
          command: [
            ...["microsocks", "-i", "127.0.0.1", "-p", String(port)],
            ...["-u", "al", "-P", "p@w"],
          ],
        }), "al:p%40w@"),
  },
  {
    name: "tinyproxy (CONNECT)",
    version: packageVersion("tinyproxy-bin") ?? packageVersion("tinyproxy"),
    ...HALF_CLOSE_LOST,
    start: (backend) =>
      proxied("http", async (port) => ({
        command: ["tinyproxy", "-d", "-c", "tinyproxy.conf"],
        files: {
          "tinyproxy.conf": `BasicAuth al pw\n${await configuration(
            "tinyproxy.conf",
            { "8888": String(port), "15358": backend },
          )}`,
        },
      }), "al:pw@"),
  },
  {
    name: "Apache (CONNECT)",
    version: versionOf("apache2"),
    start: (backend) =>
      proxied("http", async (port) => ({
        command: ["apache2", "-DFOREGROUND", "-d", "FOLDER", "-f", "a.conf"],
        files: {
          "a.conf": [
            ...APACHE_MODULES.map((name) =>
              `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`
            ),
            "ServerName localhost",
            `Listen 127.0.0.1:${port}`,
            'PidFile "apache.pid"',
            "User nobody",
            "Group nogroup",
            "ErrorLog /dev/stderr",
            await configuration("apache_connect.conf", {
              "8888": String(port),
              "15358": backend,
            }),
          ].join("\n"),
        },
      })),
  },
];
