/**
 * Unix sockets where they are put: in file systems of several kinds, at long
 * paths, and between user namespaces.
 *
 * @module
 */
import type { LektError } from "../../mod.ts";
import { ROOT } from "../helpers/pages.ts";
import { shownBy } from "../helpers/program_output.ts";
import { packageVersion } from "./program.ts";
import type { Report } from "./report.ts";
import { Ends, idle, SCENARIOS } from "./scenarios.ts";

/** A kind of folder. */
interface Place {
  name: string;
  /** Why there can be none here. */
  missing?: string | undefined;
  /** Mounts it at `folder/here`; folders beside that are its own. */
  mount(folder: string): Promise<void>;
  /** What is lost, by scenario. */
  lost?: Record<string, RegExp>;
  /** What `listen` says where the file system takes no sockets. */
  refusal?: RegExp;
}

/** What the path of a socket may have. */
const PATH_SIZE_MAX = 107;

/** Bytes that go between user namespaces. */
const FILE_SIZE = 8 * 1024 * 1024;

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args })
    .output();
  if (success) return;
  throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

function notThere(name: string): string | undefined {
  return packageVersion(name) === undefined ? `no ${name}` : undefined;
}

/** The options of an overlay, of the kernel or of FUSE. */
async function layers(folder: string): Promise<string> {
  const names = ["lower", "upper", "work"];
  for (const name of names) await Deno.mkdir(`${folder}/${name}`);
  return names.map((name) => `${name}dir=${folder}/${name}`).join();
}

const PLACES: readonly Place[] = [
  {
    name: "tmpfs",
    mount: (folder) => run("mount", "-t", "tmpfs", "tmpfs", `${folder}/here`),
  },
  {
    name: "overlay",
    async mount(folder) {
      // An overlay does not stand on an overlay.
      await run("mount", "-t", "tmpfs", "tmpfs", folder);
      await Deno.mkdir(`${folder}/here`);
      const options = ["-o", await layers(folder), "overlay"];
      await run("mount", "-t", "overlay", ...options, `${folder}/here`);
    },
  },
  {
    name: "fuse-overlayfs",
    missing: notThere("fuse-overlayfs"),
    async mount(folder) {
      const options = ["-o", await layers(folder)];
      await run("fuse-overlayfs", ...options, `${folder}/here`);
    },
  },
  {
    name: "bindfs",
    missing: notThere("bindfs"),
    async mount(folder) {
      await Deno.mkdir(`${folder}/there`);
      await run("bindfs", `${folder}/there`, `${folder}/here`);
    },
  },
  {
    name: "sshfs",
    missing: notThere("sshfs") ?? notThere("openssh-sftp-server"),
    refusal: /^INVALID_ARGUMENT .*: its file system takes no sockets/,
    async mount(folder) {
      await Deno.mkdir(`${folder}/there`);
      // It speaks to the server by a pipe: what ssh would carry is the same.
      const program = `${folder}/server`;
      const text = "#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n";
      await Deno.writeTextFile(program, text, { mode: 0o700 });
      const options = ["-o", `ssh_command=${program}`, `x:${folder}/there`];
      await run("sshfs", ...options, `${folder}/here`);
    },
  },
];

