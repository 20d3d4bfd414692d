/**
 * What stands in front of `ws` and of a directory, and speaks HTTPS.
 *
 * @module
 */
import type { RunCertificate } from "./certificates.ts";
import { freePort } from "../helpers/free_port.ts";
import { checkDirectory } from "./directories.ts";
import { configuration, Program, type Run, versionOf } from "./program.ts";
import type { Report } from "./report.ts";
import { Ends, idle, restart, SCENARIOS } from "./scenarios.ts";
import { checkOrigins } from "./origins.ts";

/** Where everything is. */
interface Ports {
  /** HTTPS. */
  front: number;
  /** The `ws` method. */
  ws: number;
  /** The directory. */
  directory: number;
}

/** A proxy. */
interface WebProxy {
  name: string;
  /** Its version, where it is there. */
  version: string | undefined;
  /** Its configuration, as the pages have it, for these ports; with `idleS`, time limits that rule silence are so many seconds. */
  run(
    ports: Ports,
    certificate: RunCertificate,
    idleS?: number,
  ): Promise<Run>;
  /** What is lost, by scenario. */
  lost: Record<string, RegExp>;
  /** Whether silence is never too long for it. */
  hasNoIdleLimit?: boolean;
  /** Makes it read its configuration again. */
  reload?(program: Program): Promise<void>;
}

const CERTIFICATE_FILES: Record<string, string> = {
  "fullchain.pem": "cert.pem",
  "privkey.pem": "key.pem",
};

/** A server of Let's Encrypt's files has ours instead. */
function ownFiles(text: string): string {
  return text.replace(
    /\/etc\/letsencrypt\/live\/[^/]+\/(\w+\.pem)/g,
    (_, name) => CERTIFICATE_FILES[name]!,
  );
}

function limited(text: string, setting: string, idleS?: number): string {
  if (idleS === undefined) return text;
  const found = new RegExp(`(${setting}) \\d+[hms]?`);
  if (!found.test(text)) throw new Error(`there is no ${setting}`);
  return text.replace(found, `$1 ${idleS}`);
}

const NGINX: WebProxy = {
  name: "nginx",
  version: versionOf("nginx"),
  reload: (program) => Promise.resolve(program.signal("SIGHUP")),
  lost: { "idle beyond its limit": /^cut after 2 s \(TRUNCATED\)$/ },
  async run({ front, ws, directory }, { cert, key }, idleS) {
    const bob = await configuration("examples/service/nginx.conf", {
      "443 ssl": `127.0.0.1:${front} ssl`,
      "127.0.0.1:8080": `127.0.0.1:${ws}`,
    });
    const dir = await configuration("nginx_directory.conf", {
      "443 ssl http2": `127.0.0.1:${front} ssl http2`,
      "127.0.0.1:15359": `127.0.0.1:${directory}`,
    });
    // Both are one server here, as there is one address.
    const location = / {2}location [^]*\n {2}}\n/.exec(dir)![0];
    const server = bob.replace(/}\s*$/, `${location}}\n`)
      .replace(" ssl;", " ssl http2;");
    const text =
      `daemon off; pid nginx.pid; error_log stderr; user root; events {}
http { access_log off;
${ownFiles(limited(server, "proxy_read_timeout", idleS))}
}`;
    return {
      command: ["nginx", "-p", "FOLDER", "-c", "nginx.conf", "-e", "stderr"],
      files: { "nginx.conf": text, "cert.pem": cert, "key.pem": key },
      port: front,
    };
  },
};

const CADDY: WebProxy = {
  name: "Caddy",
  version: versionOf("caddy", ["version"]),
  lost: { reload: /^cut, which is told/ },
  hasNoIdleLimit: true,
  async reload(program) {
    await new Deno.Command("caddy", {
      args: ["reload", "--force", "--config", "Caddyfile"],
      cwd: program.folder,
      env: { HOME: program.folder },
    }).output();
  },
  async run({ front, ws, directory }, { cert, key }) {
    const bob = await configuration("examples/service/Caddyfile", {
      "127.0.0.1:8080": `127.0.0.1:${ws}`,
    });
    const dir = await configuration("Caddyfile_directory", {
      "127.0.0.1:15359": `127.0.0.1:${directory}`,
    });
    const inner = [bob, dir].map((text) =>
      text.trim().split("\n").slice(1, -1).join("\n")
    );
    const text = `{\n\tadmin 127.0.0.1:${freePort()}\n\tauto_https off\n}\n` +
      `https://127.0.0.1:${front} {\n\ttls cert.pem key.pem\n${
        inner.join("\n")
      }\n}\n`;
    return {
      command: ["caddy", "run", "--config", "Caddyfile"],
      files: { "Caddyfile": text, "cert.pem": cert, "key.pem": key },
      port: front,
    };
  },
};

