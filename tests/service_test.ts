// The example of a service: stopped in order, and behind proxies.
import { assert, assertEquals } from "@std/assert";
import { connect, type Connection } from "../mod.ts";
import { freePort } from "./helpers/free_port.ts";
import { within } from "./helpers/deadline.ts";
import { ROOT } from "./helpers/pages.ts";
import { shownBy } from "./helpers/program_output.ts";

const DEADLINE_MS = 60_000;

/** What a proxy's configuration of the examples names. */
const BACKEND = "127.0.0.1:8080";

interface Service extends AsyncDisposable {
  process: Deno.ChildProcess;
  /** Where it listens. */
  method: string;
}

function hasProgram(name: string): boolean {
  try {
    new Deno.Command(name, { args: ["-v"], stdout: "null", stderr: "null" })
      .outputSync();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Starts the example as its first lines say, on a free port. */
async function startService(scheme = "tcp"): Promise<Service> {
  const path = scheme === "ws" ? "/lekt" : "";
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-net", "--ignore-env"],
      ...["examples/service.ts", `${scheme}://127.0.0.1:0${path}`],
    ],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).spawn();
  let isOver = false;
  process.status.then(() => isOver = true);
  const [, method] = await shownBy(process, /Listening on (\S+)\n/);
  return {
    process,
    method: method!,
    async [Symbol.asyncDispose]() {
      if (!isOver) process.kill("SIGKILL");
      await process.stdout.cancel();
      await process.status;
    },
  };
}

async function ask(connection: Connection, text: string): Promise<void> {
  await connection.send(text);
  const reply = await within(connection.receive(), "the reply");
  assertEquals(await reply?.text(), `got ${text}`);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`examples/service.ts answers, and ends in order by ${signal}`, async () => {
    await using service = await startService();
    const { process, method } = service;
    const alice = await connect(method, { nickname: "alice" });
    await ask(alice, "hello");
    process.kill(signal);
    assertEquals(await within(alice.receive(), "the end"), null);
    await alice.close();
    assertEquals((await alice.closed).clean, true);
    assertEquals((await within(process.status, "its end")).code, 0);
  });
}

const SYSTEMD = "systemd-analyze";

Deno.test({
  name: "examples/service/lekt.service is what systemd understands",
  ignore: !hasProgram(SYSTEMD),
  async fn() {
    const path = "examples/service/lekt.service";
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const folder = await Deno.makeTempDir({ prefix: "lekt-systemd-" });
    try {
      const unit = `${folder}/lekt.service`;
      // Deno may be elsewhere here.
      await Deno.writeTextFile(
        unit,
        text.replace("/usr/bin/deno", Deno.execPath()),
      );
      const { code, stderr } = await new Deno.Command(SYSTEMD, {
        args: ["verify", unit],
        signal: AbortSignal.timeout(DEADLINE_MS),
      }).output();
      // An unknown setting is a warning about the unit, and no failure.
      const warnings = new TextDecoder().decode(stderr).split("\n")
        .filter((line) => line.includes(unit));
      assertEquals([code, warnings], [0, []]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Connects as soon as the proxy listens. */
async function connectThrough(port: number): Promise<Connection> {
  const endMs = performance.now() + DEADLINE_MS;
  while (true) {
    try {
      using _ = await Deno.connect({ hostname: "127.0.0.1", port });
      break;
    } catch (error) {
      if (performance.now() > endMs) throw error;
    }
  }
  return await connect(`ws://127.0.0.1:${port}/lekt`, { nickname: "alice" });
}

/** The example's configuration, without TLS, for the ports of this test. */
const PROXIES: Record<string, (text: string, port: number) => string> = {
  "nginx.conf": (text, port) =>
    `daemon off; pid nginx.pid; error_log stderr; events {}
    http { access_log off; ${
      text.replace("443 ssl", `127.0.0.1:${port}`).replace(
        /^ *ssl_.*$/gm,
        "",
      )
    } }`,
  "Caddyfile": (text, port) =>
    `{\n\tadmin off\n\tauto_https off\n}\n${
      text.replace("bob.example", `http://127.0.0.1:${port}`)
    }`,
};

/** How each is started in a folder with its configuration. */
const COMMANDS: Record<string, string[]> = {
  "nginx.conf": ["nginx", "-p", ".", "-c", "nginx.conf"],
  "Caddyfile": ["caddy", "run", "--config", "Caddyfile"],
};

for (const [name, adapt] of Object.entries(PROXIES)) {
  const [program, ...args] = COMMANDS[name]!;
  const isMissing = !hasProgram(program!);
  if (isMissing) {
    console.warn(
      `\n*** SKIPPED: no ${program} on the PATH: nothing is tested behind it ***\n`,
    );
  }
  Deno.test({
    name: `examples/service.ts answers behind ${program}, as its page says`,
    ignore: isMissing,
    async fn() {
      await using service = await startService("ws");
      const { host } = new URL(service.method);
      const path = `examples/service/${name}`;
      const text = await Deno.readTextFile(new URL(path, ROOT));
      assert(text.includes(BACKEND));
      const folder = await Deno.makeTempDir({ prefix: "lekt-proxy-" });
      const port = freePort();
      await Deno.writeTextFile(
        `${folder}/${name}`,
        adapt(text.replace(BACKEND, host), port),
      );
      const proxy = new Deno.Command(program!, {
        args,
        cwd: folder,
        env: { HOME: folder },
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        const alice = await within(connectThrough(port), "to connect");
        await ask(alice, "hello");
        await ask(alice, "x".repeat(300_000));
        await alice.close();
      } finally {
        proxy.kill("SIGTERM");
        await proxy.status;
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