/** Runs all of it. */
export async function checkUnixPlaces(report: Report): Promise<void> {
  for (const place of PLACES) {
    const name = `unix, ${place.name}`;
    if (!report.wants(name)) continue;
    if (place.missing === undefined) {
      await report.check(name, "start", () => inPlace(report, name, place));
    } else report.skip(name, place.missing);
  }
  const long = `unix, path of ${PATH_SIZE_MAX} bytes`;
  if (report.wants(long)) {
    await report.check(long, "start", async () => {
      const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
      const path = `${folder}/`.padEnd(PATH_SIZE_MAX, "s");
      try {
        await checkAt(report, long, path);
        return "ok";
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
  await checkNamespaces(report);
}

async function inPlace(
  report: Report,
  name: string,
  place: Place,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
  const here = `${folder}/here`;
  await Deno.mkdir(here);
  try {
    await place.mount(folder);
    const path = `${here}/bob`;
    if (place.refusal === undefined) {
      await checkAt(report, name, path, place.lost);
    } else {
      const { refusal } = place;
      await report.check(name, "listen", () => tryToListen(path), refusal);
    }
    return "ok";
  } finally {
    for (const each of [here, folder]) {
      await run("umount", "-l", each).catch(() => {});
    }
    await Deno.remove(folder, { recursive: true });
  }
}

async function tryToListen(path: string): Promise<string> {
  try {
    await using _ = await Ends.open(`unix:${path}`);
    return "it listens";
  } catch (error) {
    const { code, message } = error as LektError;
    return `${code} ${message}`.replace(path, "PATH");
  }
}

async function checkAt(
  report: Report,
  name: string,
  path: string,
  lost: Record<string, RegExp> = {},
): Promise<void> {
  {
    await using ends = await Ends.open(`unix:${path}`);
    for (const [scenario, of] of Object.entries(SCENARIOS)) {
      await report.check(name, scenario, () => of(ends), lost[scenario]);
    }
    await report.check(name, "idle", () => idle(ends, 5_000));
  }
  await report.check(name, "left by a crash", () => afterCrash(path));
  await report.check(
    name,
    "restart beside a conversation",
    () => restartAt(path),
  );
  await report.check(name, "the last one leaves nothing", async () => {
    const isThere = await Deno.lstat(path).then(() => true, () => false);
    return isThere ? "its file is there" : "ok";
  });
}

/** One listener ends, its conversation goes on, and another one begins at the same path. */
async function restartAt(path: string): Promise<string> {
  const first = await Ends.open(`unix:${path}`);
  const [alice, bob] = await first.connect();
  await first.listener.close();
  await using second = await Ends.open(`unix:${path}`);
  const [anna, ben] = await second.connect();
  await alice.send("the old one");
  const old = await (await bob.receive())?.text();
  await anna.send("the new one");
  const fresh = await (await ben.receive())?.text();
  await Promise.all([alice, bob].map((each) => each.close()));
  await Promise.all([anna, ben].map((each) => each.close()));
  // It must be there when the old one is long gone.
  const later = await second.connect();
  await Promise.all(later.map((each) => each.close()));
  return old === "the old one" && fresh === "the new one"
    ? "ok"
    : `heard ${old} and ${fresh}`;
}

/** A listener is killed; the next one takes its path. */
async function afterCrash(path: string): Promise<string> {
  await withListener([], path, () => Promise.resolve());
  if (!(await Deno.lstat(path)).isSocket) return "no socket was left";
  await using ends = await Ends.open(`unix:${path}`);
  return await SCENARIOS.chat!(ends);
}

/** One end in the namespaces of a container, as far as they concern sockets. */
const UNSHARE = [
  ...["unshare", "--user", "--map-root-user", "--mount", "--net"],
  ...["--pid", "--fork", "--kill-child"],
];

/** Another user, who is root in a namespace of its own. */
const STRANGER = [
  ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
  ...["unshare", "--user", "--map-root-user"],
];

async function checkNamespaces(report: Report): Promise<void> {
  const name = "unix, user namespaces";
  if (!report.wants(name)) return;
  const folder = await Deno.makeTempDir({ prefix: "lekt-world-" });
  // So that the socket's own mode is what keeps others out.
  await Deno.chmod(folder, 0o755);
  const path = `${folder}/bob`;
  try {
    await run(UNSHARE[0]!, ...UNSHARE.slice(1), "true");
    const sides = { listener: [UNSHARE, []], dialler: [[], UNSHARE] };
    for (const [side, [listens, dials]] of Object.entries(sides)) {
      await report.check(
        name,
        `the ${side} in one`,
        () => withListener(listens!, path, () => dialFrom(dials!, path)),
      );
    }
    await report.check(
      name,
      "another user, root in one",
      () => withListener([], path, () => knockFrom(STRANGER, path)),
      /^refused: .*Permission denied/,
    );
  } catch (error) {
    report.skip(name, `no user namespaces here: ${error}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Has a listener of its own process while `body` runs, and kills it. */
async function withListener<T>(
  before: readonly string[],
  path: string,
  body: () => Promise<T>,
): Promise<T> {
  const listener = peer(before, "listen", `unix:${path}`).spawn();
  try {
    await shownBy(listener, /listening/);
    await listener.stdout.cancel();
    return await body();
  } finally {
    listener.kill("SIGKILL");
    await listener.stderr.cancel();
    await listener.status;
  }
}

async function dialFrom(
  before: readonly string[],
  path: string,
): Promise<string> {
  const { success, stderr } = await peer(
    before,
    ...["dial", `unix:${path}`, String(FILE_SIZE)],
  ).output();
  return success ? "ok" : new TextDecoder().decode(stderr);
}

/** What a bare dial comes to. */
async function knockFrom(
  before: readonly string[],
  path: string,
): Promise<string> {
  const script = "import socket, sys\n" +
    "socket.socket(socket.AF_UNIX).connect(sys.argv[1])";
  const [program, ...args] = [...before, "python3", "-c", script, path];
  const { success, stderr } = await new Deno.Command(program!, { args })
    .output();
  return success
    ? "let in"
    : `refused: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`;
}

function peer(before: readonly string[], ...args: string[]): Deno.Command {
  const [program, ...rest] = [
    ...before,
    ...[Deno.execPath(), "run", "-A", "--quiet", "--no-check"],
    ...["tests/world/line_peer.ts", ...args],
  ];
  return new Deno.Command(program!, {
    args: rest,
    cwd: ROOT,
    env: { LEKT_WORLD_CERT: "", LEKT_WORLD_CERT_KEY: "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(60_000),
  });
}