const HAPROXY: WebProxy = {
  name: "HAProxy",
  version: versionOf("haproxy"),
  lost: { "idle beyond its limit": /^cut after 2 s \(TRUNCATED\)$/ },
  async run({ front, ws, directory }, { cert, key }, idleS) {
    const text = await configuration("haproxy.cfg", {
      ":443": `127.0.0.1:${front}`,
      "/etc/haproxy/bob.example.pem": "both.pem",
      "127.0.0.1:8080": `127.0.0.1:${ws}`,
      "127.0.0.1:15359": `127.0.0.1:${directory}`,
    });
    return {
      command: ["haproxy", "-db", "-f", "haproxy.cfg"],
      files: {
        "haproxy.cfg": limited(
          text,
          "timeout tunnel",
          idleS && idleS * 1_000,
        ),
        "both.pem": cert + key,
      },
      port: front,
    };
  },
};

const APACHE_MODULES = [
  "mpm_event",
  "authz_core",
  "ssl",
  "socache_shmcb",
  "http2",
  "proxy",
  "proxy_http",
];

const APACHE: WebProxy = {
  name: "Apache",
  version: versionOf("apache2"),
  reload: (program) => Promise.resolve(program.signal("SIGUSR1")),
  lost: { "idle beyond its limit": /^cut after 2 s \(TRUNCATED\)$/ },
  async run({ front, ws, directory }, { cert, key }, idleS) {
    const text = ownFiles(
      await configuration("apache.conf", {
        "*:443": `127.0.0.1:${front}`,
        "127.0.0.1:8080": `127.0.0.1:${ws}`,
        "127.0.0.1:15359": `127.0.0.1:${directory}`,
      }),
    );
    const modules = APACHE_MODULES.map((name) =>
      `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`
    );
    const head = [
      ...modules,
      "ServerName localhost",
      `Listen 127.0.0.1:${front}`,
      'PidFile "apache.pid"',
      "User nobody",
      "Group nogroup",
      `Timeout ${idleS ?? 60}`,
      "ErrorLog /dev/stderr",
    ];
    return {
      command: ["apache2", "-DFOREGROUND", "-d", "FOLDER", "-f", "a.conf"],
      files: {
        "a.conf": `${head.join("\n")}\n${limited(text, "ProxyTimeout", idleS)}`,
        "cert.pem": cert,
        "key.pem": key,
      },
      port: front,
    };
  },
};

const PROXIES = [NGINX, CADDY, HAPROXY, APACHE];

/** Runs everything behind every proxy. */
export async function checkWebProxies(
  report: Report,
  certificate: RunCertificate,
): Promise<void> {
  for (const proxy of PROXIES) {
    const name = `${proxy.name}, HTTPS`;
    if (!report.wants(name)) continue;
    if (proxy.version === undefined) report.skip(name, "it is not installed");
    else {
      const thing = `${name} (${proxy.version})`;
      await report.check(
        thing,
        "start",
        () => checkWebProxy(report, thing, proxy, certificate),
      );
    }
  }
}

async function checkWebProxy(
  report: Report,
  thing: string,
  proxy: WebProxy,
  certificate: RunCertificate,
): Promise<string> {
  await using ends = await Ends.open("ws://127.0.0.1:0/lekt");
  ends.options = { tls: { pinnedKey: certificate.spki } };
  const ports = { front: freePort(), ws: ends.port, directory: freePort() };
  ends.target = `wss://127.0.0.1:${ports.front}/lekt`;
  {
    await using program = await Program.start(
      await proxy.run(ports, certificate),
    );
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      await report.check(thing, name, () => scenario(ends), proxy.lost[name]);
    }
    await report.check(thing, "idle", () => idle(ends, 5_000));
    await report.check(
      thing,
      "Origin",
      () => checkOrigins(ports.front, certificate),
      proxy.lost.Origin,
    );
    await checkDirectory(report, thing, proxy.lost, ports, certificate);
    if (proxy.reload) {
      await report.check(
        thing,
        "reload",
        () => restart(ends, () => proxy.reload!(program), true),
        proxy.lost.reload,
      );
    }
    await report.check(
      thing,
      "restart",
      () => restart(ends, () => program.restart()),
      proxy.lost.restart,
    );
  }
  if (proxy.hasNoIdleLimit) return "ok";
  await using _short = await Program.start(
    await proxy.run(ports, certificate, 2),
  );
  await report.check(
    thing,
    "idle beyond its limit",
    () => idle(ends, 8_000),
    proxy.lost["idle beyond its limit"],
  );
  return "ok";
}
